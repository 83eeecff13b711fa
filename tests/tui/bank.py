"""A scripted server that moves money: pay, contacts, requests; by transport or by real HTTP."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import msgspec

from core import wire
from core.errors import CODES, Problem
from core.links import Handle, Link, PayLink, read_recipient
from core.money import format_stroops, parse_stroops
from tests.tui.fake_server import FakeServer, person, transaction

LINK = "HTTP://PAY.EXAMPLE/P/0123456789"
HASH = "b0" * 32


class Lost(Exception):
    """Done, but the answer never arrives."""


@dataclass
class Bank(FakeServer):
    """`lose` names calls whose answers are lost after they were done, each as often as it is
    listed; `settle_after` is how many looks at a payment it takes to settle."""

    people: dict[str, str] = field(
        default_factory=lambda: {"ravi": "Ravi Menon", "meera_iyer": "Meera Iyer"}
    )
    payments: dict[str, wire.Transaction] = field(default_factory=dict)
    begun: dict[str, tuple[object, wire.Initiated]] = field(default_factory=dict)
    lose: list[str] = field(default_factory=list)
    settle_after: int = 1
    looks: int = 0
    moved: list[str] = field(default_factory=list)
    sessions: int = 0
    valid_token: str = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.key = request.headers.get("Idempotency-Key", "")
        self.query = request.url.params
        answer = await self._checked(request)
        body = msgspec.json.decode(await request.aread()) if request.content else {}
        call = f"{request.method} {body.get('action', request.url.path)}"
        if call in self.lose:
            self.lose.remove(call)
            raise httpx.ReadError("lost", request=request)
        return answer

    async def _checked(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.valid_token and token and token != self.valid_token:
            return self._no("auth.session_expired", 401)
        return await super().handle_async_request(request)

    def _session(self) -> wire.Session:
        self.sessions += 1
        self.valid_token = f"token-{self.sessions}"
        return wire.Session(
            token=self.valid_token,
            refresh_token=f"refresh-{self.sessions}",
            expires_at="2026-11-25T14:31:00.000Z",
        )

    def _answer(self, call: str, body: dict[str, str]) -> httpx.Response:
        replies = {
            "POST initiate": self._initiate,
            "POST confirm": self._confirm,
            "POST cancel": self._cancel,
            "GET status": self._status,
            "POST /api/requests": self._request,
            "GET /p/0123456789": self._requested,
            "POST /api/contacts": self._add_contact,
            "PATCH /api/contacts": self._change_contact,
            "DELETE /api/contacts": self._remove_contact,
        }
        if call not in replies:
            return super()._answer(call, body)
        try:
            reply = replies[call](body)
        except Problem as problem:
            return self._no(problem.code, problem.status, field=problem.field)
        return httpx.Response(200, content=msgspec.json.encode(reply))

    def _no(self, code: str, status: int, **more: object) -> httpx.Response:
        problem = wire.Problem(
            type=f"https://lumenpay.dev/problems/{code}",
            title="Refused",
            status=status,
            detail=CODES[code],
            code=code,
            request_id="req-0002",
            **more,  # type: ignore[arg-type]
        )
        return httpx.Response(status, content=msgspec.json.encode(problem))

    # paying

    def _initiate(self, body: dict[str, str]) -> wire.Initiated:
        if self.key in self.begun:
            known, reply = self.begun[self.key]
            if known != body:
                raise refusal("idempotency.conflict", 409)
            return reply
        request = msgspec.convert(body, wire.Initiate)
        payee = self._payee(request.recipient_address)
        asset, balance = self._balance_of(request.asset)
        if parse_stroops(request.amount) > parse_stroops(balance.available):
            raise refusal("payment.balance_too_low", field="amount")
        payment = transaction(
            payee,
            request.amount,
            asset=asset,
            status="pending",
            hash=None,
            note=request.note,
            memo=request.memo,
            idempotency_key=self.key,
            confirmed_at=None,
        )
        self.payments[payment.transaction_id] = payment
        reply = wire.Initiated(
            transaction_id=payment.transaction_id,
            status="pending",
            payee=payee,
            amount=request.amount,
            asset=asset,
            fee="0",
            xdr="AAAA",
            limits=wire.LimitsLeft(per_payment="10000", day_left="19750", month_left="99750"),
            expires_at="2026-11-24T14:41:00.000Z",
        )
        self.begun[self.key] = (body, reply)
        return reply

    def _payee(self, text: str) -> wire.Party:
        recipient = read_recipient(text)
        match recipient:
            case Handle(handle) if handle in self.people:
                return person(self.people[handle], handle)
            case Handle(handle) if handle == self.handle:
                raise refusal("recipient.self", field="recipientAddress")
            case Handle():
                raise refusal("recipient.unknown", field="recipientAddress")
            case Link() | PayLink():
                return person("Ravi Menon", "ravi")
            case _:
                return person("")

    def _balance_of(self, asset: str) -> tuple[str, wire.Balance]:
        for balance in self.balances:
            if asset in {balance.asset, balance.asset.partition(":")[0]}:
                return balance.asset, balance
        raise refusal("asset.unknown", field="asset")

    def _confirm(self, body: dict[str, str]) -> wire.Transaction:
        payment = self._payment(body["transactionId"])
        if payment.status != "pending":
            return payment
        if body["pin"] != self.pin:
            raise refusal("auth.wrong_pin", 403, field="pin")
        self.moved.append(payment.transaction_id)
        self.looks = 0
        return self._now(payment, status="processing", hash=HASH)

    def _status(self, body: dict[str, str]) -> wire.Transaction:
        payment = self._payment(self.query.get("transactionId", ""))
        if payment.status == "processing":
            self.looks += 1
            if self.looks >= self.settle_after:
                payment = self._now(payment, status="success", settled_at=payment.created_at)
        return payment

    def _cancel(self, body: dict[str, str]) -> wire.Transaction:
        payment = self._payment(body["transactionId"])
        if payment.status != "pending":
            raise refusal("payment.not_cancellable", 409)
        return self._now(payment, status="cancelled")

    def _payment(self, transaction_id: str) -> wire.Transaction:
        key = self.query.get("idempotencyKey")
        for payment in self.payments.values():
            if payment.transaction_id == transaction_id or (key and payment.idempotency_key == key):
                return payment
        raise refusal("payment.not_found", 404)

    def _now(self, payment: wire.Transaction, **change: object) -> wire.Transaction:
        changed = msgspec.structs.replace(payment, **change)
        self.payments[payment.transaction_id] = changed
        return changed

    # requests and contacts

    def _request(self, body: dict[str, str]) -> wire.PaymentRequest:
        request = msgspec.convert(body, wire.NewRequest)
        if request.amount is not None:
            parse_stroops(request.amount)
        return wire.PaymentRequest(
            request_id="0123456789", link=LINK, sep7="web+stellar:pay?destination=G"
        )

    def _requested(self, body: dict[str, str]) -> wire.PublicRequest:
        return wire.PublicRequest(
            request_id="0123456789",
            status="open",
            payee=person("Ravi Menon", "ravi"),
            sep7="web+stellar:pay?destination=G",
            link=LINK,
            amount="12.5",
            asset="XLM",
            note="Lunch",
        )

    def _add_contact(self, body: dict[str, str]) -> wire.Contact:
        new = msgspec.convert(body, wire.NewContact)
        if any(contact.name == new.name for contact in self.contacts):
            raise refusal("contact.exists", 409, field="name")
        payee = self._payee(new.recipient)
        contact = wire.Contact(
            contact_id=f"01JCONTACT{len(self.contacts):016d}",
            name=new.name,
            handle=payee.handle,
            address=payee.address,
            favourite=False,
            blocked=False,
        )
        self.contacts.append(contact)
        return contact

    def _change_contact(self, body: dict[str, str]) -> wire.Contact:
        change = msgspec.convert(body, wire.ChangedContact)
        index = self._contact(change.contact_id)
        wanted = {
            name: value
            for name in ("name", "favourite", "blocked")
            if (value := getattr(change, name)) is not None
        }
        self.contacts[index] = msgspec.structs.replace(self.contacts[index], **wanted)
        return self.contacts[index]

    def _remove_contact(self, body: dict[str, str]) -> dict[str, str]:
        del self.contacts[self._contact(body["contactId"])]
        return {}

    def _contact(self, contact_id: str) -> int:
        for index, contact in enumerate(self.contacts):
            if contact.contact_id == contact_id:
                return index
        raise refusal("contact.not_found", 404)


def refusal(code: str, status: int = 422, field: str | None = None) -> Problem:
    problem = Problem(code, field=field)
    problem.status = status  # type: ignore[misc]
    return problem


def spend(bank: Bank, asset: str, amount: str) -> None:
    """Take an amount from a balance, as a settled payment would."""
    for index, balance in enumerate(bank.balances):
        if balance.asset == asset:
            left = format_stroops(parse_stroops(balance.total) - parse_stroops(amount))
            bank.balances[index] = msgspec.structs.replace(balance, total=left, available=left)


@contextlib.contextmanager
def served(bank: Bank) -> Iterator[str]:
    """The bank by real HTTP on a free port; a lost answer is a connection that just closes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(lambda r, w: _talk(bank, r, w), "127.0.0.1", 0)

    async def stop() -> None:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _talk(bank: Bank, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _version = head[0].split(" ")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        length = int(headers.get("Content-Length", headers.get("content-length", "0")))
        content = await reader.readexactly(length)
        url = f"http://bank{target}"
        request = httpx.Request(method, url, headers=headers, content=content)
        answer = await bank.handle_async_request(request)
        body = await answer.aread()
        writer.write(
            f"HTTP/1.1 {answer.status_code} X\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
    except (httpx.ReadError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
