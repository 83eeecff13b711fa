"""`lumenpay localnet`: a Stellar network in this process, on one port."""

import argparse
import logging
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec
import uvicorn
from starlette.applications import Starlette

from server.localnet.app import create_app
from server.localnet.clock import NetworkClock
from server.localnet.keys import root_key
from server.localnet.ledger.chain import Chain
from server.localnet.seed import Market, SeedError, seed

STANDALONE = "Standalone Network ; February 2017"
_BACKLOG = 2048
# above what clients keep an idle connection for, so that none is closed under a request
_KEEP_ALIVE_SECONDS = 75


def run(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        listener = _listen(options.host, options.port)
    except OSError as error:
        return _say(2, f"port {options.port} of {options.host}: {error.strerror}")
    clock = NetworkClock()
    with listener:
        try:
            chain = Chain(
                options.passphrase,
                ledger_operations=options.ledger_operations,
                data=options.data,
                now=clock.now,
            )
        except (ValueError, OSError) as error:  # another network's folder, or none of use
            return _say(2, str(error))
        return _serve(chain, clock, listener, options)


def _say(code: int, sentence: str) -> int:
    print(f"lumenpay localnet: {sentence}", file=sys.stderr)
    return code


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """To be told to end is no failure; while it serves, uvicorn ends the server first."""
    sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lumenpay localnet", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="anyone can derive the root key")
    parser.add_argument("--port", type=_port, default=8000, help="0: a free one")
    parser.add_argument("--close-seconds", type=_seconds, default=1.0, help="0: only on demand")
    parser.add_argument("--passphrase", default=STANDALONE)
    parser.add_argument("--ledger-operations", type=_count, default=1000)
    parser.add_argument("--data", type=Path, help="a folder that keeps the network")
    parser.add_argument("--no-seed", dest="seed", action="store_false", help="no USDC, no market")
    parser.add_argument("--json", action="store_true", help="one line of JSON once it listens")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("is no number from 0 to 65535")
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("is no number of seconds from 0 to 3600")
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 100_000:
        raise argparse.ArgumentTypeError("is no number from 1 to 100000")
    return count


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _ready_line(url: str, options: argparse.Namespace) -> str:
    root = root_key(options.passphrase)
    facts = {
        "horizon": url,
        "rpc": f"{url}/rpc",
        "friendbot": f"{url}/friendbot",
        "passphrase": options.passphrase,
        "root": root.public_key,
        "rootSecret": root.secret,
    }
    if options.seed:
        market = Market.of(options.passphrase)
        facts |= {
            "usdc": f"USDC:{market.issuer.public_key}",
            "issuer": market.issuer.public_key,
            "issuerSecret": market.issuer.secret,
            "marketMaker": market.maker.public_key,
            "marketMakerSecret": market.maker.secret,
        }
    if options.json:
        return msgspec.json.encode(facts).decode()
    return "".join(f"{name:18} {value}\n" for name, value in facts.items()).rstrip()


class _Server(uvicorn.Server):
    """Says that it listens once it does."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._ready, flush=True)


def _serve(
    chain: Chain, clock: NetworkClock, listener: socket.socket, options: argparse.Namespace
) -> int:
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _end)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        seed(chain, clock.now(), market=options.seed)
    except SeedError as error:
        return _say(1, f"the network refused its seed: {error}")
    url = _url(listener)
    app = create_app(
        chain, clock, close_seconds=options.close_seconds, friendbot_url=f"{url}/friendbot"
    )
    _Server(_http(app), _ready_line(url, options)).run([listener])
    return 0


def _http(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
