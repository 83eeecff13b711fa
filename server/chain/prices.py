"""Prices from the network's own order book, exact until the last step."""

from fractions import Fraction

import msgspec
from msgspec import Struct

from core.money import NATIVE, STROOPS
from server.chain.client import Client, Unanswered

_SECONDS = 5.0


class _Ratio(Struct):
    n: int
    d: int


class _Level(Struct):
    price_r: _Ratio


class _OrderBook(Struct):
    bids: list[_Level]
    asks: list[_Level]


async def order_book_price(client: Client, horizon_url: str, asset: str) -> int | None:
    """XLM stroops for one unit of `asset`: the middle of the best bid and ask, or the only side
    there is; None for an empty book. Raises `Unsent`, `Unanswered`."""
    reply = await client.get(
        f"{horizon_url}/order_book",
        _SECONDS,
        **_named("selling", asset),
        **_named("buying", NATIVE),
        limit="1",
    )
    try:
        book = msgspec.json.decode(reply.body, type=_OrderBook, strict=False)
        best = [
            Fraction(side[0].price_r.n, side[0].price_r.d)
            for side in (book.bids, book.asks)
            if side
        ]
    except (msgspec.MsgspecError, ZeroDivisionError):
        raise Unanswered(f"order book: unreadable, status {reply.status}") from None
    return int(sum(best) / len(best) * STROOPS) if best else None


def _named(side: str, asset: str) -> dict[str, str]:
    """Horizon's way to name an asset in a query."""
    if asset == NATIVE:
        return {f"{side}_asset_type": "native"}
    code, _, issuer = asset.partition(":")
    return {
        f"{side}_asset_type": f"credit_alphanum{4 if len(code) <= 4 else 12}",
        f"{side}_asset_code": code,
        f"{side}_asset_issuer": issuer,
    }
