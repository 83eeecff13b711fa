"""Counting of tries: exact sliding windows, kept in the database so that no restart forgets.

For what must be counted once for all processes: sign-in, sign-up, paying. Each counted moment is
kept (8 bytes), so a limit should stay below a few hundred.
"""

from struct import pack, unpack
from typing import ClassVar

from msgspec import Struct

from core.books import Books, Needs, Tries
from core.commands import Command
from core.errors import TooMany


class Rate(Struct, frozen=True):
    """At most `limit` times in any `window_ms`, per `key` ("pay:<user>", a keyed hash, …)."""

    key: str
    limit: int
    window_ms: int


def refuse_if_full(books: Books, rate: Rate, now_ms: int, code: str) -> None:
    """Raises `TooMany(code)` with the seconds to wait."""
    recent = _recent(books.tries.get(rate.key), rate, now_ms)
    if len(recent) >= rate.limit:
        opens_ms = recent[-rate.limit] + rate.window_ms
        raise TooMany(code, retry_after=max(1, -(-(opens_ms - now_ms) // 1000)))


def count_try(books: Books, rate: Rate, now_ms: int) -> None:
    times = (*_recent(books.tries.get(rate.key), rate, now_ms), now_ms)
    books.tries[rate.key] = Tries(rate.key, pack(f">{len(times)}Q", *times))


def _recent(counted: Tries | None, rate: Rate, now_ms: int) -> tuple[int, ...]:
    if counted is None:
        return ()
    times = unpack(f">{len(counted.times) // 8}Q", counted.times)
    return tuple(time for time in times if time > now_ms - rate.window_ms)


class CountTry(Command[None], frozen=True, kw_only=True):
    """Count a try against several rates before the work is done; `code` is the refusal's."""

    action: ClassVar[str] = "tries.count"
    rates: tuple[Rate, ...]
    code: str = "auth.too_many"

    def need(self, needs: Needs) -> None:
        needs.tries.update(rate.key for rate in self.rates)

    def decide(self, books: Books) -> None:
        for rate in self.rates:
            refuse_if_full(books, rate, self.now_ms, self.code)
        for rate in self.rates:
            count_try(books, rate, self.now_ms)
