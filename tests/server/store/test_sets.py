"""Set-based statements: any number of keys, of one column or two; guards that count."""

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from core.errors import InvariantBroken
from server.store import sets
from server.store.sets import Row, Statements, ask, numbered
from server.store.tables import lanes, prices, rate_limits
from tests.server.store.bank import Bank

PRICES = Statements(prices, ["asset", "stroops", "seen_ms"], guards=("stroops",))
TRIES = Statements(rate_limits, ["key", "times"])


def work(bank: Bank, *steps: object) -> list[Row]:
    """Steps on one connection in one transaction; then all prices."""

    def run(connection: Connection) -> list[Row]:
        for step in steps:
            step(connection)  # type: ignore[operator]
        return sorted(ask(connection, "SELECT asset, stroops, seen_ms FROM prices"))  # type: ignore[type-var]

    return bank.run(bank.database.write(run))


def insert(*rows: Row) -> object:
    return lambda connection: PRICES.insert(connection, rows)


def update(*changes: tuple[Row, Row]) -> object:
    return lambda connection: PRICES.update(connection, changes)


def delete(*keys: str) -> object:
    return lambda connection: PRICES.delete(connection, keys)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 64, 100, 300])
def test_any_number_of_keys_finds_its_rows_once(
    bank: Bank, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "KEYS_MAX", 128)  # 300 keys are asked for in turns
    work(bank, insert(*[(f"A{n}", n + 1, 0) for n in range(400)]))
    wanted = {f"A{n}" for n in range(count)} | {"nobody's"}

    def found(connection: Connection) -> list[Row]:
        return PRICES.load(connection, ("asset",), wanted, lock=True)

    rows = bank.run(bank.database.write(found))
    assert sorted(str(row[0]) for row in rows) == sorted(wanted - {"nobody's"})


def test_keys_of_two_columns_are_not_mixed(bank: Bank) -> None:
    work(bank, insert(("A", 1, 1), ("B", 2, 2), ("C", 1, 2)))
    pairs = {("A", 1), ("B", 1), ("C", 2), ("C", 1)}

    def found(connection: Connection) -> list[Row]:
        return PRICES.load(connection, ("asset", "seen_ms"), pairs)

    rows = bank.run(bank.database.read(found))
    assert {row[0] for row in rows} == {"A", "C"}


def test_an_update_counts_and_its_guard_holds(bank: Bank) -> None:
    work(bank, insert(("A", 1, 1), ("B", 2, 2)))
    both = ((("A", 1, 1), ("A", 10, 5)), (("B", 2, 2), ("B", 20, 6)))
    assert work(bank, update(*both)) == [("A", 10, 5), ("B", 20, 6)]
    stale = ((("A", 1, 1), ("A", 100, 9)), (("B", 20, 6), ("B", 200, 9)))
    with pytest.raises(InvariantBroken, match="prices: 1 of 2 rows"):
        work(bank, update(*stale))
    assert work(bank) == [("A", 10, 5), ("B", 20, 6)]  # neither was written
    with pytest.raises(InvariantBroken):
        work(bank, update((("X", 1, 1), ("X", 2, 2))))


def test_a_guard_on_nothing_means_nothing(bank: Bank) -> None:
    """NULL is a value like any other to a guard."""
    statements = Statements(
        lanes, ["user_id", "sequence", "state", "in_flight"], guards=("in_flight",)
    )
    asha = bank.person("asha")
    old: Row = (asha, 77 << 32, "free", None)
    new: Row = (asha, (77 << 32) + 1, "taken", b"hash")
    bank.run(bank.database.write(lambda connection: statements.update(connection, [(old, new)])))
    with pytest.raises(InvariantBroken):
        bank.run(
            bank.database.write(lambda connection: statements.update(connection, [(old, new)]))
        )


def test_a_delete_counts(bank: Bank) -> None:
    work(bank, insert(("A", 1, 1), ("B", 2, 2), ("C", 3, 3)))
    assert work(bank, delete("A", "C")) == [("B", 2, 2)]
    with pytest.raises(InvariantBroken):
        work(bank, delete("A", "B"))
    assert work(bank) == [("B", 2, 2)]


def test_nothing_to_do_is_no_statement(bank: Bank) -> None:
    assert work(bank, insert(), update(), delete()) == []


def test_what_the_driver_refuses_comes_as_one_kind_of_error(bank: Bank) -> None:
    work(bank, insert(("A", 1, 1)))
    for step in (
        insert(("A", 2, 2)),
        insert(("B", 0, 0)),  # a price is more than nothing
        lambda connection: ask(connection, "SELECT * FROM nowhere"),
    ):
        with pytest.raises(DBAPIError):
            work(bank, step)
    assert work(bank) == [("A", 1, 1)]


def test_bytes_and_marks_pass_unchanged(bank: Bank) -> None:
    times = bytes(range(256))

    def there_and_back(connection: Connection) -> list[Row]:
        TRIES.insert(connection, [("what? 'quoted' $1", times)])
        return TRIES.load(connection, ("key",), ["what? 'quoted' $1"])

    assert bank.run(bank.database.write(there_and_back)) == [("what? 'quoted' $1", times)]


def test_marks_are_numbered_in_order() -> None:
    assert numbered("a = ? AND b = ? LIMIT ?") == "a = $1 AND b = $2 LIMIT $3"
    assert numbered("nothing") == "nothing"
