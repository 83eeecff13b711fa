"""What the wallet knows of the person who is signed in: the model that the screens read.

A screen reads the session when it opens and is told by `watch` when something changed. What was
read last stays shown while the server is away, together with its age.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from core import wire
from core.clock import parse_rfc3339, rfc3339
from core.ids import ulid
from tui.api import Api, ApiProblem, Away, Event
from tui.profile import Profile

LOOK_UP_AGE_MS = 30_000
"""Younger unfinished payments may still be in the hands of another process."""

RECENT = 50
"""So many of the newest transactions are kept at hand."""

BACKOFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)

Change = Literal[
    "connection", "balances", "activity", "contacts", "info", "payment", "found", "ended"
]
Listener = Callable[[Change], None]


@dataclass(frozen=True)
class Connection:
    """`why` is set while failed: what the server or the network said."""

    state: Literal["connecting", "connected", "failed"] = "connecting"
    why: ApiProblem | Away | None = None


@dataclass
class Model:
    """Nothing of the last person stays here at the next one's sign-in."""

    connection: Connection = Connection()
    info: wire.WalletInfo | None = None
    balances: wire.Balances | None = None
    balances_read_ms: int | None = None
    recent: list[wire.Transaction] = field(default_factory=list)
    contacts: list[wire.Contact] | None = None
    limits: wire.LimitsLeft | None = None
    """What was left when a payment was last prepared; nobody tells it before."""
    last_event: str | None = None


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Session:
    """`clock` gives milliseconds since 1970; tests hold it still."""

    def __init__(self, api: Api, profile: Profile, clock: Callable[[], int] = wall_ms) -> None:
        self.api = api
        self.profile = profile
        self.clock = clock
        self.model = Model()
        self._listeners: list[Listener] = []

    @property
    def signed_in(self) -> bool:
        return self.api.token is not None

    @property
    def data_age_seconds(self) -> float | None:
        """Since the balances were last read; None before the first time."""
        read_ms = self.model.balances_read_ms
        return None if read_ms is None else max(self.clock() - read_ms, 0) / 1000

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` in the event loop at every change, until the returned call."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # who is signed in

    async def sign_up(self, request: wire.SignUp, key: str) -> None:
        await self.api.sign_up(request, key)
        self._begin()

    async def sign_in(self, request: wire.SignIn) -> None:
        await self.api.sign_in(request)
        self._begin()

    async def sign_out(self) -> None:
        """Ends here in any case; a server that is away ends its side when the session expires."""
        with contextlib.suppress(ApiProblem, Away):
            await self.api.sign_out()
        self._begin()
        self._tell("ended")

    def _begin(self) -> None:
        self.model = Model()

    # reading

    async def refresh(self) -> None:
        """Read all again that is always at hand. Raises `ApiProblem` or `Away`, and remembers it
        as the state of the connection."""
        try:
            await asyncio.gather(self.read_info(), self.read_balances(), self.read_recent())
        except (ApiProblem, Away) as problem:
            self._connection("failed", problem)
            self._end_if_refused(problem)
            raise
        self._connection("connected")

    async def read_info(self) -> wire.WalletInfo:
        self.model.info = await self.api.info()
        self._tell("info")
        return self.model.info

    async def read_balances(self) -> wire.Balances:
        self.model.balances = await self.api.balances()
        self.model.balances_read_ms = self.clock()
        self._tell("balances")
        return self.model.balances

    async def read_recent(self) -> list[wire.Transaction]:
        self.model.recent = (await self.api.transactions(limit=RECENT)).items
        self._tell("activity")
        return self.model.recent

    async def read_contacts(self) -> list[wire.Contact]:
        contacts: list[wire.Contact] = []
        cursor: str | None = None
        for _page in range(50):  # 10,000 contacts are enough for one person
            page = await self.api.contacts(cursor)
            contacts += page.items
            cursor = page.next
            if cursor is None:
                break
        self.model.contacts = contacts
        self._tell("contacts")
        return contacts

    # following

    async def follow(self) -> None:
        """Keep the model true until cancelled or signed out: read all, then apply each event;
        when the server is away, try again with growing pauses."""
        failures = 0
        while self.signed_in:
            try:
                await self.refresh()
                failures = 0
                if await self.look_up_unfinished():
                    self._tell("found")
                async for event in self.api.events(self.model.last_event):
                    await self._apply(event)
            except (ApiProblem, Away) as problem:
                self._connection("failed", problem)
                self._end_if_refused(problem)
            await asyncio.sleep(self._pause(failures))
            failures += 1

    def _pause(self, failures: int) -> float:
        """Seconds, spread a little so that wallets do not come back all at once."""
        pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
        return pause * (0.8 + secrets.randbelow(400) / 1000)

    async def _apply(self, event: Event) -> None:
        first = self.model.last_event is None
        self.model.last_event = event.id or self.model.last_event
        match event.name:
            case "" if first:  # what happened between the first reading and the stream's beginning
                await self.refresh()
            case "transaction.updated" | "request.paid":
                await self._updated(event)
            case "balance.updated":
                await self.read_balances()
            case "wallet.opened":
                await self.refresh()
            case "contact.added":
                await self.read_contacts()
            case "session.ended":
                self.profile.signed_out()
                self._tell("ended")
            case "reset":
                await self.refresh()

    async def _updated(self, event: Event) -> None:
        try:
            transaction = msgspec.convert(event.data, wire.Transaction)
        except msgspec.ValidationError:
            await self.read_recent()
        else:
            self.heard(transaction)
        await self.read_balances()

    def heard(self, transaction: wire.Transaction) -> None:
        """Put what is now known of a payment into the model."""
        recent = {one.transaction_id: one for one in self.model.recent}
        recent[transaction.transaction_id] = transaction
        newest = sorted(recent.values(), key=lambda one: one.created_at, reverse=True)
        self.model.recent = newest[:RECENT]
        if transaction.idempotency_key and is_final(transaction):
            self.profile.finish_payment(transaction.idempotency_key)
        self._tell("activity")
        self._tell("payment")

    # paying

    def new_key(self) -> str:
        return ulid(self.clock(), secrets.token_bytes)

    def begin_payment(self, key: str | None = None) -> str:
        """A key for one payment, stored before its first byte is sent; a new one unless given."""
        signed_in = self.profile.sign_in
        if signed_in is None:
            raise RuntimeError("nobody is signed in")
        key = key or self.new_key()
        self.profile.begin_payment(key, signed_in.user_id, rfc3339(self.clock()))
        return key

    async def look_up_unfinished(self) -> list[wire.Transaction]:
        """What became of the payments of an earlier run: those that now have an outcome. A key
        that the server never heard of is forgotten. Raises `ApiProblem` or `Away`."""
        before = self.clock() - LOOK_UP_AGE_MS
        found = []
        for unfinished in self.profile.unfinished:
            if parse_rfc3339(unfinished.started_at) <= before:
                transaction = await self._look_up(unfinished.key)
                found += [transaction] if transaction and is_final(transaction) else []
        return found

    async def _look_up(self, key: str) -> wire.Transaction | None:
        try:
            transaction = await self.api.payment_of_key(key)
        except ApiProblem as problem:
            if problem.code != "payment.not_found":
                raise
            self.profile.finish_payment(key)
            return None
        if is_final(transaction):
            self.profile.finish_payment(key)
        self.heard(transaction)
        return transaction

    # telling

    def _connection(
        self,
        state: Literal["connecting", "connected", "failed"],
        why: ApiProblem | Away | None = None,
    ) -> None:
        self.model.connection = Connection(state, why)
        self._tell("connection")

    def _end_if_refused(self, problem: ApiProblem | Away) -> None:
        if isinstance(problem, ApiProblem) and problem.status == 401:
            self.profile.signed_out()
            self._tell("ended")

    def _tell(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)


def is_final(transaction: wire.Transaction) -> bool:
    return transaction.status in {"success", "failed", "cancelled", "expired"}
