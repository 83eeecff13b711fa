"""The newcomer's walk through the real wallet, in a real terminal, by keyboard alone."""

import json
import re
import sys
import urllib.request
from pathlib import Path

from tests.e2e.client import Client
from tests.e2e.terminal import Terminal
from tests.e2e.town import verify

DEMO = [sys.executable, "-m", "core", "demo"]


def _fill(terminal: Terminal, *values: str) -> None:
    for value in values:
        terminal.type(value)
        terminal.press("tab")


async def test_sign_up_be_funded_pay_and_see_it_arrive(tmp_path: Path) -> None:
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    with Terminal([*DEMO, "--data", str(data)], 80, 24, HOME=str(home)) as terminal:
        terminal.wait_for("Create an account", seconds=90)
        horizon = _settings(data)["STELLAR_HORIZON_URL"]
        _sign_up(terminal)
        terminal.wait_for("10,000.00")
        receipt = _pay(terminal)
        _activity_shows(terminal, "Ravi Menon")
        with urllib.request.urlopen(f"{horizon}/transactions/{receipt}") as answer:
            assert json.load(answer)["successful"] is True
        await _payee_sees(data, receipt)
        assert verify({"LUMENPAY_CONFIG": str(data / "settings.env")})["ok"] is True
        terminal.press("f10")
        assert terminal.wait_for_exit() == 0


def _settings(data: Path) -> dict[str, str]:
    lines = (data / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def _sign_up(terminal: Terminal) -> None:
    terminal.press("n")
    terminal.wait_for("Full name")
    _fill(terminal, "Nina Berg", "nina@example.org", "twelve quiet lamps", "428517", "428517")
    terminal.type("nina_berg")
    terminal.press("f7")
    terminal.wait_for("nina_berg")


def _pay(terminal: Terminal) -> str:
    """Pay 25.5 XLM to a practice person; the receipt number on the screen."""
    terminal.press("p")
    terminal.wait_for("How much")
    terminal.type("ravi_menon")
    terminal.press("enter")
    terminal.wait_for("Amount")
    terminal.type("25.5")
    terminal.press("f7")
    check = terminal.wait_for("Check before you pay")
    assert "Ravi Menon" in check
    assert re.search(r"Fee +none", check)
    terminal.press("f7")
    terminal.wait_for("Enter your PIN")
    terminal.type("428517")
    terminal.wait_for("6 of 6")
    terminal.press("f7")
    terminal.wait_for("Receipt number", seconds=40)
    screen = terminal.wait_for("Paid, confirmed at", seconds=40)
    number = "".join(re.findall(r"\b[0-9a-f]{32,64}\b", screen))
    assert len(number) == 64, screen
    return number


def _activity_shows(terminal: Terminal, name: str) -> None:
    terminal.press("f7")
    terminal.press("esc")
    terminal.press("a")
    screen = terminal.wait_for(name)
    assert "25.50" in screen


async def _payee_sees(data: Path, receipt: str) -> None:
    people = json.loads((data / "demo.json").read_text())["people"]
    ravi = next(person for person in people if person["handle"] == "ravi_menon")
    server = _settings(data)["LUMENPAY_SERVER"]
    async with Client(server) as client:
        person = await client.sign_in(ravi["handle"], ravi["email"], ravi["password"])
        activity = await client.activity(person)
    got = next(transaction for transaction in activity if transaction.hash == receipt)
    assert (got.direction, got.amount, got.counterparty.handle) == ("in", "25.5", "nina_berg")
