"""Both sides of the market of two assets, summed up by price."""

from fractions import Fraction

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import Problem
from server.localnet.horizon.values import Json, amount, asset_fields, price, price_fraction
from server.localnet.ledger.assets import Asset
from server.localnet.ledger.entries import Price

DEFAULT_LEVELS = 20


async def order_book(call: Call) -> Json:
    try:
        selling = call.query.required_asset("selling_")
        buying = call.query.required_asset("buying_")
        levels = call.query.limit(DEFAULT_LEVELS)
    except Problem as problem:
        raise Problem("invalid_order_book") from problem
    asks = _levels(call, selling, buying, levels)
    bids = _levels(call, buying, selling, levels)
    return {
        "bids": [_level(Price(rate.d, rate.n), size) for rate, size in bids],
        "asks": [_level(rate, size) for rate, size in asks],
        "base": asset_fields(selling),
        "counter": asset_fields(buying),
    }


def _levels(call: Call, selling: Asset, buying: Asset, limit: int) -> list[tuple[Price, int]]:
    """The best prices of one side, each with what is sold at it."""
    sizes: dict[Fraction, tuple[Price, int]] = {}
    for offer in call.horizon.chain.state.book(selling, buying):
        at = Fraction(*offer.price)
        if at not in sizes and len(sizes) == limit:
            break
        rate, size = sizes.get(at, (offer.price, 0))
        sizes[at] = rate, size + offer.amount
    return list(sizes.values())


def _level(rate: Price, size: int) -> Json:
    return {
        "price_r": price_fraction(rate.n, rate.d),
        "price": price(rate.n, rate.d),
        "amount": amount(size),
    }
