"""Double entry: holds, transfers, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books import OUTSIDE, Books, Posting
from core.errors import InvariantBroken, Refused
from core.ledger import (
    Transfer,
    credit,
    place_hold,
    refuse_if_short,
    release_hold,
    spend_hold,
    sums_to_zero,
)
from tests.core.town import XLM, Town

SIDES = st.sampled_from(["asha", "ben", "house", OUTSIDE])
LEGS = st.lists(
    st.tuples(SIDES, SIDES, st.sampled_from(["XLM", "USDC:G"]), st.integers(1, 2**40)),
    max_size=12,
)


@given(LEGS)
def test_the_postings_of_any_transfer_sum_to_zero(legs: list[tuple[str, str, str, int]]) -> None:
    books = Books()
    transfer = Transfer(books, "t", 7, 9)
    for source, destination, asset, amount in legs:
        transfer.post(source, destination, asset, amount)
    transfer.close()
    assert sums_to_zero(books.postings)
    assert all(p.amount != 0 and (p.transfer, p.ledger) == ("t", 7) for p in books.postings)
    pairs = [(posting.owner, posting.asset) for posting in books.postings]
    assert len(pairs) == len(set(pairs))  # one posting a side


def test_one_side_alone_does_not_sum_to_zero() -> None:
    one = Posting("t", 1, "asha", "XLM", 5, 0)
    other_asset = Posting("t", 1, "ben", "USDC:G", -5, 0)
    assert not sums_to_zero([one, other_asset])
    assert sums_to_zero([one, Posting("t", 1, "ben", "XLM", -5, 0)])


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_of_nothing_is_refused(amount: int) -> None:
    with pytest.raises(InvariantBroken):
        Transfer(Books(), "t", 1, 0).post("asha", "ben", "XLM", amount)


def test_a_hold_takes_from_what_is_available_and_comes_back() -> None:
    town = Town("asha", "ben", stroops=10 * XLM)
    payment = town.initiate("asha", "ben", 4 * XLM)
    assert town.money("asha") == (6 * XLM, 4 * XLM)
    release_hold(town.books, payment)
    assert town.money("asha") == (10 * XLM, 0)
    with pytest.raises(InvariantBroken):
        release_hold(town.books, payment)
    assert town.money("asha") == (10 * XLM, 0)


def test_a_spent_hold_is_gone_from_the_payer() -> None:
    town = Town("asha", "ben", stroops=10 * XLM)
    payment = town.initiate("asha", "ben", 4 * XLM)
    spend_hold(town.books, payment)
    assert town.money("asha") == (6 * XLM, 0)


def test_a_hold_of_another_amount_is_our_own_fault() -> None:
    town = Town("asha", "ben", stroops=10 * XLM)
    payment = town.initiate("asha", "ben", 4 * XLM)
    town.books.holds[payment.id].amount = 5 * XLM
    with pytest.raises(InvariantBroken):
        spend_hold(town.books, payment)


def test_no_hold_beyond_what_is_available() -> None:
    town = Town("asha", "ben", stroops=10 * XLM)
    payment = town.initiate("asha", "ben", 4 * XLM)
    payment.amount = 7 * XLM
    with pytest.raises(InvariantBroken):
        place_hold(town.books, payment)
    assert town.money("asha") == (6 * XLM, 4 * XLM)


@pytest.mark.parametrize(("asset", "amount"), [("XLM", 10 * XLM + 1), ("USDC:G", 1)])
def test_short_money_is_refused_with_what_there_is(asset: str, amount: int) -> None:
    town = Town("asha", stroops=10 * XLM)
    with pytest.raises(Refused) as refused:
        refuse_if_short(town.books, "asha", asset, amount)
    assert refused.value.code == "payment.balance_too_low"
    assert refused.value.params == {"available": "10" if asset == "XLM" else "0"}


def test_a_credit_never_makes_a_balance_negative() -> None:
    town = Town("asha", stroops=10)
    credit(town.books, "asha", "XLM", -10)
    with pytest.raises(InvariantBroken):
        credit(town.books, "asha", "XLM", -1)
    credit(town.books, "asha", "USDC:G", 3)
    assert town.money("asha", "USDC:G") == (3, 0)
    credit(town.books, OUTSIDE, "XLM", 5)
    assert (OUTSIDE, "XLM") not in town.books.balances
