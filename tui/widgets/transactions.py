"""A transaction as a row of a table: when, who, state, sign and amount, currency."""

from core import wire
from tui.text import _, amount, asset_code, clock_time, cut, day
from tui.widgets.table import Cell, Column, Line
from tui.words import counterparty_name, status_word

WHEN_CELLS = 10
NUMBER_CELLS = 10  # the signs stand in one column while the numbers are no longer
INKS = {"failed": "error", "expired": "error", "pending": "warning", "processing": "warning"}


def transaction_columns() -> list[Column]:
    return [
        Column(_("When"), WHEN_CELLS),
        Column(_("Who")),
        Column(_("State"), 10),
        Column(_("Amount"), 16, right=True),
        Column("", 4),
    ]


def transaction_line(transaction: wire.Transaction, now_ms: int) -> Line:
    received = transaction.direction == "in"
    done = transaction.status == "success"
    ink = "success" if received and done else "ink"
    sign = ("+" if received else "−") if done else ""
    return Line(
        transaction.transaction_id,
        [
            Cell(when(transaction.created_at, now_ms), "ink-muted"),
            Cell(counterparty_name(transaction)),
            Cell(status_word(transaction), INKS.get(transaction.status, ink)),
            Cell(f"{sign} {amount(transaction.amount):>{NUMBER_CELLS}}", ink),
            Cell(asset_code(transaction.asset), "ink-muted"),
        ],
    )


def when(time: str, now_ms: int) -> str:
    """The time of today, else the day, cut to its column."""
    this_day = day(now_ms, now_ms)
    said = day(time, now_ms)
    return clock_time(time) if said == this_day else cut(said, WHEN_CELLS)
