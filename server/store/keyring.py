"""The row that holds the house's own secrets, sealed: written by the first process to start."""

from collections.abc import Callable
from typing import cast

from sqlalchemy import Connection

from server.store.database import Database
from server.store.sets import ask

HOUSE = "house"


async def keyring(database: Database, fresh: Callable[[], bytes], now_ms: int) -> bytes:
    """The sealed secrets; `fresh` makes them where there are none. Of two processes that start
    together one wins, and both get the winner's."""

    def work(connection: Connection) -> bytes:
        ask(
            connection,
            "INSERT INTO keyring (name, sealed, created_ms) VALUES (?, ?, ?) "
            "ON CONFLICT (name) DO NOTHING",
            HOUSE,
            fresh(),
            now_ms,
        )
        ((sealed,),) = ask(connection, "SELECT sealed FROM keyring WHERE name = ?", HOUSE)
        return cast("bytes", sealed)

    return await database.write(work)
