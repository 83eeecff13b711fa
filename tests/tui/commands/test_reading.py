"""Balance, activity, request, contacts, sign-up, logout, doctor, as scripts read them."""

import csv
import io
import json
import stat
from pathlib import Path

from tests.tui.bank import LINK, Bank
from tests.tui.commands.conftest import Twin
from tests.tui.fake_server import transaction


def profile(tmp_path: Path) -> Path:
    return tmp_path / "lumenpay" / "profiles" / "default.json"


def test_sign_up_reads_two_lines_and_prints_no_secret(
    twin: Twin, bank: Bank, tmp_path: Path
) -> None:
    ran = twin(
        "signup",
        "--email",
        "a@example.org",
        "--name",
        "Asha Rao",
        "--handle",
        "asha",
        "--password-stdin",
        "--pin-stdin",
        "--json",
        stdin="correct horse battery\n493817\n",
    )
    assert ran.status == 0
    assert set(ran.json()) == {"userId", "handle", "publicKey", "walletState", "server"}
    sent = next(body for call, body in bank.requests if call == "POST signup")
    assert (sent["password"], sent["pin"]) == (  # type: ignore[index]
        "correct horse battery",
        "493817",
    )
    assert "token" not in ran.out + ran.words
    assert stat.S_IMODE(profile(tmp_path).stat().st_mode) == 0o600
    assert twin("balance").status == 0


def test_sign_up_without_secrets_fails_closed(twin: Twin, bank: Bank) -> None:
    ran = twin("signup", "--email", "a@example.org", "--name", "Asha")
    assert ran.status == 2
    assert "--password-stdin" in ran.words
    assert bank.requests == []


def test_balance(signed_in: Twin) -> None:
    assert signed_in("balance").out == "5,301.44 XLM\n1,850.00 USDC\n"
    balances = signed_in("balance", "--json").json()["balances"]
    assert [balance["total"] for balance in balances] == ["5301.44", "1850"]  # type: ignore[attr-defined]


def test_activity_as_csv_is_safe_from_formulas(signed_in: Twin, bank: Bank) -> None:
    bank.history = [transaction('=HYPERLINK("http://x")', "5", note="@SUM(A1)\x1b]52;c;eA==\x07")]
    rows = list(csv.DictReader(io.StringIO(signed_in("activity", "--csv").out)))
    assert rows[0]["name"] == '\'=HYPERLINK("http://x")'
    assert rows[0]["note"] == r"'@SUM(A1)\x1b]52;c;eA=="
    assert rows[0]["amount"] == "-5"


def test_activity_for_people_and_for_programs(signed_in: Twin, bank: Bank) -> None:
    lines = signed_in("activity", "--limit", "3").out.splitlines()
    assert lines[0] == "24 Nov 2026, 14:02  +250.00 USDC  Received  Ravi Menon"
    assert len(signed_in("activity", "--json").json()["items"]) == len(bank.history)  # type: ignore[arg-type]
    assert signed_in("activity", "--limit", "0").status == 2


def test_a_request_is_a_link(signed_in: Twin, bank: Bank) -> None:
    ran = signed_in("request", "--amount", "12.5", "--note", "Lunch")
    assert (ran.status, ran.out) == (0, f"{LINK}\n")
    sent = next(body for call, body in bank.requests if call == "POST /api/requests")
    assert sent == {"amount": "12.5", "asset": "XLM", "note": "Lunch"}


def test_contacts_are_kept(signed_in: Twin, bank: Bank) -> None:
    added = signed_in("contacts", "--json", "add", "--name", "Ravi", "--to", "ravi").json()
    contact_id = str(added["contactId"])
    assert signed_in("contacts", "rename", contact_id, "--name", "Ravi M").status == 0
    assert signed_in("contacts", "favourite", contact_id).status == 0
    assert signed_in("contacts").out == f"Ravi M  @ravi  favourite  {contact_id}\n"
    assert signed_in("contacts", "block", contact_id).status == 0
    assert bank.contacts[0].blocked
    assert signed_in("contacts", "remove", contact_id).status == 0
    assert bank.contacts == []
    assert signed_in("contacts", "remove", contact_id).status == 3


def test_logout_forgets_the_tokens_even_when_the_server_is_away(
    signed_in: Twin, bank: Bank, tmp_path: Path
) -> None:
    bank.lose = ["POST signOut"]
    assert signed_in("logout").status == 6
    assert "sign_in" not in json.loads(profile(tmp_path).read_text())
    assert signed_in("balance").status == 4


def test_doctor(signed_in: Twin) -> None:
    report = signed_in("doctor", "--json").json()
    assert set(report["checks"]) == {"terminal", "profile", "server", "network"}  # type: ignore[arg-type]
    assert signed_in("doctor", "--server", "http://127.0.0.1:9").status == 6
