"""Opening: accounts of newcomers are made on the network, many at a time, and filled with practice
money where there is such a thing.

A channel of the treasury opens up to 18 wallets in one transaction. One whose opening failed goes
alone from then on, with growing patience, so that it cannot hold up the rest. Somebody else may
have made its account (addresses are no secret): then only its trustlines are missing.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

import structlog
from msgspec import Struct

from core.attempts import SignHouseWork, SignOther
from core.books import Wallet
from core.clock import Clock
from core.wallets import EndOpening
from server.usecases.network import Node
from server.usecases.ports import Engine, JobReads

ACCOUNTS_MAX = 18
GIFTS_MAX = 100
BATCH = 512
FUND_AT_ONCE = 40
REST_SECONDS = 1.0
TRIES_MAX = 50
FUNDED_WITHIN_MS = 15_000
"""After a friendbot's word, so long until the follower must have seen the money."""

PATIENCE_MS_MAX = 300_000
"""With the tries, some four hours in which an operator can fill a dry sponsor."""

ISSUERS_EVERY_MS = 60_000


class HouseSigning(Struct, frozen=True):
    """How the house's own work is signed: the lane's wallet first, then those it is about.
    `trust` hears which assets (wire names) opened accounts are to take."""

    opening: SignOther
    trusting: SignOther
    gifts: SignOther
    trust: Callable[[Sequence[str]], None]


class _Heard(Struct, frozen=True):
    """A friendbot's word, and when it came."""

    word: Literal["funded", "refused", "unknown"]
    at_ms: int


class Open:
    name = "open"

    def __init__(
        self,
        engine: Engine,
        reads: JobReads,
        node: Node,
        *,
        signing: HouseSigning,
        assets: Sequence[str],
        practice: bool,
        worker: str,
        clock: Clock,
        signed: Callable[[], None],
    ) -> None:
        """`practice`: an account is open once it has practice money. `signed` is told of new
        attempts, which settling sends."""
        self._engine, self._reads, self._node = engine, reads, node
        self._signing, self._assets, self._practice = signing, assets, practice
        self._worker, self._clock, self._signed = worker, clock, signed
        self._log = structlog.get_logger().bind(job=self.name)
        self._issuers_ms = 0
        self._patient_until_ms: dict[str, int] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._heard: dict[str, _Heard] = {}

    async def step(self) -> float:
        wallets = await self._reads.wallets_to_open(BATCH)
        if wallets:
            await self._check_issuers()
            await self._open(await self._give_up(wallets))
        if self._practice:
            await self._fund()
        return REST_SECONDS

    # making accounts

    async def _check_issuers(self) -> None:
        """An asset whose issuer does not exist takes no trustlines, and would fail all openings
        with it: they go on without it, under an alarm."""
        now_ms = self._clock.wall_ms()
        if now_ms - self._issuers_ms < ISSUERS_EVERY_MS:
            return
        issuers = {asset: asset.partition(":")[2] for asset in self._assets}
        snapshot = await self._node.accounts(set(issuers.values()), ())
        there = [asset for asset, issuer in issuers.items() if issuer in snapshot.accounts]
        if len(there) < len(issuers):
            self._log.error("asset.no_issuer", assets=sorted(issuers.keys() - set(there)))
        self._signing.trust(there)
        self._issuers_ms = now_ms

    async def _give_up(self, wallets: Sequence[Wallet]) -> list[Wallet]:
        hopeless = [wallet.user_id for wallet in wallets if wallet.tries >= TRIES_MAX]
        if hopeless:
            self._log.error("wallets.failed", count=len(hopeless))
            await self._engine.run(
                EndOpening(now_ms=self._clock.wall_ms(), user_ids=tuple(hopeless), state="failed")
            )
        return [wallet for wallet in wallets if wallet.tries < TRIES_MAX]

    async def _open(self, wallets: Sequence[Wallet]) -> None:
        channels = await self._free_lanes("channel")
        groups = _groups([wallet for wallet in wallets if self._is_time(wallet)])
        work = [
            self._open_group(channel, group)
            for channel, group in zip(channels, groups, strict=False)
        ]
        if work:
            await asyncio.gather(*work)
            self._signed()

    def _is_time(self, wallet: Wallet) -> bool:
        """A failed opening waits 1, 2, 4 … seconds, counted from when this process saw it."""
        if wallet.tries == 0:
            return True
        now_ms, key = self._clock.wall_ms(), f"{wallet.user_id} {wallet.tries}"
        wait_ms = min(1_000 << wallet.tries, PATIENCE_MS_MAX)
        due = now_ms >= self._patient_until_ms.setdefault(key, now_ms + wait_ms)
        if due:
            del self._patient_until_ms[key]
        return due

    async def _open_group(self, channel: str, group: Sequence[Wallet]) -> None:
        exists = group[0].tries > 0 and await self._exists(group[0])
        sign = self._signing.trusting if exists else self._signing.opening
        await self._sign("opening", channel, group, sign)

    async def _exists(self, wallet: Wallet) -> bool:
        snapshot = await self._node.accounts([wallet.public_key], ())
        return wallet.public_key in snapshot.accounts

    async def _free_lanes(self, role: str) -> list[str]:
        house = await self._reads.house()
        owners = [one.user_id for one in house if one.role == role and one.state == "open"]
        lanes = await self._reads.lanes(owners)
        return [owner for owner in owners if owner in lanes and lanes[owner].state == "free"]

    async def _sign(
        self,
        kind: Literal["opening", "treasury"],
        lane: str,
        about: Sequence[Wallet],
        sign: SignOther,
    ) -> None:
        command = SignHouseWork(
            now_ms=self._clock.wall_ms(),
            kind=kind,
            lane=lane,
            wallet_ids=tuple(wallet.user_id for wallet in about),
            sign=sign,
            worker=self._worker,
        )
        await self._engine.run(command)

    # practice money

    async def _fund(self) -> None:
        """The follower tells when the money has come. A refusal counts only if it is missing a
        while later: a friendbot also refuses whom it has funded already."""
        wallets = await self._reads.wallets_to_fund(BATCH)
        now_ms = self._clock.wall_ms()
        missing = [wallet for wallet in wallets if self._is_missing(wallet, now_ms)]
        poor = [wallet for wallet in missing if self._heard[wallet.user_id].word == "refused"]
        if poor:
            await self._give(poor[:GIFTS_MAX])
        again = {wallet.user_id for wallet in missing} - {wallet.user_id for wallet in poor}
        room = max(FUND_AT_ONCE - len(self._asking), 0)
        unasked = [one for one in wallets if one.user_id not in self._heard.keys() - again]
        for wallet in [one for one in unasked if one.user_id not in self._asking][:room]:
            self._asking[wallet.user_id] = asyncio.create_task(self._ask(wallet))
        self._forget({wallet.user_id for wallet in wallets})

    def _is_missing(self, wallet: Wallet, now_ms: int) -> bool:
        heard = self._heard.get(wallet.user_id)
        return heard is not None and now_ms - heard.at_ms >= FUNDED_WITHIN_MS

    async def _ask(self, wallet: Wallet) -> None:
        try:
            word = await self._node.fund(wallet.public_key)
            self._heard[wallet.user_id] = _Heard(word, self._clock.wall_ms())
        finally:
            del self._asking[wallet.user_id]

    def _forget(self, still_opening: set[str]) -> None:
        for user_id in self._heard.keys() - still_opening:
            del self._heard[user_id]

    async def _give(self, wallets: Sequence[Wallet]) -> None:
        for payout in (await self._free_lanes("payout"))[:1]:
            self._log.info("practice.gifts", count=len(wallets))
            await self._sign("treasury", payout, wallets, self._signing.gifts)
            self._signed()


def _groups(wallets: Sequence[Wallet]) -> list[list[Wallet]]:
    """Those that never failed together, the others alone."""
    fresh = [wallet for wallet in wallets if wallet.tries == 0]
    together = [fresh[at : at + ACCOUNTS_MAX] for at in range(0, len(fresh), ACCOUNTS_MAX)]
    return together + [[wallet] for wallet in wallets if wallet.tries > 0]
