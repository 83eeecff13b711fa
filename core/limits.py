"""What a person may pay: one payment, a calendar day, a calendar month, payments a day.

Amounts are counted in XLM stroops at the price of the hold. A payment counts on the day of its
hold; giving it back frees the same day and month. While cooling (24 hours after a sign-in on a
new device or a new PIN) a tenth of each amount holds.
"""

from collections.abc import Iterable
from typing import NamedTuple

from core.books import Books, Level, Limits, Payer, Payment
from core.errors import Params, Refused, hold
from core.money import STROOPS, format_stroops

COOLING_SHARE = 10


class Left(NamedTuple):
    """XLM stroops that one payment, the day and the month still allow."""

    per_payment: int
    day: int
    month: int


def month_of(day: int) -> int:
    return day // 100


def in_force(books: Books, user_id: str, at_ms: int) -> Limits:
    """An override wins over the level's newest row; both only once their date has come."""
    standing = books.standings[user_id]
    if standing.override is not None and (standing.override_from_ms or 0) <= at_ms:
        return standing.override
    return of_level(books.levels, standing.level, at_ms)


def of_level(levels: Iterable[Level], level: int, at_ms: int) -> Limits:
    dated = [row for row in levels if row.level == level and row.valid_from_ms <= at_ms]
    hold(bool(dated), f"level {level} has limits")
    return max(dated, key=lambda row: row.valid_from_ms).limits


def left(payer: Payer, limits: Limits, day: int, now_ms: int) -> Left:
    """What is left on the calendar day `day` (20261124)."""
    share = COOLING_SHARE if now_ms < payer.cooling_until_ms else 1
    used = _used(payer, day)
    return Left(
        limits.per_payment // share,
        max(0, limits.per_day // share - used.day),
        max(0, limits.per_month // share - used.month),
    )


def reserve(books: Books, user_id: str, value: int, day: int, now_ms: int) -> Left:
    """Count a payment and tell what is left; or raise `payment.limit_…` and change nothing."""
    payer, limits = books.payers[user_id], in_force(books, user_id, now_ms)
    remaining, used = left(payer, limits, day, now_ms), _used(payer, day)
    for code, room in (
        ("payment.limit_payment", remaining.per_payment),
        ("payment.limit_day", remaining.day),
        ("payment.limit_month", remaining.month),
    ):
        if value > room:
            raise Refused(code, field="amount", params=_help(books, user_id, value, remaining))
    if used.payments >= limits.payments_a_day:
        raise Refused("payment.limit_count", params=_help(books, user_id, value, remaining))
    payer.day, payer.day_used, payer.day_count = day, used.day + value, used.payments + 1
    payer.month, payer.month_used = month_of(day), used.month + value
    return left(payer, limits, day, now_ms)


def give_back(payer: Payer, payment: Payment) -> None:
    """The payment moved nothing: it no longer counts, if its day and month still run."""
    if payer.day == payment.day:
        payer.day_used -= payment.value
        payer.day_count -= 1
    if payer.month == month_of(payment.day):
        payer.month_used -= payment.value


class _Used(NamedTuple):
    day: int
    payments: int
    month: int


def _used(payer: Payer, day: int) -> _Used:
    """Counters of another day or month count as nothing."""
    today, this_month = payer.day == day, payer.month == month_of(day)
    return _Used(
        payer.day_used if today else 0,
        payer.day_count if today else 0,
        payer.month_used if this_month else 0,
    )


def _help(books: Books, user_id: str, value: int, remaining: Left) -> Params:
    """What a refused payer can do: what is left, and the level that would allow the amount."""
    level = books.standings[user_id].level
    higher = [
        row.level for row in books.levels if row.level > level and value <= row.limits.per_payment
    ]
    return {
        "perPayment": format_stroops(remaining.per_payment),
        "dayLeft": format_stroops(remaining.day),
        "monthLeft": format_stroops(remaining.month),
        "level": level,
        "levelNeeded": min(higher, default=None),
    }


def value_in_xlm(books: Books, asset: str, amount: int) -> int:
    """The XLM stroops that an amount is worth at the last known price; `asset.no_price` else."""
    if asset == "XLM":
        return amount
    price = books.prices.get(asset)
    if price is None:
        raise Refused("asset.no_price", field="asset")
    return -(-amount * price.stroops // STROOPS)
