"""Server-sent events: records as ledgers bring them, over one long answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import msgspec
from starlette.responses import Response, StreamingResponse

from server.localnet.bell import LedgerBell
from server.localnet.horizon.problems import Problem
from server.localnet.horizon.query import PageQuery
from server.localnet.horizon.values import Json

STREAM_SECONDS = 50.0  # below the 60 s after which clients give a silent stream up
OBJECT_LIMIT = 10
_HELLO = b'retry: 1000\nevent: open\ndata: "hello"\n\n'
_BYEBYE = b'retry: 10\nevent: close\ndata: "byebye"\n\n'


async def page_stream(
    bell: LedgerBell, page: PageQuery, fetch: Callable[[PageQuery], Awaitable[list[Json]]]
) -> Response:
    """What is wrong with the request shows in the first fetch, so it still gets a problem."""
    bell_rings = bell.next()
    first = await fetch(page)
    return _response(_page_events(bell, bell_rings, page, fetch, first))


async def _page_events(
    bell: LedgerBell,
    bell_rings: asyncio.Event,
    page: PageQuery,
    fetch: Callable[[PageQuery], Awaitable[list[Json]]],
    records: list[Json],
) -> AsyncIterator[bytes]:
    left = page.limit
    end = asyncio.get_running_loop().time() + STREAM_SECONDS
    yield _HELLO
    while True:
        for record in records:
            yield _event(record, str(record["paging_token"]))
            page = replace(page, cursor=str(record["paging_token"]))
        left -= len(records)
        if left <= 0 or not await _rings(bell_rings, end):
            break
        bell_rings = bell.next()
        records = await fetch(replace(page, limit=left))
    yield _BYEBYE


async def object_stream(bell: LedgerBell, fetch: Callable[[], Awaitable[Json]]) -> Response:
    bell_rings = bell.next()
    first = await fetch()
    return _response(_object_events(bell, bell_rings, fetch, first))


async def _object_events(
    bell: LedgerBell,
    bell_rings: asyncio.Event,
    fetch: Callable[[], Awaitable[Json]],
    record: Json,
) -> AsyncIterator[bytes]:
    end = asyncio.get_running_loop().time() + STREAM_SECONDS
    yield _HELLO
    yield _event(record)
    sent = 1
    while sent < OBJECT_LIMIT and await _rings(bell_rings, end):
        bell_rings = bell.next()
        try:
            latest = await fetch()
        except Problem as problem:  # the object ceased to exist while it was watched
            yield b"event: error\n" + _event(problem.body())
            break
        if latest != record:
            record = latest
            sent += 1
            yield _event(record)
    yield _BYEBYE


async def _rings(event: asyncio.Event, end: float) -> bool:
    """Whether a ledger closed before the stream's end."""
    try:
        async with asyncio.timeout_at(end):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _event(record: Json, identity: str = "") -> bytes:
    data = b"data: " + msgspec.json.encode(record) + b"\n\n"
    return f"id: {identity}\n".encode() + data if identity else data


def _response(events: AsyncIterator[bytes]) -> Response:
    headers = {"Cache-Control": "no-cache"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
