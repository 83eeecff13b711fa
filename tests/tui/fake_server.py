"""A scripted server in the process: the double that the wallet's screens are tested against.

It speaks core.wire through httpx's transport interface, so every byte passes the client's real
code. It is no bank: balances do not move unless a test says so.
"""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import msgspec

from core import wire
from core.errors import CODES
from core.links import encode_strkey

NOW_MS = 1_795_530_660_000  # 2026-11-24T14:31:00Z
ADDRESS = "GB7LUMENPAYDEMOCODE2ASHARAO5XK4QW3TZ6NFYV7HJDE2MUPRSB4CX"[:56]


def address_of(name: str) -> str:
    """A well-formed account address, another one for each name."""
    return encode_strkey(6 << 3, hashlib.sha256(name.encode()).digest())


def person(name: str, handle: str | None = None) -> wire.Party:
    return wire.Party(
        name=name,
        handle=handle,
        address=address_of(name),
        verified=handle is not None,
        kind="user" if handle else "external",
    )


def _handle(name: str) -> str:
    return name.partition(" ")[0].lower()


_numbers = itertools.count(1)


def transaction(
    who: str | wire.Party,
    amount: str,
    *,
    asset: str = "XLM",
    direction: str = "out",
    status: str = "success",
    at: str = "2026-11-24T14:02:11.000Z",
    **more: object,
) -> wire.Transaction:
    number = next(_numbers)
    fields: dict[str, object] = {
        "transaction_id": f"01JDEMO{number:019d}",
        "kind": "payment" if direction == "out" else "incoming",
        "direction": direction,
        "status": status,
        "counterparty": who
        if isinstance(who, wire.Party)
        else person(who, who.partition(" ")[0].lower()),
        "amount": amount,
        "asset": asset,
        "fee": "0",
        "created_at": at,
        "confirmed_at": at,
        "settled_at": at if status == "success" else None,
        "hash": "7c1f90ab4e2d5863b90e44d7a1c8f25e06d3b7729fa85c14e3602bd98f71ac50",
        "ledger": 52_114,
    }
    return wire.Transaction(**(fields | more))  # type: ignore[arg-type]


USDC = "USDC:GBUSDCISSUER5XK4QW3TZ6NFYV7HJDE2MUPRSB4CXAB7LUMENPAYDEMO"


def some_history() -> list[wire.Transaction]:
    return [
        transaction("Ravi Menon", "250", direction="in", asset=USDC, at="2026-11-24T14:02:11.000Z"),
        transaction("Corner Bakery", "42.5", asset=USDC, at="2026-11-24T09:18:40.000Z"),
        transaction("Meera Iyer", "120", at="2026-11-23T18:11:00.000Z"),
        transaction(
            "Northwind Studio", "1200", direction="in", asset=USDC, at="2026-11-22T11:00:00.000Z"
        ),
        transaction(
            "Tom Okafor",
            "15",
            status="failed",
            asset=USDC,
            reason="payment.underfunded",
            at="2026-11-21T20:45:00.000Z",
        ),
        transaction("City Power", "86.25", at="2026-11-20T08:00:00.000Z"),
        transaction("Lena Fischer", "75", direction="in", at="2026-11-19T16:30:00.000Z"),
        transaction("Green Grocer", "31.8", at="2026-11-18T12:15:00.000Z"),
        transaction("Asel Bekova", "60", direction="in", at="2026-11-16T10:00:00.000Z"),
        transaction("Metro Card", "20", at="2026-11-15T07:40:00.000Z"),
        transaction("Ravi Menon", "18.4", at="2026-11-14T19:05:00.000Z"),
        transaction(
            "Practice fund",
            "10000",
            direction="in",
            kind="friendbot",
            at="2026-11-14T09:00:00.000Z",
        ),
    ]


@dataclass
class FakeServer(httpx.AsyncBaseTransport):
    """`problems` maps "METHOD /path" or an action to a problem code that the next call gets;
    `away` lets nothing through; `requests` records what came."""

    name: str = "Asha Rao"
    handle: str = "asha"
    password: str = "correct horse battery"
    pin: str = "493817"
    network: str = "local"
    wallet_state: str = "open"
    balances: list[wire.Balance] = field(
        default_factory=lambda: [
            wire.Balance(
                asset="XLM", total="5301.44", available="5301.44", held="0", value="5301.44"
            ),
            wire.Balance(asset=USDC, total="1850", available="1850", held="0", value="3700"),
        ]
    )
    history: list[wire.Transaction] = field(default_factory=some_history)
    contacts: list[wire.Contact] = field(default_factory=list)
    language: str = "en"
    timezone: str = "UTC"
    handle_changeable: bool = True
    away: bool = False
    problems: dict[str, wire.Problem] = field(default_factory=dict)
    requests: list[tuple[str, object]] = field(default_factory=list)
    pushed: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue)

    def refuse(self, call: str, code: str, **more: object) -> None:
        """The next `call` ("POST signIn", "GET balance", "PATCH /api/profile") is refused."""
        fields: dict[str, object] = {
            "type": f"https://lumenpay.dev/problems/{code}",
            "title": "Refused",
            "status": 422,
            "detail": CODES.get(code, code),
            "code": code,
            "request_id": "req-0001",
        }
        self.problems[call] = wire.Problem(**(fields | more))  # type: ignore[arg-type]

    def push(self, name: str, data: object, number: int = 1) -> None:
        """An event for whoever listens."""
        body = msgspec.json.encode(data).decode()
        self.pushed.put_nowait(f"id: {number}\nevent: {name}\ndata: {body}\n\n".encode())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = msgspec.json.decode(await request.aread()) if request.content else {}
        action = body.get("action") or request.url.params.get("action") or request.url.path
        call = f"{request.method} {action}"
        self.requests.append((call, body))
        if self.away:
            raise httpx.ConnectError("refused", request=request)
        if call in self.problems:
            problem = self.problems.pop(call)
            return _response(problem.status, problem)
        return self._answer(call, body)

    def _answer(self, call: str, body: dict[str, str]) -> httpx.Response:
        replies = {
            "GET /readyz": self._ready,
            "POST signup": self._sign_up,
            "POST signIn": self._sign_in,
            "POST refresh": self._sign_in,
            "POST signOut": lambda body: None,
            "GET info": self._info,
            "GET balance": self._balance,
            "GET transactions": lambda body: wire.Transactions(items=self.history),
            "GET /api/contacts": lambda body: wire.Contacts(items=self.contacts),
            "GET /api/profile": self._profile,
            "PATCH /api/profile": self._change,
        }
        if call == "GET /api/events":
            return httpx.Response(200, stream=_Stream(self.pushed))
        if call not in replies:
            self.refuse(call, "request.not_found", status=404)
            problem = self.problems.pop(call)
            return _response(404, problem)
        if call == "POST signIn" and body["password"] != self.password:
            self.refuse(call, "auth.wrong_credentials", status=401, field="password")
            return _response(401, self.problems.pop(call))
        reply = replies[call](body)  # type: ignore[operator]
        return httpx.Response(204) if reply is None else _response(200, reply)

    def _ready(self, body: object) -> wire.Readiness:
        return wire.Readiness(status="ok", database=True, network=self.network, ledger=52_115)

    def _session(self) -> wire.Session:
        return wire.Session(
            token="token-1", refresh_token="refresh-1", expires_at="2026-11-25T14:31:00.000Z"
        )

    def _sign_up(self, body: dict[str, str]) -> wire.SignedUp:
        self.name, self.handle = body["fullName"], body.get("handle") or "asha"
        return wire.SignedUp(
            user_id="01JUSER0000000000000000000",
            handle=self.handle,
            public_key=ADDRESS,
            wallet_state=self.wallet_state,
            session=self._session(),
        )

    def _sign_in(self, body: dict[str, str]) -> wire.SignedIn:
        return wire.SignedIn(
            user_id="01JUSER0000000000000000000", handle=self.handle, session=self._session()
        )

    def _info(self, body: object) -> wire.WalletInfo:
        return wire.WalletInfo(
            public_key=ADDRESS,
            handle=self.handle,
            name=self.name,
            level=0,
            wallet_state=self.wallet_state,
            network=self.network,
        )

    def _balance(self, body: object) -> wire.Balances:
        return wire.Balances(
            balances=self.balances,
            value_asset="XLM",
            ledger=52_115,
            as_of="2026-11-24T14:30:59.000Z",
        )

    def _profile(self, body: object) -> wire.Profile:
        return wire.Profile(
            user_id="01JUSER0000000000000000000",
            handle=self.handle,
            name=self.name,
            level=0,
            language=self.language,
            timezone=self.timezone,
            display_currency="XLM",
            handle_changeable=self.handle_changeable,
            public_key=ADDRESS,
            federation=f"{self.handle}*lumenpay.example",
            referral_code="ASHA2026",
            created_at="2026-11-14T09:00:00.000Z",
            email="asha@example.org",
        )

    def _change(self, body: dict[str, str]) -> wire.Profile:
        for name in ("language", "timezone", "handle"):
            if name in body:
                setattr(self, name, body[name])
        if "handle" in body:
            self.handle_changeable = False
        return self._profile(body)


def _response(status: int, reply: object) -> httpx.Response:
    kind = "application/problem+json" if status >= 400 else "application/json"
    headers = {"Content-Type": kind, "LumenPay-Api": "1"}
    return httpx.Response(status, content=msgspec.json.encode(reply), headers=headers)


class _Stream(httpx.AsyncByteStream):
    """Stays open until its reader goes."""

    def __init__(self, pushed: "asyncio.Queue[bytes]") -> None:
        self._pushed = pushed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield await self._pushed.get()
