"""The HTTP side of JSON-RPC: POST of application/json, and what else is refused."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.localnet.rpc.jsonrpc import INVALID_REQUEST, Method, RpcError, answer, error_json

BODY_BYTES_MAX = 512 * 1024


class Endpoint:
    """An ASGI application that answers JSON-RPC with `methods`."""

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return _refusal(415, RpcError(INVALID_REQUEST, "content-type must be application/json"))
        body = await _read(request)
        if body is None:
            problem = f"the body is larger than {BODY_BYTES_MAX} bytes"
            return _refusal(413, RpcError(INVALID_REQUEST, problem))
        try:
            reply = answer(self._methods, body)
        except RpcError as error:
            return _refusal(400, error)
        if reply is None:
            return Response(status_code=204)
        return Response(reply, media_type="application/json")


async def _read(request: Request) -> bytes | None:
    """The body; None when it is too large."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES_MAX:
            return None
        parts.append(part)
    return b"".join(parts)


def _refusal(status: int, error: RpcError) -> Response:
    """A client that sent no JSON-RPC still gets a JSON-RPC error, under a 4xx status."""
    body = b'{"jsonrpc":"2.0","id":null,"error":' + error_json(error) + b"}"
    return Response(body, status, media_type="application/json")
