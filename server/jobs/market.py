"""What the network asks: prices of the assets that people pay with, and fees."""

from collections.abc import Callable, Sequence

from core.clock import Clock
from core.prices import NotePrices
from server.usecases.network import Node
from server.usecases.ports import Engine, JobReads

REST_SECONDS = 5.0
UNCHANGED_MS = 60_000
"""An unchanged price is noted again so often: its age tells how long nobody has looked."""


class Market:
    name = "market"

    def __init__(
        self,
        engine: Engine,
        reads: JobReads,
        node: Node,
        *,
        assets: Sequence[str],
        offer: Callable[[int], None],
        clock: Clock,
    ) -> None:
        """`offer` hears what an operation costs, in stroops."""
        self._engine, self._reads, self._node = engine, reads, node
        self._assets, self._offer, self._clock = assets, offer, clock

    async def step(self) -> float:
        self._offer(await self._node.rate())
        seen = {asset: await self._node.price(asset) for asset in self._assets}
        await self._note({asset: price for asset, price in seen.items() if price})
        return REST_SECONDS

    async def _note(self, seen: dict[str, int]) -> None:
        """An empty book notes nothing: the last known price stays, and grows old."""
        now_ms, known = self._clock.wall_ms(), await self._reads.prices()
        news = {
            asset: stroops
            for asset, stroops in seen.items()
            if (last := known.get(asset)) is None
            or last.stroops != stroops
            or now_ms - last.seen_ms >= UNCHANGED_MS
        }
        if news:
            await self._engine.run(NotePrices(now_ms=now_ms, stroops=news))
