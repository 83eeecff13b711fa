"""The version of the schema: brought up by `lumenpay migrate`, checked by whoever starts."""

import asyncio
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from server.store.database import Work, sqlite_engine

T = TypeVar("T")

_SCRIPTS = Path(__file__).parent / "migrations"


class SchemaUnknown(Exception):
    """The database's schema is not the one that this program was made for."""


def newest() -> str:
    """The revision that this program knows."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if head is None:
        raise SchemaUnknown("this program was shipped without its migrations")
    return head


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
    if version != newest():
        raise SchemaUnknown(
            f"the schema is {version} and this program knows {newest()}; "
            "run `lumenpay migrate` with the newest program"
        )


async def _on_connection(url: str, work: Work[T]) -> T:
    if make_url(url).get_backend_name() == "sqlite":
        return await asyncio.to_thread(_on_sqlite, url, work)
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _on_sqlite(url: str, work: Work[T]) -> T:
    engine = sqlite_engine(url, "BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    before = _version(connection)
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if before is not None and before not in known:
        raise SchemaUnknown(f"the schema is {before}, newer than this program")
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before, newest()
