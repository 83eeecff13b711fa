"""Forgetting what has had its time: events that nobody can resume from, tries long past."""

from sqlalchemy import Connection

from server.store.database import Database
from server.store.sets import change, numbered, on_sqlite

EVENTS_KEPT_MS = 24 * 60 * 60 * 1000
TRIES_KEPT_MS = 7 * 24 * 60 * 60 * 1000
SWEEP_MAX = 5_000
"""Rows of one commit, so that no payment waits long for a broom."""


class StoreHousekeeping:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(self, now_ms: int) -> int:
        """How many rows went; call again while they are as many as `SWEEP_MAX`."""
        return await self._database.write(lambda connection: _sweep(connection, now_ms))


def _sweep(connection: Connection, now_ms: int) -> int:
    gone = _delete(
        connection,
        "DELETE FROM outbox WHERE id IN "
        "(SELECT id FROM outbox WHERE created_ms < ? ORDER BY id LIMIT ?)",
        now_ms - EVENTS_KEPT_MS,
        SWEEP_MAX,
    )
    # a counter's newest try is its last eight bytes, which sort as numbers do
    last = "substr(times, length(times) - 7)"
    oldest_kept = (now_ms - TRIES_KEPT_MS).to_bytes(8)
    return gone + _delete(connection, f"DELETE FROM rate_limits WHERE {last} < ?", oldest_kept)


def _delete(connection: Connection, sql: str, *values: object) -> int:
    return change(connection, sql if on_sqlite(connection) else numbered(sql), values)
