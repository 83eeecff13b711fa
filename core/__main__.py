"""The `lumenpay` command: finds its subcommands by entry points, so neither end imports the other.

Exit codes: 0 done · 1 our fault · 2 usage or settings · 3 refused by a rule · 4 not signed in ·
5 sent, outcome unknown · 6 server or network away · 7 PIN, level or second factor needed.
"""

import ast
import sys
from importlib.metadata import EntryPoint, entry_points, version
from importlib.util import find_spec
from pathlib import Path

USAGE = """usage: lumenpay [COMMAND] [OPTIONS]

Without a command the wallet opens. `lumenpay COMMAND --help` says more of one.

the wallet without a screen:
{tui}
the server and its network:
{server}
exit codes: 0 done, 1 our fault, 2 usage or settings, 3 refused by a rule, 4 not signed in,
5 sent and outcome unknown, 6 server or network away, 7 PIN, level or second factor needed
"""


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    name = arguments[0] if arguments and not arguments[0].startswith("-") else None
    if name is None and arguments and arguments[0] in {"-h", "--help"}:
        print(usage())
        return 0
    if name is None and arguments and arguments[0] == "--version":
        print(f"lumenpay {version('lumenpay')}")
        return 0
    command = _commands().get(name or "wallet")
    if command is None:
        print(f"lumenpay: there is no command {name!r}; see lumenpay --help", file=sys.stderr)
        return 2
    return _start(command, arguments[1:] if name else arguments)


def usage() -> str:
    commands = _commands().values()
    lists = {
        end: "".join(
            f"  {command.name:10} {_summary(command)}\n"
            for command in sorted(commands, key=lambda command: command.name)
            if command.value.startswith(f"{end}.")
        )
        for end in ("tui", "server")
    }
    return USAGE.format(**lists).rstrip()


def _summary(command: EntryPoint) -> str:
    """The first line of the module's docstring after the command's name; read, not imported."""
    spec = find_spec(command.module)
    if spec is None or spec.origin is None:
        return ""
    documentation = ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or ""
    return documentation.partition("\n")[0].partition(": ")[2]


def _commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="lumenpay.commands")}


def _start(command: EntryPoint, arguments: list[str]) -> int:
    end = command.value.partition(".")[0]
    try:
        run_command = command.load()
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] in {"core", "server", "tui"}:
            raise
        print(
            f"lumenpay {command.name}: needs {missing.name}; install lumenpay[{end}]",
            file=sys.stderr,
        )
        return 2
    status: int = run_command(arguments)
    return status


if __name__ == "__main__":
    main()
