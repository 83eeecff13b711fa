"""What a start loads, seen in a process of its own: the import contracts at run time."""

import json
import subprocess
import sys
from pathlib import Path

import tui.commands

COMMANDS = Path(tui.commands.__file__).parent

SERVER_SIDE = {
    "starlette",
    "sqlalchemy",
    "redis",
    "stellar_sdk",
    "cryptography",
    "structlog",
    "server",
}
"""A wallet that loads one of these starts half a second later."""

LATER = {"httpx", "babel", "qrcode"}
"""Loaded at first use, after the first paint."""


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(ran.stdout.splitlines()[-1])}


def test_the_twin_needs_no_screen_and_no_server() -> None:
    names = [path.stem for path in COMMANDS.glob("*.py") if path.stem != "__init__"]
    assert len(names) >= 13
    loaded = loaded_by("import " + ", ".join(f"tui.commands.{name}" for name in names))
    assert not loaded & (SERVER_SIDE | LATER | {"textual", "rich"})


def test_the_wallet_needs_no_server_and_no_network_to_be_drawn() -> None:
    loaded = loaded_by(
        "import tui.commands.wallet, tui.app, tui.screens.landing, tui.screens.dashboard"
    )
    assert "textual" in loaded
    assert not loaded & (SERVER_SIDE | LATER)


def test_no_page_is_loaded_before_it_is_shown() -> None:
    code = (
        "import tui.app, sys\nassert not [n for n in sys.modules if n.startswith('tui.screens.')]"
    )
    assert "tui" in loaded_by(code)
