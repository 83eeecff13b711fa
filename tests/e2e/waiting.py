"""Waiting for what must come true, with a deadline and never a bare sleep."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(
    look: Callable[[], Awaitable[T]],
    holds: Callable[[T], bool],
    seconds: float = 30,
    pause: float = 0.1,
) -> T:
    """Look again and again until it holds; the last thing seen is in the failure."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if holds(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"still {seen} after {seconds} s")
        await asyncio.sleep(pause)
