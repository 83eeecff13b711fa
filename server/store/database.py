"""The two databases behind one face: a piece of synchronous work over a `Connection`.

SQLite: one writer thread with one long-lived connection, a few reader threads; one hop a piece of
work (WAL: readers never wait for the writer). PostgreSQL: asyncpg under `run_sync`; no session
advisory lock, no LISTEN, so that a transaction-pooling proxy may stand between.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import Unavailable
from server.store.gathering import settle
from server.store.sets import on_sqlite, run

T = TypeVar("T")
Work = Callable[[Connection], T]

READERS = 2
POSTGRESQL_READERS = 8
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "cache_size=-32768",
    "wal_autocheckpoint=4000",
)


_TROUBLE = {"08", "53", "57", "58"}
"""Classes of SQLSTATE: connection, resources, intervention of an operator, system."""


def is_away(error: Exception) -> bool:
    """The database or the way to it is in trouble; else rows or a statement were refused."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return isinstance(error, OperationalError | InterfaceError) or state[:2] in _TROUBLE
    return isinstance(error, OSError | PoolTimeout)


async def _available(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except Exception as error:
        if is_away(error):
            raise Unavailable("server.unavailable", retry_after=1) from error
        raise


class Database(Protocol):
    """Reads raise `Unavailable("server.unavailable")` while the database is away; a write raises
    what happened, for the engine to sort."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, work: Work[T]) -> T:
        """Run as one transaction of the one writer; committed when this returns."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run on all rows, for the house itself; each statement on the newest commit."""
        ...

    async def glance(self, work: Work[T]) -> T:
        """`read` for a few rows by key: on SQLite without a hop to another thread, which would
        cost more than the rows."""
        ...

    async def snapshot(self, work: Work[T]) -> T:
        """Run on all rows, all statements on the same commit."""
        ...

    async def read_own(self, user_id: str, work: Work[T]) -> T:
        """Run as a snapshot of one user's rows: PostgreSQL's policies hide all others."""
        ...


def open_database(url: str, *, prepared_statements: bool = True) -> Database:
    """By DATABASE_URL: sqlite:///path or postgresql://…; ValueError for anything else.

    `prepared_statements` off for a pooling proxy that gives each transaction another server.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return SqliteDatabase(url)
    if backend == "postgresql":
        return PostgresqlDatabase(url, prepared_statements=prepared_statements)
    raise ValueError(f"DATABASE_URL: {backend} is no database of ours")


def sqlite_engine(url: str) -> Engine:
    """An engine whose connections leave transactions to whoever says BEGIN."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite"),
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


class SqliteDatabase:
    def __init__(self, url: str) -> None:
        self._writer = _SqliteThreads(sqlite_engine(url), "store-writer", 1)
        self._readers = _SqliteThreads(sqlite_engine(url), "store-reader", READERS)
        self._glances = sqlite_engine(url)
        self._glancing: Connection | None = None

    async def open(self) -> None:
        await self._writer.run(lambda connection: None)
        self._glancing = self._glances.connect()

    async def close(self) -> None:
        if self._glancing is not None:
            self._glancing.close()
        self._glances.dispose()
        await asyncio.gather(self._readers.close(), self._writer.close())

    async def write(self, work: Work[T]) -> T:
        return await self._writer.run(
            lambda connection: _within("BEGIN IMMEDIATE", connection, work)
        )

    async def read(self, work: Work[T]) -> T:
        return await _available(self._readers.run(work))

    async def glance(self, work: Work[T]) -> T:
        return await _available(self._glance(work))

    async def _glance(self, work: Work[T]) -> T:
        if self._glancing is None:
            raise Unavailable("server.unavailable", retry_after=1)
        return work(self._glancing)

    async def snapshot(self, work: Work[T]) -> T:
        return await self.read(lambda connection: _within("BEGIN", connection, work))

    async def read_own(self, user_id: str, work: Work[T]) -> T:
        return await self.snapshot(work)


def _within(begin: str, connection: Connection, work: Work[T]) -> T:
    """A transaction of SQLite by its own words: SQLAlchemy's cost ten times as much."""
    run(connection, begin)
    try:
        answer = work(connection)
        run(connection, "COMMIT")
    except BaseException:
        driver = connection.connection.driver_connection
        if driver is not None and driver.in_transaction:  # a failed COMMIT may have ended it
            run(connection, "ROLLBACK")
        raise
    return answer


class _SqliteThreads:
    """Threads with a connection each, for their whole life.

    A queue and `call_soon_threadsafe` are the whole hop; an executor's costs three times as much.
    """

    def __init__(self, engine: Engine, name: str, size: int) -> None:
        self._engine = engine
        self._asked: SimpleQueue[Callable[[Connection], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True)
            for number in range(size)
        ]

    async def run(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def answer(connection: Connection) -> None:
            try:
                found = work(connection)
            except BaseException as error:  # it belongs to whoever asked
                loop.call_soon_threadsafe(settle, future, error)
            else:
                loop.call_soon_threadsafe(settle, future, found)

        for thread in self._threads:
            if thread.ident is None:
                thread.start()
        self._asked.put(answer)
        return await future

    def _serve(self) -> None:
        with self._engine.connect() as connection:
            while (answer := self._asked.get()) is not None:
                answer(connection)

    async def close(self) -> None:
        started = [thread for thread in self._threads if thread.ident is not None]
        for _ in started:
            self._asked.put(None)
        for thread in started:
            await asyncio.to_thread(thread.join)
        self._engine.dispose()


class PostgresqlDatabase:
    def __init__(self, url: str, *, prepared_statements: bool = True) -> None:
        self._writer = _postgresql_engine(url, 1, prepared_statements=prepared_statements)
        self._readers = _postgresql_engine(
            url, POSTGRESQL_READERS, prepared_statements=prepared_statements
        )
        self._statements = self._readers.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshots = self._readers.execution_options(isolation_level="REPEATABLE READ")

    async def open(self) -> None:
        async with self._readers.connect() as connection:
            await connection.run_sync(lambda connection: run(connection, "SELECT 1"))

    async def close(self) -> None:
        await self._readers.dispose()
        await self._writer.dispose()

    async def write(self, work: Work[T]) -> T:
        return await self._transact(self._writer, work)

    async def read(self, work: Work[T]) -> T:
        return await _available(self._read(self._statements, work))

    async def glance(self, work: Work[T]) -> T:
        return await self.read(work)

    async def snapshot(self, work: Work[T]) -> T:
        return await _available(self._read(self._snapshots, work))

    async def _read(self, engine: AsyncEngine, work: Work[T]) -> T:
        """When the server has gone and come back, all connections at rest are dead: once more."""
        try:
            return await self._transact(engine, work)
        except DBAPIError as error:
            if not is_away(error):
                raise
        await self._readers.dispose()
        return await self._transact(engine, work)

    async def _transact(self, engine: AsyncEngine, work: Work[T]) -> T:
        """A connection that failed is not used again: what it holds is not known."""
        async with engine.connect() as connection:
            try:
                async with connection.begin():
                    return await connection.run_sync(work)
            except DBAPIError:
                await connection.invalidate()
                raise

    async def read_own(self, user_id: str, work: Work[T]) -> T:
        def as_reader(connection: Connection) -> T:
            run(
                connection,
                "SELECT set_config('role', 'lumenpay_reader', true), "
                "set_config('lumenpay.user_id', $1, true)",
                (user_id,),
            )
            return work(connection)

        return await self.snapshot(as_reader)


def leave_own_rows(connection: Connection) -> None:
    """Inside `read_own`: from here on all rows, for looking up who somebody else is."""
    if not on_sqlite(connection):
        run(connection, "SELECT set_config('role', 'none', true)")


def _postgresql_engine(url: str, size: int, *, prepared_statements: bool) -> AsyncEngine:
    options: dict[str, object] = {"server_settings": {"jit": "off"}}
    if not prepared_statements:
        options |= {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=size,
        max_overflow=0,  # an overflow connection is opened and closed again each time
        connect_args=options,
    )
