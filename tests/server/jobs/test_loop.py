"""A job rests, wakes when rung, and outlives every trouble."""

import asyncio

from core.errors import Unavailable
from server.jobs import loop
from server.jobs.loop import Bell, run_job


class Scripted:
    name = "scripted"

    def __init__(self, *troubles: Exception | None) -> None:
        self._troubles = list(troubles)
        self.steps = 0
        self.done = asyncio.Event()

    async def step(self) -> float:
        self.steps += 1
        if not self._troubles:
            self.done.set()
            return 3600.0
        trouble = self._troubles.pop(0)
        if trouble is not None:
            raise trouble
        return 0.0


async def run(job: Scripted, bell: Bell) -> asyncio.Task[None]:
    task = asyncio.create_task(run_job(job, bell))
    async with asyncio.timeout(5):
        await job.done.wait()
    return task


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


def test_trouble_is_told_and_never_ends_the_job(monkeypatch, capsys):
    monkeypatch.setattr(loop, "BACKOFF_SECONDS", (0.0, 0.001))

    async def main() -> None:
        away = Unavailable("network.unavailable")
        job = Scripted(away, RuntimeError("a fault"), None, away, KeyError("another"))
        await stop(await run(job, Bell(0)))
        assert job.steps == 6

    asyncio.run(main())
    told = capsys.readouterr().out
    assert told.count("[warning") == 2
    assert told.count("[error") == 2


def test_a_ring_ends_the_rest_and_many_rings_are_one(monkeypatch):
    async def main() -> None:
        bell, job = Bell(0.001), Scripted()
        task = await run(job, bell)
        for _ in range(5):
            bell.ring()
        await asyncio.sleep(0.05)
        assert job.steps == 2
        await stop(task)

    asyncio.run(main())


def test_a_ring_during_a_step_is_kept():
    async def main() -> None:
        bell = Bell(0)
        bell.ring()
        began = asyncio.get_running_loop().time()
        await bell.rest(5)
        assert asyncio.get_running_loop().time() - began < 4

    asyncio.run(main())
