"""Two clocks, both injected, both in whole milliseconds since 1970 (UTC).

Business time is the close time of the last ledger followed: due dates, interest, limits. Wall
time is the machine's: sessions, PIN locks, rate limits, expiry of an unconfirmed payment.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def wall_ms(self) -> int: ...

    def business_ms(self) -> int: ...


class SystemClock:
    """The machine's clock, and the ledger time that the follower last told."""

    def __init__(self) -> None:
        self._business_ms: int | None = None

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def business_ms(self) -> int:
        """Before the first ledger is followed, the machine's time."""
        return self._business_ms if self._business_ms is not None else self.wall_ms()

    def followed(self, close_time_ms: int) -> None:
        """Time never runs back, whatever a node answers."""
        self._business_ms = max(self._business_ms or 0, close_time_ms)


def rfc3339(ms: int) -> str:
    """ "2026-11-24T10:15:30.123Z"."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=1_024)
def _second(seconds: int) -> str:
    """Replies are full of times of the last few seconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def parse_rfc3339(text: str) -> int:
    """Milliseconds of a time with an offset or Z; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset")
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * 1000 + moment.microsecond // 1000


def day_and_month(ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """The calendar day (20261124) and month (202611) in which limits are counted."""
    local = datetime.fromtimestamp(ms // 1000, zone)
    return (local.year * 100 + local.month) * 100 + local.day, local.year * 100 + local.month
