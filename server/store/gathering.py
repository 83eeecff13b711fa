"""Gathering: whoever waits while one piece of work runs is served together by the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from core.errors import Unavailable

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Gathering(Generic[Question, Answer]):
    """Runs `work` on all questions that wait, at most `size` at a time, one run after another.

    No timer: the running piece of work is the waiting time of the next. `work` answers each
    question with an answer or an exception; if it raises, all of its callers get that.
    """

    def __init__(
        self,
        work: Callable[[list[Question]], Awaitable[Sequence[Answer | BaseException]]],
        *,
        size: int,
        waiting_max: int,
    ) -> None:
        self._work, self._size, self._waiting_max = work, size, waiting_max
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._wake = asyncio.Event()
        self._server: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._server = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """Finish the work at hand; whoever still waits is told that nothing was done."""
        server, self._server = self._server, None
        self._wake.set()
        if server is not None:
            await server
        while self._waiting:
            _, future = self._waiting.popleft()
            settle(future, Unavailable("server.unavailable", retry_after=1))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def ask(self, question: Question) -> Answer:
        """Raises `server.busy` when too many wait already, `server.unavailable` when stopped."""
        if self._server is None:
            raise Unavailable("server.unavailable", retry_after=1)
        if len(self._waiting) >= self._waiting_max:
            raise Unavailable("server.busy", retry_after=1)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        self._wake.set()
        return await future

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            if self._server is None:  # stopped
                return
            taken = [self._waiting.popleft() for _ in range(min(self._size, len(self._waiting)))]
            if not self._waiting:
                self._wake.clear()
            await self._answer(taken)

    async def _answer(self, taken: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([question for question, _ in taken])
        except Exception as error:  # the queue outlives any work; its callers hear of the fault
            answers = [error] * len(taken)
        for (_, future), answer in zip(taken, answers, strict=True):
            settle(future, answer)


def settle(future: "asyncio.Future[Answer]", answer: Answer | BaseException) -> None:
    """Hand over an answer, or an exception."""
    if future.done():  # the caller has gone; the work stands
        return
    if isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)
