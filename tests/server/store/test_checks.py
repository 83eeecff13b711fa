"""`verify` finds what is damaged and names it: each rule, each kind of audit tampering."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from core.attempts import Mark, MarkAttempts
from server.store.audit import seal
from server.store.checks import RULES, check_chains, check_rules, heads
from server.store.sets import ask, on_sqlite
from tests.server.store.bank import AUDIT_KEY, XLM, Bank, landed

Names = dict[str, str]


@pytest.fixture
def lively(bank: Bank) -> Bank:
    """One payment of each kind: landed, in flight, queued, pending, cancelled."""
    asha, ben = bank.person("asha"), bank.person("ben")
    bank.follow((landed(bank.confirm(asha, bank.initiate(asha, ben, 2 * XLM))),))
    flying = bank.confirm(asha, bank.initiate(asha, ben, 3 * XLM))
    assert flying.hash is not None
    marks = (Mark(flying.hash, "sent", 0),)
    bank.do(MarkAttempts(now_ms=bank.now_ms, marks=marks))
    bank.confirm(asha, bank.initiate(asha, ben, 5 * XLM))
    bank.initiate(asha, ben, 7 * XLM)
    bank.cancel(asha, bank.initiate(asha, ben, 11 * XLM))
    bank.verify_books()
    return bank


def broken(bank: Bank) -> dict[str, list[Names]]:
    found = bank.run(bank.database.snapshot(check_rules))
    return {name: rows for name, rows in found.items() if rows}


def damage(bank: Bank, *statements: str) -> None:
    """Past triggers and guards, as somebody who owns the database could."""

    def work(connection: Connection) -> None:
        _without_triggers(connection)
        for statement in statements:
            ask(connection, statement)

    bank.run(bank.database.write(work))


def _without_triggers(connection: Connection) -> None:
    if on_sqlite(connection):
        for (name,) in ask(connection, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            ask(connection, f"DROP TRIGGER {name}")
        return
    for table in ("postings", "audit_log", "transactions"):
        ask(connection, f"ALTER TABLE {table} DISABLE TRIGGER USER")


DAMAGES = {
    "postings_sum_zero": "UPDATE postings SET amount = amount + 1 WHERE owner = 'outside'",
    "balances_equal_postings": "UPDATE balances SET available = available + 1",
    "holds_equal_held": "UPDATE balances SET held = held + 1, available = available - 1",
    "holds_live": "DELETE FROM holds WHERE amount = 70000000",
    "lanes": "UPDATE lanes SET sequence = sequence + 1",
    "attempts": "UPDATE attempts SET state = 'dead' WHERE state = 'landed_ok'",
    "limits": "UPDATE payers SET day_used = day_used + 1 WHERE day > 0",
}


def test_each_rule_has_a_damage() -> None:
    assert DAMAGES.keys() == RULES.keys()


@pytest.mark.parametrize("rule", DAMAGES)
def test_a_damage_is_found_and_named(lively: Bank, rule: str) -> None:
    damage(lively, DAMAGES[rule])
    found = broken(lively)
    assert rule in found
    assert set(found[rule][0]) == set(RULES[rule].columns)


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (
            "UPDATE transactions SET status = 'success', ledger = 1 WHERE amount = 70000000",
            "holds_live",
        ),
        ("UPDATE transactions SET status = 'pending' WHERE amount = 110000000", "holds_live"),
        ("UPDATE holds SET amount = amount + 1 WHERE amount = 30000000", "holds_live"),
        ("UPDATE lanes SET state = 'free', in_flight = NULL WHERE state = 'taken'", "lanes"),
        ("UPDATE attempts SET state = 'dead' WHERE state = 'sent'", "lanes"),
        ("UPDATE attempts SET state = 'dead' WHERE state = 'sent'", "attempts"),
        ("UPDATE payers SET day_count = day_count + 1 WHERE day > 0", "limits"),
        ("DELETE FROM postings WHERE owner = 'outside'", "postings_sum_zero"),
    ],
)
def test_other_damages_of_the_same_rules(lively: Bank, statement: str, rule: str) -> None:
    damage(lively, statement)
    assert rule in broken(lively)


# the audit chain


def chain(bank: Bank, key: bytes = AUDIT_KEY) -> list[Names]:
    return bank.run(bank.database.snapshot(lambda books: check_chains(books, key)))


TAMPERING: dict[str, tuple[str, Callable[[int], tuple[int, str]]]] = {
    "an edited row": (
        "UPDATE audit_log SET detail = 'x' WHERE seq = 5",
        lambda _last: (5, "changed"),
    ),
    "an edited time": (
        "UPDATE audit_log SET at_ms = at_ms + 1 WHERE seq = 7",
        lambda _last: (7, "changed"),
    ),
    "a deleted row": ("DELETE FROM audit_log WHERE seq = 5", lambda _last: (5, "missing")),
    "two rows exchanged": (
        "UPDATE audit_log SET seq = CASE seq WHEN 5 THEN 1000006 ELSE 1000005 END "
        "WHERE seq IN (5, 6)",
        lambda _last: (5, "missing"),
    ),
    "a cut tail": (
        "DELETE FROM audit_log WHERE seq > (SELECT max(seq) - 2 FROM audit_log)",
        lambda last: (last - 2, "the head does not fit the last row"),
    ),
    "a row put in at the end": (
        "INSERT INTO audit_log SELECT chain_id, seq + 1, at_ms, action, user_id, subject, "
        "detail, mac FROM audit_log ORDER BY seq DESC LIMIT 1",
        lambda last: (last + 1, "changed"),
    ),
    "a head set back": (
        "UPDATE audit_heads SET seq = 3, mac = (SELECT mac FROM audit_log WHERE seq = 3)",
        lambda last: (last, "the head does not fit the last row"),
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_with_the_audit_log_is_found_at_its_row(lively: Bank, how: str) -> None:
    assert chain(lively) == []
    ((last,),) = lively.rows("SELECT max(seq) FROM audit_log")
    statement, expected = TAMPERING[how]
    damage(lively, statement)
    seq, what = expected(int(str(last)))
    assert {"chain": "test", "seq": str(seq), "row": what} in chain(lively)


def test_without_the_key_no_row_can_be_made_to_fit(lively: Bank) -> None:
    ((rows,),) = lively.rows("SELECT count(*) FROM audit_log")
    assert [row["row"] for row in chain(lively, b"another key")] == ["changed"] * int(str(rows))


def test_the_heads_are_told(lively: Bank) -> None:
    ((seq, mac),) = lively.rows("SELECT seq, mac FROM audit_heads")
    assert isinstance(mac, bytes)
    told = lively.run(lively.database.snapshot(heads))
    assert told == [{"chain": "test", "seq": str(seq), "mac": mac.hex()}]


def test_a_second_writer_of_one_chain_fails_loudly(bank: Bank) -> None:
    """Its batch is refused, and it goes on from the true head."""
    other = Bank(bank.url, "test", bank.runner)
    other.open()
    asha = bank.person("asha")
    other.new_id()
    order = other.initiate_command(asha, None)
    other.do(order)
    bank.cancel(asha, order.payment_id)
    other.do(other.initiate_command(asha, None))
    other.close()
    bank.verify_books()


def test_parts_of_a_row_cannot_be_shifted_into_one_another() -> None:
    from core.books import AuditEntry

    one, other = AuditEntry(1, "ab", "c", "", ""), AuditEntry(1, "a", "bc", "", "")
    assert seal(AUDIT_KEY, b"", "x", 1, one) != seal(AUDIT_KEY, b"", "x", 1, other)
