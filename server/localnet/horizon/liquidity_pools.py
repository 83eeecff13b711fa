"""Liquidity pools, of which this network has none: its order books are all the market there is."""

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import invalid_field, not_found
from server.localnet.horizon.query import PageQuery
from server.localnet.horizon.values import Json

MAX_RESERVES = 2


async def liquidity_pool(call: Call) -> Json:
    call.query.hash("liquidity_pool_id")
    raise not_found()


async def liquidity_pools(call: Call, page: PageQuery) -> list[Json]:
    call.query.account("account")
    reserves = call.query.asset_list("reserves") or []
    if len(reserves) > MAX_RESERVES:
        raise invalid_field("reserves", f"lists more than {MAX_RESERVES} assets")
    return []
