"""The house: the treasury's own accounts, from fresh keys to open accounts, and their money.

A main account is opened by whoever funds it (an operator, or a friendbot); the channels are opened
by the sponsor. Each step does what can be done now, so it may be repeated and broken off.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from core.attempts import SetLane, SignHouseWork, SignOther
from core.clock import Clock
from core.money import NATIVE, STROOPS, format_stroops
from core.wallets import EndOpening
from server.usecases.network import Node, Snapshot
from server.usecases.ports import Engine, JobReads
from server.usecases.views import House

REST_SECONDS = 60.0
WAIT_SECONDS = 0.2
ASK_EVERY_MS = 10_000
CHANNELS_MAX = 19
"""With the sponsor's, the 20 signatures of an envelope."""

LOW_STROOPS = 100 * STROOPS
"""Under this a fee or sponsor account is reported, well before it is dry."""

SPENDING = frozenset({"fee", "sponsor"})


class KeepHouse:
    name = "house"

    def __init__(
        self,
        engine: Engine,
        reads: JobReads,
        node: Node,
        *,
        sign_channels: SignOther,
        worker: str,
        clock: Clock,
        signed: Callable[[], None],
    ) -> None:
        self._engine, self._reads, self._node = engine, reads, node
        self._sign_channels, self._worker = sign_channels, worker
        self._clock, self._signed = clock, signed
        self._log = structlog.get_logger().bind(job=self.name)
        self._asked_ms = 0
        self._unfollowed: Snapshot | None = None

    async def step(self) -> float:
        house = await self._reads.house()
        snapshot = self._unfollowed or await self._look(house)
        waiting = [one for one in house if one.state == "opening"]
        if not waiting:
            self._watch(house, snapshot)
            return REST_SECONDS
        self._unfollowed = None if await self._is_followed(snapshot) else snapshot
        if self._unfollowed is not None:
            return WAIT_SECONDS
        await self._admit([one for one in waiting if one.public_key in snapshot.accounts], snapshot)
        missing = [one for one in waiting if one.public_key not in snapshot.accounts]
        await self._open_channels([one for one in missing if one.role == "channel"], house)
        await self._ask_friendbot([one for one in missing if one.role != "channel"])
        return WAIT_SECONDS

    async def _look(self, house: Sequence[House]) -> Snapshot:
        return await self._node.accounts([one.public_key for one in house], ())

    async def _is_followed(self, snapshot: Snapshot) -> bool:
        """An account is not admitted before the books hold the money that it came with."""
        cursor = await self._reads.cursor()
        return cursor is not None and cursor.sequence >= snapshot.ledger

    async def _admit(self, there: Sequence[House], snapshot: Snapshot) -> None:
        """Their accounts exist: they are lanes from now on, with the chain's sequence."""
        for one in there:
            sequence = snapshot.accounts[one.public_key].sequence
            lane = SetLane(now_ms=self._clock.wall_ms(), user_id=one.user_id, sequence=sequence)
            await self._engine.run(lane)
        if there:
            ids = tuple(one.user_id for one in there)
            now_ms = self._clock.wall_ms()
            await self._engine.run(EndOpening(now_ms=now_ms, user_ids=ids, state="open"))

    async def _open_channels(self, channels: Sequence[House], house: Sequence[House]) -> None:
        ready = {one.role: one.user_id for one in house if one.state == "open"}
        if not channels or not SPENDING.issubset(ready):
            return
        command = SignHouseWork(
            now_ms=self._clock.wall_ms(),
            kind="opening",
            lane=ready["sponsor"],
            wallet_ids=tuple(one.user_id for one in channels[:CHANNELS_MAX]),
            sign=self._sign_channels,
            worker=self._worker,
        )
        if await self._engine.run(command) is not None:
            self._signed()

    async def _ask_friendbot(self, accounts: Sequence[House]) -> None:
        now_ms = self._clock.wall_ms()
        if accounts and now_ms - self._asked_ms >= ASK_EVERY_MS:
            self._asked_ms = now_ms
            words = await asyncio.gather(*(self._node.fund(one.public_key) for one in accounts))
            self._log.info("house.asked_for_money", words=words)

    def _watch(self, house: Sequence[House], snapshot: Snapshot) -> None:
        for one in house:
            account = snapshot.accounts.get(one.public_key)
            balance = account.balances.get(NATIVE, 0) if account else 0
            if one.role in SPENDING and balance < LOW_STROOPS:
                self._log.error("house.dry", role=one.role, xlm=format_stroops(balance))
