"""Closed ledgers."""

from server.localnet.horizon import toid
from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import Problem, not_found
from server.localnet.horizon.query import PageQuery, history_position
from server.localnet.horizon.values import Json, amount, b64, timestamp
from server.localnet.ledger.assets import arm
from server.localnet.ledger.records import ClosedLedger

MAX_SEQUENCE = 2**31 - 1
_PAGE = "{?cursor,limit,order}"


async def ledger(call: Call) -> Json:
    sequence = call.query.required_integer("sequence", MAX_SEQUENCE)
    chain = call.horizon.chain
    if sequence < chain.oldest.sequence:
        raise Problem("before_history")
    found = chain.ledger(sequence)
    if found is None:
        raise not_found()
    return ledger_record(found, call.base)


async def ledgers(call: Call, page: PageQuery) -> list[Json]:
    chain = call.horizon.chain
    oldest, newest = chain.oldest.sequence, chain.head.sequence
    position = history_position(page, oldest)
    if page.ascending:
        first = max(position.id // toid.of(1) + 1, oldest) if position else oldest
        chosen = range(first, min(first + page.limit - 1, newest) + 1)
    else:
        below = -(-position.id // toid.of(1)) if position else newest + 1
        last = min(below - 1, newest)
        chosen = range(last, max(last - page.limit, oldest - 1), -1)
    return [ledger_record(arm(chain.ledger(sequence)), call.base) for sequence in chosen]


def ledger_record(closed: ClosedLedger, base: str) -> Json:
    header = closed.header
    record: Json = {
        "_links": _links(f"{base}/ledgers/{closed.sequence}"),
        "id": closed.hash.hex(),
        "paging_token": str(toid.of(closed.sequence)),
        "hash": closed.hash.hex(),
        "prev_hash": closed.previous_hash.hex(),
        "sequence": closed.sequence,
        "successful_transaction_count": closed.successful_count,
        "failed_transaction_count": closed.failed_count,
        "operation_count": closed.operation_count,
        "tx_set_operation_count": closed.transaction_set_operation_count,
        "closed_at": timestamp(closed.close_time),
        "total_coins": amount(header.total_coins),
        "fee_pool": amount(header.fee_pool),
        "base_fee_in_stroops": header.base_fee,
        "base_reserve_in_stroops": header.base_reserve,
        "max_tx_set_size": header.max_operations,
        "protocol_version": header.protocol,
        "header_xdr": b64(closed.header_xdr),
    }
    return record


def _links(itself: str) -> Json:
    links: Json = {"self": {"href": itself}}
    for name in ("transactions", "operations", "payments", "effects"):
        links[name] = {"href": f"{itself}/{name}{_PAGE}", "templated": True}
    return links
