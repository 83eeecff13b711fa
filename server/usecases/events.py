"""The stream of events: the outbox, read for those who listen.

One poller per process finds out for whom there is news, its own process's or another's; each
open stream then reads its user's rows after the last one that it told. So a stream keeps nothing
but a number, and resuming after a break is the same reading.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec
import structlog
from msgspec import Struct

from core.errors import Absent, TooMany
from server.usecases.contacts import Contacts
from server.usecases.requests import Requests
from server.usecases.transactions import Transactions
from server.usecases.views import EventView, SignedInAs
from server.usecases.wallets import Wallets
from server.usecases.world import World

PAGE = 500
POLL_SECONDS = 0.5
PAUSE_SECONDS = 0.05
"""Between two looks, however much happens: a screen cannot show more."""
STREAMS_MAX = 8
"""Of one user in one process."""


class Told(Struct, frozen=True):
    """An event as it is sent; `id` is the number to resume after, `data` JSON."""

    id: int
    kind: str
    data: bytes


class _Stream:
    def __init__(self, user: SignedInAs) -> None:
        self.user = user
        self.news = asyncio.Event()


class Feed:
    def __init__(self, world: World, tell: "Telling") -> None:
        self._world = world
        self._tell = tell
        self._streams: defaultdict[str, set[_Stream]] = defaultdict(set)
        self._known = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._log = structlog.get_logger("lumenpay.feed")

    def wake(self) -> None:
        """Something was committed here."""
        self._wake.set()

    def close(self) -> None:
        """End all streams: the server stops, and clients come back to another."""
        self._closed = True
        for stream in self._all():
            stream.news.set()

    async def run(self) -> None:
        """The poller, for ever. Without listeners it reads nothing."""
        idle = True
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), None if idle else POLL_SECONDS)
            self._wake.clear()
            try:
                idle = await self._step(idle=idle)
            except Exception:  # the edge of a loop: streams wait for the next look, not for ever
                self._log.exception("feed failed")
                idle = False
            await asyncio.sleep(PAUSE_SECONDS)

    async def _step(self, *, idle: bool) -> bool:
        """Whether there is nobody to look for."""
        if not self._streams:
            return True
        if idle:
            await self._begin()
        await self._look()
        return False

    async def _begin(self) -> None:
        """The first listeners look for themselves at what came before the poller began."""
        self._known = await self._world.events.newest_event()
        for stream in self._all():
            stream.news.set()

    async def _look(self) -> None:
        while True:
            events = await self._world.events.events(after=self._known, limit=PAGE)
            for event in events:
                for stream in self._streams.get(event.user_id, ()):
                    stream.news.set()
            self._known = events[-1].id if events else self._known
            if len(events) < PAGE:
                return

    def _all(self) -> list[_Stream]:
        return [stream for streams in self._streams.values() for stream in streams]

    async def stream(self, user: SignedInAs, after: int | None) -> AsyncGenerator[Told, None]:
        """The events after `after`, or from now on; ends with the session or the server.

        The first thing told is where the stream begins (`kind` empty); `reset` says that what
        came after `after` is no longer kept. Raises `request.too_many`.
        """
        if len(self._streams.get(user.user_id, ())) >= STREAMS_MAX:
            raise TooMany("request.too_many", retry_after=5)
        stream = _Stream(user)
        self._streams[user.user_id].add(stream)
        try:
            async for told in self._tell_all(stream, after):
                yield told
        finally:
            self._forget(stream)

    def _forget(self, stream: _Stream) -> None:
        streams = self._streams[stream.user.user_id]
        streams.discard(stream)
        if not streams:
            del self._streams[stream.user.user_id]

    async def _tell_all(self, stream: _Stream, after: int | None) -> AsyncIterator[Told]:
        start = await self._start(after)
        yield start
        last = start.id
        self.wake()
        while not self._closed:
            async for event in self._rows(stream, last):
                last = event.id
                if (data := await self._tell.data(stream.user, event)) is not None:
                    yield Told(event.id, event.kind, data)
                if event.kind == "session.ended" and event.subject == stream.user.session_id:
                    return
            await stream.news.wait()
            stream.news.clear()

    async def _start(self, after: int | None) -> Told:
        newest = await self._world.events.newest_event()
        if after is None:
            return Told(newest, "", b"")
        oldest = await self._world.events.oldest_event()
        if after > newest or after < oldest - 1:
            return Told(newest, "reset", b"{}")
        return Told(after, "", b"")

    async def _rows(self, stream: _Stream, after: int) -> AsyncIterator[EventView]:
        """The user's rows up to what the poller has passed: what follows a commit that is still
        under way elsewhere has to wait for it. Of equal news on a page the last is enough."""
        user_id = stream.user.user_id
        while True:
            events = await self._world.events.events_of(user_id, after=after, limit=PAGE)
            passed = [event for event in events if event.id <= self._known]
            for event in _last_of_each(passed):
                yield event
            if len(passed) < PAGE:
                return
            after = passed[-1].id


def _last_of_each(events: list[EventView]) -> list[EventView]:
    last = {
        (event.kind, "" if event.kind == "balance.updated" else event.subject): event
        for event in events
    }
    return sorted(last.values(), key=lambda event: event.id)


class Telling:
    """What each kind of event carries: the same shapes as the calls that ask for them."""

    def __init__(
        self, transactions: Transactions, wallets: Wallets, contacts: Contacts, requests: Requests
    ) -> None:
        self._transactions = transactions
        self._wallets = wallets
        self._contacts = contacts
        self._requests = requests

    async def data(self, user: SignedInAs, event: EventView) -> bytes | None:
        """None for what is no longer there to tell."""
        shapes: dict[str, Callable[[], Awaitable[Struct]]] = {
            "transaction.updated": lambda: self._transactions.one(user, event.subject),
            "balance.updated": lambda: self._wallets.balances(user),
            "wallet.opened": lambda: self._wallets.info(user),
            "contact.added": lambda: self._contacts.one(user, event.subject),
            "request.paid": lambda: self._requests.public(event.subject),
        }
        shape = shapes.get(event.kind)
        try:
            return msgspec.json.encode(await shape()) if shape else b"{}"
        except Absent:
            return None
