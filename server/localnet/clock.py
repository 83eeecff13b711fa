"""The network's time: the machine's, moved forward by what an operator added."""

import time


class NetworkClock:
    def __init__(self) -> None:
        self.advanced = 0  # seconds

    def now(self) -> int:
        """Seconds since 1970."""
        return int(time.time()) + self.advanced

    def advance(self, seconds: int) -> None:
        """Raises ValueError for a step back: ledgers close in order of time."""
        if seconds < 0:
            raise ValueError("the clock moves forward only")
        self.advanced += seconds
