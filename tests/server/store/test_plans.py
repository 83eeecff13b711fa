"""No hot query reads a table from end to end: the plans of all of them, on both databases."""

import re

import pytest
from sqlalchemy import Connection

from core.paying import ExpirePayments
from server.store import sets
from server.store.sets import Row, on_sqlite, run
from server.usecases.views import PaymentFilter
from tests.server.store.bank import Bank, digest, landed

SMALL = {"cursors", "limit_levels", "prices", "audit_heads", "keyring"}
"""Tables of a few rows."""


@pytest.fixture
def statements(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[object, ...]]:
    """All texts that a whole payment and the hot reads send, with one set of values each."""
    sent: dict[str, tuple[object, ...]] = {}
    for name in ("run", "change", "change_many"):
        _record(name, sent, monkeypatch)
    asha, ben = bank.person("asha"), bank.person("ben")
    payment_id = bank.initiate(asha, ben)
    confirmed = bank.confirm(asha, payment_id)
    bank.cancel(asha, bank.initiate(asha, ben))
    bank.follow((landed(confirmed),))
    bank.do(ExpirePayments(now_ms=bank.now_ms, payment_ids=("x",)))
    reads = bank.reads
    everything = PaymentFilter()
    for read in (
        reads.session(digest("token", asha)),
        reads.payment(asha, payment_id),
        reads.payment_by_key(asha, "a-client-key"),
        reads.payments(asha, everything, before=None, limit=50),
        reads.payments(asha, everything, before=payment_id, limit=50),
        reads.balances(asha),
        reads.limits(asha, bank.now_ms),
        reads.credentials(identifier=b"x"),
        reads.credentials(handle="asha"),
        reads.person_by_handle("asha"),
        reads.person_by_address("G"),
        reads.person(asha),
        reads.profile(asha),
        reads.referrer("X"),
        reads.contacts(asha, after=None, limit=50),
        reads.payee(asha, address="G", account="G"),
        reads.payee(asha, handle="ben"),
        reads.request("R"),
        reads.events_of(asha, after=0, limit=50),
        reads.events(after=0, limit=50),
        reads.attempts_due("test", bank.now_ms, 50),
        reads.attempts_overdue(50),
        reads.attempts([b"x"]),
        reads.waiting(50),
        reads.payments_late(bank.now_ms, 50),
        reads.owners(["G"]),
        reads.wallets_to_open(50),
        reads.wallets_to_fund(50),
        reads.house(),
        reads.sessions_over(bank.now_ms, 50),
    ):
        bank.run(read)
    monkeypatch.undo()
    assert len(sent) > 40
    return sent


def _record(
    name: str, sent: dict[str, tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(sets, name)

    def recorded(connection: Connection, sql: str, values: object = ()) -> object:
        rows = list(values)  # type: ignore[call-overload]
        if re.match("SELECT|UPDATE|DELETE|WITH", sql.strip()):
            sent[sql] = tuple(rows[0]) if name == "change_many" else tuple(rows)
        return real(connection, sql, values)

    for module in ("sets", "sheets", "database"):
        monkeypatch.setattr(f"server.store.{module}.{name}", recorded, raising=False)


def plan(connection: Connection, sql: str, values: tuple[object, ...]) -> list[Row]:
    explain = "EXPLAIN QUERY PLAN" if on_sqlite(connection) else "EXPLAIN"
    return run(connection, f"{explain} {sql}", values)


def test_no_hot_statement_scans_a_table(
    bank: Bank, statements: dict[str, tuple[object, ...]]
) -> None:
    def scans(connection: Connection) -> dict[str, list[str]]:
        if not on_sqlite(connection):  # tables are small here: ask what it would do on big ones
            run(connection, "SET LOCAL enable_seqscan = off")
        found = {}
        for sql, values in statements.items():
            if "set_config" in sql or "advisory" in sql:
                continue
            lines = [str(row[-1]) for row in plan(connection, sql, values)]
            if bad := [line for line in lines if _scans(line)]:
                found[sql] = bad
        return found

    assert bank.run(bank.database.write(scans)) == {}


def _scans(line: str) -> bool:
    """SQLite says "SCAN t" and "SCAN t USING INDEX" for a walk through all; PostgreSQL says
    "Seq Scan on t". A walk along a partial index is meant."""
    found = re.search(r"(?:SCAN|Seq Scan on) (\w+)( USING (?:COVERING )?INDEX (\w+))?", line)
    if found is None or "CONSTANT ROW" in line or "VIRTUAL TABLE" in line:
        return False
    table, index = found[1], found[3] or ""
    partial = {
        "attempts_unfinished",
        "transactions_waiting",
        "wallets_opening",
        "wallets_of_the_house",
    }
    return table not in SMALL and table not in {"k", "v", "unnest"} and index not in partial
