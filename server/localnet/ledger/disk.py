"""The chain on disk: every closed ledger, with all entries as they stand, in one SQLite file.

A ledger is one transaction that is synced before anybody hears of it, so that a killed process
comes back with exactly the ledgers that it has told about. What was only queued is lost, as it is
with core.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from stellar_sdk import xdr

from server.localnet.ledger.entries import Entry
from server.localnet.ledger.headers import Header, read_header
from server.localnet.ledger.meta import Change
from server.localnet.ledger.readers import entry_from_xdr
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger

FILE = "ledger.sqlite3"
_FORMAT = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS network (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ledgers (
    sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, header BLOB NOT NULL, fee INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS transactions (
    ledger INTEGER NOT NULL REFERENCES ledgers (sequence), "order" INTEGER NOT NULL,
    hash BLOB NOT NULL, inner_hash BLOB, envelope BLOB NOT NULL, result BLOB NOT NULL,
    fee_changes BLOB NOT NULL, meta BLOB NOT NULL, successful INTEGER NOT NULL,
    source BLOB NOT NULL, fee_source BLOB NOT NULL, operation_count INTEGER NOT NULL,
    fee_charged INTEGER NOT NULL, max_fee INTEGER NOT NULL,
    PRIMARY KEY (ledger, "order")
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, entry BLOB NOT NULL) STRICT;
"""


class DataError(ValueError):
    """The data folder can't be used: of another network, in use, of another format, damaged."""


class Disk:
    """Raises DataError unless the folder is new or holds the network of this passphrase."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / FILE, isolation_level=None, timeout=1)
        try:
            self._prepare(passphrase)
        except sqlite3.Error as error:
            self._database.close()
            raise DataError(f"{folder / FILE}: {error}") from error
        except DataError:
            self._database.close()
            raise

    def _prepare(self, passphrase: str) -> None:
        # exclusive: two processes on one folder would write two chains
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
            self._database.execute(f"PRAGMA {pragma}").close()
        self._database.executescript(_TABLES)
        for name, value in (("passphrase", passphrase), ("format", _FORMAT)):
            statement = "INSERT INTO network VALUES (?, ?) ON CONFLICT DO NOTHING"
            self._database.execute(statement, (name, value))
            row = self._database.execute("SELECT value FROM network WHERE name = ?", (name,))
            stored = row.fetchone()[0]
            if stored != value:
                raise DataError(f"the data folder is of another {name}: {stored!r}")

    def entries(self) -> Iterator[Entry]:
        with closing(self._database.execute("SELECT entry FROM entries ORDER BY key")) as rows:
            for (packed,) in rows:
                yield entry_from_xdr(xdr.LedgerEntry.from_xdr_bytes(packed))

    def ledgers(self) -> list[ClosedLedger]:
        """From the oldest to the last; none in a new folder."""
        transactions = self._transactions()
        rows = self._database.execute("SELECT hash, header, fee FROM ledgers ORDER BY sequence")
        with closing(rows):
            return [
                _closed_ledger(read_header(header), header_hash, fee, transactions)
                for header_hash, header, fee in rows
            ]

    def _transactions(self) -> dict[int, list[AppliedTransaction]]:
        by_ledger: dict[int, list[AppliedTransaction]] = {}
        statement = 'SELECT * FROM transactions ORDER BY ledger, "order"'
        with closing(self._database.execute(statement)) as rows:
            names = [column[0] for column in rows.description]
            for row in rows:
                values = dict(zip(names, row, strict=True))
                values["successful"] = bool(values["successful"])
                applied = AppliedTransaction(**values)
                by_ledger.setdefault(applied.ledger, []).append(applied)
        return by_ledger

    def append(self, closed: ClosedLedger, changes: Iterable[Change]) -> None:
        """Returns once all of it is safe."""
        ledger = (closed.sequence, closed.hash, closed.header.pack(), closed.transaction_set_fee)
        written = [(c.after.key, c.after.pack()) for c in changes if c.after is not None]
        removed = [(c.before.key,) for c in changes if c.before is not None and c.after is None]
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            database.execute("INSERT INTO ledgers VALUES (?, ?, ?, ?)", ledger)
            database.executemany(
                "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_transaction_row(applied) for applied in closed.transactions],
            )
            database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", written)
            database.executemany("DELETE FROM entries WHERE key = ?", removed)
            database.execute("COMMIT")
        except sqlite3.Error:
            if database.in_transaction:  # a full disk has ended it already
                database.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._database.close()


def _closed_ledger(
    header: Header,
    header_hash: bytes,
    fee: int,
    transactions: dict[int, list[AppliedTransaction]],
) -> ClosedLedger:
    return ClosedLedger(header, header_hash, transactions.get(header.sequence, []), fee)


def _transaction_row(applied: AppliedTransaction) -> tuple[int | bytes | None, ...]:
    return (
        applied.ledger,
        applied.order,
        applied.hash,
        applied.inner_hash,
        applied.envelope,
        applied.result,
        applied.fee_changes,
        applied.meta,
        applied.successful,
        applied.source,
        applied.fee_source,
        applied.operation_count,
        applied.fee_charged,
        applied.max_fee,
    )
