"""A node that loses half of what it is told, and a `kill -9` in the middle: each payment is made
once or not at all, and people's money is the network's to the stroop."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core import wire
from tests.e2e.client import Client, Person
from tests.e2e.town import verify
from tests.e2e.waiting import until
from tests.faults.lossy import LossyProxy

PEOPLE, PAYMENTS, SEED = 10, 60, 20261124
FINAL = {"success", "failed", "cancelled", "expired"}


@pytest.fixture
def network() -> Iterator[dict[str, str]]:
    command = "-m core localnet --port 0 --json --close-seconds 0.5".split()
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)


class Server:
    """`lumenpay serve` on a folder of its own."""

    def __init__(self, network: dict[str, str], folder: Path) -> None:
        self.settings = {
            "PATH": os.environ["PATH"],
            "STELLAR_NETWORK": "local",
            "STELLAR_HORIZON_URL": network["horizon"],
            "STELLAR_RPC_URL": network["rpc"],
            "STELLAR_FRIENDBOT_URL": network["friendbot"],
            "USDC_ISSUER": network["issuer"],
            "LUMENPAY_DATA": str(folder),
            "WALLET_ENCRYPTION_KEY": "ab" * 32,
        }
        self._log = folder / "serve.log"

    def prepare(self) -> None:
        for command in (["migrate"], ["treasury", "init"]):
            arguments = [sys.executable, "-m", "core", *command]
            subprocess.run(arguments, env=self.settings, check=True, capture_output=True)

    def start(self) -> str:
        command = "-m core serve --port 0 --json".split()
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                env=self.settings,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        return str(json.loads(self._process.stdout.readline())["server"])

    def stop(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


async def pay_all(client: Client, people: list[Person], amounts: range) -> dict[str, Person]:
    """Each pays the next one, amounts all different; payers by payment id."""
    made: dict[str, Person] = {}
    for number in amounts:
        payer, payee = people[number % PEOPLE], people[(number + 1) % PEOPLE]
        made[await client.pay(payer, payee.handle, f"1.{number:03d}1")] = payer
    return made


async def finals(client: Client, made: dict[str, Person]) -> list[tuple[Person, wire.Transaction]]:
    return [
        (
            payer,
            await until(
                lambda p=payer, t=payment_id: client.status(p, t),
                lambda transaction: transaction.status in FINAL,
                seconds=120,
                pause=0.3,
            ),
        )
        for payment_id, payer in made.items()
    ]


def on_chain(network: dict[str, str], person: Person) -> Decimal:
    url = f"{network['horizon']}/accounts/{person.public_key}"
    with urllib.request.urlopen(url) as answer:
        balances = json.load(answer)["balances"]
    (native,) = [one for one in balances if one["asset_type"] == "native"]
    return Decimal(native["balance"])


def test_no_payment_is_made_twice_or_lost(network, tmp_path):
    asyncio.run(_drill(network, tmp_path))


async def _drill(network: dict[str, str], folder: Path) -> None:
    server = Server(network, folder)
    server.prepare()
    async with LossyProxy(network["rpc"], SEED) as proxy:
        server.settings["STELLAR_RPC_URL"] = proxy.url
        try:
            ended = await _pay_through_a_crash(server, proxy)
        finally:
            server.stop()
    await _judge(network, ended)
    server.settings["STELLAR_RPC_URL"] = network["rpc"]
    assert verify(server.settings)["ok"] is True
    assert proxy.faults.keys() >= {"accepted and silent", "swallowed", "passed"}


async def _pay_through_a_crash(
    server: Server, proxy: LossyProxy
) -> list[tuple[Person, wire.Transaction]]:
    """Half of the payments, `kill -9` while they are on their way, the other half."""
    proxy.lossy = False
    async with Client(server.start()) as client:
        people = [await client.sign_up(f"person_{number}") for number in range(PEOPLE)]
        for person in people:
            await until(lambda p=person: client.info(p), lambda info: info.wallet_state == "open")
        proxy.lossy = True
        made = await pay_all(client, people, range(PAYMENTS // 2))
    server.stop(signal.SIGKILL)
    async with Client(server.start()) as client:
        made |= await pay_all(client, people, range(PAYMENTS // 2, PAYMENTS))
        return await finals(client, made)


async def _judge(network: dict[str, str], ended: list[tuple[Person, wire.Transaction]]) -> None:
    """What failed must say that the network never took it, and have moved nothing."""
    expected: dict[str, Decimal] = {}
    payers = {payer.handle: payer for payer, _ in ended}
    for payer, transaction in ended:
        expected.setdefault(payer.handle, Decimal(10_000))
        if transaction.status == "failed":
            assert transaction.reason == "payment.not_included"
            continue
        assert transaction.status == "success"
        assert transaction.counterparty.handle is not None
        payee = transaction.counterparty.handle
        expected[payer.handle] -= Decimal(transaction.amount)
        expected[payee] = expected.get(payee, Decimal(10_000)) + Decimal(transaction.amount)
    seen = {handle: on_chain(network, person) for handle, person in payers.items()}
    assert seen == expected
    succeeded = [one for _, one in ended if one.status == "success"]
    assert len(succeeded) >= PAYMENTS * 9 // 10
