"""What transactions of the last ledgers paid and offered per operation."""

from collections import Counter
from collections.abc import Sequence

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.values import Json
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger

LEDGERS = 5
_PERCENTILES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99)


async def fee_stats(call: Call) -> Json:
    chain = call.horizon.chain
    head = chain.head
    sequences = range(max(head.sequence - LEDGERS + 1, chain.oldest.sequence), head.sequence + 1)
    ledgers = [found for s in sequences if (found := chain.ledger(s)) is not None]
    applied = [transaction for ledger in ledgers for transaction in ledger.transactions]
    return {
        "last_ledger": str(head.sequence),
        "last_ledger_base_fee": str(head.header.base_fee),
        "ledger_capacity_usage": f"{_usage(ledgers):.2f}",
        "fee_charged": _distribution([_per_operation(t.fee_charged, t) for t in applied], head),
        "max_fee": _distribution([_per_operation(t.max_fee, t) for t in applied], head),
    }


def _usage(ledgers: Sequence[ClosedLedger]) -> float:
    """The share of the operations that the ledgers had room for."""
    used = sum(ledger.transaction_set_operation_count for ledger in ledgers)
    return used / sum(ledger.header.max_operations for ledger in ledgers)


def _per_operation(fee: int, transaction: AppliedTransaction) -> int:
    """Rounded up; a fee-bump counts as one operation more."""
    operations = transaction.operation_count + (transaction.inner_hash is not None)
    return -(-fee // operations)


def _distribution(fees: list[int], head: ClosedLedger) -> Json:
    """Without transactions, the base fee throughout."""
    ordered = sorted(fees) or [head.header.base_fee]
    most = Counter(ordered).most_common(1)[0][0]
    values: Json = {"max": str(ordered[-1]), "min": str(ordered[0]), "mode": str(most)}
    for percent in _PERCENTILES:
        place = -(-percent * len(ordered) // 100) - 1
        values[f"p{percent}"] = str(ordered[place])
    return values
