"""How an order crosses one offer of the book: amounts, rounding, and which of the two stays.

The maker is the owner of the offer in the book; `price` is what it asks for one unit sold. The
taker is the incoming order. The rules are CAP-0004's: the smaller side always leaves, rounding
favours the side that stays, and no side gets a price more than 1 % worse than the offer's.
All amounts are stroops; every limit is 0..MAX_INT64.
"""

from enum import Enum, auto
from typing import NamedTuple

from server.localnet.ledger.entries import Price
from server.localnet.ledger.reserves import MAX_INT64

_PRICE_ERROR_DIVISOR = 100  # a side may lose at most 1/100 of the price


class Rounding(Enum):
    """Who bounds the trade: an offer both ways, a path payment the received or the sent side."""

    NORMAL = auto()
    STRICT_RECEIVE = auto()
    STRICT_SEND = auto()


class Limits(NamedTuple):
    """What each side can send and receive; maker_send and taker_receive count the sold asset."""

    maker_send: int
    maker_receive: int
    taker_send: int
    taker_receive: int


class Trade(NamedTuple):
    """`sold` goes from maker to taker, `bought` from taker to maker."""

    sold: int
    bought: int
    maker_stays: bool


class Liabilities(NamedTuple):
    """What an offer obliges its owner to be able to send and to receive (CAP-0003)."""

    selling: int
    buying: int


class InvariantBroken(RuntimeError):
    """Amounts that the rules of the exchange prove impossible."""


def exchange(price: Price, limits: Limits, rounding: Rounding) -> Trade:
    """The trade between taker and maker; (0, 0) when rounding would cost a side more than 1 %."""
    trade = unbounded_exchange(price, limits, rounding)
    if not trade.sold or not trade.bought:
        return _without_value(trade, rounding)
    _check_favour(price, trade)
    if rounding is Rounding.NORMAL:
        if not is_fair(price, trade):
            return Trade(0, 0, trade.maker_stays)
    elif not is_fair(price, trade, or_favours_maker=True):
        raise InvariantBroken(f"price error above 1 %: {price} {trade}")
    return trade


def unbounded_exchange(price: Price, limits: Limits, rounding: Rounding) -> Trade:
    """The same without the 1 % rule; liabilities are counted with it."""
    maker_value = min(limits.maker_send * price.n, limits.maker_receive * price.d)
    taker_value = min(limits.taker_send * price.d, limits.taker_receive * price.n)
    maker_stays = maker_value > taker_value
    if maker_stays:
        trade = _take_part(price, limits, taker_value, rounding)
    else:
        trade = _take_all(price, maker_value)
    _check_limits(limits, trade)
    return trade


def _take_part(price: Price, limits: Limits, value: int, rounding: Rounding) -> Trade:
    if rounding is Rounding.STRICT_SEND:
        bought = min(limits.taker_send, limits.maker_receive)
        return Trade(value // price.n, bought, maker_stays=True)
    if price.n > price.d or rounding is Rounding.STRICT_RECEIVE:
        sold = value // price.n
        return Trade(sold, _divide_up(sold * price.n, price.d), maker_stays=True)
    bought = value // price.d
    return Trade(bought * price.d // price.n, bought, maker_stays=True)


def _take_all(price: Price, value: int) -> Trade:
    if price.n > price.d:
        sold = value // price.n
        return Trade(sold, sold * price.n // price.d, maker_stays=False)
    bought = value // price.d
    return Trade(_divide_up(bought * price.d, price.n), bought, maker_stays=False)


def is_fair(price: Price, trade: Trade, *, or_favours_maker: bool = False) -> bool:
    """Whether the effective price is within 1 % of `price`, or errs for the maker only."""
    asked = _PRICE_ERROR_DIVISOR * price.n * trade.sold
    paid = _PRICE_ERROR_DIVISOR * price.d * trade.bought
    if or_favours_maker and paid > asked:
        return True
    return abs(asked - paid) <= price.n * trade.sold


def sellable_amount(price: Price, can_send: int, can_receive: int) -> int:
    """What an offer can really sell, as the book keeps it: a second adjustment changes nothing."""
    limits = Limits(can_send, can_receive, taker_send=MAX_INT64, taker_receive=MAX_INT64)
    return exchange(price, limits, Rounding.NORMAL).sold


def sell_liabilities(price: Price, amount: int) -> Liabilities:
    """Of an offer that sells `amount`."""
    return _liabilities(price, Limits(amount, MAX_INT64, MAX_INT64, MAX_INT64))


def buy_liabilities(price: Price, amount: int) -> Liabilities:
    """Of an offer that buys `amount`; `price` is still that of the sold asset in the bought one."""
    return _liabilities(price, Limits(MAX_INT64, amount, MAX_INT64, MAX_INT64))


def _liabilities(price: Price, limits: Limits) -> Liabilities:
    trade = unbounded_exchange(price, limits, Rounding.NORMAL)
    return Liabilities(selling=trade.sold, buying=trade.bought)


def _without_value(trade: Trade, rounding: Rounding) -> Trade:
    """A strict-send payment may pay for nothing (its minimum decides); others trade nothing."""
    if rounding is not Rounding.STRICT_SEND:
        return Trade(0, 0, trade.maker_stays)
    if not trade.bought:
        raise InvariantBroken(f"strict send without a sent amount: {trade}")
    return trade


def _check_favour(price: Price, trade: Trade) -> None:
    asked, paid = trade.sold * price.n, trade.bought * price.d
    if (paid < asked) if trade.maker_stays else (paid > asked):
        raise InvariantBroken(f"rounding favours the side that leaves: {price} {trade}")


def _check_limits(limits: Limits, trade: Trade) -> None:
    most_sold = min(limits.maker_send, limits.taker_receive)
    most_bought = min(limits.maker_receive, limits.taker_send)
    if not (0 <= trade.sold <= most_sold and 0 <= trade.bought <= most_bought):
        raise InvariantBroken(f"{trade} exceeds {limits}")


def _divide_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
