"""Counting of tries: exact in any sliding window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books import Books
from core.errors import TooMany
from core.tries import CountTry, Rate, count_try, refuse_if_full

RATE = Rate("sign-in:somebody", 10, 900_000)


def attempt(books: Books, now_ms: int, *rates: Rate) -> int | None:
    """None when counted, else the seconds to wait."""
    try:
        CountTry(now_ms=now_ms, rates=rates or (RATE,)).decide(books)
    except TooMany as refusal:
        return refusal.retry_after
    return None


def test_ten_pass_and_the_eleventh_waits_for_the_first_to_be_old() -> None:
    books = Books()
    assert [attempt(books, 1_000 * n) for n in range(10)] == [None] * 10
    assert attempt(books, 10_000) == 890
    assert attempt(books, 899_999) == 1
    assert attempt(books, 900_000) is None
    assert attempt(books, 900_000) == 1  # the second is a second younger


def test_a_refused_try_is_not_counted_on_any_of_its_rates() -> None:
    books = Books()
    full, wide = Rate("full", 1, 1_000), Rate("wide", 5, 1_000)
    assert attempt(books, 0, full, wide) is None
    assert attempt(books, 1, full, wide) == 1
    assert len(books.tries["wide"].times) == 8


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=80))
def test_no_window_ever_holds_more_than_the_limit(gaps: list[int]) -> None:
    books, now, counted = Books(), 0, []
    for gap in gaps:
        now += gap
        if attempt(books, now) is None:
            counted.append(now)
    for start in counted:
        assert sum(start <= time < start + RATE.window_ms for time in counted) <= RATE.limit


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=80))
def test_waiting_as_told_is_always_enough(gaps: list[int]) -> None:
    books, now = Books(), 0
    for gap in gaps:
        now += gap
        wait = attempt(books, now)
        if wait is not None:
            now += wait * 1_000
            assert attempt(books, now) is None


def test_the_refusal_names_the_given_code() -> None:
    books = Books()
    rate = Rate("pay:asha", 1, 60_000)
    count_try(books, rate, 0)
    with pytest.raises(TooMany) as refused:
        refuse_if_full(books, rate, 1, "request.too_many")
    assert (refused.value.code, refused.value.retry_after) == ("request.too_many", 60)
