"""The stream of events (server-sent events, WHATWG HTML)."""

import asyncio
from collections.abc import AsyncGenerator

from core.errors import Malformed
from server.http.operations import Caller, Nothing, Operation, Stream, operation
from server.usecases.catalogue import UseCases
from server.usecases.events import Told

HEARTBEAT_SECONDS = 15
RETRY_MS = 2000
MEDIA = "text/event-stream"


def event_operations(use: UseCases) -> list[Operation]:
    async def events(caller: Caller, _request: Nothing) -> Stream:
        after = _after(caller.last_event_id)
        told = use.feed.stream(caller.user, after)
        return Stream(chunks=_with_heartbeat(told, await anext(told)), media=MEDIA)

    return [
        operation(
            "GET",
            "/api/events",
            events,
            name="events",
            summary="News as it happens; `Last-Event-ID` resumes",
            sends=Nothing,
            media=MEDIA,
            codes="request.too_many",
        )
    ]


def _after(last_event_id: str | None) -> int | None:
    if last_event_id is None:
        return None
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 18:
        raise Malformed("request.invalid", field="Last-Event-ID")
    return int(last_event_id)


async def _with_heartbeat(
    events: AsyncGenerator[Told, None], first: Told
) -> AsyncGenerator[bytes, None]:
    """The comment tells both ends that the line still stands."""
    yield f"retry: {RETRY_MS}\n".encode() + _written(first)
    following = asyncio.ensure_future(_next(events))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=HEARTBEAT_SECONDS)
            if not done:
                yield b":\n\n"
                continue
            if (told := following.result()) is None:
                return
            yield _written(told)
            following = asyncio.ensure_future(_next(events))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await events.aclose()


async def _next(events: AsyncGenerator[Told, None]) -> Told | None:
    return await anext(events, None)


def _written(told: Told) -> bytes:
    """An id alone is no event, but says where to resume."""
    if not told.kind:
        return b"id: %d\n\n" % told.id
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (told.id, told.kind.encode(), told.data)
