"""How a background job runs: step after step, resting in between, for ever."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from core.errors import Unavailable

BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)


Tally = Callable[[str, str], None]
"""Counts an event for the operator's metrics: its name, and a detail of few possible values (an
outcome, a result code); never an id."""


class Job(Protocol):
    """A step does what there is to do now; it may be broken off anywhere and begun again, as all
    that it knows is in the database or on the network."""

    name: str

    async def step(self) -> float:
        """Seconds to rest before the next step; a ring of the bell ends the rest."""
        ...


class Bell:
    """Tells a resting job that there is work. A ring during a step is kept.

    However often it is rung, a job rests `pace_seconds` between two steps: what comes meanwhile
    is done together.
    """

    def __init__(self, pace_seconds: float = 0.02) -> None:
        self._rung = asyncio.Event()
        self._pace_seconds = pace_seconds

    def ring(self) -> None:
        self._rung.set()

    async def rest(self, seconds: float) -> None:
        await asyncio.sleep(self._pace_seconds)
        try:
            async with asyncio.timeout(max(seconds - self._pace_seconds, 0)):
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._rung.clear()


async def run_job(job: Job, bell: Bell) -> None:
    """Runs until it is cancelled. Trouble makes it rest longer, never end."""
    log = structlog.get_logger().bind(job=job.name)
    troubles = 0
    while True:
        try:
            rest = await job.step()
            troubles = 0
        except Unavailable as away:
            log.warning("job.waits", code=away.code, cause=repr(away.__cause__))
            rest, troubles = _backoff(troubles), troubles + 1
        except Exception:  # the edge of a job: a fault is told, and the job goes on
            log.exception("job.fault")
            rest, troubles = _backoff(troubles), troubles + 1
        await bell.rest(rest)


def _backoff(troubles: int) -> float:
    return BACKOFF_SECONDS[min(troubles, len(BACKOFF_SECONDS) - 1)]
