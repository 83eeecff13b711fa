"""`lumenpay doctor`: what could be in the way: terminal, profile, server, its network."""

import os
import platform
import shutil
import stat
import sys
from importlib.metadata import version

from tui.api import ApiError
from tui.commands.console import AWAY, DONE, REFUSED, Console, parser
from tui.commands.console import run as run_command
from tui.text import _

NETWORK_AGE_SECONDS_MAX = 60


def run(arguments: list[str]) -> int:
    options = parser("doctor", "Look for what could be in the way.")
    return run_command(options.parse_args(arguments), _look)


async def _look(console: Console) -> int:
    server, network = await _server(console)
    checks = {
        "terminal": _terminal(),
        "profile": _profile(console),
        "server": server,
        "network": network,
    }
    bad = [name for name, check in checks.items() if not check["ok"]]
    report = {
        "ok": not bad,
        "version": version("lumenpay"),
        "python": platform.python_version(),
        "checks": checks,
    }
    console.data(report, [_line(name, check) for name, check in checks.items()])
    console.say(
        _("All is well.") if not bad else _("Look at: {names}").format(names=", ".join(bad))
    )
    if not server["ok"]:
        return AWAY
    return DONE if not bad else REFUSED


Check = dict[str, object]


def _terminal() -> Check:
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    large_enough = not sys.stdout.isatty() or (size.columns >= 80 and size.lines >= 24)
    return {
        "ok": encoding == "utf8" and large_enough,
        "columns": size.columns,
        "lines": size.lines,
        "encoding": encoding,
        "colour": "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb",
    }


def _profile(console: Console) -> Check:
    path = console.profile.path
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
    signed_in = console.profile.sign_in
    return {
        "ok": sys.platform == "win32" or mode == 0o600,
        "path": str(path),
        "mode": f"{mode:04o}",
        "signedIn": console.session.signed_in,
        "handle": signed_in.handle if signed_in else None,
        "unfinishedPayments": len(console.profile.unfinished),
    }


async def _server(console: Console) -> tuple[Check, Check]:
    url = console.api.server
    try:
        ready = await console.api.readiness()
    except ApiError as problem:
        return {"ok": False, "url": url, "why": str(problem)}, {"ok": False}
    age = ready.network_age_seconds
    network = {
        "ok": age is not None and age <= NETWORK_AGE_SECONDS_MAX,
        "name": ready.network,
        "ageSeconds": age,
    }
    return {"ok": ready.database, "url": url, "status": ready.status}, network


def _line(name: str, check: Check) -> str:
    word = "ok" if check["ok"] else "BAD"
    facts = "  ".join(f"{key}={value}" for key, value in check.items() if key != "ok")
    return f"{name}: {word}  {facts}"
