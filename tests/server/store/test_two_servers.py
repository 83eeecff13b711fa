"""Two real servers on one PostgreSQL and one network: every payment ends once, the books agree."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import wire
from tests.e2e.client import Client, Person
from tests.e2e.waiting import until

ROUNDS = 4


@contextmanager
def running(environment: Mapping[str, str], log: Path, *command: str) -> Iterator[dict[str, Any]]:
    """A command that prints one line of JSON when it is ready."""
    with (
        log.open("w") as words,
        subprocess.Popen(
            [sys.executable, "-m", "core", *command],
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, log.read_text()
            yield json.loads(line)
        finally:
            process.terminate()
            process.wait(30)


def finished(environment: Mapping[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "core", *command],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def servers(
    postgresql: Callable[[], str], tmp_path: Path
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The URLs of both, and the settings that they share."""
    with ExitStack() as stack:
        network = stack.enter_context(
            running(os.environ, tmp_path / "network.log", "localnet", "--port", "0", "--json")
        )
        environment = os.environ | {
            "DATABASE_URL": postgresql(),
            "LUMENPAY_DATA": str(tmp_path),
            "STELLAR_NETWORK": "local",
            "STELLAR_HORIZON_URL": network["horizon"],
            "STELLAR_RPC_URL": network["rpc"],
            "STELLAR_FRIENDBOT_URL": network["friendbot"],
            "USDC_ISSUER": network["issuer"],
            "WALLET_ENCRYPTION_KEY": secrets.token_hex(32),
        }
        finished(environment, "treasury", "init")
        urls = [
            stack.enter_context(
                running(environment, tmp_path / f"{name}.log", "serve", "--port", "0", "--json")
            )["server"]
            for name in ("one", "two")
        ]
        yield urls[0], urls[1], environment


def test_payments_through_both_servers_end_once(
    servers: tuple[str, str, dict[str, str]],
) -> None:
    one, two, environment = servers
    asyncio.run(_pay_through(one, two))
    found = json.loads(finished(environment, "verify", "--json"))
    assert found["ok"] is True
    assert len(found["heads"]) == 2  # an audit chain for each process that runs at once


async def _pay_through(one: str, two: str) -> None:
    async with Client(one) as first, Client(two) as second:
        asha = await first.sign_up("asha_rao")
        ben = await second.sign_up("ben_okri")
        for client, person in ((second, asha), (first, ben)):  # known to the other one too
            await _funded(client, person)
        made = []
        for _ in range(ROUNDS):
            made += await asyncio.gather(
                _pay(first, asha, ben),
                _pay(second, asha, ben),
                _pay(first, ben, asha),
                _pay(second, ben, asha),
            )
        for person, transaction_id in made:
            ended = await until(
                lambda person=person, key=transaction_id: second.status(person, key),  # type: ignore[misc]
                lambda payment: payment.status != "processing",
                seconds=60,
            )
            assert ended.status == "success"
        for person in (asha, ben):
            assert (await first.balances(person))["XLM"].total == "10000"


async def _funded(client: Client, person: Person) -> None:
    def funded(balances: dict[str, wire.Balance]) -> bool:
        return "XLM" in balances and balances["XLM"].available == "10000"

    await until(lambda: client.balances(person), funded, seconds=60)


async def _pay(client: Client, payer: Person, payee: Person) -> tuple[Person, str]:
    started = await client.initiate(payer, payee.handle, "1.5")
    await client.confirm(payer, started.transaction_id)
    return payer, started.transaction_id
