"""Whether this server can do its work now."""

from core import wire
from core.errors import Unavailable
from server.usecases.world import World

NETWORK_SECONDS_MAX = 60
"""A ledger closes every few seconds; after a minute without one, nothing is signed any more."""


class Healths:
    def __init__(self, world: World) -> None:
        self._world = world

    async def ready(self) -> wire.Readiness:
        """`status` is ready, or waiting: for the database, or for the network's ledgers.
        `network` is followed, behind, or unknown when no ledger was ever followed."""
        try:
            cursor = await self._world.payments.cursor()
        except Unavailable:
            return wire.Readiness(status="waiting", database=False, network="unknown", ledger=0)
        if cursor is None:
            return wire.Readiness(status="waiting", database=True, network="unknown", ledger=0)
        seconds = max(0, self._world.now_ms() - cursor.close_ms) // 1000
        followed = seconds <= NETWORK_SECONDS_MAX
        return wire.Readiness(
            status="ready" if followed else "waiting",
            database=True,
            network="followed" if followed else "behind",
            ledger=cursor.sequence,
            network_age_seconds=seconds,
        )
