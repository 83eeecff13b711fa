# Sourced by the other scripts: `environment NAME LOCK` makes the virtual environment NAME from a hashed
# lock on first use, or anew when the lock has changed, says so on stderr, and sets $bin to its programs.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf 'lumenpay: %s\n' "$*" >&2; }

# Run as root, the PostgreSQL of the tests opens the parent folders of its binaries for reading: not the home folder's.
place() {
    if [ "$(id -u)" = 0 ] && [ "$1" = .venv ] && [ -n "${HOME:-}" ] && [ "${root#"$HOME"/}" != "$root" ]; then
        local folder=/var/tmp/lumenpay-$(printf %s "$root" | cksum | cut -d' ' -f1)
        say "run as root from the home folder: the test environment is $folder"
        printf %s "$folder"
    else
        printf %s "$root/$1"
    fi
}

environment() {
    local folder lock=$2 python=${PYTHON:-python3}
    folder=$(place "$1")
    bin=$folder/bin
    cmp -s "$lock" "$folder/lock" && return
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        { say "needs Python 3.11 or newer as $python (or name one: PYTHON=python3.12 $0)"; exit 2; }
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        { say "this Python has no ensurepip: install its venv package (Debian: apt install python3-venv)"; exit 2; }
    say "first use: making $folder from $lock (about a minute)"
    rm -rf "$folder"
    "$python" -m venv "$folder"
    say "installing the pinned packages"
    "$bin/python" -m pip --disable-pip-version-check install -q --root-user-action=ignore --no-deps --no-compile --require-hashes -r "$lock" >&2
    say "installing lumenpay itself"
    "$bin/python" -m pip --disable-pip-version-check install -q --root-user-action=ignore --no-deps --no-build-isolation -e . >&2
    cp "$lock" "$folder/lock"
    say "ready"
}
