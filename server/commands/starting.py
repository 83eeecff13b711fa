"""How `serve` and `work` start, and how they refuse to."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine, Sequence

REFUSED = 2
SWITCH_SECONDS = 0.0005
"""How long the store's threads may keep the interpreter from the loop, which lets go of it at
each system call. Python's 5 ms costs a fifth of the payments a second."""


def refused(command: str, problems: Sequence[str]) -> int:
    """Exit code 2: the operator has to change something first."""
    for problem in problems:
        print(f"lumenpay {command}: {problem}", file=sys.stderr)
    return REFUSED


def run_loop(command: str, work: Coroutine[None, None, int]) -> int:
    """The exit code of the work, which runs on uvloop where there is one."""
    gc.disable()  # what is imported lives for ever: looking for garbage in it only costs time
    from server.wiring import CannotStart

    gc.freeze()
    gc.enable()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work)
    except CannotStart as problem:
        return refused(command, [str(problem)])


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
