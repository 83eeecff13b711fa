"""The version of the schema: brought up by `lumenpay migrate`, checked by whoever starts."""

import asyncio
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, inspect, make_url

from server.store.database import Work, sqlite_engine
from server.store.sets import ask, run

T = TypeVar("T")

_SCRIPTS = Path(__file__).parent / "migrations"


NEWEST = "0001"
"""The revision that this program knows. A constant, so that starting needs no Alembic (its import
takes as long as the rest of the store); a test compares it with the scripts."""


class SchemaUnknown(Exception):
    """The database's schema is not the one that this program was made for."""


async def migrate(url: str) -> tuple[str | None, str]:
    """Bring the schema to the newest version; the versions before and after.

    On PostgreSQL the user of the URL becomes the owner and has to be allowed to create roles.
    Raises SchemaUnknown when the schema is newer than this program.
    """
    return await _on_connection(url, _upgrade)


async def current(url: str) -> str | None:
    """The version in the database; None when there is none yet."""
    return await _on_connection(url, _version)


async def require_newest(url: str) -> None:
    """Raises SchemaUnknown with what to do about it."""
    version = await current(url)
    if version is None:
        raise SchemaUnknown("the database has no schema yet; run `lumenpay migrate`")
    if version != NEWEST:
        raise SchemaUnknown(
            f"the schema is {version} and this program knows {NEWEST}; "
            "run `lumenpay migrate` with the newest program"
        )


async def _on_connection(url: str, work: Work[T]) -> T:
    if make_url(url).get_backend_name() == "sqlite":
        return await asyncio.to_thread(_on_sqlite, url, work)
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _on_sqlite(url: str, work: Work[T]) -> T:
    engine = sqlite_engine(url)
    try:
        with engine.begin() as connection:
            run(connection, "BEGIN IMMEDIATE")
            return work(connection)
    finally:
        engine.dispose()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    rows = ask(connection, "SELECT version_num FROM alembic_version")
    return str(rows[0][0]) if rows else None


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    before = _version(connection)
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if before is not None and before not in known:
        raise SchemaUnknown(f"the schema is {before}, newer than this program")
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before, NEWEST
