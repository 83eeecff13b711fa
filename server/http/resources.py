"""One address and its methods: signs in, reads, calls the operation, writes the reply."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct
from starlette.types import Receive, Scope, Send

from server.http import reading
from server.http.metrics import HttpMetrics
from server.http.operations import Answer, Caller, Operation, Reply, Stream
from server.http.problems import NotAllowed
from server.usecases.views import SignedInAs

SignIn = Callable[[str | None], Awaitable[SignedInAs]]
"""The session of a bearer token, or a refusal."""

_encoder = msgspec.json.Encoder()


class Method:
    """The operations of one method of one address, told apart by the tag of what they are sent."""

    def __init__(self, operations: Sequence[Operation], sign_in: SignIn) -> None:
        kinds = tuple(operation.sends for operation in operations)
        self._by_kind = {operation.sends: operation for operation in operations}
        self._private = not any(operation.public for operation in operations)
        self._sign_in = sign_in
        self._in_body = operations[0].in_body
        self._reader = reading.BodyReader(kinds) if self._in_body else reading.QueryReader(kinds)

    async def answer(self, scope: Scope, receive: Receive) -> tuple[Operation, Reply]:
        """A caller who must be signed in learns nothing else before being so."""
        headers = reading.headers_of(scope)
        session = await self._sign_in(reading.bearer(headers)) if self._private else None
        body = await reading.read_body(headers, receive) if self._in_body else b""
        request = self._reader.read(body if self._in_body else scope["query_string"])
        operation = self._by_kind[type(request)]
        if session is None and not operation.public:
            session = await self._sign_in(reading.bearer(headers))
        caller = Caller(
            session=session,
            address=scope["client"][0] if scope["client"] else "",
            path=scope["path_params"],
            accept=headers.get(b"accept", b"").decode("latin-1"),
            body=body,
            idempotency_key=reading.idempotency_key(headers) if operation.idempotent else "",
            last_event_id=headers.get(b"last-event-id", b"").decode("latin-1") or None,
        )
        return operation, await operation.handle(caller, request)


class Resource:
    """ASGI endpoint of one address."""

    def __init__(
        self, operations: Sequence[Operation], sign_in: SignIn, metrics: HttpMetrics
    ) -> None:
        self._metrics = metrics
        by_method = {
            method: Method(list(group), sign_in)
            for method, group in groupby(operations, lambda operation: operation.method)
        }
        if "GET" in by_method:
            by_method["HEAD"] = by_method["GET"]
        self._by_method = by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = self._by_method.get(scope["method"])
        if method is None:
            raise NotAllowed(", ".join(sorted(self._by_method)))
        started = self._metrics.now()
        operation, reply = await method.answer(scope, receive)
        self._metrics.answered(operation.name, started)
        if isinstance(reply, Stream):
            await _send_stream(reply, receive, send)
        else:
            await _send(_answer_of(reply, operation), send)


def _answer_of(reply: Struct | Answer | None, operation: Operation) -> Answer:
    if isinstance(reply, Answer):
        return reply
    if reply is None:
        return Answer(body=b"", status=204)
    return Answer(body=_encoder.encode(reply), status=operation.status)


async def _send(answer: Answer, send: Send) -> None:
    headers = [
        (b"content-length", str(len(answer.body)).encode()),
        (b"content-type", answer.media.encode()),
        *((name.encode(), value.encode()) for name, value in answer.headers),
    ]
    if answer.status == 204:
        headers = []
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _send_stream(stream: Stream, receive: Receive, send: Send) -> None:
    """Until the source ends, or the client goes away; what breaks the source is raised."""
    headers = [(b"content-type", stream.media.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.ensure_future(_disconnected(receive))
    pump = asyncio.ensure_future(_pump(stream, send))
    try:
        await asyncio.wait({gone, pump}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, pump):
            task.cancel()
        await asyncio.gather(gone, pump, return_exceptions=True)
        await stream.chunks.aclose()
    if not pump.cancelled():
        pump.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pump(stream: Stream, send: Send) -> None:
    async for chunk in stream.chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
