"""Servers in processes of their own, people who pay through them, and what came of it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from decimal import Decimal
from pathlib import Path

from core import wire
from tests.e2e.client import Client, Person
from tests.e2e.waiting import until

FINAL = {"success", "failed", "cancelled", "expired"}


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
        folder.mkdir(parents=True, exist_ok=True)
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


async def newcomers(client: Client, count: int) -> list[Person]:
    """People with open wallets and 10,000 XLM each."""
    people = [await client.sign_up(f"person_{number}") for number in range(count)]
    for person in people:
        await until(lambda p=person: client.info(p), lambda info: info.wallet_state == "open")
    return people


async def pay_all(client: Client, people: list[Person], amounts: range) -> dict[str, Person]:
    """Each pays the next one, amounts all different; payers by payment id."""
    made: dict[str, Person] = {}
    for number in amounts:
        payer, payee = (people[n % len(people)] for n in (number, number + 1))
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


def judge(network: dict[str, str], ended: list[tuple[Person, wire.Transaction]]) -> int:
    """People's money on the network is what their successful payments make it; what failed says
    that the network never took it. How many succeeded."""
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
    return sum(one.status == "success" for _, one in ended)
