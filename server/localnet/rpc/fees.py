"""getFeeStats: what inclusion cost in the last ledgers, per operation."""

from collections import Counter

import msgspec

from server.localnet.ledger.chain import Chain

_WINDOW_LEDGERS = 10
_PERCENTILES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99)


def get_fee_stats(chain: Chain) -> bytes:
    latest = chain.head.sequence
    sequences = range(latest, latest - _WINDOW_LEDGERS, -1)
    ledgers = [ledger for one in sequences if (ledger := chain.ledger(one)) is not None]
    fees = sorted(
        applied.fee_charged // applied.operation_count
        for ledger in ledgers
        for applied in ledger.transactions
    )
    stats = {
        "sorobanInclusionFee": _distribution([], 0),
        "inclusionFee": _distribution(fees, len(ledgers)),
        "latestLedger": latest,
    }
    return msgspec.json.encode(stats)


def _distribution(fees: list[int], ledger_count: int) -> dict[str, str | int]:
    """Of sorted fees; all zero, the count of ledgers too, when there was no transaction."""
    ranked = {f"p{percent}": _nearest_rank(fees, percent) for percent in _PERCENTILES}
    return {
        "max": str(fees[-1]) if fees else "0",
        "min": str(fees[0]) if fees else "0",
        "mode": str(Counter(fees).most_common(1)[0][0]) if fees else "0",
        **ranked,
        "transactionCount": str(len(fees)),
        "ledgerCount": ledger_count if fees else 0,
    }


def _nearest_rank(fees: list[int], percent: int) -> str:
    return str(fees[-(-percent * len(fees) // 100) - 1]) if fees else "0"
