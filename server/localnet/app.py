"""The network over HTTP: Horizon at the root, RPC, friendbot and the operator's switches."""

import asyncio
import contextlib
import ipaddress
import logging
import os
from collections.abc import AsyncIterator

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.localnet import friendbot_endpoint, rpc
from server.localnet.bell import LedgerBell
from server.localnet.clock import NetworkClock
from server.localnet.friendbot import Friendbot
from server.localnet.horizon import routes as horizon_routes
from server.localnet.horizon.bodies import read_body
from server.localnet.horizon.endpoints import answer
from server.localnet.horizon.problems import invalid_field, not_found
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import ClosedLedger

_log = logging.getLogger(__name__)

_MAX_ADVANCE = 100 * 366 * 86_400  # seconds; a century is enough for any test of time
_ADMIN_BODY_BYTES_MAX = 4096


def create_app(
    chain: Chain, clock: NetworkClock, *, close_seconds: float, friendbot_url: str
) -> Starlette:
    """`close_seconds` 0: ledgers close by POST /admin/close only."""
    bell = LedgerBell(chain)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        closing = asyncio.create_task(close_regularly(chain, clock, close_seconds))
        yield
        closing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
        chain.stop()

    return Starlette(
        routes=[
            *rpc.routes(chain, friendbot_url=friendbot_url),
            *friendbot_endpoint.routes(Friendbot(chain, bell)),
            *_admin_routes(chain, clock),
            *horizon_routes.routes(chain, bell),
        ],
        # pages in browsers may use a local network as they use the public one
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=["Date", "Latest-Ledger"],
            )
        ],
        lifespan=lifespan,
    )


async def close_regularly(chain: Chain, clock: NetworkClock, seconds: float) -> None:
    """Closes a ledger every `seconds`, counted from begin to begin."""
    if not seconds:
        return
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + seconds, loop.time())
        await asyncio.sleep(due - loop.time())
        close_ledger(chain, clock)


def close_ledger(chain: Chain, clock: NetworkClock) -> ClosedLedger:
    """A network that cannot close its ledger is not to be trusted any further: it ends at once.
    What it told the world is on disk already."""
    try:
        return chain.close(clock.now())
    except Exception:  # the edge of the job that is the network
        _log.critical("the ledger cannot be closed", exc_info=True)
        os._exit(1)


def _admin_routes(chain: Chain, clock: NetworkClock) -> list[Route]:
    async def close(request: Request) -> Response:
        return await answer(lambda: _close(request, chain, clock))

    async def advance(request: Request) -> Response:
        return await answer(lambda: _advance(request, clock))

    return [
        Route("/admin/close", close, methods=["POST"]),
        Route("/admin/clock", advance, methods=["POST"]),
    ]


async def _close(request: Request, chain: Chain, clock: NetworkClock) -> Response:
    _check_is_near(request)
    ledger = close_ledger(chain, clock)
    return _json({"ledger": ledger.sequence, "closeTime": ledger.close_time})


async def _advance(request: Request, clock: NetworkClock) -> Response:
    """Takes `{"advanceSeconds": n}`; the next ledger closes at the new time."""
    _check_is_near(request)
    clock.advance(_advance_seconds(await read_body(request, _ADMIN_BODY_BYTES_MAX) or b""))
    return _json({"now": clock.now(), "advancedSeconds": clock.advanced})


def _advance_seconds(body: bytes) -> int:
    wanted = invalid_field(
        "advanceSeconds", f'send {{"advanceSeconds": n}} with n from 0 to {_MAX_ADVANCE}'
    )
    try:
        values = msgspec.json.decode(body, type=dict[str, int])
    except msgspec.DecodeError as error:
        raise wanted from error
    seconds = values.get("advanceSeconds")
    if seconds is None or len(values) != 1 or not 0 <= seconds <= _MAX_ADVANCE:
        raise wanted
    return seconds


def _check_is_near(request: Request) -> None:
    """The switches obey this machine only, whatever address the network listens on."""
    host = request.client.host if request.client else ""
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if not near:
        raise not_found()


def _json(body: dict[str, int]) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")
