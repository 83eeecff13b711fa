"""Every exit code of wire.md, each with what it must leave unchanged."""

import json
from pathlib import Path

import pytest

from tests.tui.bank import Bank
from tests.tui.commands.conftest import Twin

PAY = ("pay", "--to", "@ravi", "--amount", "25.5", "--json")


def stored(tmp_path: Path) -> dict[str, object]:
    return json.loads((tmp_path / "lumenpay" / "profiles" / "default.json").read_text())


def test_no_server_is_a_usage_error(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUMENPAY_SERVER")
    ran = twin("balance", "--json")
    assert ran.status == 2
    assert ran.json()["code"] == "client.usage"
    assert "LUMENPAY_SERVER" in ran.words


@pytest.mark.parametrize(
    "url", ["http://pay.example", "ftp://127.0.0.1", "pay.example", "https://", "file:///etc"]
)
def test_a_server_that_would_read_along_is_refused(twin: Twin, url: str, bank: Bank) -> None:
    ran = twin("balance", "--server", url)
    assert ran.status == 2
    assert "https://" in ran.words
    assert bank.requests == []


@pytest.mark.parametrize("name", ["../evil", "", "a/b", ".hidden", "x" * 33])
def test_a_profile_is_a_plain_name(twin: Twin, name: str, tmp_path: Path) -> None:
    assert twin("balance", "--profile", name).status == 2
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_option_is_a_usage_error(twin: Twin, bank: Bank) -> None:
    assert twin("pay", "--amuont", "1").status == 2
    assert twin("status").status == 2
    assert bank.requests == []


@pytest.mark.parametrize(
    "command",
    [
        ("balance",),
        ("pay", "--to", "ravi", "--amount", "1"),
        ("status", "X"),
        ("cancel", "X"),
        ("activity",),
        ("request",),
        ("contacts",),
        ("logout",),
    ],
)
def test_nobody_signed_in(twin: Twin, command: tuple[str, ...], bank: Bank) -> None:
    ran = twin(*command, "--json")
    assert ran.status == 4
    assert ran.json()["code"] == "auth.required"
    assert bank.requests == []


def test_a_wrong_password_is_not_signed_in(twin: Twin, tmp_path: Path) -> None:
    ran = twin("login", "--handle", "asha", "--password-stdin", "--json", stdin="wrong\n")
    assert ran.status == 4
    assert ran.json()["code"] == "auth.wrong_credentials"
    assert not (tmp_path / "lumenpay" / "profiles" / "default.json").exists()


def test_a_rule_refuses(signed_in: Twin, bank: Bank, tmp_path: Path) -> None:
    ran = signed_in(*PAY[:3], "--amount", "999999", "--pin-stdin", "--yes", "--json", stdin="1\n")
    assert ran.status == 3
    assert ran.json()["code"] == "payment.balance_too_low"
    assert ran.json()["field"] == "amount"
    assert bank.payments == {}
    assert stored(tmp_path).get("unfinished", []) == []


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("1e5", "amount.malformed"),
        ("-1", "amount.malformed"),
        ("NaN", "amount.malformed"),
        ("0", "amount.not_positive"),
        ("0.12345678", "amount.too_many_decimals"),
        ("922337203686", "amount.too_large"),
    ],
)
def test_an_amount_is_refused_before_it_is_sent(
    signed_in: Twin, bank: Bank, amount: str, code: str
) -> None:
    before = len(bank.requests)
    ran = signed_in(*PAY[:3], f"--amount={amount}", "--pin-stdin", "--yes", "--json", stdin="1\n")
    assert (ran.status, ran.json()["code"]) == (3, code)
    assert len(bank.requests) == before


def test_a_pin_is_needed_before_anything_is_held(signed_in: Twin, bank: Bank) -> None:
    before = len(bank.requests)
    ran = signed_in(*PAY, "--yes")
    assert ran.status == 7
    assert ran.json()["code"] == "client.pin_needed"
    assert len(bank.requests) == before


def test_a_wrong_pin(signed_in: Twin, bank: Bank) -> None:
    ran = signed_in(*PAY, "--yes", "--pin-stdin", stdin="000000\n")
    assert (ran.status, ran.json()["code"]) == (7, "auth.wrong_pin")
    assert bank.moved == []
    assert [payment.status for payment in bank.payments.values()] == ["cancelled"]


def test_without_a_terminal_only_yes_pays(signed_in: Twin, bank: Bank) -> None:
    ran = signed_in(*PAY, "--pin-stdin", stdin=f"{bank.pin}\ny\n")
    assert ran.status == 2
    assert "--yes" in ran.words
    assert bank.moved == []
    assert [payment.status for payment in bank.payments.values()] == ["cancelled"]


def test_the_server_is_away(signed_in: Twin, bank: Bank, tmp_path: Path) -> None:
    ran = signed_in(*PAY, "--yes", "--pin-stdin", "--server", "http://127.0.0.1:9", stdin="1\n")
    assert ran.status == 4  # signed in, but not there: no token goes to another server
    bank.lose = ["GET /api/wallet"]
    ran = signed_in("balance", "--json")
    assert (ran.status, ran.json()["code"]) == (6, "client.away")


def test_the_network_is_away(signed_in: Twin, bank: Bank) -> None:
    bank.refuse("POST initiate", "network.unavailable", status=503, retry_after=5)
    ran = signed_in(*PAY, "--yes", "--pin-stdin", stdin="1\n")
    assert (ran.status, ran.json()["code"]) == (6, "network.unavailable")
    assert bank.payments == {}


def test_our_fault(signed_in: Twin, bank: Bank) -> None:
    bank.refuse("GET balance", "server.fault", status=500)
    assert signed_in("balance").status == 1


def test_too_old(signed_in: Twin, bank: Bank) -> None:
    bank.refuse("GET balance", "request.client_too_old", status=426)
    ran = signed_in("balance")
    assert ran.status == 2
    assert "update" in ran.words


def test_sent_and_the_outcome_unknown(
    signed_in: Twin, bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.payments.LOOK_UP_PAUSES_SECONDS", (0.01, 0.01))
    bank.lose = ["POST confirm", "GET /api/pay", "GET /api/pay"]
    ran = signed_in(*PAY, "--yes", "--pin-stdin", stdin=f"{bank.pin}\n")
    assert (ran.status, ran.json()["code"]) == (5, "client.outcome_unknown")
    assert len(bank.moved) == 1
    (unfinished,) = stored(tmp_path)["unfinished"]  # type: ignore[misc]
    assert set(unfinished) == {"key", "user_id", "started_at"}
    ran = signed_in("status", "--key", unfinished["key"], "--json")
    assert (ran.status, ran.json()["status"]) == (0, "success")
    assert stored(tmp_path).get("unfinished", []) == []
