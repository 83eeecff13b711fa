"""How `serve` and `work` start, and how they refuse to."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence

REFUSED = 2


def refused(command: str, problems: Sequence[str]) -> int:
    """Exit code 2: the operator has to change something first."""
    for problem in problems:
        print(f"lumenpay {command}: {problem}", file=sys.stderr)
    return REFUSED


def run_until_done(command: str, work: Callable[[], Coroutine[None, None, None]]) -> int:
    """On uvloop where there is one."""
    from server.wiring import CannotStart

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(work())
    except CannotStart as problem:
        return refused(command, [str(problem)])
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
