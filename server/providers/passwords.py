"""Passwords by argon2id, in a few threads with a short queue.

A hash takes about 20 ms of a core and 19 MiB (OWASP's parameters: t=2, m=19 MiB, p=1), so
sign-in is the dearest request of the server. In a thread it does not hold up payments; beyond
the queue it is refused with `server.busy` rather than making everybody wait.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from core.errors import Unavailable

Result = TypeVar("Result")


class Argon2Passwords:
    """`threads` hash at once; `waiting_max` more may wait."""

    def __init__(self, threads: int = 1, waiting_max: int = 64) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = threads + waiting_max
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def fits(self, password: str, stored: str | None) -> bool:
        """False for None too, after the same work: time must not tell who has an account."""
        return await self._in_thread(lambda: self._verify(stored, password))

    def _verify(self, stored: str | None, password: str) -> bool:
        stand_in = self._somebodys()
        try:
            self._hasher.verify(stored or stand_in, password)
        except VerificationError:
            return False
        return stored is not None

    def _somebodys(self) -> str:
        """A hash that no password opens, with the parameters of all others."""
        if not self._nobodys:
            self._nobodys = self._hasher.hash("nobody has this password")
        return self._nobodys

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._places <= 0:
            raise Unavailable("server.busy", retry_after=2)
        self._places -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._places += 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
