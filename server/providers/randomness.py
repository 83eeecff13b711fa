"""The system's randomness, drawn in larger pieces.

Each draw is a system call that lets go of the interpreter: on the busy loop of a server, getting
it back costs more than the bytes. Every byte is handed out once. For ids and tokens; what becomes
a key is drawn by itself, as a piece stays in memory.
"""

import threading
from os import urandom

PIECE_BYTES = 4096


class Randomness:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._piece = b""
        self._used = 0

    def __call__(self, count: int) -> bytes:
        if count > PIECE_BYTES:
            return urandom(count)
        with self._lock:
            if self._used + count > len(self._piece):
                self._piece, self._used = urandom(PIECE_BYTES), 0
            self._used += count
            return self._piece[self._used - count : self._used]
