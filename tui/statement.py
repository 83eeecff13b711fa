"""Transactions as a table for other programs: CSV that a spreadsheet cannot take for formulas."""

import csv
import io
from collections.abc import Iterable

from core import wire

COLUMNS = (
    "date",
    "status",
    "direction",
    "kind",
    "name",
    "handle",
    "amount",
    "currency",
    "fee",
    "note",
    "reference",
    "receipt number",
    "id",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_of(transactions: Iterable[wire.Transaction]) -> str:
    """RFC 4180, UTF-8, one line a transaction; times in UTC, what went out is negative."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, transactions))
    return out.getvalue()


def _row(transaction: wire.Transaction) -> list[str]:
    other = transaction.counterparty
    sign = "-" if transaction.direction == "out" else ""
    return [
        transaction.created_at,
        text_cell(transaction.status),
        text_cell(transaction.direction),
        text_cell(transaction.kind),
        text_cell(other.name),
        text_cell(other.handle or ""),
        f"{sign}{transaction.amount}",
        text_cell(transaction.asset),
        transaction.fee,
        text_cell(transaction.note or ""),
        text_cell(transaction.memo.value if transaction.memo else ""),
        text_cell(transaction.hash or ""),
        transaction.transaction_id,
    ]


def text_cell(text: str) -> str:
    """An apostrophe in front of what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
