"""What a failure of the network means: nothing left this machine, or nobody knows."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress

import aiohttp
import pytest

from core.errors import Unavailable
from server.chain import client, node
from server.chain.client import Client
from server.chain.node import RemoteNode, Urls
from server.usecases.network import Answer

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def saying(raw: bytes) -> Script:
    """Reads the question and answers with these bytes, then hangs up."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(raw)
        await writer.drain()

    return script


def json(body: bytes) -> Script:
    return saying(JSON % (len(body), body))


PATIENCE = 0.3


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65_536)
    await asyncio.sleep(60)


def with_node(script: Script, ask: Callable[[RemoteNode], Awaitable[object]]) -> object:
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.CancelledError):
            await script(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def main() -> object:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            async with server, aiohttp.ClientSession() as session:
                return await ask(RemoteNode(Client(session), Urls(url, url, url)))
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)

    return asyncio.run(main())


def send(script: Script) -> Answer:
    answer = with_node(script, lambda remote: remote.send(b"bytes"))
    assert isinstance(answer, Answer)
    return answer


ERROR = b'{"jsonrpc":"2.0","id":1,"error":{"code":%d,"message":"no"}}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":%s}'

UNKNOWN = {
    "no answer in time": silence,
    "hung up": saying(b""),
    "half a header": saying(b"HTTP/1.1 200 OK\r\nContent-"),
    "a cut body": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "504": saying(b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n"),
    "500 with a body": saying(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops"),
    "no JSON": json(b"<html>welcome</html>"),
    "bytes": json(b"\xff\xfe\x00"),
    "another shape": json(RESULT % b'{"state":"PENDING"}'),
    "an unknown status": json(RESULT % b'{"status":"MAYBE"}'),
    "an error without its result": json(RESULT % b'{"status":"ERROR"}'),
    "an unreadable result": json(RESULT % b'{"status":"ERROR","errorResultXdr":"AAAA"}'),
    "trouble inside the node": json(ERROR % -32603),
    "neither result nor error": json(b'{"jsonrpc":"2.0","id":1}'),
}


@pytest.mark.parametrize("script", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_every_failure_after_the_first_byte_is_an_unknown_outcome(script, monkeypatch):
    if script is silence:
        monkeypatch.setattr(node, "SEND_SECONDS", PATIENCE)
    assert send(script).status == "unknown"


def test_without_a_connection_nothing_was_sent():
    async def main() -> Answer:
        async with aiohttp.ClientSession() as session:
            url = "http://127.0.0.1:1"
            return await RemoteNode(Client(session), Urls(url, url, None)).send(b"bytes")

    assert asyncio.run(main()) == Answer("unsent")


def test_a_connection_that_is_never_made_is_given_up_unsent(monkeypatch):
    """The queue of a listener that accepts nobody is full: the kernel answers no more."""
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())

        async def main() -> Answer:
            async with aiohttp.ClientSession() as session:
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                return await RemoteNode(Client(session), Urls(url, url, None)).send(b"bytes")

        assert asyncio.run(main()) == Answer("unsent")


@pytest.mark.parametrize(
    ("header", "wait_ms"),
    [(b"Retry-After: 7\r\n", 7_000), (b"", 0), (b"Retry-After: soon\r\n", 0)],
)
@pytest.mark.parametrize("status", [b"429 Too Many Requests", b"503 Busy"])
def test_too_many_requests_tell_how_long_to_wait(status, header, wait_ms):
    raw = b"HTTP/1.1 " + status + b"\r\n" + header + b"Content-Length: 0\r\n\r\n"
    assert send(saying(raw)) == Answer("unknown", retry_after_ms=wait_ms)


@pytest.mark.parametrize(
    ("told", "status"),
    [("PENDING", "pending"), ("DUPLICATE", "duplicate"), ("TRY_AGAIN_LATER", "later")],
)
def test_what_a_node_says_of_bytes(told, status):
    assert send(json(RESULT % b'{"status":"%s","hash":"00"}' % told.encode())) == Answer(status)


def test_bytes_that_a_node_cannot_read_are_refused():
    assert send(json(ERROR % -32602)) == Answer("refused", "tx_malformed")


@pytest.mark.parametrize("script", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_read_without_an_answer_is_unavailable(script, monkeypatch):
    if script is silence:
        monkeypatch.setattr(node, "READ_SECONDS", PATIENCE)
    with pytest.raises(Unavailable):
        with_node(script, lambda remote: remote.tip())
    with pytest.raises(Unavailable):
        with_node(script, lambda remote: remote.accounts(["G" + "A" * 55], ()))


@pytest.mark.parametrize(
    ("script", "word"),
    [
        (json(b"{}"), "funded"),
        (saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"), "refused"),
        (saying(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), "unknown"),
        (saying(b""), "unknown"),
    ],
)
def test_a_friendbots_word(script, word):
    assert with_node(script, lambda remote: remote.fund("GADDRESS")) == word


BOOK = b'{"bids":[%s],"asks":[%s],"base":{},"counter":{}}'
BID, ASK = b'{"price_r":{"n":19,"d":10}}', b'{"price_r":{"n":"21","d":"10"}}'


@pytest.mark.parametrize(
    ("book", "stroops"),
    [
        (BOOK % (BID, ASK), 20_000_000),
        (BOOK % (BID, b""), 19_000_000),
        (BOOK % (b"", ASK), 21_000_000),
        (BOOK % (b"", b""), None),
    ],
)
def test_a_price_is_the_middle_of_the_book_or_its_only_side(book, stroops):
    assert with_node(json(book), lambda remote: remote.price("USDC:GISSUER")) == stroops
