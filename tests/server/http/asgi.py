"""Calls an ASGI application directly: what it answers is what a socket would carry."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Scope

JSON = {"content-type": "application/json"}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json", self
        return str(self.json["code"])


def scope_of(method: str, target: str, headers: dict[str, str]) -> Scope:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.7", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def call(
    app: ASGIApp,
    method: str,
    target: str,
    *,
    headers: dict[str, str] | None = None,
    parts: Sequence[bytes] = (b"",),
) -> Reply:
    """`parts` are the pieces in which the body arrives."""
    incoming: list[Message] = [
        {"type": "http.request", "body": part, "more_body": position < len(parts)}
        for position, part in enumerate(parts, 1)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        if incoming:
            return incoming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_of(method, target, headers or {}), receive, send)
    start, *rest = sent
    assert start["type"] == "http.response.start"
    names = [name.decode() for name, _ in start["headers"]]
    assert len(names) == len(set(names)), names
    body = b"".join(message.get("body", b"") for message in rest)
    decoded = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], decoded, body)
