"""Trades of a pair of assets summed up by time."""

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby, islice
from urllib.parse import urlencode

from server.localnet.horizon import toid
from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.history import Kind, Scope
from server.localnet.horizon.problems import Problem, invalid_field
from server.localnet.horizon.query import MAX_INT64, PageQuery
from server.localnet.horizon.trades import Trade, pair_owner
from server.localnet.horizon.values import Json, amount, price
from server.localnet.ledger.assets import Asset, arm
from server.localnet.ledger.chain import Chain

RESOLUTIONS = (60_000, 300_000, 900_000, 3_600_000, 86_400_000, 604_800_000)
HOUR = 3_600_000
DAY = 24 * HOUR


async def trade_aggregations(call: Call) -> Json:
    page = call.query.page()
    base, counter = call.query.required_asset("base_"), call.query.required_asset("counter_")
    resolution, offset = _resolution(call)
    start = call.query.integer("start_time") or 0
    end = call.query.integer("end_time") or MAX_INT64
    if start > end:
        raise invalid_field("end_time", "is before start_time")
    for name, asset in (("base_asset", base), ("counter_asset", counter)):
        if not await call.horizon.history.was_traded(asset):
            extras = {"invalid_field": name, "reason": "was never traded"}
            raise Problem("not_found", extras=extras)
    found = await _trades(call, page, (base, counter), (start, end))
    buckets = groupby(found, lambda dated: (dated[0] - offset) // resolution)
    records = [
        _record(number * resolution + offset, [t for _, t in dated], base, page.ascending)
        for number, dated in islice(buckets, page.limit)
    ]
    return _body(call, page, records, resolution)


def _resolution(call: Call) -> tuple[int, int]:
    """Resolution and offset in milliseconds."""
    resolution = call.query.required_integer("resolution")
    if resolution not in RESOLUTIONS:
        raise invalid_field("resolution", f"is not one of {', '.join(map(str, RESOLUTIONS))}")
    offset = call.query.integer("offset") or 0
    if offset % HOUR or offset >= DAY or offset > resolution:
        raise invalid_field("offset", "is no whole number of hours below a day and the resolution")
    return resolution, offset


async def _trades(
    call: Call, page: PageQuery, pair: tuple[Asset, Asset], span: tuple[int, int]
) -> Iterator[tuple[int, Trade]]:
    """Each trade of the span with its time in milliseconds, in the page's order."""
    chain, history = call.horizon.chain, call.horizon.history
    ids = await history.ids(Kind.TRADES, Scope(pair_owner(*pair)))
    first = bisect_left(ids, toid.of(_first_ledger(chain, span[0])))
    last = bisect_left(ids, toid.of(_first_ledger(chain, span[1])))
    chosen = ids[first:last] if page.ascending else ids[first:last][::-1]
    return (
        (call.horizon.closed_at(toid.parse(identity).ledger) * 1000, trade)
        for identity in chosen
        for trade in history.trades(identity)[:: 1 if page.ascending else -1]
        if {trade.sold, trade.bought} == set(pair)
    )


def _first_ledger(chain: Chain, milliseconds: int) -> int:
    """The first ledger that closed at the time or later."""
    sequences = range(chain.oldest.sequence, chain.head.sequence + 1)
    place = bisect_left(
        sequences, milliseconds, key=lambda s: arm(chain.ledger(s)).close_time * 1000
    )
    return sequences.start + place


def _record(start: int, trades: list[Trade], base: Asset, ascending: bool) -> Json:
    in_time = trades if ascending else trades[::-1]
    sides = [_sides(trade, base) for trade in in_time]
    base_volume, counter_volume = sum(b for b, _, _ in sides), sum(c for _, c, _ in sides)
    prices = [rate for _, _, rate in sides]
    record: Json = {
        "timestamp": str(start),
        "trade_count": str(len(trades)),
        "base_volume": amount(base_volume),
        "counter_volume": amount(counter_volume),
        "avg": price(counter_volume, base_volume),
    }
    named = {"high": max(prices), "low": min(prices), "open": prices[0], "close": prices[-1]}
    for name, rate in named.items():
        record[name] = price(rate.numerator, rate.denominator)
        record[f"{name}_r"] = {"n": str(rate.numerator), "d": str(rate.denominator)}
    return record


def _sides(trade: Trade, base: Asset) -> tuple[int, int, Fraction]:
    """Amounts of base and counter asset, and the price of the base in the counter."""
    rate = Fraction(*trade.price)
    if trade.sold == base:
        return trade.sold_amount, trade.bought_amount, rate
    return trade.bought_amount, trade.sold_amount, 1 / rate


def _body(call: Call, page: PageQuery, records: list[Json], resolution: int) -> Json:
    """The next page begins, or when descending ends, where this one stopped."""
    values = {**call.query.values, "limit": str(page.limit), "order": page.order}
    following = dict(values)
    if records:
        last = int(str(records[-1]["timestamp"]))
        bound = ("start_time", last + resolution) if page.ascending else ("end_time", last)
        following[bound[0]] = str(bound[1])
    turned = {**values, "order": "desc" if page.ascending else "asc"}
    address = call.base + call.path
    return {
        "_links": {
            name: {"href": f"{address}?{urlencode(sorted(chosen.items()))}"}
            for name, chosen in (("self", values), ("next", following), ("prev", turned))
        },
        "_embedded": {"records": records},
    }
