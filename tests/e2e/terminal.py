"""A real terminal of so many columns and rows: a program on a pty, its screen read by pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "esc": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
}


class Terminal:
    def __init__(
        self, command: list[str], columns: int = 80, rows: int = 24, **environment: str
    ) -> None:
        self._command = command
        self._size = (columns, rows)
        self._environment: Mapping[str, str] = os.environ | environment
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""

    def __enter__(self) -> Self:
        self._terminal, inner = pty.openpty()
        columns, rows = self._size
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(inner)
            environment = dict(self._environment) | {"TERM": "xterm-256color"}
            os.execvpe(self._command[0], self._command, environment)
        os.close(inner)
        self.exit_code: int | None = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGTERM)
            self.wait_for_exit(15)
        os.close(self._terminal)

    def text(self) -> str:
        return "\n".join(self._screen.display)

    def press(self, *keys: str) -> None:
        """Names of `KEYS`, or characters to type."""
        for key in keys:
            os.write(self._terminal, KEYS.get(key, key).encode())
            self._read(0.15)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())
        self._read(0.15)

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """Read until the text is on the screen; the whole screen then."""
        deadline = time.monotonic() + seconds
        while text not in self.text():
            if time.monotonic() > deadline or not self._read(0.1):
                raise AssertionError(f"{text!r} did not appear:\n{self.text()}")
        return self.text()

    def wait_for_exit(self, seconds: float = 20) -> int:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
                return self.exit_code
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.exit_code = -9
        raise AssertionError(f"the program did not end:\n{self.text()}")

    def _read(self, seconds: float) -> bool:
        """Take what comes for so long; False when the program has closed the terminal."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._terminal], [], [], left)
            if not ready:
                break
            try:
                data = os.read(self._terminal, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.raw += data
            self._stream.feed(data)
        return True
