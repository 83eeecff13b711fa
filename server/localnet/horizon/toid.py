"""Total order ids: ledger << 32 | transaction order << 12 | operation order, orders 1-based."""

from typing import NamedTuple

LAST_TRANSACTION = (1 << 20) - 1
LAST_OPERATION = (1 << 12) - 1


class Toid(NamedTuple):
    ledger: int
    transaction: int
    operation: int


def of(ledger: int, transaction: int = 0, operation: int = 0) -> int:
    return ledger << 32 | transaction << 12 | operation


def parse(value: int) -> Toid:
    return Toid(value >> 32, value >> 12 & LAST_TRANSACTION, value & LAST_OPERATION)


def after_ledger(ledger: int) -> int:
    """The highest id that can belong to the ledger."""
    return of(ledger, LAST_TRANSACTION, LAST_OPERATION)
