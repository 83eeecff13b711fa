"""The stream of events: what is told, to whom, and from where it goes on."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from starlette.types import Message

from core.errors import Unavailable
from server.http import routes_events
from server.usecases import events
from server.usecases.views import EventView
from tests.server.http.asgi import scope_of
from tests.server.http.office import PIN, Office, Person

Json = dict[str, object]


class Event(NamedTuple):
    id: int
    kind: str
    data: Json


class Listener:
    """A client of the stream, as far as the frame goes."""

    def __init__(self, office: Office, person: Person, last_id: int | None = None) -> None:
        headers = {"authorization": f"Bearer {person.token}"}
        if last_id is not None:
            headers["last-event-id"] = str(last_id)
        self._scope = scope_of("GET", "/api/events", headers)
        self._app = office.app
        self._gone = asyncio.Event()
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self.status = 0
        self.text = ""
        self.last_id = -1

    async def run(self) -> None:
        await self._app(self._scope, self._receive, self._sent.put)
        await self._sent.put({"type": "end"})

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def leave(self) -> None:
        self._gone.set()

    async def began(self) -> None:
        start = await asyncio.wait_for(self._sent.get(), 5)
        self.status = start["status"]
        if self.status == 200:
            text = (await asyncio.wait_for(self._sent.get(), 5))["body"].decode()
            assert text.startswith("retry: 2000\nid: ")
            self._take(text.removeprefix("retry: 2000\n"))

    async def next(self, seconds: float = 5) -> Event | None:
        """The next event; None at the end of the stream."""
        async with asyncio.timeout(seconds):
            while True:
                message = await self._sent.get()
                if message["type"] == "end":
                    return None
                text = message.get("body", b"").decode()
                self.text += text
                if text and (event := self._take(text)) is not None:
                    return event

    def _take(self, text: str) -> Event | None:
        if text.startswith(":"):
            return None
        assert text.endswith("\n\n")
        lines = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        self.last_id = int(lines["id"])
        if "event" not in lines:
            return None
        return Event(self.last_id, lines["event"], json.loads(lines["data"]))

    async def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """All events up to the first one that is wanted."""
        seen: list[Event] = []
        while True:
            event = await self.next()
            assert event is not None, seen
            seen.append(event)
            if wanted(event):
                return seen


@asynccontextmanager
async def listening(
    office: Office, person: Person, last_id: int | None = None
) -> AsyncIterator[Listener]:
    listener = Listener(office, person, last_id)
    running = asyncio.create_task(listener.run())
    try:
        await listener.began()
        yield listener
    finally:
        listener.leave()
        await asyncio.wait_for(running, 5)


def with_feed(office: Office, test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        feed = asyncio.create_task(office.use.feed.run())
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(30):
                await test()
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)

    office.run(run())


async def pay(office: Office, payer: Person, payee: str) -> None:
    """As the wire does, without leaving the loop."""
    from core import wire

    session = await office.reads.session(_hash(payer.token))
    assert session is not None
    request = wire.Initiate(recipient_address=payee, amount="2", asset="XLM")
    reply = await office.use.payments.initiate(session, request, key=office.new_key(), body=b"body")
    transaction = json.loads(reply.body)["transactionId"]
    await office.use.payments.confirm(session, wire.Confirm(transaction_id=transaction, pin=PIN))


def _hash(token: str) -> bytes:
    import hashlib

    return hashlib.sha256(token.encode()).digest()


def finished(status: str) -> Callable[[Event], bool]:
    return lambda event: event.kind == "transaction.updated" and event.data["status"] == status


def test_a_payer_hears_of_each_step(office: Office, anna: Person, ben: Person) -> None:
    async def test() -> None:
        async with listening(office, anna) as stream, listening(office, ben) as other:
            await pay(office, anna, "ben")
            seen = await stream.until(lambda event: event.kind == "contact.added")
            kinds = {event.kind for event in seen}
            assert kinds == {"transaction.updated", "balance.updated", "contact.added"}
            assert seen[-1].data["handle"] == "ben"
            (balances,) = [e.data["balances"] for e in seen if e.kind == "balance.updated"][-1:]
            assert isinstance(balances, list)
            assert balances[0]["held"] == "2"
            assert [event.id for event in seen] == sorted({event.id for event in seen})
            with pytest.raises(TimeoutError):
                await other.next(0.2)

    with_feed(office, test)


def test_a_stream_goes_on_where_it_broke(office: Office, anna: Person, ben: Person) -> None:
    async def test() -> None:
        async with listening(office, anna) as stream:
            last = stream.last_id
        await pay(office, anna, "ben")
        async with listening(office, anna, last) as stream:
            missed = await stream.until(lambda event: event.kind == "contact.added")
            assert any(event.kind == "transaction.updated" for event in missed)
            assert all(event.id > last for event in missed)
            last = stream.last_id
        async with listening(office, anna, last) as stream:
            with pytest.raises(TimeoutError):
                await stream.next(0.2)
            await pay(office, anna, "ben")
            assert (await stream.until(finished("processing")))[-1].id > last

    with_feed(office, test)


def test_what_is_no_longer_kept_resets_the_client(
    office: Office, anna: Person, ben: Person
) -> None:
    office.pay(anna, "ben")
    newest = int(str(office.rows("SELECT max(id) FROM outbox")[0][0]))
    office.change("DELETE FROM outbox WHERE id < ?", newest)

    async def test() -> None:
        for unknown in (0, newest + 5):
            listener = Listener(office, anna, unknown)
            running = asyncio.create_task(listener.run())
            await listener.began()
            assert listener.last_id == newest
            listener.leave()
            await running

    with_feed(office, test)


def test_the_word_of_a_reset_is_reset(office: Office, anna: Person) -> None:
    async def test() -> None:
        from server.usecases.views import SignedInAs

        user = SignedInAs("session", anna.user_id, "anna", 10**15)
        stream = office.use.feed.stream(user, 10**9)
        first = await anext(stream)
        assert (first.kind, first.data) == ("reset", b"{}")
        await stream.aclose()

    with_feed(office, test)


def test_equal_news_is_told_once(office: Office, anna: Person, ben: Person) -> None:
    async def test() -> None:
        async with listening(office, anna) as stream:
            last = stream.last_id
        for _ in range(4):
            await pay(office, anna, "ben")
        async with listening(office, anna, last) as stream:
            seen = [await stream.next() for _ in range(6)]
            kinds = [event.kind for event in seen if event is not None]
            assert kinds.count("balance.updated") == 1
            assert kinds.count("transaction.updated") == 4
            assert kinds.count("contact.added") == 1

    with_feed(office, test)


def test_the_end_of_the_session_ends_the_stream(office: Office, anna: Person, ben: Person) -> None:
    second = office.sign_in(anna)

    async def test() -> None:
        session = await office.reads.session(_hash(anna.token))
        assert session is not None
        async with listening(office, anna) as stream, listening(office, second) as other:
            await office.use.sessions.sign_out(session, everywhere=False)
            ended = await stream.next()
            assert ended is not None
            assert (ended.kind, ended.data) == ("session.ended", {})
            assert await stream.next() is None
            told = await other.next()
            assert told is not None
            assert told.kind == "session.ended"
            with pytest.raises(TimeoutError):
                await other.next(0.2)

    with_feed(office, test)


def test_the_line_is_kept_warm(
    office: Office, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_events, "HEARTBEAT_SECONDS", 0.05)

    async def test() -> None:
        async with listening(office, anna) as stream:
            with pytest.raises(TimeoutError):
                await stream.next(0.3)
            assert stream.text.startswith(":\n\n")

    with_feed(office, test)


def test_a_look_that_fails_is_looked_again(
    office: Office, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = office.reads.events, [Unavailable("server.unavailable"), OSError("broken")]

    async def failing(*, after: int, limit: int) -> list[EventView]:
        if failures:
            raise failures.pop()
        return await real(after=after, limit=limit)

    async def test() -> None:
        async with listening(office, anna) as stream:
            await pay(office, anna, "ben")
            await stream.until(lambda event: event.kind == "contact.added")
            monkeypatch.setattr(office.reads, "events", failing)
            await pay(office, anna, "ben")
            await stream.until(finished("processing"))
            assert failures == []

    with_feed(office, test)


def test_a_stream_that_breaks_ends_and_leaves_no_trace(
    office: Office, anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_user_id: str, *, after: int, limit: int) -> list[EventView]:
        raise Unavailable("server.unavailable")

    async def test() -> None:
        async with listening(office, anna) as stream:
            monkeypatch.setattr(office.reads, "events_of", broken)
            await pay(office, anna, "ben")
            assert await stream.next() is None
        monkeypatch.undo()
        async with listening(office, anna) as stream:
            assert stream.status == 200
            await pay(office, anna, "ben")
            await stream.until(finished("processing"))

    with_feed(office, test)


def test_closing_the_feed_ends_all_streams(office: Office, anna: Person, ben: Person) -> None:
    async def test() -> None:
        async with listening(office, anna) as one, listening(office, ben) as two:
            office.use.feed.close()
            assert await one.next() is None
            assert await two.next() is None

    with_feed(office, test)


def test_streams_of_one_person_are_bounded(office: Office, anna: Person, ben: Person) -> None:
    async def test() -> None:
        opened = [Listener(office, anna) for _ in range(events.STREAMS_MAX)]
        running = [asyncio.create_task(listener.run()) for listener in opened]
        for listener in opened:
            await listener.began()
        async with listening(office, anna) as late, listening(office, ben) as other:
            assert (late.status, other.status) == (429, 200)
        for listener in opened:
            listener.leave()
        await asyncio.gather(*running)
        async with listening(office, anna) as again:
            assert again.status == 200

    with_feed(office, test)


@pytest.mark.parametrize("last_id", ["-1", "x", "1.5", "9" * 19, "٣"])
def test_what_is_no_event_id(office: Office, anna: Person, last_id: str) -> None:
    reply = office.get("/api/events", anna, last_event_id=last_id)
    assert (reply.status, reply.code, reply.json["field"]) == (
        400,
        "request.invalid",
        "Last-Event-ID",
    )
