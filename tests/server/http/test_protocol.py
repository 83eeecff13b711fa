"""The bounds of a request's head, on real sockets."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from server.http import protocol

GOOD = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


async def application(_scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Connection]]


def with_server(test: Callable[[Connect], Awaitable[None]]) -> None:
    async def run() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            application, http=protocol.GuardedProtocol, ws="none", lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        opened: list[asyncio.StreamWriter] = []

        async def connect() -> Connection:
            reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            opened.append(writer)
            return reader, writer

        try:
            async with asyncio.timeout(20):
                await test(connect)
        finally:
            for writer in opened:
                writer.close()
            server.should_exit = True
            await serving

    asyncio.run(run())


async def answered(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


def test_a_head_that_dawdles_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS_MAX", 0.2)

    async def test(connect: Connect) -> None:
        silent, _ = await connect()
        slow, writer = await connect()
        writer.write(b"POST /x HTTP/1.1\r\nHost")
        assert await silent.read() == b""
        assert await slow.read() == b""

    with_server(test)


def test_a_later_head_that_dawdles_is_cut_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS_MAX", 0.2)

    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(GOOD)
        assert await answered(reader) == b"hello"
        writer.write(GOOD[:20])
        assert await reader.read() == b""

    with_server(test)


def test_an_open_connection_may_wait_and_a_body_may_take_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS_MAX", 0.1)

    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        for _ in range(2):
            writer.write(GOOD[:-2])
            await asyncio.sleep(0.3)
            writer.write(GOOD[-2:])
            assert await answered(reader) == b"hello"
            await asyncio.sleep(0.3)

    with_server(test)


def test_a_head_without_end_is_cut_off() -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\n")

        async def write_on() -> None:
            for number in range(10_000):
                writer.write(b"X-%d: " % number + b"y" * 4_000 + b"\r\n")
                await writer.drain()
            await reader.readexactly(1)

        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await write_on()

    with_server(test)


def test_a_large_body_is_no_large_head() -> None:
    async def test(connect: Connect) -> None:
        reader, writer = await connect()
        body = b"z" * 300_000
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body)
        assert await answered(reader) == body

    with_server(test)
