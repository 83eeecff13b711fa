"""Reading what is to be done: attempts to send, lanes to fill, wallets to open, the cursor."""

from collections import defaultdict
from collections.abc import Callable, Collection

from sqlalchemy import Connection

from core.attempts import OPERATIONS_MAX
from core.books import LEDGER, Attempt, Cursor, Lane, Wallet
from server.store import tables as t
from server.store.database import Database
from server.store.sets import Row, Statements, ask
from server.store.sheets import ATTEMPTS, CURSOR, LANES, WALLETS
from server.usecases.views import EventView, House, Waiting

_ATTEMPT = ", ".join(ATTEMPTS.statements.columns)
_WALLET = ", ".join(f"w.{name}" for name in WALLETS.statements.columns)
_OWNERS = Statements(t.wallets, ["public_key", "user_id"])
_UNFINISHED = "state IN ('signed', 'sent', 'outcome_unknown')"

_WAITING = """
SELECT t.user_id, t.id FROM transactions t
JOIN lanes l ON l.user_id = t.user_id AND l.state = 'free'
LEFT JOIN wallets w ON w.user_id = t.counterparty_id
WHERE t.status = 'processing' AND t.hash IS NULL
  AND (t.reason IS NULL OR t.reason <> 'review')
  AND (t.counterparty_id IS NULL OR w.state = 'open')
ORDER BY t.user_id, t.id LIMIT ?
"""

_make_house: Callable[..., House] = House
_make_event: Callable[..., EventView] = EventView


class WorkReads:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def cursor(self) -> Cursor | None:
        def work(connection: Connection) -> list[Row]:
            return CURSOR.statements.load(connection, ("name",), (LEDGER,))

        rows = await self._database.glance(work)
        return CURSOR.make(*rows[0]) if rows else None

    async def attempts_due(self, worker: str, now_ms: int, limit: int) -> list[Attempt]:
        rows = await self._ask(
            f"SELECT {_ATTEMPT} FROM attempts WHERE {_UNFINISHED} AND next_ms <= ? "
            "AND worker = ? ORDER BY next_ms LIMIT ?",
            now_ms,
            worker,
            limit,
        )
        return [ATTEMPTS.make(*row) for row in rows]

    async def attempts_overdue(self, limit: int) -> list[bytes]:
        rows = await self._ask(
            f"SELECT hash FROM attempts WHERE {_UNFINISHED} AND max_ledger < "
            "(SELECT sequence FROM cursors WHERE name = ?) ORDER BY max_ledger LIMIT ?",
            LEDGER,
            limit,
        )
        return [bytes(row[0]) for row in rows if isinstance(row[0], bytes)]

    async def attempts(self, hashes: Collection[bytes]) -> dict[bytes, Attempt]:
        rows = await self._database.read(
            lambda connection: ATTEMPTS.statements.load(connection, ("hash",), hashes)
        )
        attempts = [ATTEMPTS.make(*row) for row in rows]
        return {attempt.hash: attempt for attempt in attempts}

    async def waiting(self, limit: int) -> list[Waiting]:
        lanes: defaultdict[str, list[str]] = defaultdict(list)
        for lane, payment_id in await self._ask(_WAITING, limit):
            lanes[str(lane)].append(str(payment_id))
        return [Waiting(lane, tuple(ids[:OPERATIONS_MAX])) for lane, ids in lanes.items()]

    async def payments_late(self, now_ms: int, limit: int) -> list[str]:
        rows = await self._ask(
            "SELECT id FROM transactions WHERE status = 'pending' AND expires_ms <= ? "
            "ORDER BY expires_ms LIMIT ?",
            now_ms,
            limit,
        )
        return [str(row[0]) for row in rows]

    async def owners(self, public_keys: Collection[str]) -> dict[str, str]:
        rows = await self._database.read(
            lambda connection: _OWNERS.load(connection, ("public_key",), public_keys)
        )
        return {str(public_key): str(user_id) for public_key, user_id in rows}

    async def wallets(self, owners: Collection[str]) -> dict[str, Wallet]:
        rows = await self._database.read(
            lambda connection: WALLETS.statements.load(connection, ("user_id",), owners)
        )
        wallets = [WALLETS.make(*row) for row in rows]
        return {wallet.user_id: wallet for wallet in wallets}

    async def wallets_to_open(self, limit: int) -> list[Wallet]:
        return await self._opening("w.hash IS NULL AND l.user_id IS NULL", limit)

    async def wallets_to_fund(self, limit: int) -> list[Wallet]:
        return await self._opening("l.user_id IS NOT NULL", limit)

    async def _opening(self, condition: str, limit: int) -> list[Wallet]:
        rows = await self._ask(
            f"SELECT {_WALLET} FROM wallets w LEFT JOIN lanes l ON l.user_id = w.user_id "
            f"WHERE w.state = 'opening' AND w.role = 'user' AND {condition} "
            "ORDER BY w.created_ms LIMIT ?",
            limit,
        )
        return [WALLETS.make(*row) for row in rows]

    async def house(self) -> list[House]:
        rows = await self._ask(
            "SELECT user_id, role, public_key, state FROM wallets WHERE role <> 'user' "
            "ORDER BY role, created_ms, user_id"
        )
        return [_make_house(*row) for row in rows]

    async def lanes(self, owners: Collection[str]) -> dict[str, Lane]:
        rows = await self._database.read(
            lambda connection: LANES.statements.load(connection, ("user_id",), owners)
        )
        lanes = [LANES.make(*row) for row in rows]
        return {lane.user_id: lane for lane in lanes}

    async def sessions_over(self, now_ms: int, limit: int) -> list[str]:
        rows = await self._ask(
            "SELECT id FROM sessions WHERE refresh_expires_ms <= ? "
            "ORDER BY refresh_expires_ms LIMIT ?",
            now_ms,
            limit,
        )
        return [str(row[0]) for row in rows]

    async def _ask(self, sql: str, *values: object) -> list[Row]:
        return await self._database.read(lambda connection: ask(connection, sql, *values))


class EventReads:
    """The outbox: what screens and webhooks are told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events_of(self, user_id: str, *, after: int, limit: int) -> list[EventView]:
        rows = await self._database.read_own(
            user_id,
            lambda connection: ask(
                connection,
                "SELECT id, user_id, kind, subject, created_ms FROM outbox "
                "WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?",
                user_id,
                after,
                limit,
            ),
        )
        return [_make_event(*row) for row in rows]

    async def events(self, *, after: int, limit: int) -> list[EventView]:
        rows = await self._database.read(
            lambda connection: ask(
                connection,
                "SELECT id, user_id, kind, subject, created_ms FROM outbox "
                "WHERE id > ? ORDER BY id LIMIT ?",
                after,
                limit,
            )
        )
        return [_make_event(*row) for row in rows]

    async def oldest_event(self) -> int:
        return await self._edge("min")

    async def newest_event(self) -> int:
        return await self._edge("max")

    async def _edge(self, edge: str) -> int:
        rows = await self._database.read(
            lambda connection: ask(connection, f"SELECT COALESCE({edge}(id), 0) FROM outbox")
        )
        return int(rows[0][0] or 0)
