"""The frame around every request, as pure ASGI: its id, our headers, and the one error mapping."""

from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import Problem
from core.wire import API_VERSION
from server.http import problems, reading
from server.http.metrics import HttpMetrics

_EVERY_REPLY = [
    (b"lumenpay-api", str(API_VERSION).encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Frame:
    """`new_id` makes the id of a request, which its log lines and its reply carry."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str], metrics: HttpMetrics) -> None:
        self._app = app
        self._new_id = new_id
        self._metrics = metrics
        self._log = structlog.get_logger("lumenpay.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request_id = self._new_id()
        started = False

        async def send_framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = (b"x-request-id", request_id.encode())
                message["headers"] = [*message.get("headers", ()), *_EVERY_REPLY, own]
            await send(message)

        try:
            reading.check_version(reading.headers_of(scope))
            await self._app(scope, receive, send_framed)
            return
        except Problem as refused:
            problem = refused
        except Exception:  # the edge of a request: one broken request must not end the server
            self._log.exception("request failed", request_id=request_id, path=scope["path"])
            problem = problems.Fault()
        self._metrics.refused(problem.code)
        if not started:
            await _send_problem(problem, request_id, send_framed)


async def _send_problem(problem: Problem, request_id: str, send: Send) -> None:
    body = problems.body_of(problem, request_id)
    headers = [*problems.headers_of(problem), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
