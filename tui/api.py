"""All HTTP of the client: calls that return the wire's structs, or raise.

    ApiError
    ├── ApiProblem      the server said no: a stable code, and in `params` what would help
    ├── Away            no usable answer; `sent` when the request may have reached the server
    └── OutcomeUnknown  money may be on its way, and nobody knows yet

Every text of every reply is made safe (`text.safe_text`) before it becomes a struct.
"""

import asyncio
import platform
import ssl
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from core import wire
from tui.profile import Profile
from tui.text import safe_values

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

ANSWER_SECONDS_MAX = 20.0
CONNECT_SECONDS_MAX = 5.0
HEARTBEAT_SECONDS_MAX = 40.0
"""The server sends a heartbeat every 15 s: two missed ones mean that the stream is dead."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ApiError(Exception):
    """A call did not give what was asked for."""


class ApiProblem(ApiError):
    """The server refused. `detail` is for API users; people get the sentence of the code."""

    def __init__(self, problem: wire.Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.code = problem.code
        self.params = problem.params or {}
        self.field = problem.field
        self.status = problem.status
        self.request_id = problem.request_id
        self.detail = problem.detail
        self.retry_after = problem.retry_after


class Away(ApiError):
    """No usable answer: `sent` is False only when the request surely never left."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class OutcomeUnknown(ApiError):
    """A confirm was sent; what became of it must be asked for by the payment's id or key."""


class BadServer(Exception):
    """The server's URL cannot be used: not http(s), or plain http to another machine."""


class Event(msgspec.Struct, frozen=True):
    """One event of the stream: the person's own outbox number, its name, JSON."""

    id: str
    name: str
    data: object


class _Call(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: dict[str, str] = {}
    body: wire.Request | None = None
    key: str | None = None
    headers: dict[str, str] = {}


def check_server(url: str) -> str:
    """The URL without its last slash. Raises `BadServer`."""
    parts = urlsplit(url)
    loopback = parts.hostname in _LOOPBACK
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise BadServer(url)
    if parts.scheme == "http" and not loopback:
        raise BadServer(url)
    return url.rstrip("/")


class Api:
    """The calls of one server for the person of one profile. Nothing is opened before the first.

    `transport` stands in for the network in tests.
    """

    def __init__(
        self, server: str, profile: Profile, transport: "httpx.AsyncBaseTransport | None" = None
    ) -> None:
        self.server = check_server(server)
        self._profile = profile
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @property
    def token(self) -> str | None:
        """The profile's token, if it is one of this server."""
        signed_in = self._profile.sign_in
        return signed_in.token if signed_in and signed_in.server == self.server else None

    # accounts and sessions

    async def sign_up(self, request: wire.SignUp, key: str) -> wire.SignedUp:
        call = _Call("POST", "/api/auth/signup", body=request, key=key)
        signed_up = await self._reply(call, wire.SignedUp)
        self._profile.signed_in(self.server, signed_up.user_id, signed_up.handle, signed_up.session)
        return signed_up

    async def sign_in(self, request: wire.SignIn) -> wire.SignedIn:
        return await self._new_session(request)

    async def sign_out(self) -> None:
        """Forgets the tokens even when the server does not answer."""
        try:
            await self._answer(_Call("POST", "/api/auth/session", body=wire.SignOut()))
        finally:
            self._profile.signed_out()

    # the wallet

    async def info(self) -> wire.WalletInfo:
        return await self._reply(_wallet("info"), wire.WalletInfo)

    async def balances(self) -> wire.Balances:
        return await self._reply(_wallet("balance"), wire.Balances)

    async def transactions(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        kind: str | None = None,
        asset: str | None = None,
        since: str | None = None,
        until: str | None = None,
        person: str | None = None,
    ) -> wire.Transactions:
        """Newest first. `since` and `until` are the wire's `from` and `to`."""
        call = _wallet(
            "transactions",
            cursor=cursor,
            limit=str(limit) if limit is not None else None,
            kind=kind,
            asset=asset,
            **{"from": since, "to": until},
            person=person,
        )
        return await self._reply(call, wire.Transactions)

    # paying

    async def initiate(self, request: wire.Initiate, key: str) -> wire.Initiated:
        call = _Call("POST", "/api/pay", body=request, key=key)
        return await self._reply(call, wire.Initiated)

    async def confirm(self, transaction_id: str, pin: str) -> wire.Transaction:
        body = wire.Confirm(transaction_id=transaction_id, pin=pin)
        return await self._reply(_Call("POST", "/api/pay", body=body), wire.Transaction)

    async def cancel(self, transaction_id: str) -> wire.Transaction:
        body = wire.Cancel(transaction_id=transaction_id)
        return await self._reply(_Call("POST", "/api/pay", body=body), wire.Transaction)

    async def payment(self, transaction_id: str) -> wire.Transaction:
        return await self._status(transactionId=transaction_id)

    async def payment_of_key(self, key: str) -> wire.Transaction:
        return await self._status(idempotencyKey=key)

    async def _status(self, **query: str) -> wire.Transaction:
        call = _Call("GET", "/api/pay", query={"action": "status", **query})
        return await self._reply(call, wire.Transaction)

    # contacts, requests, profile

    async def contacts(self, cursor: str | None = None) -> wire.Contacts:
        call = _Call("GET", "/api/contacts", query=_given(cursor=cursor))
        return await self._reply(call, wire.Contacts)

    async def add_contact(self, name: str, recipient: str) -> wire.Contact:
        body = wire.NewContact(name=name, recipient=recipient)
        return await self._reply(_Call("POST", "/api/contacts", body=body), wire.Contact)

    async def change_contact(self, change: wire.ChangedContact) -> wire.Contact:
        return await self._reply(_Call("PATCH", "/api/contacts", body=change), wire.Contact)

    async def remove_contact(self, contact_id: str) -> None:
        body = wire.GoneContact(contact_id=contact_id)
        await self._answer(_Call("DELETE", "/api/contacts", body=body))

    async def request_money(self, request: wire.NewRequest, key: str) -> wire.PaymentRequest:
        call = _Call("POST", "/api/requests", body=request, key=key)
        return await self._reply(call, wire.PaymentRequest)

    async def requested(self, request_id: str) -> wire.PublicRequest:
        """What a payment link asks for."""
        return await self._reply(_Call("GET", f"/p/{request_id}"), wire.PublicRequest)

    async def profile(self) -> wire.Profile:
        return await self._reply(_Call("GET", "/api/profile"), wire.Profile)

    async def change_profile(self, change: wire.ChangedProfile) -> wire.Profile:
        call = _Call("PATCH", "/api/profile", body=change)
        changed = await self._reply(call, wire.Profile)
        self._profile.renamed(changed.handle)
        return changed

    async def readiness(self) -> wire.Readiness:
        return await self._reply(_Call("GET", "/readyz"), wire.Readiness)

    # events

    async def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """The events after `last_id`, as they come. Ends by raising `Away` when the stream breaks,
        `ApiProblem` when it is refused."""
        import httpx

        resume = {"Last-Event-ID": last_id} if last_id is not None else {}
        call = _Call("GET", "/api/events", headers={"Accept": "text/event-stream", **resume})
        response = await self._answer(call, stream=True)
        try:
            async for event in _events_of(response.aiter_lines()):
                yield event
        except httpx.TransportError as error:
            raise Away(type(error).__name__, sent=True) from error
        finally:
            await response.aclose()
        raise Away("the stream ended", sent=True)

    # the exchange

    async def _reply(self, call: _Call, shape: type[T]) -> T:
        return _decoded(await self._answer(call), shape)

    async def _answer(self, call: _Call, *, stream: bool = False) -> "httpx.Response":
        """The answer, once more with a renewed session where the old one had ended."""
        token = self.token
        response = await self._exchange(call, token, stream)
        if response.status_code < 400:
            return response
        problem = await _problem(response)
        if problem.code != "auth.session_expired" or token is None:
            raise problem
        await self._renew(token)
        response = await self._exchange(call, self.token, stream)
        if response.status_code >= 400:
            raise await _problem(response)
        return response

    async def _renew(self, stale: str) -> None:
        async with self._profile.renewing():
            signed_in = self._profile.sign_in
            if signed_in is None or signed_in.token != stale:
                return  # somebody who shares the profile was faster
            try:
                await self._new_session(wire.Refresh(refresh_token=signed_in.refresh_token))
            except ApiProblem:
                self._profile.signed_out()
                raise

    async def _new_session(self, request: wire.SignIn | wire.Refresh) -> wire.SignedIn:
        response = await self._exchange(
            _Call("POST", "/api/auth/session", body=request), None, stream=False
        )
        if response.status_code >= 400:
            raise await _problem(response)
        signed_in = _decoded(response, wire.SignedIn)
        self._profile.signed_in(self.server, signed_in.user_id, signed_in.handle, signed_in.session)
        return signed_in

    async def _exchange(self, call: _Call, token: str | None, stream: bool) -> "httpx.Response":
        import httpx

        client = await self._opened()
        request = client.build_request(
            call.method,
            call.path,
            params=call.query,
            content=msgspec.json.encode(call.body) if call.body is not None else None,
            headers=_headers(call, token),
            timeout=httpx.Timeout(
                HEARTBEAT_SECONDS_MAX if stream else ANSWER_SECONDS_MAX,
                connect=CONNECT_SECONDS_MAX,
            ),
        )
        try:
            return await client.send(request, stream=stream)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Away(type(error).__name__, sent=False) from error
        except httpx.RequestError as error:
            raise Away(type(error).__name__, sent=True) from error

    async def _opened(self) -> "httpx.AsyncClient":
        """Made at the first call, in a thread: httpx and the CA store take 100 ms each to load."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make_client)
            return self._client

    def _make_client(self) -> "httpx.AsyncClient":
        import httpx

        loopback = urlsplit(self.server).hostname in _LOOPBACK
        plain = self.server.startswith("http:")
        return httpx.AsyncClient(
            base_url=self.server,
            transport=self._transport,
            # a context without any CA: plain http needs none, and would trust nobody with TLS
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else httpx.create_ssl_context(),
            trust_env=not loopback,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
            headers={
                "User-Agent": f"lumenpay/{version('lumenpay')} ({platform.system().lower()})",
                "LumenPay-Api": str(wire.API_VERSION),
                "Accept": "application/json",
            },
        )


def _headers(call: _Call, token: str | None) -> dict[str, str]:
    headers = dict(call.headers)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if call.key is not None:
        headers["Idempotency-Key"] = call.key
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return headers


def _wallet(action: str, **query: str | None) -> _Call:
    return _Call("GET", "/api/wallet", query={"action": action, **_given(**query)})


def _given(**query: str | None) -> dict[str, str]:
    return {name: value for name, value in query.items() if value is not None}


def _decoded(response: "httpx.Response", shape: type[T]) -> T:
    try:
        return msgspec.convert(safe_values(msgspec.json.decode(response.content)), shape)
    except msgspec.MsgspecError as error:
        raise Away(f"not a reply of LumenPay: {error}", sent=True) from error


async def _problem(response: "httpx.Response") -> ApiProblem:
    """The refusal. A server's or a proxy's error page says nothing of what was done: `Away`."""
    await response.aread()
    await response.aclose()
    try:
        return ApiProblem(_decoded(response, wire.Problem))
    except Away as unreadable:
        raise Away(f"status {response.status_code}", sent=True) from unreadable


async def _events_of(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """Server-sent events (WHATWG HTML, "Server-sent events"); comments are heartbeats. An id
    alone says where to resume: an event without a name."""
    fields: dict[str, str] = {}
    async for line in lines:
        name, _colon, value = line.partition(":")
        if name in {"id", "event", "data"}:
            fields[name] = value.removeprefix(" ")
        if not line and fields:
            data = _json(fields.get("data", ""))
            yield Event(fields.get("id", ""), fields.get("event", ""), data)
            fields = {}


def _json(text: str) -> object:
    """None for what is no JSON: the event then only says that something changed."""
    try:
        return safe_values(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return None
