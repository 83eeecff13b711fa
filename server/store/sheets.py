"""Books from rows and back: what a batch needs is loaded, what it changed is written.

A sheet ties one dictionary of the books to its table. What is written is the difference between
the rows loaded and the objects that the decisions left, so decisions just change, add and delete.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import astuple, fields
from sqlalchemy import Connection, Table

import core.books as b
from core.books import Books, Needs
from server.store import tables as t
from server.store.sets import Appends, Key, Row, Statements, Value, on_sqlite, run

K = TypeVar("K", bound=str | bytes | tuple[str, str])
Kept = TypeVar("Kept", bound=Struct)


class Form(Generic[K, Kept]):
    """One table of the books: its rows, their key, their dictionary, their statements."""

    def __init__(
        self,
        table: Table,
        row: type[Kept],
        key: Callable[[Kept], K],
        shelf: Callable[[Books], dict[K, Kept]],
        *,
        guards: tuple[str, ...] = (),
        settled: tuple[str, ...] = (),
        lock: bool = True,
    ) -> None:
        names = [field.name for field in fields(row)]
        self.statements = Statements(table, names, guards=guards, settled=settled)
        self.make: Callable[..., Kept] = row
        self.key = key
        self.shelf = shelf
        self.lock = lock


class Sheet(Generic[K, Kept]):
    """The rows of one table that one batch has loaded."""

    __slots__ = ("_form", "_loaded")

    def __init__(self, form: Form[K, Kept]) -> None:
        self._form = form
        self._loaded: dict[K, Row] = {}

    def load(
        self,
        connection: Connection,
        books: Books,
        keys: Collection[Key],
        by: tuple[str, ...] = (),
        where: str = "",
    ) -> None:
        """Rows by primary key, or by other columns; rows that are here already stay."""
        if not keys:
            return
        form, statements = self._form, self._form.statements
        shelf = form.shelf(books)
        by = by or statements.key
        for row in statements.load(connection, by, keys, lock=form.lock, where=where):
            kept = form.make(*row)
            key = form.key(kept)
            if key not in self._loaded:
                self._loaded[key], shelf[key] = row, kept

    def lay_out(self, books: Books) -> None:
        """The rows as they were loaded, on fresh books."""
        shelf = self._form.shelf(books)
        for key, row in self._loaded.items():
            shelf[key] = self._form.make(*row)

    def write(self, connection: Connection, books: Books) -> None:
        """New rows, changed rows (guarded), rows that are gone."""
        loaded, shelf, statements = self._loaded, self._form.shelf(books), self._form.statements
        if not shelf and not loaded:
            return
        new: list[Row] = []
        changed: list[tuple[Row, Row]] = []
        for key, kept in shelf.items():
            row, before = astuple(kept), loaded.get(key)
            if before is None:
                new.append(row)
            elif row != before:
                changed.append((before, row))
        statements.insert(connection, new)
        statements.update(connection, changed)
        if len(shelf) - len(new) < len(loaded):
            statements.delete(connection, [key for key in loaded if key not in shelf])


class AnySheet(Protocol):
    def lay_out(self, books: Books) -> None: ...

    def write(self, connection: Connection, books: Books) -> None: ...


_SETTLED = """user_id kind direction counterparty_id address amount asset memo_type memo note value
day request_id idempotency_key created_ms expires_ms""".split()

CURSOR: Form[str, b.Cursor] = Form(
    t.cursors,
    b.Cursor,
    lambda row: row.name,
    lambda books: books.cursors,
    guards=("sequence",),
    lock=False,
)
REMEMBERED = Form(
    t.idempotency,
    b.Remembered,
    lambda row: (row.scope, row.key),
    lambda books: books.remembered,
    lock=False,
)
TRIES = Form(t.rate_limits, b.Tries, lambda row: row.key, lambda books: books.tries)
IDENTIFIERS = Form(
    t.identifiers,
    b.Identifier,
    lambda row: row.hash,
    lambda books: books.identifiers,
    lock=False,
)
HANDLES = Form(
    t.handles, b.TakenHandle, lambda row: row.handle, lambda books: books.handles, lock=False
)
REQUESTS = Form(
    t.payment_requests, b.PaymentRequest, lambda row: row.id, lambda books: books.requests
)
PRICES = Form(t.prices, b.Price, lambda row: row.asset, lambda books: books.prices, lock=False)
SESSIONS = Form(t.sessions, b.Session, lambda row: row.id, lambda books: books.sessions)
CONTACTS = Form(t.contacts, b.Contact, lambda row: row.id, lambda books: books.contacts)
ATTEMPTS = Form(
    t.attempts,
    b.Attempt,
    lambda row: row.hash,
    lambda books: books.attempts,
    guards=("state", "worker"),
    settled=("kind", "lane", "sequence", "max_ledger", "fee_payer", "created_ms"),
)
PAYMENTS = Form(
    t.transactions,
    b.Payment,
    lambda row: row.id,
    lambda books: books.payments,
    guards=("status", "hash"),
    settled=tuple(_SETTLED),
)
HOLDS = Form(t.holds, b.Hold, lambda row: row.payment_id, lambda books: books.holds)
PROFILES = Form(t.profiles, b.Profile, lambda row: row.user_id, lambda books: books.profiles)
KYC = Form(t.kyc_status, b.Kyc, lambda row: row.user_id, lambda books: books.kyc)
PAYERS = Form(
    t.payers,
    b.Payer,
    lambda row: row.user_id,
    lambda books: books.payers,
    guards=("day_used", "month_used", "pin_wrong", "pin_locked_until_ms"),
)
WALLETS = Form(
    t.wallets,
    b.Wallet,
    lambda row: row.user_id,
    lambda books: books.wallets,
    guards=("state", "hash"),
    settled=("role", "public_key", "created_ms"),
)
BALANCES = Form(
    t.balances,
    b.Balance,
    lambda row: (row.user_id, row.asset),
    lambda books: books.balances,
    guards=("available", "held"),
)
LANES = Form(
    t.lanes,
    b.Lane,
    lambda row: row.user_id,
    lambda books: books.lanes,
    guards=("sequence", "state", "in_flight"),
)
POSTINGS = Appends(t.postings, [field.name for field in fields(b.Posting)])
OUTBOX = Appends(t.outbox, [field.name for field in fields(b.Event)])
QUARANTINE = Appends(t.quarantine, [field.name for field in fields(b.Quarantined)])


class Sheets:
    """All rows of one batch. The order of loading is the one lock order."""

    def __init__(self) -> None:
        self.cursor = Sheet(CURSOR)
        self.remembered = Sheet(REMEMBERED)
        self.tries = Sheet(TRIES)
        self.identifiers = Sheet(IDENTIFIERS)
        self.handles = Sheet(HANDLES)
        self.requests = Sheet(REQUESTS)
        self.prices = Sheet(PRICES)
        self.sessions = Sheet(SESSIONS)
        self.contacts = Sheet(CONTACTS)
        self.attempts = Sheet(ATTEMPTS)
        self.payments = Sheet(PAYMENTS)
        self.holds = Sheet(HOLDS)
        self.profiles = Sheet(PROFILES)
        self.kyc = Sheet(KYC)
        self.payers = Sheet(PAYERS)
        self.wallets = Sheet(WALLETS)
        self.balances = Sheet(BALANCES)
        self.lanes = Sheet(LANES)
        self._levels: list[b.Level] = []
        self._standings: dict[str, b.Standing] = {}

    def load_first(self, connection: Connection, needs: Needs, books: Books) -> None:
        """What commands ask for by keys that they know."""
        if needs.cursor:
            self.cursor.load(connection, books, (b.LEDGER,))
        self.remembered.load(connection, books, needs.remembered)
        self.tries.load(connection, books, needs.tries)
        self.identifiers.load(connection, books, needs.identifiers)
        self.handles.load(connection, books, needs.handles)
        self.prices.load(connection, books, needs.prices)
        self.sessions.load(connection, books, needs.sessions)
        self.sessions.load(connection, books, needs.sessions_of, ("user_id",))
        self.contacts.load(connection, books, needs.contacts)
        self.attempts.load(connection, books, needs.attempts)
        self.payments.load(connection, books, needs.payments)
        self.payments.load(connection, books, needs.payments_of, ("hash",), "status = 'processing'")

    def load_more(self, connection: Connection, needs: Needs, books: Books) -> None:
        """What follows from attempts and payments."""
        self.requests.load(connection, books, needs.requests)
        self.contacts.load(connection, books, needs.contact_pairs, ("user_id", "address"))
        self.holds.load(connection, books, needs.holds)
        self.profiles.load(connection, books, needs.profiles)
        self.payers.load(connection, books, needs.payers)
        self.wallets.load(connection, books, needs.wallets)
        self.wallets.load(connection, books, needs.wallets_of, ("hash",))
        self.balances.load(connection, books, needs.balances, ("user_id",))
        self.lanes.load(connection, books, needs.lanes)
        if needs.standings:
            self._standings = load_standings(connection, needs.standings)
            self._levels = load_levels(connection)
            self._lay_out_limits(books)

    def fresh_books(self) -> Books:
        """Books as loaded, for deciding once more."""
        books = Books()
        for sheet in self._in_writing_order():
            sheet.lay_out(books)
        self._lay_out_limits(books)
        return books

    def write(self, connection: Connection, books: Books) -> None:
        for sheet in self._in_writing_order():
            sheet.write(connection, books)
        POSTINGS.insert(connection, [astuple(row) for row in books.postings])
        QUARANTINE.insert(connection, [astuple(row) for row in books.quarantine])

    def _lay_out_limits(self, books: Books) -> None:
        books.levels, books.standings = self._levels, self._standings

    def _in_writing_order(self) -> Sequence[AnySheet]:
        """Rows after those that they refer to."""
        return (
            self.wallets,
            self.profiles,
            self.kyc,
            self.identifiers,
            self.handles,
            self.payers,
            self.lanes,
            self.balances,
            self.payments,
            self.holds,
            self.attempts,
            self.remembered,
            self.tries,
            self.sessions,
            self.contacts,
            self.requests,
            self.prices,
            self.cursor,
        )


def write_outbox(connection: Connection, books: Books) -> None:
    """One event of a kind on a subject is enough for a batch. On PostgreSQL ids must appear in
    the order of commits, or a reader would pass over a late one: writers queue here, for the
    length of their commit. (A transaction's lock; it works behind a pooling proxy.)"""
    told = {(event.user_id, event.kind, event.subject): event for event in books.outbox}
    if told and not on_sqlite(connection):
        run(connection, "SELECT pg_advisory_xact_lock(76085)")
    OUTBOX.insert(connection, [astuple(event) for event in told.values()])


_STANDINGS = Statements(t.standings, [column.name for column in t.standings.c])
_LEVELS = "SELECT level, valid_from_ms, per_payment, per_day, per_month, payments_a_day "
_LEVELS += "FROM limit_levels"


def load_standings(connection: Connection, users: Collection[str]) -> dict[str, b.Standing]:
    """Each person's level, and the override if there is one."""
    rows = _STANDINGS.load(connection, ("user_id",), users)
    standings = (_standing(*row) for row in rows)
    return {standing.user_id: standing for standing in standings}


def load_levels(connection: Connection) -> list[b.Level]:
    return [_level(*row) for row in run(connection, _LEVELS)]


_limits: Callable[..., b.Limits] = b.Limits
_make_standing: Callable[..., b.Standing] = b.Standing
_make_level: Callable[..., b.Level] = b.Level


def _standing(user_id: Value, level: Value, valid_from_ms: Value, *limits: Value) -> b.Standing:
    override = None if valid_from_ms is None else _limits(*limits)
    return _make_standing(user_id, level, valid_from_ms, override)


def _level(level: Value, valid_from_ms: Value, *limits: Value) -> b.Level:
    return _make_level(level, valid_from_ms, _limits(*limits))
