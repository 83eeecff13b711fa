"""Gathering: who waits is served together, nobody waits for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from core.errors import Unavailable
from server.store.gathering import Gathering


class Counter:
    """Doubles numbers, slowly; a negative one is a failure of its own, zero of all."""

    def __init__(self, *, size: int = 3, waiting_max: int = 5) -> None:
        self.turns: list[list[int]] = []
        self.go = asyncio.Event()
        self.gathering: Gathering[int, int] = Gathering(
            self._work, size=size, waiting_max=waiting_max
        )

    async def _work(self, numbers: list[int]) -> Sequence[int | BaseException]:
        self.turns.append(numbers)
        await self.go.wait()
        if 0 in numbers:
            raise ZeroDivisionError
        return [number * 2 if number > 0 else ValueError(number) for number in numbers]


async def ask_all(counter: Counter, numbers: list[int]) -> list[int | BaseException]:
    asked = [asyncio.create_task(counter.gathering.ask(number)) for number in numbers]
    await asyncio.sleep(0.01)
    counter.go.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def test_who_waits_while_one_is_served_is_served_together() -> None:
    async def scene() -> None:
        counter = Counter()
        counter.gathering.start()
        first = asyncio.create_task(counter.gathering.ask(1))
        await asyncio.sleep(0.01)
        assert await ask_all(counter, [2, 3, 4, 5]) == [4, 6, 8, 10]
        assert await first == 2
        assert counter.turns == [[1], [2, 3, 4], [5]]
        await counter.gathering.stop()

    asyncio.run(scene())


def test_one_may_fail_alone_and_all_may_fail_together_and_the_queue_lives() -> None:
    async def scene() -> None:
        counter = Counter()
        counter.gathering.start()
        answers = await ask_all(counter, [1, -1])
        assert answers[0] == 2
        assert isinstance(answers[1], ValueError)
        answers = await ask_all(counter, [0, 7])
        assert [type(one) for one in answers] == [ZeroDivisionError] * 2
        assert await ask_all(counter, [8]) == [16]
        await counter.gathering.stop()

    asyncio.run(scene())


def test_too_many_waiting_are_told_so_at_once() -> None:
    async def scene() -> None:
        counter = Counter(waiting_max=2)
        counter.gathering.start()
        answers = await ask_all(counter, [1, 2, 3])
        assert answers[:2] == [2, 4]
        refused = answers[2]
        assert isinstance(refused, Unavailable)
        assert (refused.code, refused.retry_after) == ("server.busy", 1)
        await counter.gathering.stop()

    asyncio.run(scene())


def test_a_caller_who_leaves_does_not_disturb_the_others() -> None:
    async def scene() -> None:
        counter = Counter()
        counter.gathering.start()
        leaving = asyncio.create_task(counter.gathering.ask(1))
        await asyncio.sleep(0.01)
        staying = asyncio.create_task(counter.gathering.ask(2))
        leaving.cancel()
        await asyncio.sleep(0.01)
        counter.go.set()
        assert await staying == 4
        await counter.gathering.stop()

    asyncio.run(scene())


def test_a_stop_finishes_what_has_begun_and_tells_the_rest() -> None:
    async def scene() -> None:
        counter = Counter(size=1)
        counter.gathering.start()
        begun = asyncio.create_task(counter.gathering.ask(1))
        await asyncio.sleep(0.01)
        waiting = asyncio.create_task(counter.gathering.ask(2))
        await asyncio.sleep(0.01)
        stopping = asyncio.create_task(counter.gathering.stop())
        await asyncio.sleep(0.01)
        counter.go.set()
        await stopping
        assert await begun == 2
        with pytest.raises(Unavailable):
            await waiting
        with pytest.raises(Unavailable):
            await counter.gathering.ask(3)
        assert counter.turns == [[1]]

    asyncio.run(scene())
