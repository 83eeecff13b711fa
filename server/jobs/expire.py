"""What time ends: payments that were not confirmed, sessions that nobody refreshed."""

from core.clock import Clock
from core.paying import ExpirePayments
from core.sessions import PurgeSessions
from server.usecases.ports import Engine, JobReads

BATCH = 256
REST_SECONDS = 2.0


class Expire:
    name = "expire"

    def __init__(self, engine: Engine, reads: JobReads, clock: Clock) -> None:
        self._engine, self._reads, self._clock = engine, reads, clock

    async def step(self) -> float:
        more = [await self._payments(), await self._sessions()]
        return 0.0 if any(more) else REST_SECONDS

    async def _payments(self) -> bool:
        """Hold and limits are free again; whether there may be more to end."""
        now_ms = self._clock.wall_ms()
        late = await self._reads.payments_late(now_ms, BATCH)
        if late:
            await self._engine.run(ExpirePayments(now_ms=now_ms, payment_ids=tuple(late)))
        return len(late) == BATCH

    async def _sessions(self) -> bool:
        now_ms = self._clock.wall_ms()
        over = await self._reads.sessions_over(now_ms, BATCH)
        if over:
            await self._engine.run(PurgeSessions(now_ms=now_ms, session_ids=tuple(over)))
        return len(over) == BATCH
