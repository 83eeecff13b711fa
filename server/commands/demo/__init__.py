"""`lumenpay demo`: network, treasury, server, three people and the wallet, in one go.

Everything speaks HTTP on free loopback ports, each part is a process of its own, and all of them
end with this one. The data stays in one folder, named on stderr, so that a second start is quick.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from server.commands.demo.deployment import Deployment, DeploymentFailed
from server.commands.demo.people import PracticePeople


def run(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    folder: Path = options.data or _default_folder(options.network)
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if not options.headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        _say("the wallet needs a terminal; use --headless without one")
        return 2
    with Deployment(folder, options.network, options.close_seconds, _say) as deployment:
        _end_on_signals()
        try:
            deployment.start()
            people = PracticePeople(deployment, _say)
            people.settle_in()
        except DeploymentFailed as failure:
            _say(str(failure))
            return 2
        if options.headless:
            return _stay(deployment, people)
        return deployment.open_wallet(people.file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lumenpay demo", description=__doc__.splitlines()[0])
    parser.add_argument("--headless", action="store_true", help="no wallet: print one line, stay")
    parser.add_argument("--network", choices=["local", "testnet"], default="local")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where everything is kept")
    parser.add_argument("--fresh", action="store_true", help="throw the kept data away first")
    parser.add_argument("--close-seconds", type=float, default=1.0, metavar="N")
    return parser


def _default_folder(network: str) -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "lumenpay" / f"demo-{network}"


def _say(words: str) -> None:
    print(f"lumenpay demo: {words}", file=sys.stderr, flush=True)


def _end_on_signals() -> None:
    """A signal or a closed terminal ends the block, and with it every process started in it."""

    def leave(number: int, _: FrameType | None) -> None:
        sys.exit(0 if number in {signal.SIGTERM, signal.SIGINT} else 128 + number)

    handler: Callable[[int, FrameType | None], None] = leave
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handler)


def _stay(deployment: Deployment, people: PracticePeople) -> int:
    print(json.dumps(deployment.addresses() | {"people": people.listed()}), flush=True)
    return deployment.watch()
