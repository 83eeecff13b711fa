from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.localnet.ledger.entries import Price
from server.localnet.ledger.exchange import (
    InvariantBroken,
    Limits,
    Rounding,
    Trade,
    buy_liabilities,
    exchange,
    is_fair,
    sell_liabilities,
    sellable_amount,
    unbounded_exchange,
)

MAX = 2**63 - 1
DEAR, CHEAP = Price(3, 2), Price(2, 3)

# The published boundaries of the protocol's exchange: what each pair of limits gives at a price.
SENDING = [
    (DEAR, 3000, 4501, 3000, 4500),
    (DEAR, 3000, 4500, 3000, 4500),
    (DEAR, 3000, 4499, 2999, 4499),
    (DEAR, 2999, 4499, 2999, 4498),
    (DEAR, 2999, 4498, 2998, 4497),
    (CHEAP, 3000, 2001, 3000, 2000),
    (CHEAP, 3000, 1999, 2998, 1999),
    (CHEAP, 2999, 2000, 2999, 1999),
    (CHEAP, 2999, 1999, 2998, 1999),
]
RECEIVING = [
    (DEAR, 3000, 4501, 3000, 4500),
    (DEAR, 3000, 4499, 2999, 4498),
    (DEAR, 2999, 4499, 2999, 4499),
    (DEAR, 2999, 4498, 2998, 4497),
    (CHEAP, 3000, 2000, 3000, 2000),
    (CHEAP, 3000, 1999, 2999, 1999),
    (CHEAP, 2999, 2000, 2998, 1999),
    (CHEAP, 2999, 1999, 2999, 1999),
]
STRICT_RECEIVE = [
    (DEAR, 28, 27, Trade(0, 0, True), Trade(27, 41, True)),
    (DEAR, 150, 101, Trade(101, 152, True), Trade(101, 152, True)),
    (CHEAP, 150, 101, Trade(100, 67, True), Trade(101, 68, True)),
]


def _normal(price: Price, **limits: int) -> Trade:
    names = ("maker_send", "maker_receive", "taker_send", "taker_receive")
    return exchange(price, Limits(*(limits.get(n, MAX) for n in names)), Rounding.NORMAL)


@pytest.mark.parametrize(("price", "maker", "taker", "sold", "bought"), SENDING)
def test_limited_by_what_both_send(
    price: Price, maker: int, taker: int, sold: int, bought: int
) -> None:
    stays = maker * price.n > taker * price.d
    assert _normal(price, maker_send=maker, taker_send=taker) == (sold, bought, stays)


@pytest.mark.parametrize(("price", "taker", "maker", "sold", "bought"), RECEIVING)
def test_limited_by_what_both_receive(
    price: Price, taker: int, maker: int, sold: int, bought: int
) -> None:
    stays = maker * price.d > taker * price.n
    assert _normal(price, maker_receive=maker, taker_receive=taker) == (sold, bought, stays)


def test_a_trade_that_costs_more_than_one_percent_does_not_happen() -> None:
    assert _normal(DEAR, maker_send=28, taker_receive=27) == (0, 0, True)
    assert _normal(DEAR, maker_send=28, taker_receive=26) == (26, 39, True)
    assert _normal(DEAR, maker_send=52, taker_receive=51) == (51, 77, True)


@pytest.mark.parametrize(("price", "maker", "taker", "normal", "strict"), STRICT_RECEIVE)
def test_strict_receive_gets_its_amount(
    price: Price, maker: int, taker: int, normal: Trade, strict: Trade
) -> None:
    limits = Limits(maker, MAX, MAX, taker)
    assert exchange(price, limits, Rounding.NORMAL) == normal
    assert exchange(price, limits, Rounding.STRICT_RECEIVE) == strict


def test_strict_send_spends_its_amount_even_for_nothing() -> None:
    limits = Limits(maker_send=10, maker_receive=MAX, taker_send=1, taker_receive=MAX)
    assert exchange(Price(3, 1), limits, Rounding.STRICT_SEND) == (0, 1, True)
    assert exchange(Price(3, 1), limits, Rounding.NORMAL) == (0, 0, True)
    with pytest.raises(InvariantBroken):
        exchange(Price(3, 1), limits._replace(taker_send=0), Rounding.STRICT_SEND)


AMOUNTS = st.one_of(
    st.integers(1, 200), st.integers(1, MAX), st.sampled_from([1, MAX - 1, MAX, 2**31 - 1])
)
TERMS = st.one_of(st.integers(1, 20), st.integers(1, 2**31 - 1), st.just(2**31 - 1))
PRICES = st.builds(Price, TERMS, TERMS)
LIMITS = st.builds(Limits, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)


@given(PRICES, LIMITS, st.sampled_from(Rounding))
def test_rounding_favours_the_side_that_stays(
    price: Price, limits: Limits, rounding: Rounding
) -> None:
    if rounding is not Rounding.NORMAL:  # the book's offers are kept adjusted, as paths rely on
        amount = sellable_amount(price, limits.maker_send, limits.maker_receive)
        if not amount:
            return
        limits = limits._replace(maker_send=amount)
    trade = exchange(price, limits, rounding)
    assert 0 <= trade.sold <= min(limits.maker_send, limits.taker_receive)
    assert 0 <= trade.bought <= min(limits.maker_receive, limits.taker_send)
    if trade.sold and trade.bought:
        effective, asked = Fraction(trade.bought, trade.sold), Fraction(*price)
        assert effective >= asked if trade.maker_stays else effective <= asked
        if rounding is Rounding.NORMAL or not trade.maker_stays:
            assert abs(effective - asked) <= asked / 100
    elif rounding is not Rounding.STRICT_SEND:
        assert not trade.sold
        assert not trade.bought


@given(PRICES, LIMITS)
def test_the_smaller_side_leaves(price: Price, limits: Limits) -> None:
    maker = min(Fraction(limits.maker_send) * Fraction(*price), limits.maker_receive)
    taker = min(Fraction(limits.taker_receive) * Fraction(*price), limits.taker_send)
    assert exchange(price, limits, Rounding.NORMAL).maker_stays == (maker > taker)


@given(PRICES, AMOUNTS, AMOUNTS)
def test_an_adjusted_offer_is_left_alone(price: Price, can_send: int, can_receive: int) -> None:
    amount = sellable_amount(price, can_send, can_receive)
    assert 0 <= amount <= can_send
    assert sellable_amount(price, amount, can_receive) == amount
    taken = Trade(amount, unbounded_exchange(price, _all_of(amount), Rounding.NORMAL).bought, False)
    assert not amount or is_fair(price, taken)


@given(PRICES, AMOUNTS)
def test_liabilities_are_what_a_taker_without_limits_takes(price: Price, amount: int) -> None:
    selling, buying = sell_liabilities(price, amount)
    trade = unbounded_exchange(price, _all_of(amount), Rounding.NORMAL)
    assert (selling, buying) == (trade.sold, trade.bought)
    assert selling <= amount
    bought = buy_liabilities(price, amount)
    assert bought.buying <= amount
    assert bought.selling * price.n >= bought.buying * price.d


@given(PRICES, AMOUNTS, AMOUNTS)
def test_strict_receive_is_exact_when_the_book_suffices(
    price: Price, offered: int, wanted: int
) -> None:
    amount = sellable_amount(price, offered, MAX)
    trade = exchange(price, Limits(amount, MAX, MAX, wanted), Rounding.STRICT_RECEIVE)
    if trade.maker_stays and wanted * price.n <= MAX * price.d:
        assert trade.sold == wanted


@given(PRICES, AMOUNTS, AMOUNTS)
def test_strict_send_is_exact_when_the_maker_stays(price: Price, offered: int, sent: int) -> None:
    amount = sellable_amount(price, offered, MAX)
    if amount:
        trade = exchange(price, Limits(amount, MAX, sent, MAX), Rounding.STRICT_SEND)
        assert trade.bought == sent or not trade.maker_stays


def _all_of(amount: int) -> Limits:
    return Limits(amount, MAX, MAX, MAX)
