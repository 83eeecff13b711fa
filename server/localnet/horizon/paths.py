"""Ways to pay in one asset and be received in another, through up to three order books."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import invalid_field
from server.localnet.horizon.query import MAX_PATH_ASSETS
from server.localnet.horizon.trades import asset_rank
from server.localnet.horizon.values import Json, amount, asset_fields
from server.localnet.ledger.assets import NATIVE, Asset
from server.localnet.ledger.entries import TrustLine
from server.localnet.ledger.exchange import Limits, Rounding, exchange
from server.localnet.ledger.reserves import MAX_INT64
from server.localnet.ledger.state import State

MAX_HOPS = 3


class Path(NamedTuple):
    """`assets` from the one that is fixed to the far end; `amount` of the far end."""

    assets: tuple[Asset, ...]
    amount: int

    @property
    def end(self) -> Asset:
        return self.assets[-1]


Step = Callable[[Asset, Asset, int], int | None]


async def strict_receive(call: Call) -> Json:
    """What it costs, in each asset that the source could pay with."""
    query, state = call.query, call.horizon.chain.state
    account, listed = query.account("source_account"), query.asset_list("source_assets")
    query.account("destination_account")
    if (account is None) == (listed is None):
        raise invalid_field("source_assets", "give either source_account or source_assets")
    received = query.required_asset("destination_")
    wanted = query.amount("destination_amount")
    budgets = dict.fromkeys(listed or (), MAX_INT64)
    if account is not None:
        budgets = _balances(state, account, "source_assets")

    def cost(asset: Asset, far: Asset, needed: int) -> int | None:
        return _cost(state, far, asset, needed, account)

    found = _search(state, received, wanted, cost, cheaper=True)
    usable = [path for path in found if path.amount <= budgets.get(path.end, -1)]
    usable.sort(key=lambda path: (asset_rank(path.end), path.amount, len(path.assets)))
    return _embedded(
        _record(path.end, path.amount, received, wanted, path.assets[-2:0:-1]) for path in usable
    )


async def strict_send(call: Call) -> Json:
    """What arrives, in each asset that the destination could take."""
    query, state = call.query, call.horizon.chain.state
    account = query.account("destination_account")
    listed = query.asset_list("destination_assets")
    if (account is None) == (listed is None):
        raise invalid_field("destination_assets", "give either destination_account or _assets")
    sent = query.required_asset("source_")
    spent = query.amount("source_amount")
    takes = set(listed or _balances(state, account or b"", "destination_assets"))

    def gain(asset: Asset, far: Asset, given: int) -> int | None:
        return _gain(state, asset, far, given)

    found = _search(state, sent, spent, gain, cheaper=False)
    usable = [path for path in found if path.end in takes]
    usable.sort(key=lambda path: (asset_rank(path.end), -path.amount, len(path.assets)))
    return _embedded(
        _record(sent, spent, path.end, path.amount, path.assets[1:-1]) for path in usable
    )


def _balances(state: State, account: bytes, field: str) -> dict[Asset, int]:
    """Each asset that the account can hold, with its balance; empty without an account. There may
    be as many as a request may list."""
    entry = state.account(account)
    if entry is None:
        return {}
    lines = (held for held in state.owned(account) if isinstance(held, TrustLine))
    balances = {NATIVE: entry.balance} | {line.asset: line.balance for line in lines}
    if len(balances) > MAX_PATH_ASSETS:
        raise invalid_field(field, f"the account holds more than {MAX_PATH_ASSETS} assets")
    return balances


def _search(
    state: State, start: Asset, quantity: int, step: Step, *, cheaper: bool
) -> Iterator[Path]:
    """The best path to each asset for each number of hops. Going on from the best one only keeps
    the work within hops times books."""
    neighbours = _neighbours(state)
    frontier = {start: Path((start,), quantity)}
    yield from frontier.values()
    for _ in range(MAX_HOPS):
        reached: dict[Asset, Path] = {}
        for path in frontier.values():
            for far in neighbours.get(path.end, ()):
                if far in path.assets:
                    continue
                stroops = step(path.end, far, path.amount)
                known = reached.get(far)
                if stroops and (known is None or (stroops < known.amount) == cheaper):
                    reached[far] = Path((*path.assets, far), stroops)
        yield from reached.values()
        frontier = reached


def _neighbours(state: State) -> dict[Asset, set[Asset]]:
    neighbours: dict[Asset, set[Asset]] = {}
    for selling, buying in state.pairs():
        neighbours.setdefault(selling, set()).add(buying)
        neighbours.setdefault(buying, set()).add(selling)
    return neighbours


def _cost(
    state: State, sent: Asset, received: Asset, needed: int, payer: bytes | None
) -> int | None:
    """Of buying `needed` from the book, or None when it holds too little. Nobody buys from
    themselves."""
    cost = 0
    for offer in state.book(received, sent):
        if offer.seller == payer:
            continue
        limits = Limits(offer.amount, MAX_INT64, MAX_INT64, needed)
        trade = exchange(offer.price, limits, Rounding.STRICT_RECEIVE)
        cost, needed = cost + trade.bought, needed - trade.sold
        if not needed or trade.maker_stays:
            break
    return cost if not needed and cost <= MAX_INT64 else None


def _gain(state: State, sent: Asset, received: Asset, given: int) -> int | None:
    """From selling `given` to the book, or None when it cannot take all of it."""
    gain = 0
    for offer in state.book(received, sent):
        limits = Limits(offer.amount, MAX_INT64, given, MAX_INT64)
        trade = exchange(offer.price, limits, Rounding.STRICT_SEND)
        gain, given = gain + trade.sold, given - trade.bought
        if not given or trade.maker_stays:
            break
    return gain if not given and gain <= MAX_INT64 else None


def _record(
    source: Asset, sent: int, destination: Asset, received: int, between: tuple[Asset, ...]
) -> Json:
    return {
        **asset_fields(source, "source_"),
        "source_amount": amount(sent),
        **asset_fields(destination, "destination_"),
        "destination_amount": amount(received),
        "path": [asset_fields(asset) for asset in between],
    }


def _embedded(records: Iterable[Json]) -> Json:
    return {"_embedded": {"records": list(records)}}
