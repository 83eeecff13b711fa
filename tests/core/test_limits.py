"""Limits: exact to the stroop, calendar windows, cooling, overrides, what a refusal tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books import Level, Limits, Price, Standing
from core.errors import InvariantBroken, Refused
from core.limits import give_back, in_force, left, of_level, reserve, value_in_xlm
from tests.core.town import DAY, LEVELS, NOW, XLM, Town


def code_of(town: Town, value: int, day: int = DAY, now_ms: int = NOW) -> str | None:
    """The refusal's code, or None when it was counted. A refusal counts nothing."""
    before = town.snapshot()
    try:
        reserve(town.books, "asha", value, day, now_ms)
    except Refused as refused:
        assert town.snapshot() == before
        return refused.code
    return None


def test_one_payment_may_be_exactly_the_limit() -> None:
    assert code_of(Town("asha"), 10_000 * XLM + 1) == "payment.limit_payment"
    assert code_of(Town("asha"), 10_000 * XLM) is None


def test_the_day_is_full_to_the_stroop_and_the_next_day_is_empty() -> None:
    town = Town("asha")
    assert code_of(town, 10_000 * XLM) is None
    assert code_of(town, 10_000 * XLM - 1) is None
    assert code_of(town, 2) == "payment.limit_day"
    assert code_of(town, 1) is None
    assert code_of(town, 1) == "payment.limit_day"
    assert code_of(town, 10_000 * XLM, DAY + 1) is None


def test_the_month_is_full_to_the_stroop_and_the_next_month_is_empty() -> None:
    town = Town("asha")
    for day in range(20231101, 20231106):
        assert code_of(town, 10_000 * XLM, day) is None
        assert code_of(town, 10_000 * XLM, day) is None
    assert code_of(town, 1, 20231106) == "payment.limit_month"
    assert code_of(town, 1, 20231201) is None


def test_the_number_of_payments_a_day() -> None:
    town = Town("asha")
    assert [code_of(town, 1) for _ in range(21)] == [None] * 20 + ["payment.limit_count"]
    assert code_of(town, 1, DAY + 1) is None


def test_while_cooling_a_tenth_holds() -> None:
    town = Town("asha")
    town.books.payers["asha"].cooling_until_ms = NOW + 1
    assert code_of(town, 1_000 * XLM + 1) == "payment.limit_payment"
    assert code_of(town, 1_000 * XLM) is None
    assert code_of(town, 1_000 * XLM) is None
    assert code_of(town, 1) == "payment.limit_day"
    assert code_of(town, 10_000 * XLM, now_ms=NOW + 1) is None


def test_a_refusal_tells_what_is_left_and_which_level_would_do() -> None:
    town = Town("asha")
    reserve(town.books, "asha", 5_000 * XLM, DAY, NOW)
    with pytest.raises(Refused) as refused:
        reserve(town.books, "asha", 20_000 * XLM, DAY, NOW)
    assert refused.value.params == {
        "perPayment": "10000",
        "dayLeft": "15000",
        "monthLeft": "95000",
        "level": 0,
        "levelNeeded": 1,
    }
    with pytest.raises(Refused) as refused:
        reserve(town.books, "asha", 30_000 * XLM, DAY, NOW)
    assert refused.value.params["levelNeeded"] is None


def test_an_override_wins_once_its_date_has_come() -> None:
    town = Town("asha")
    more = Limits(1, 2, 3, 4)
    town.books.standings["asha"] = Standing("asha", 1, NOW, more)
    assert in_force(town.books, "asha", NOW - 1) == LEVELS[1].limits
    assert in_force(town.books, "asha", NOW) == more


def test_the_newest_dated_row_of_a_level_holds() -> None:
    old, new = Limits(1, 1, 1, 1), Limits(2, 2, 2, 2)
    levels = [Level(0, 50, new), Level(0, 0, old), Level(1, 60, Limits(9, 9, 9, 9))]
    assert [of_level(levels, 0, at) for at in (49, 50, 99)] == [old, new, new]
    with pytest.raises(InvariantBroken):
        of_level(levels, 1, 59)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 12_000 * XLM),
            st.sampled_from([20231129, 20231130, 20231201]),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_what_counts_is_what_stands(
    steps: list[tuple[int, int, bool]],
) -> None:
    """Any order of payments, days and cancellations: the counters are the sum of what stands,
    never negative, and never over a limit."""
    town = Town("asha", "ben", stroops=10**15)
    payer, standing = town.books.payers["asha"], []
    for value, day, cancel in sorted(steps, key=lambda step: step[1]):
        if cancel and standing:
            payment = standing.pop(value % len(standing))
            give_back(payer, payment)
        elif code_of(town, value, day) is None:
            payment = town.order("asha", "ben", value, day=day)._payment(value)
            standing.append(payment)
        day_sum = sum(p.value for p in standing if p.day == payer.day)
        assert payer.day_used == day_sum <= 20_000 * XLM
        assert payer.day_count == sum(p.day == payer.day for p in standing) <= 20
        month_sum = sum(p.value for p in standing if p.day // 100 == payer.month)
        assert payer.month_used == month_sum <= 100_000 * XLM
        room = left(payer, LEVELS[0].limits, payer.day, NOW)
        assert room.day == 20_000 * XLM - day_sum


def test_other_assets_count_at_the_last_known_price_rounded_up() -> None:
    town = Town("asha")
    assert value_in_xlm(town.books, "XLM", 7) == 7
    with pytest.raises(Refused) as refused:
        value_in_xlm(town.books, "USDC:G", 7)
    assert refused.value.code == "asset.no_price"
    town.books.prices["USDC:G"] = Price("USDC:G", 2 * XLM, 0)
    assert value_in_xlm(town.books, "USDC:G", 7) == 14
    town.books.prices["USDC:G"] = Price("USDC:G", 1, 0)
    assert value_in_xlm(town.books, "USDC:G", 7) == 1
