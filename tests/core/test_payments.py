"""The table of legal moves: every pair of states, and what an end gives back."""

from itertools import product

import pytest

from core.errors import InvariantBroken
from core.payments import LEGAL_MOVES, STATUSES, Status, end_unpaid, move, waits
from tests.core.town import DAY, NOW, XLM, Town

PAIRS = list(product(STATUSES, STATUSES))


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair in LEGAL_MOVES])
def test_a_legal_move_is_made_recorded_and_told(old: Status, new: Status) -> None:
    town = Town("asha", "ben")
    payment = town.initiate("asha", "ben")
    payment.status = old
    town.books.audit.clear()
    town.books.outbox.clear()
    move(town.books, payment, new, NOW, "why")
    assert (payment.status, payment.reason) == (new, "why")
    assert [(e.action, e.user_id, e.subject, e.detail) for e in town.books.audit] == [
        (f"payment.{new}", "asha", payment.id, "why")
    ]
    assert [(e.kind, e.subject) for e in town.books.outbox] == [("transaction.updated", payment.id)]


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair not in LEGAL_MOVES])
def test_any_other_move_is_refused_and_changes_nothing(old: Status, new: Status) -> None:
    town = Town("asha", "ben")
    payment = town.initiate("asha", "ben")
    payment.status = old
    before = town.snapshot()
    with pytest.raises(InvariantBroken):
        move(town.books, payment, new, NOW)
    assert town.snapshot() == before


def test_there_are_five_legal_moves_and_final_states_have_none() -> None:
    assert len(LEGAL_MOVES) == 5
    assert {old for old, _ in LEGAL_MOVES} == {"pending", "processing"}


@pytest.mark.parametrize(
    ("status", "from_processing"), [("cancelled", False), ("expired", False), ("failed", True)]
)
def test_an_end_without_money_gives_back_hold_and_limits(
    status: str, from_processing: bool
) -> None:
    town = Town("asha", "ben", stroops=100 * XLM)
    payment = town.initiate("asha", "ben", 30 * XLM)
    if from_processing:
        town.confirm(payment)
    assert town.money("asha") == (70 * XLM, 30 * XLM)
    end_unpaid(town.books, payment, status, NOW)  # type: ignore[arg-type]
    assert town.money("asha") == (100 * XLM, 0)
    assert town.books.holds == {}
    payer = town.books.payers["asha"]
    assert (payer.day, payer.day_used, payer.day_count, payer.month_used) == (DAY, 0, 0, 0)
    assert payment.settled_ms == (NOW if status == "failed" else None)


def test_only_confirmed_unsigned_payments_wait() -> None:
    town = Town("asha", "ben")
    first, second = town.initiate("asha", "ben"), town.initiate("asha", "ben")
    assert not waits(first)
    town.confirm(first)
    assert not waits(first)  # signed at once
    town.confirm(second)
    assert waits(second)
    second.reason = "review"
    assert not waits(second)
