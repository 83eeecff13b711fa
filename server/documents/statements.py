"""Statements and receipts as CSV and JSON, from the transactions as they are on the wire."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from core.wire import Transaction

COLUMNS = (
    "createdAt",
    "settledAt",
    "status",
    "reason",
    "kind",
    "direction",
    "amount",
    "asset",
    "fee",
    "counterpartyName",
    "counterpartyHandle",
    "counterpartyAddress",
    "memoType",
    "memo",
    "note",
    "hash",
    "ledger",
    "transactionId",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(transactions: Sequence[Transaction]) -> bytes:
    """RFC 4180, UTF-8 with a byte-order mark (spreadsheets need it to see anything but Latin)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_safe(cell) for cell in _cells(row)] for row in transactions)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_json(transactions: Sequence[Transaction]) -> bytes:
    return msgspec.json.encode({"transactions": transactions})


def _cells(row: Transaction) -> tuple[str, ...]:
    other, memo = row.counterparty, row.memo
    return (
        row.created_at,
        row.settled_at or "",
        row.status,
        row.reason or "",
        row.kind,
        row.direction,
        row.amount,
        row.asset,
        row.fee,
        other.name,
        other.handle or "",
        other.address,
        memo.type if memo else "",
        memo.value if memo else "",
        row.note or "",
        row.hash or "",
        str(row.ledger or ""),
        row.transaction_id,
    )


def _safe(cell: str) -> str:
    """A spreadsheet would run what begins like a formula; an apostrophe makes it text (OWASP)."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


class Form(NamedTuple):
    media: str
    render: Callable[[Sequence[Transaction]], bytes]


FORMATS = {
    "csv": Form("text/csv; charset=utf-8", as_csv),
    "json": Form("application/json", as_json),
}
