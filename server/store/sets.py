"""Set-based SQL: one statement a table and a batch, on the driver's own cursor.

SQLAlchemy owns the pool, the connection and the transaction; the statements go past its
execution layer, which costs more than SQLite needs for them. SQLite takes lists padded to powers
of two (few texts to prepare) and `executemany`; PostgreSQL takes arrays, as asyncpg gives no row
count for many. Values are int, str, bytes and None.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter

from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, Table, Text
from sqlalchemy.exc import DBAPIError

from core.errors import InvariantBroken

Value = int | str | bytes | None
Row = tuple[Value, ...]
Key = Value | Row

KEYS_MAX = 4_096
"""Of one statement; more keys are asked for in turns (SQLite binds at most 32,766 values)."""

_ON_POSTGRESQL = {Text: "TEXT", LargeBinary: "BYTEA", Integer: "INTEGER", BigInteger: "BIGINT"}


def run(connection: Connection, sql: str, values: Sequence[object] = ()) -> list[Row]:
    """The rows of one statement."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, tuple(values))
        return list(cursor.fetchall()) if cursor.description else []
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, sql, error) from error
    finally:
        cursor.close()


def ask(connection: Connection, sql: str, *values: object) -> list[Row]:
    """`run` of a text with ? marks on either database."""
    return run(connection, sql if on_sqlite(connection) else numbered(sql), values)


@cache
def numbered(sql: str) -> str:
    """The same text with PostgreSQL's $1, $2, … (no text here has a ? of its own)."""
    first, *rest = sql.split("?")
    return first + "".join(f"${place}{part}" for place, part in enumerate(rest, 1))


def change(connection: Connection, sql: str, values: Sequence[object]) -> int:
    """How many rows one statement changed."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, tuple(values))
        return int(cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, sql, error) from error
    finally:
        cursor.close()


def change_many(connection: Connection, sql: str, rows: Sequence[Row]) -> int:
    """The same statement for each row, on SQLite; how many rows changed in all."""
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(sql, rows)
        return int(cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, sql, error) from error
    finally:
        cursor.close()


def _wrapped(connection: Connection, sql: str, error: Exception) -> BaseException:
    """The driver's error as SQLAlchemy's, so that callers know one tree."""
    dialect = connection.dialect
    return DBAPIError.instance(sql, None, error, dialect.loaded_dbapi.Error, dialect=dialect)


def on_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


class Appends:
    """New rows of one table, in these columns; others are the database's to fill."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.name = table.name
        self.columns = tuple(columns)
        self._kinds = {name: _ON_POSTGRESQL[type(table.c[name].type)] for name in columns}
        start = f"INSERT INTO {self.name} ({', '.join(self.columns)})"
        marks = ", ".join("?" * len(self.columns))
        self._insert_sqlite = f"{start} VALUES ({marks})"
        self._insert_postgresql = f"{start} SELECT * FROM unnest({self._arrays(self.columns)})"

    def insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        if not rows:
            return
        if on_sqlite(connection):
            change_many(connection, self._insert_sqlite, rows)
        else:
            change(connection, self._insert_postgresql, _columns(rows))

    def _arrays(self, names: Sequence[str]) -> str:
        return ", ".join(f"${place}::{self._kinds[name]}[]" for place, name in enumerate(names, 1))


class Statements(Appends):
    """The statements of one table.

    An update writes all columns but the key's and the `settled` ones, and only where the `guards`
    still hold their old values.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        *,
        guards: Sequence[str] = (),
        settled: Sequence[str] = (),
    ) -> None:
        super().__init__(table, columns)
        self.key = tuple(column.name for column in table.primary_key)
        fixed = {*self.key, *settled}
        self._changing = tuple(name for name in self.columns if name not in fixed)
        self._guards = tuple(guards)
        places = {name: place for place, name in enumerate(self.columns)}
        self._new = _picked([places[name] for name in (*self._changing, *self.key)])
        self._old = _picked([places[name] for name in self._guards])
        self._selects: dict[tuple[tuple[str, ...], int, str], str] = {}
        self._array_selects: dict[tuple[tuple[str, ...], bool, str], str] = {}
        self._update_sqlite, self._update_postgresql = self._updates()

    def load(
        self,
        connection: Connection,
        by: tuple[str, ...],
        keys: Collection[Key],
        *,
        lock: bool = False,
        where: str = "",
    ) -> list[Row]:
        """The rows with these keys; locked in the order of the primary key where the database
        can. `where` narrows them."""
        if not keys:
            return []
        rows: list[Row] = []
        for some in _turns(keys):
            if on_sqlite(connection):
                padded = _pad(some)
                sql = self._select_sqlite(by, len(padded), where)
                rows += run(connection, sql, list(chain.from_iterable(padded)))
            else:
                rows += run(connection, self._select_postgresql(by, lock, where), _columns(some))
        return rows

    def update(self, connection: Connection, changes: Sequence[tuple[Row, Row]]) -> None:
        """(old row, new row) each; raises InvariantBroken when a guard no longer held."""
        if not changes:
            return
        values = [self._new(new) + self._old(old) for old, new in changes]
        if on_sqlite(connection):
            done = change_many(connection, self._update_sqlite, values)
        else:
            done = change(connection, self._update_postgresql, _columns(values))
        self._expect(done, len(changes))

    def delete(self, connection: Connection, keys: Sequence[Key]) -> None:
        """By a key of one column."""
        if not keys:
            return
        (column,) = self.key
        if on_sqlite(connection):
            sql = f"DELETE FROM {self.name} WHERE {column} = ?"
            done = change_many(connection, sql, [(_scalar(key),) for key in keys])
        else:
            sql = f"DELETE FROM {self.name} WHERE {column} = ANY($1::{self._kinds[column]}[])"
            done = change(connection, sql, [[_scalar(key) for key in keys]])
        self._expect(done, len(keys))

    def _expect(self, done: int, wanted: int) -> None:
        if done != wanted:
            raise InvariantBroken(f"{self.name}: {done} of {wanted} rows were as they had been")

    def _select_sqlite(self, by: tuple[str, ...], width: int, where: str) -> str:
        known = self._selects.get((by, width, where))
        if known is None:
            known = self._selects[by, width, where] = self._make_select(by, width, where)
        return known

    def _make_select(self, by: tuple[str, ...], width: int, where: str) -> str:
        names = ", ".join(self.columns)
        more = f" AND {where}" if where else ""
        if len(by) == 1:
            marks = ", ".join("?" * width)
            return f"SELECT {names} FROM {self.name} WHERE {by[0]} IN ({marks}){more}"
        # a row value IN (VALUES …) scans the table; a cross join keeps this order and seeks
        tuples = ", ".join([f"({', '.join('?' * len(by))})"] * width)
        keyed = ", ".join(f"k_{name}" for name in by)
        same = " AND ".join(f"{name} = k_{name}" for name in by)
        return (
            f"WITH k({keyed}) AS (VALUES {tuples}) "
            f"SELECT {names} FROM k CROSS JOIN {self.name} WHERE {same}{more}"
        )

    def _select_postgresql(self, by: tuple[str, ...], lock: bool, where: str) -> str:
        known = self._array_selects.get((by, lock, where))
        if known is None:
            known = self._array_selects[by, lock, where] = self._make_array_select(by, lock, where)
        return known

    def _make_array_select(self, by: tuple[str, ...], lock: bool, where: str) -> str:
        names = ", ".join(f"t.{name}" for name in self.columns)
        more = f" AND {where}" if where else ""
        if len(by) == 1:
            source = f"{self.name} t WHERE t.{by[0]} = ANY({self._arrays(by)})"
        else:
            same = " AND ".join(f"t.{name} = k.{name}" for name in by)
            keys = f"unnest({self._arrays(by)}) AS k({', '.join(by)})"
            source = f"{self.name} t, {keys} WHERE {same}"
        order = ", ".join(f"t.{name}" for name in self.key)
        locked = f" ORDER BY {order} FOR UPDATE OF t" if lock else ""
        return f"SELECT {names} FROM {source}{more}{locked}"

    def _updates(self) -> tuple[str, str]:
        """Both bind the new values, then the key, then the guards' old values."""
        names = (*self._changing, *self.key, *self._guards)
        sets = [f"{name} = ?" for name in self._changing]
        where = [f"{name} = ?" for name in self.key] + [f"{name} IS ?" for name in self._guards]
        each = f"UPDATE {self.name} SET {', '.join(sets)} WHERE {' AND '.join(where)}"
        labels = [f"c{place}" for place in range(len(names))]
        pairs = [f"{name} = v.{label}" for name, label in zip(names, labels, strict=True)]
        keyed, guarded = len(self._changing), len(self._changing) + len(self.key)
        same = [f"t.{pair}" for pair in pairs[keyed:guarded]]
        same += [
            f"t.{pair.replace(' = ', ' IS NOT DISTINCT FROM ', 1)}" for pair in pairs[guarded:]
        ]
        return each, (
            f"UPDATE {self.name} t SET {', '.join(pairs[:keyed])} "
            f"FROM unnest({self._arrays(names)}) AS v({', '.join(labels)}) "
            f"WHERE {' AND '.join(same)}"
        )


def _picked(places: Sequence[int]) -> Callable[[Row], Row]:
    """What picks the values at these places out of a row."""
    if len(places) < 2:  # an itemgetter of one gives the value itself
        return lambda row: tuple(row[place] for place in places)
    return itemgetter(*places)


def _turns(keys: Collection[Key]) -> list[list[Row]]:
    wanted = [key if isinstance(key, tuple) else (key,) for key in keys]
    if len(wanted) <= KEYS_MAX:
        return [wanted]
    return [wanted[start : start + KEYS_MAX] for start in range(0, len(wanted), KEYS_MAX)]


def _pad(keys: list[Row]) -> list[Row]:
    """To a power of two, by repeating the last: one text serves many lengths."""
    width = 1 << (len(keys) - 1).bit_length()
    if width == len(keys):
        return keys
    return keys + keys[-1:] * (width - len(keys))


def _columns(rows: Sequence[Row]) -> list[list[Value]]:
    return [list(values) for values in zip(*rows, strict=True)]


def _scalar(key: Key) -> Value:
    return key[0] if isinstance(key, tuple) else key
