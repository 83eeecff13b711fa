"""The schema: code and migration agree, what is settled stays so, rows are guarded."""

import asyncio
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from server.store import schema
from server.store.schema import NEWEST, SchemaUnknown, current, migrate, require_newest
from server.store.sets import ask, run
from server.store.tables import TABLES, VIEWS, metadata
from tests.server.store.bank import Bank, landed


def columns_of(connection: Connection) -> dict[str, list[tuple[str, str, bool]]]:
    """(name, kind, nullable) of each column, in their order."""
    there = inspect(connection)
    names = [*there.get_table_names(), *there.get_view_names()]
    return {
        name: [
            (column["name"], kind_of(str(column["type"])), bool(column["nullable"]))
            for column in there.get_columns(name)
        ]
        for name in names
        if name not in {"alembic_version", "sqlite_sequence"}
    }


def kind_of(written: str) -> str:
    """SQLite has one integer."""
    return {"BIGINT": "INTEGER", "BYTEA": "BLOB"}.get(written, written)


def test_the_tables_in_code_are_those_of_the_newest_migration(bank: Bank) -> None:
    there = bank.run(bank.database.read(columns_of))
    views = {view.name for view in VIEWS}
    for table in metadata.sorted_tables:
        ours = [(c.name, kind_of(str(c.type)), bool(c.nullable)) for c in table.c]
        if table.name in views:  # a view's columns are nullable as far as a database can tell
            assert [name for name, *_ in there[table.name]] == [name for name, *_ in ours]
        else:
            assert there[table.name] == ours, table.name
    assert there.keys() == {table.name for table in metadata.sorted_tables}


def test_every_owned_row_names_its_owner() -> None:
    shared = {
        "limit_levels",
        "prices",
        "cursors",
        "quarantine",
        "audit_heads",
        "rate_limits",
        "keyring",
    }
    owners = {"user_id", "owner", "lane", "scope"}
    assert {t.name for t in TABLES if not owners & {c.name for c in t.c}} == shared


# versions


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert asyncio.run(migrate(database_url)) == (NEWEST, NEWEST)
    asyncio.run(require_newest(database_url))


def test_a_database_without_a_schema_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    assert asyncio.run(current(url)) is None
    with pytest.raises(SchemaUnknown, match="run `lumenpay migrate`"):
        asyncio.run(require_newest(url))


def test_a_schema_of_the_future_is_refused(bank: Bank) -> None:
    bank.change("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaUnknown, match="9999"):
        bank.run(require_newest(bank.url))
    with pytest.raises(SchemaUnknown, match="9999"):
        bank.run(migrate(bank.url))


def test_migrations_import_nothing_of_the_product() -> None:
    scripts = Path(schema.__file__).parent / "migrations" / "versions"
    for script in scripts.glob("*.py"):
        text = script.read_text()
        assert "from core" not in text
        assert "from server" not in text
        assert "import server" not in text


# what never changes


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE postings SET amount = amount + 1",
        "DELETE FROM postings",
        "UPDATE audit_log SET detail = 'nothing happened'",
        "DELETE FROM audit_log",
        "DELETE FROM transactions",
        "UPDATE transactions SET amount = amount + 1",
        "UPDATE transactions SET address = 'GELSEWHERE'",
        "UPDATE transactions SET user_id = counterparty_id",
        "UPDATE transactions SET memo = 'x'",
        "UPDATE transactions SET value = 0",
    ],
)
def test_postings_audit_rows_and_the_terms_of_payments_never_change(
    bank: Bank, statement: str
) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    bank.follow((landed(bank.confirm(asha, bank.initiate(asha, ben))),))
    before = bank.everything(but=())
    with pytest.raises(DBAPIError, match="never changed"):
        bank.change(statement)
    assert bank.everything(but=()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET available = -1",
        "UPDATE balances SET held = -1",
        "UPDATE transactions SET status = 'done'",
        "UPDATE payers SET day_used = -1",
        "UPDATE lanes SET state = 'taken', in_flight = NULL",
        "UPDATE attempts SET state = 'lost'",
        "UPDATE kyc_status SET level = 4",
        "INSERT INTO holds (payment_id, user_id, asset, amount) VALUES ('x', 'y', 'XLM', 1)",
    ],
)
def test_the_database_itself_refuses_what_cannot_be(bank: Bank, statement: str) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    bank.confirm(asha, bank.initiate(asha, ben))
    before = bank.everything(but=())
    with pytest.raises(DBAPIError):
        bank.change(statement)
    assert bank.everything(but=()) == before


def test_a_sequence_of_a_lane_is_used_once_among_living_attempts(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    bank.confirm(asha, bank.initiate(asha, ben))
    copy = """INSERT INTO attempts SELECT ?, outer_hash, kind, lane, sequence, max_ledger, state,
        envelope, fee_payer, worker, code, sends, next_ms, created_ms, sent_ledger
        FROM attempts"""
    with pytest.raises(DBAPIError):
        bank.change(copy, b"another")
    bank.change("UPDATE attempts SET state = 'dead'")
    bank.change(copy.replace("state,", "'signed',", 1), b"another")
    assert bank.rows("SELECT count(*) FROM attempts") == [(2,)]


# row-level security (PostgreSQL)


@pytest.fixture
def guarded(postgresql_bank: Bank) -> Bank:
    return postgresql_bank


OWNED = """profiles kyc_status identifiers payers wallets lanes balances transactions holds
idempotency sessions outbox audit_log contacts payment_requests limit_overrides attempts
postings""".split()


def test_a_reader_sees_the_rows_of_its_user_and_no_others(guarded: Bank) -> None:
    asha, ben = guarded.person("asha"), guarded.person("ben")
    for payer, payee in ((asha, ben), (ben, asha)):
        guarded.follow((landed(guarded.confirm(payer, guarded.initiate(payer, payee))),))
        guarded.confirm(payer, guarded.initiate(payer, payee))
    owner_of = {"attempts": "lane", "postings": "owner", "idempotency": "scope"}
    for table in OWNED:
        column = owner_of.get(table, "user_id")
        sql = f"SELECT DISTINCT {column} FROM {table}"
        everybody = {row[0] for row in guarded.rows(sql)}
        for user in (asha, ben):
            seen = {row[0] for row in guarded.own_rows(user, sql)}
            assert seen <= {user}, table
            if {asha, ben} <= everybody:
                assert seen == {user}, table
        assert guarded.own_rows("nobody", sql) == [], table
        assert guarded.own_rows("", sql) == [], table


def test_a_reader_changes_nothing_and_sees_no_secrets_of_the_house(guarded: Bank) -> None:
    asha = guarded.person("asha")
    before = guarded.everything(but=())
    for statement in (
        "UPDATE balances SET available = 1",
        "DELETE FROM contacts",
        "INSERT INTO prices (asset, stroops, seen_ms) VALUES ('X', 1, 1)",
        "SELECT * FROM keyring",
        "SELECT * FROM rate_limits",
        "SELECT * FROM quarantine",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            guarded.own_rows(asha, statement)
    assert guarded.everything(but=()) == before


def test_without_a_user_a_reader_sees_nothing(guarded: Bank) -> None:
    guarded.person("asha")

    def work(connection: Connection) -> list[object]:
        run(connection, "SELECT set_config('role', 'lumenpay_reader', true)")
        return [ask(connection, f"SELECT 1 FROM {table}") for table in OWNED]

    assert guarded.run(guarded.database.write(work)) == [[] for _ in OWNED]


def test_the_tests_user_is_no_superuser(guarded: Bank) -> None:
    """A superuser passes by all policies, and the tests above would prove nothing."""
    assert guarded.rows("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    forced = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    assert guarded.rows(forced) == [(len(OWNED),)]


def test_the_newest_revision_is_the_head_of_the_scripts() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == NEWEST
