"""Pages over history: transactions, operations, payments, effects and trades of any scope."""

from collections.abc import Iterator, Sequence
from itertools import islice

from server.localnet.horizon import toid
from server.localnet.horizon.decoded import DecodedOperation, decode
from server.localnet.horizon.effects import effect_record
from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.history import Kind, Scope, walk, walk_numbered
from server.localnet.horizon.operation_effects import operation_effects
from server.localnet.horizon.operations import operation_record
from server.localnet.horizon.participants import balance_owner
from server.localnet.horizon.problems import Problem, invalid_field, not_found
from server.localnet.horizon.query import PageQuery, history_position
from server.localnet.horizon.trades import (
    Trade,
    offer_owner,
    pair_owner,
    trade_record,
)
from server.localnet.horizon.transactions import transaction_record
from server.localnet.horizon.values import Json

MAX_LEDGER = 2**32 - 1


async def scope_of(call: Call) -> Scope:
    """What the path or one filter of the query narrows history to."""
    query, path = call.query, call.query.of_path()
    named = [
        await _account_scope(call),
        await _balance_scope(call),
        _pool_scope(call),
        _ledger_scope(call, path.integer("sequence", MAX_LEDGER)),
        _ledger_scope(call, query.integer("ledger_id", MAX_LEDGER)),
        _transaction_scope(call, path.hash("transaction_hash")),
        _transaction_scope(call, query.hash("tx_id")),
        _operation_scope(path.integer("id")),
        _operation_scope(query.integer("op_id")),
    ]
    scopes = [scope for scope in named if scope is not None]
    if len(scopes) > 1:
        raise invalid_field("filters", "give one filter only")
    return scopes[0] if scopes else Scope()


async def _account_scope(call: Call) -> Scope | None:
    account = call.query.account("account_id")
    if account is None:
        return None
    horizon = call.horizon
    if horizon.chain.state.account(account) is None and not await horizon.history.knows(account):
        raise not_found()
    return Scope(account)


async def _balance_scope(call: Call) -> Scope | None:
    balance = call.query.balance_id("claimable_balance_id")
    if balance is None:
        return None
    owner = balance_owner(balance)
    if not await call.horizon.history.knows(owner):
        raise not_found()
    return Scope(owner)


def _pool_scope(call: Call) -> Scope | None:
    """The network has no pools; asking for one by its id finds nothing."""
    if call.query.hash("liquidity_pool_id") is None:
        return None
    if call.path.startswith("/liquidity_pools/") and call.path.endswith("/effects"):
        return Scope(b"L")
    raise not_found()


def _ledger_scope(call: Call, sequence: int | None) -> Scope | None:
    if sequence is None:
        return None
    chain = call.horizon.chain
    if sequence < chain.oldest.sequence:
        raise Problem("before_history")
    if chain.ledger(sequence) is None:
        raise not_found()
    return Scope(None, toid.of(sequence), toid.after_ledger(sequence))


def _transaction_scope(call: Call, transaction: bytes | None) -> Scope | None:
    if transaction is None:
        return None
    applied = call.horizon.chain.find(transaction)
    if applied is None:
        raise not_found()
    identity = toid.of(applied.ledger, applied.order)
    return Scope(None, identity, identity + toid.LAST_OPERATION)


def _operation_scope(identity: int | None) -> Scope | None:
    return None if identity is None else Scope(None, max(identity, 1), max(identity, 1))


async def _ids(call: Call, page: PageQuery, kind: Kind) -> Iterator[int]:
    position = history_position(page, call.horizon.chain.oldest.sequence)
    ids = await call.horizon.history.ids(kind, await scope_of(call))
    return walk(ids, page, position)


def _wanted(call: Call, ids: Iterator[int]) -> Iterator[int]:
    """Without what failed, unless the request includes it."""
    if call.query.boolean("include_failed"):
        return ids
    return (i for i in ids if call.horizon.history.transaction(i).successful)


async def transactions(call: Call, page: PageQuery) -> list[Json]:
    wanted = _wanted(call, await _ids(call, page, Kind.TRANSACTION))
    history = call.horizon.history
    return [
        transaction_record(decode(applied), call.horizon.closed_at(applied.ledger), call.base)
        for applied in map(history.transaction, islice(wanted, page.limit))
    ]


async def operations(call: Call, page: PageQuery) -> list[Json]:
    return await _operations(call, page, Kind.OPERATION)


async def payments(call: Call, page: PageQuery) -> list[Json]:
    return await _operations(call, page, Kind.PAYMENT)


async def _operations(call: Call, page: PageQuery, kind: Kind) -> list[Json]:
    joined = call.query.choice("join", ("transactions",)) is not None
    wanted = _wanted(call, await _ids(call, page, kind))
    chosen = map(call.horizon.history.operation, islice(wanted, page.limit))
    return [_operation(call, operation, joined) for operation in chosen]


def _operation(call: Call, operation: DecodedOperation, joined: bool) -> Json:
    closed_at = call.horizon.closed_at(operation.transaction.applied.ledger)
    record = operation_record(operation, closed_at, call.base)
    if joined:
        transaction = transaction_record(operation.transaction, closed_at, call.base)
        record["transaction"] = transaction
    return record


async def operation(call: Call) -> Json:
    joined = call.query.choice("join", ("transactions",)) is not None
    identity = call.query.required_integer("id")
    place = toid.parse(identity)
    chain = call.horizon.chain
    if place.ledger < chain.oldest.sequence:
        raise Problem("before_history")
    ids = await call.horizon.history.ids(Kind.OPERATION, Scope(None, identity, identity))
    if not ids:
        raise not_found()
    return _operation(call, call.horizon.history.operation(identity), joined)


async def transaction(call: Call) -> Json:
    asked = call.query.hash("transaction_hash") or b""
    applied = call.horizon.chain.find(asked)
    if applied is None:
        raise not_found()
    closed_at = call.horizon.closed_at(applied.ledger)
    return transaction_record(decode(applied), closed_at, call.base, asked)


async def effects(call: Call, page: PageQuery) -> list[Json]:
    history = call.horizon.history
    position = history_position(page, call.horizon.chain.oldest.sequence, numbered=True)
    scope = await scope_of(call)
    ids = await history.ids(Kind.EFFECTS, scope)
    found = walk_numbered(ids, page, position, lambda i: operation_effects(history.operation(i)))
    if scope.owner is not None and len(scope.owner) == 32:
        found = (effect for effect in found if effect.account == scope.owner)
    return [
        effect_record(effect, _closed_at(call, effect.operation), call.base)
        for effect in islice(found, page.limit)
    ]


def _closed_at(call: Call, operation: int) -> int:
    return call.horizon.closed_at(toid.parse(operation).ledger)


async def trades(call: Call, page: PageQuery) -> list[Json]:
    query, history = call.query, call.horizon.history
    base, counter = query.asset("base_"), query.asset("counter_")
    if (base is None) != (counter is None):
        missing = "counter_asset_type" if counter is None else "base_asset_type"
        raise invalid_field(missing, "base and counter are given together or not at all")
    for name, asset in (("base", base), ("counter", counter)):
        if asset is not None and not await history.was_traded(asset):
            raise Problem("not_found", extras=_never_traded(name))
    found = await _trades_of(call, page)
    if base is not None and counter is not None:
        found = (t for t in found if {t.sold, t.bought} == {base, counter})
    return [
        trade_record(
            trade,
            _closed_at(call, trade.operation),
            call.base,
            trade.sold == base if base is not None else trade.seller_is_base,
        )
        for trade in islice(found, page.limit)
    ]


def _never_traded(name: str) -> Json:
    return {"invalid_field": f"{name}_asset", "reason": "was never traded"}


async def _trades_of(call: Call, page: PageQuery) -> Iterator[Trade]:
    """The trades after the cursor that belong to the account or offer, if one is named."""
    history = call.horizon.history
    position = history_position(page, call.horizon.chain.oldest.sequence, numbered=True)
    owner = await _trade_owner(call)
    kinds = ("all", "orderbook", "liquidity_pool", "liquidity_pools")
    ids: Sequence[int] = await history.ids(Kind.TRADES, Scope(owner))
    if (call.query.choice("trade_type", kinds) or "all").startswith("liquidity_pool"):
        ids = ()
    found = walk_numbered(ids, page, position, history.trades)
    offer, account = call.query.integer("offer_id"), call.query.account("account_id")
    if offer is not None:
        return (t for t in found if offer in (t.offer_id, t.taken_by_offer))
    if account is not None:
        return (t for t in found if account in (t.seller, t.buyer))
    return found


async def _trade_owner(call: Call) -> bytes | None:
    """The narrowest owner that the index knows for the request."""
    offer = call.query.integer("offer_id")
    account = await _account_scope(call)
    pool = _pool_scope(call)
    if sum(named is not None for named in (offer, account, pool)) > 1:
        raise invalid_field("account_id,liquidity_pool_id,offer_id", "give one filter only")
    if offer is not None and call.query.asset("base_") is not None:
        named_together = "base_asset_type,counter_asset_type,offer_id"
        raise invalid_field(named_together, "an offer has its pair of assets already")
    if offer is not None:
        return offer_owner(offer)
    if account is not None:
        return account.owner
    base, counter = call.query.asset("base_"), call.query.asset("counter_")
    if base is not None and counter is not None:
        return pair_owner(base, counter)
    return None
