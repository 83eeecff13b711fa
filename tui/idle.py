"""The idle clock: after a while without a key or a pointer the wallet locks, later it signs out."""

from collections.abc import Callable
from typing import Literal

LOCK_AFTER_SECONDS = 120
SIGN_OUT_AFTER_SECONDS = 600


class Idle:
    """`clock` is the wall's, so that a machine that slept comes back locked."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._active_ms = clock()

    def touch(self) -> None:
        self._active_ms = self._clock()

    def due(self) -> Literal["nothing", "lock", "sign_out"]:
        seconds = (self._clock() - self._active_ms) / 1000
        if seconds < 0:  # the clock was put back
            self.touch()
        if seconds >= SIGN_OUT_AFTER_SECONDS:
            return "sign_out"
        return "lock" if seconds >= LOCK_AFTER_SECONDS else "nothing"
