"""`lumenpay serve`: the API, and the background jobs in the same process."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import uvicorn
from starlette.types import ASGIApp

from server.commands import logs
from server.commands.starting import refused, run_loop
from server.http.protocol import GuardedProtocol
from server.settings import BadSettings, Settings, load

HOST = "127.0.0.1"
PORT = 8080
GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep a connection, so that it is not closed under their next request."""


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lumenpay serve", description=__doc__)
    parser.add_argument("--host", default=HOST, help=f"address to listen at ({HOST})")
    parser.add_argument("--port", type=int, default=PORT, help=f"0 takes a free one ({PORT})")
    parser.add_argument("--json", action="store_true", help="print one line when ready")
    options = parser.parse_args(arguments)
    try:
        settings = load(os.environ)
        listener = _listen(options.host, options.port)
    except BadSettings as bad:
        return refused("serve", bad.problems)
    except OSError as error:
        return refused("serve", [f"cannot listen at {options.host}:{options.port}: {error}"])
    logs.configure(settings.log_level)
    with listener:
        return run_loop("serve", _serve(settings, listener, as_json=options.json))


def _listen(host: str, port: int) -> socket.socket:
    """Before anything else: who starts a second server learns it at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _serve(settings: Settings, listener: socket.socket, *, as_json: bool) -> int:
    from server import wiring

    address = _address(listener)
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(wiring.open_foundation(settings))
        signing = await wiring.open_signing(foundation)
        application = await stack.enter_async_context(
            wiring.open_application(foundation, signing, settings.public_url or address)
        )
        server = _Server(application.asgi)

        def stop() -> None:
            """Streams never end by themselves, and the server waits for what is open."""
            application.feed.close()
            server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await stack.enter_async_context(wiring.running_jobs(foundation, signing))
        await server.ready.wait()
        _say_ready(address, as_json=as_json)
        await serving
    return 0


class _Server(uvicorn.Server):
    """Tells when it listens, and leaves signals to the command."""

    def __init__(self, asgi: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                asgi,
                http=GuardedProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _say_ready(address: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"server": address}), flush=True)
    else:
        print(f"lumenpay serve: listening at {address}", file=sys.stderr)
