"""Paying from the command line: once, whatever is lost on the way."""

import pytest

from tests.tui.bank import HASH, LINK, Bank
from tests.tui.commands.conftest import Twin

PAY = ("pay", "--to", "@ravi", "--amount", "25.5", "--yes", "--pin-stdin", "--json")


def test_paid_and_waited_for(signed_in: Twin, bank: Bank) -> None:
    ran = signed_in(*PAY, "--note", "Lunch", "--memo", "42", "--wait", stdin=f"{bank.pin}\n")
    assert ran.status == 0
    reply = ran.json()
    assert (reply["status"], reply["hash"], reply["amount"]) == ("success", HASH, "25.5")
    assert reply["note"] == "Lunch"
    assert reply["memo"] == {"type": "text", "value": "42"}
    assert "Paid 25.50 XLM to Ravi Menon (@ravi)" in ran.words
    assert len(bank.moved) == 1


def test_the_pin_from_the_environment(
    signed_in: Twin, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUMENPAY_PIN", bank.pin)
    ran = signed_in("pay", "--to", "ravi", "--amount", "1234.50", "--yes")
    assert ran.status == 0
    assert "1,234.50 XLM" in ran.words
    assert ran.out == f"{HASH}\n"


def test_the_same_key_pays_once(signed_in: Twin, bank: Bank) -> None:
    first = signed_in(*PAY, "--idempotency-key", "key-00000001", stdin=f"{bank.pin}\n")
    again = signed_in(*PAY, "--idempotency-key", "key-00000001", stdin=f"{bank.pin}\n")
    assert (first.status, again.status) == (0, 0)
    assert first.json()["transactionId"] == again.json()["transactionId"]
    assert len(bank.moved) == 1


def test_the_same_key_with_another_body(signed_in: Twin, bank: Bank) -> None:
    signed_in(*PAY, "--idempotency-key", "key-00000001", stdin=f"{bank.pin}\n")
    other = [argument if argument != "25.5" else "26" for argument in PAY]
    ran = signed_in(*other, "--idempotency-key", "key-00000001", stdin=f"{bank.pin}\n")
    assert (ran.status, ran.json()["code"]) == (3, "idempotency.conflict")
    assert len(bank.moved) == 1


def test_a_lost_answer_to_the_initiate_is_asked_for_again(signed_in: Twin, bank: Bank) -> None:
    bank.lose = ["POST initiate"]
    ran = signed_in(*PAY, stdin=f"{bank.pin}\n")
    assert ran.status == 0
    assert len(bank.payments) == len(bank.moved) == 1


def test_a_lost_answer_to_the_confirm_is_looked_up(signed_in: Twin, bank: Bank) -> None:
    bank.lose = ["POST confirm"]
    ran = signed_in(*PAY, stdin=f"{bank.pin}\n")
    assert ran.status == 0
    assert len(bank.payments) == len(bank.moved) == 1


def test_a_session_that_ended_is_renewed_once(signed_in: Twin, bank: Bank) -> None:
    bank.valid_token = "another"
    ran = signed_in(*PAY, stdin=f"{bank.pin}\n")
    assert ran.status == 0
    assert [call for call, _body in bank.requests].count("POST refresh") == 1


def test_a_link_brings_its_amount_and_note(signed_in: Twin, bank: Bank) -> None:
    ran = signed_in("pay", "--to", LINK, "--yes", "--pin-stdin", "--json", stdin=f"{bank.pin}\n")
    assert ran.status == 0
    assert (ran.json()["amount"], ran.json()["note"]) == ("12.5", "Lunch")


def test_a_contact_by_name_is_resolved_here(signed_in: Twin, bank: Bank) -> None:
    for name in ("Meera from work", "meera"):
        assert signed_in("contacts", "add", "--name", name, "--to", "@meera_iyer").status == 0
        ran = signed_in(
            "pay",
            "--to",
            name,
            "--amount",
            "3",
            "--yes",
            "--pin-stdin",
            "--json",
            stdin=f"{bank.pin}\n",
        )
        assert ran.status == 0
        sent = [body for call, body in bank.requests if call == "POST initiate"][-1]
        assert sent["recipientAddress"] == "@meera_iyer"  # type: ignore[index]
    assert len(bank.moved) == 2


@pytest.mark.parametrize("to", ["asha", "nobody_here", "not a person", "GAAA", "<script>"])
def test_a_bad_recipient_changes_nothing(signed_in: Twin, bank: Bank, to: str) -> None:
    ran = signed_in("pay", "--to", to, *PAY[3:], stdin=f"{bank.pin}\n")
    assert ran.status == 3
    assert str(ran.json()["code"]).startswith("recipient.")
    assert bank.payments == {}


def test_an_unknown_status_of_a_newer_server_is_no_crash(signed_in: Twin, bank: Bank) -> None:
    signed_in(*PAY, "--idempotency-key", "key-00000001", stdin=f"{bank.pin}\n")
    (payment,) = bank.payments.values()
    payment.status, payment.kind = "teleported", "other"
    ran = signed_in("status", payment.transaction_id)
    assert ran.status == 0
    assert ran.out.startswith("teleported")


def test_cancel_before_and_after(signed_in: Twin, bank: Bank) -> None:
    signed_in(*PAY, "--idempotency-key", "key-00000001", stdin="000000\n")
    (payment,) = bank.payments
    assert signed_in("cancel", payment, "--json").json()["status"] == "cancelled"
    signed_in(*PAY, "--idempotency-key", "key-00000002", stdin=f"{bank.pin}\n")
    ran = signed_in("cancel", bank.moved[0], "--json")
    assert (ran.status, ran.json()["code"]) == (3, "payment.not_cancellable")


def test_an_amount_means_the_same_in_every_language(
    signed_in: Twin, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    amount = [argument if argument != "25.5" else "1.234" for argument in PAY]
    ran = signed_in(*amount, stdin=f"{bank.pin}\n")
    assert ran.json()["amount"] == "1.234"
    comma = [argument if argument != "25.5" else "1,234" for argument in PAY]
    ran = signed_in(*comma, stdin=f"{bank.pin}\n")
    assert (ran.status, ran.json()["code"]) == (3, "amount.malformed")
    assert len(bank.moved) == 1
