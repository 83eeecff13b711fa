"""`kill -9` of the server, of the network, of both: every payment comes out once, to the stroop."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from core import wire
from tests.e2e.client import Client, Person, Refusal, fresh_key
from tests.e2e.town import Town
from tests.e2e.waiting import until

PAYERS = 20
PAYMENTS = 200


class Order:
    """A payment that a client wants made: it keeps its key until it knows the outcome."""

    def __init__(self, payer: Person, payee: Person, amount: str) -> None:
        self.payer = payer
        self.payee = payee
        self.amount = amount
        self.key = fresh_key()
        self.outcome = ""


async def _place(client: Client, order: Order) -> None:
    started = await client.initiate(order.payer, order.payee.handle, order.amount, key=order.key)
    await client.confirm(order.payer, started.transaction_id)


async def _place_all(client: Client, orders: list[Order], at_once: int = 8) -> None:
    """Orders that meet a dead server stay without an outcome."""
    waiting = iter(orders)

    async def worker() -> None:
        for order in waiting:
            try:
                await _place(client, order)
            except (aiohttp.ClientError, TimeoutError, Refusal):
                continue

    await asyncio.gather(*(worker() for _ in range(at_once)))


async def _residents(client: Client) -> list[Person]:
    people = await asyncio.gather(
        *(client.sign_up(f"resident_{number:02d}") for number in range(PAYERS))
    )
    for person in people:
        await until(lambda p=person: client.info(p), lambda info: info.wallet_state == "open")
    return list(people)


def _orders(people: list[Person]) -> list[Order]:
    """Each pays the next; amounts differ, so that a swap would show."""
    return [
        Order(people[n % PAYERS], people[(n + 1) % PAYERS], f"1.{n:03d}") for n in range(PAYMENTS)
    ]


async def _outcome(client: Client, order: Order) -> wire.Transaction:
    return await client.status_by_key(order.payer, order.key)


async def _settled(town: Town, orders: list[Order]) -> None:
    """Place again what never got an answer, with the same keys, and wait for every outcome."""
    async with Client(town.server) as client:
        await until(lambda: _again(client, orders), lambda left: left == 0, seconds=90, pause=0.5)
        for order in orders:
            final = await until(
                lambda o=order: _outcome(client, o),
                lambda t: t.status in {"success", "failed", "cancelled", "expired"},
                seconds=60,
            )
            assert final.status == "success", final
            assert final.amount == wire_amount(order.amount)
        await _balances_are_exact(client, orders)


def wire_amount(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


async def _again(client: Client, orders: list[Order]) -> int:
    """Repeat each order that has no confirmed payment; how many are left."""
    left = 0
    for order in orders:
        if order.outcome == "confirmed":
            continue
        try:
            await _place(client, order)
            order.outcome = "confirmed"
        except (aiohttp.ClientError, TimeoutError):
            left += 1
        except Refusal as refusal:
            if refusal.status not in {429, 503}:
                raise
            left += 1
    return left


async def _balances_are_exact(client: Client, orders: list[Order]) -> None:
    from decimal import Decimal

    expected: dict[str, Decimal] = {}
    for order in orders:
        for person, sign in ((order.payer, -1), (order.payee, 1)):
            before = expected.get(person.handle, Decimal(10_000))
            expected[person.handle] = before + sign * Decimal(order.amount)
    for person in {order.payer.handle: order.payer for order in orders}.values():
        money = (await client.balances(person))["XLM"]
        assert Decimal(money.total) == expected[person.handle], person.handle
        assert money.held == "0"


@pytest.mark.parametrize("victims", [("server",), ("localnet",), ("localnet", "server")])
async def test_every_payment_comes_out_once(tmp_path: Path, victims: tuple[str, ...]) -> None:
    folder = tmp_path / "data"
    with Town(folder) as town:
        async with Client(town.server) as client:
            people = await _residents(client)
            orders = _orders(people)
            placing = asyncio.create_task(_place_all(client, orders))
            await asyncio.sleep(0.4)
            for victim in victims:
                os.kill(town.line["pids"][victim], signal.SIGKILL)
            await placing
    with Town(folder) as town:
        async with Client(town.server) as client:
            for person in people:  # sessions outlive a crash
                assert (await client.info(person)).handle == person.handle
        await _settled(town, orders)
        found = town.verify()
        assert found["ok"] is True, found
