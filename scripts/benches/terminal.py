"""A program started in a pseudo-terminal of 120x40: when its text shows, when it has settled."""

import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping

ESCAPES = re.compile(
    rb"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[PX^_].*?\x1b\\|.)"
)
QUIET_SECONDS = 0.4
LONGEST_SECONDS = 20.0


def start_up(command: list[str], text: str, environment: Mapping[str, str]) -> tuple[float, float]:
    """Milliseconds until `text` is on the screen, and CPU milliseconds until nothing more comes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    pid = os.fork()
    if pid == 0:
        os.login_tty(inner)
        os.execvpe(command[0], command, dict(environment))
    os.close(inner)
    try:
        shown = _read_until_quiet(terminal, text.encode(), begun)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if shown is None:
        raise RuntimeError(f"{command[-1]} never showed {text!r}")
    return (shown - begun) * 1000, cpu * 1000


def _read_until_quiet(terminal: int, text: bytes, begun: float) -> float | None:
    seen, shown = b"", None
    while time.monotonic() - begun < LONGEST_SECONDS:
        ready, _, _ = select.select([terminal], [], [], QUIET_SECONDS)
        if not ready:
            if shown is not None:
                break
            continue
        seen += os.read(terminal, 65536)
        if shown is None and text in ESCAPES.sub(b"", seen):
            shown = time.monotonic()
    return shown
