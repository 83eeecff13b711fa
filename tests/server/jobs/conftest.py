import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.jobs.follow import Follow
from server.jobs.loop import Bell
from server.jobs.settle import Settle
from server.usecases.network import Bumped
from tests.server.jobs.network import BankClock, JobsBank, ScriptedNode
from tests.server.store.bank import PASSPHRASE


@pytest.fixture
def empty_bank(tmp_path: Path, sqlite_template: bytes) -> Iterator[JobsBank]:
    """On SQLite: the jobs reach the database by the engine and the reads alone, which the store's
    tests run on both databases."""
    path = tmp_path / "lumenpay.db"
    path.write_bytes(sqlite_template)
    with asyncio.Runner() as runner:
        made = JobsBank(f"sqlite:///{path}", runner=runner)
        made.open()
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def bank(empty_bank: JobsBank) -> JobsBank:
    """With a followed network and a treasury."""
    empty_bank.house()
    return empty_bank


@pytest.fixture
def node(bank: JobsBank) -> ScriptedNode:
    return ScriptedNode(bank)


class Works:
    """Settling and following, a step at a time."""

    def __init__(self, bank: JobsBank, node: ScriptedNode) -> None:
        self.bank, self.node = bank, node
        self.budget = 10_000
        self.counted: Counter[tuple[str, str]] = Counter()
        self.restart()

    def restart(self) -> None:
        """As after a crash: what the processes knew is gone."""
        self.settle = Settle(
            self.bank.engine,
            self.bank.reads,
            self.node,
            sign=self.bank.sign,
            bump=self.bump,
            worker="test",
            clock=BankClock(self.bank),
            bell=Bell(),
            tally=self.tally,
        )
        self.follow = Follow(
            self.bank.engine,
            self.bank.reads,
            self.node,
            passphrase=PASSPHRASE,
            practice=True,
            new_id=self.bank.new_id,
            clock=BankClock(self.bank),
            followed=lambda _: None,
            tally=self.tally,
        )

    def tally(self, event: str, detail: str) -> None:
        self.counted[event, detail] += 1

    def bump(self, envelope: bytes, fee: int) -> Bumped | None:
        if fee > self.budget:
            return None
        return Bumped(fee.to_bytes(32), envelope[:32] + fee.to_bytes(32))

    def settled(self) -> None:
        """Sends what is due and takes the answers; a tidy-up is always due."""
        self.bank.run(self._settle())

    async def _settle(self) -> None:
        self.bank.now_ms += 200
        await self.settle.step()
        for _ in range(10):
            await asyncio.sleep(0)
        await self.settle.step()

    def followed(self) -> None:
        self.bank.run(self.follow.step())

    def closed(self, *transactions: object, **how: object) -> None:
        self.node.close(*transactions, **how)  # type: ignore[arg-type]
        self.followed()


@pytest.fixture
def works(bank: JobsBank, node: ScriptedNode) -> Works:
    return Works(bank, node)
