"""What the home screen says of one's money: the total, today's sums, the course of a balance.

Whole stroops throughout; figures of the server are only added up, never guessed: a sum that the
transactions at hand may not cover is not given.
"""

from collections.abc import Sequence
from typing import NamedTuple

from core import wire
from core.money import NATIVE, STROOPS, format_stroops
from tui.text import day

TREND_POINTS_MAX = 32
TREND_POINTS_MIN = 4


class Flow(NamedTuple):
    """What came in and what went out of one currency, as wire amounts."""

    asset: str
    received: str
    paid: str


def stroops(decimal: str) -> int:
    """The stroops of an amount that the server sent, zero and negative ones too."""
    sign = -1 if decimal.startswith("-") else 1
    whole, _point, part = decimal.removeprefix("-").partition(".")
    return sign * (int(whole) * STROOPS + int(part.ljust(7, "0")))


def total(balances: wire.Balances) -> str:
    """The value of all balances that have one, in `value_asset`."""
    return format_stroops(sum(stroops(one.value) for one in balances.balances if one.value))


def unpriced(balances: wire.Balances) -> list[str]:
    """The currencies held that have no value now, so that the total lacks them."""
    return [one.asset for one in balances.balances if one.value is None and stroops(one.total)]


def today(recent: Sequence[wire.Transaction], now_ms: int, more: bool) -> list[Flow] | None:
    """The day's finished payments by currency; None if `more` of today may lie beyond `recent`."""
    this_day = day(now_ms, now_ms)
    ours = [one for one in recent if day(one.created_at, now_ms) == this_day]
    if more and len(ours) == len(recent):
        return None
    done = [one for one in ours if one.status == "success"]
    return [_flow(asset, done) for asset in sorted({one.asset for one in done})]


def _flow(asset: str, done: Sequence[wire.Transaction]) -> Flow:
    sums = {"in": 0, "out": 0}
    for one in done:
        if one.asset == asset and one.direction in sums:
            sums[one.direction] += stroops(one.amount)
    return Flow(asset, format_stroops(sums["in"]), format_stroops(sums["out"]))


def trend(balances: wire.Balances, recent: Sequence[wire.Transaction]) -> list[int]:
    """The XLM balance after each of the last payments in XLM, oldest first; none if too few. What
    was before the first money came says nothing and is left out."""
    now = next((stroops(one.total) for one in balances.balances if one.asset == NATIVE), 0)
    points = [now]
    for one in recent:
        if one.asset == NATIVE and one.status == "success":
            change = stroops(one.amount) if one.direction == "in" else -stroops(one.amount)
            points.append(points[-1] - change)
    points = [point for point in points[:TREND_POINTS_MAX] if point > 0]
    return points[::-1] if len(points) >= TREND_POINTS_MIN else []
