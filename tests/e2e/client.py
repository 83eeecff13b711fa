"""An outside client of the server, by aiohttp: for walks, faults and benches."""

import secrets
from typing import Self, TypeVar

import aiohttp
import msgspec

from core import wire

T = TypeVar("T")
PASSWORD = "a-long-practice-password"
PIN = "428517"


class Refusal(Exception):
    """A problem that the server told."""

    def __init__(self, status: int, problem: wire.Problem) -> None:
        super().__init__(f"{status} {problem.code}: {problem.detail} {problem.params or ''}")
        self.status = status
        self.problem = problem


class Person:
    """Somebody who is signed in."""

    def __init__(self, handle: str, token: str, public_key: str = "", user_id: str = "") -> None:
        self.handle = handle
        self.token = token
        self.public_key = public_key
        self.user_id = user_id


class Client:
    def __init__(self, server: str, connections: int = 64) -> None:
        self.server = server
        self._connector = aiohttp.TCPConnector(limit=connections)
        self._http = aiohttp.ClientSession(
            connector=self._connector, timeout=aiohttp.ClientTimeout(total=60)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def post(
        self,
        path: str,
        body: wire.Request,
        reply: type[T],
        person: Person | None = None,
        key: str | None = None,
    ) -> T:
        headers = {"Content-Type": "application/json", **_bearer(person)}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = msgspec.json.encode(body)
        async with self._http.post(self.server + path, data=data, headers=headers) as answer:
            return _read(answer.status, await answer.read(), reply)

    async def get(self, path: str, reply: type[T], person: Person | None = None) -> T:
        async with self._http.get(self.server + path, headers=_bearer(person)) as answer:
            return _read(answer.status, await answer.read(), reply)

    async def sign_up(self, handle: str, name: str = "") -> Person:
        body = wire.SignUp(
            email=f"{handle}@example.org",
            password=PASSWORD,
            full_name=name or handle.replace("_", " ").title(),
            pin=PIN,
            handle=handle,
        )
        signed_up = await self.post("/api/auth/signup", body, wire.SignedUp, key=fresh_key())
        return Person(handle, signed_up.session.token, signed_up.public_key, signed_up.user_id)

    async def sign_in(self, handle: str, email: str, password: str) -> Person:
        body = wire.SignIn(email=email, password=password)
        signed_in = await self.post("/api/auth/session", body, wire.SignedIn)
        person = Person(handle, signed_in.session.token, user_id=signed_in.user_id)
        person.public_key = (await self.info(person)).public_key
        return person

    async def info(self, person: Person) -> wire.WalletInfo:
        return await self.get("/api/wallet?action=info", wire.WalletInfo, person)

    async def balances(self, person: Person) -> dict[str, wire.Balance]:
        """By currency code."""
        reply = await self.get("/api/wallet?action=balance", wire.Balances, person)
        return {balance.asset.partition(":")[0]: balance for balance in reply.balances}

    async def activity(self, person: Person) -> list[wire.Transaction]:
        path = "/api/wallet?action=transactions&limit=200"
        return (await self.get(path, wire.Transactions, person)).items

    async def initiate(
        self, payer: Person, recipient: str, amount: str, asset: str = "XLM", key: str | None = None
    ) -> wire.Initiated:
        body = wire.Initiate(recipient_address=recipient, amount=amount, asset=asset)
        return await self.post("/api/pay", body, wire.Initiated, payer, key or fresh_key())

    async def confirm(self, payer: Person, transaction_id: str, pin: str = PIN) -> wire.Transaction:
        body = wire.Confirm(transaction_id=transaction_id, pin=pin)
        return await self.post("/api/pay", body, wire.Transaction, payer)

    async def status(self, payer: Person, transaction_id: str) -> wire.Transaction:
        path = f"/api/pay?action=status&transactionId={transaction_id}"
        return await self.get(path, wire.Transaction, payer)

    async def status_by_key(self, payer: Person, key: str) -> wire.Transaction:
        path = f"/api/pay?action=status&idempotencyKey={key}"
        return await self.get(path, wire.Transaction, payer)

    async def pay(self, payer: Person, recipient: str, amount: str) -> str:
        """Initiate and confirm; the payment's id."""
        started = await self.initiate(payer, recipient, amount)
        return (await self.confirm(payer, started.transaction_id)).transaction_id


def fresh_key() -> str:
    return secrets.token_hex(16)


def _bearer(person: Person | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"} if person else {}


def _read(status: int, body: bytes, reply: type[T]) -> T:
    if status >= 400:
        raise Refusal(status, msgspec.json.decode(body, type=wire.Problem))
    return msgspec.json.decode(body, type=reply)
