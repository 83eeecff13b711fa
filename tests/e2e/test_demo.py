"""The main job, through the front door: sign up, be funded, pay a person, see it arrive."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from core import wire
from tests.e2e.client import Client, Person, Refusal
from tests.e2e.town import Town
from tests.e2e.waiting import until

TESTNET = "Test SDF Network ; September 2015"


def _opened(info: wire.WalletInfo) -> bool:
    return info.wallet_state == "open"


def _final(transaction: wire.Transaction) -> bool:
    return transaction.status not in {"pending", "processing"}


async def newcomer(client: Client, handle: str) -> Person:
    """Somebody who signed up and whose money has come."""
    person = await client.sign_up(handle)
    await until(lambda: client.info(person), _opened)
    await until(lambda: client.balances(person), lambda money: money["XLM"].total == "10000")
    return person


async def walk(client: Client, payee: Person, horizon: str) -> wire.Transaction:
    """Sign up, be funded, pay 25.5 XLM, see it on both sides and on the network."""
    payer = await newcomer(client, "new_comer")
    transaction_id = await client.pay(payer, payee.handle, "25.5")
    paid = await until(lambda: client.status(payer, transaction_id), _final)
    assert paid.status == "success"
    assert paid.hash is not None
    with urllib.request.urlopen(f"{horizon.rstrip('/')}/transactions/{paid.hash}") as answer:
        assert json.load(answer)["successful"] is True
    sent = await client.activity(payer)
    got = await client.activity(payee)
    assert [(t.amount, t.direction) for t in sent if t.hash == paid.hash] == [("25.5", "out")]
    assert [(t.amount, t.direction) for t in got if t.hash == paid.hash] == [("25.5", "in")]
    assert (await client.balances(payer))["XLM"].total == "9974.5"
    return paid


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Town(tmp_path_factory.mktemp("demo") / "data") as town:
        yield town


def test_the_line_has_what_the_wire_says(town: Town) -> None:
    assert set(town.line) == {
        "server",
        "horizon",
        "rpc",
        "friendbot",
        "passphrase",
        "data",
        "people",
        "pids",
    }
    assert set(town.line["pids"]) == {"localnet", "server"}
    assert len(town.line["people"]) == 3
    for person in town.line["people"]:
        assert set(person) == {"handle", "email", "password", "pin", "publicKey"}


async def test_the_people_have_balances_and_history(town: Town) -> None:
    async with Client(town.server) as client:
        for listed in town.line["people"]:
            person = await client.sign_in(listed["handle"], listed["email"], listed["password"])
            assert person.public_key == listed["publicKey"]
            balances = await client.balances(person)
            assert float(balances["XLM"].total) > 9_000
            assert float(balances["USDC"].total) > 200
            assert balances["USDC"].value is not None
            activity = await client.activity(person)
            assert {t.status for t in activity} == {"success"}
            assert {"payment", "incoming", "friendbot"} & {t.kind for t in activity}


async def test_sign_up_pay_and_see_it_arrive(town: Town) -> None:
    async with Client(town.server) as client:
        listed = town.line["people"][1]
        payee = await client.sign_in(listed["handle"], listed["email"], listed["password"])
        await walk(client, payee, town.line["horizon"])
    assert town.verify()["ok"] is True


async def test_a_wrong_pin_pays_nothing(town: Town) -> None:
    async with Client(town.server) as client:
        payer = await newcomer(client, "fat_finger")
        started = await client.initiate(payer, "asha_rao", "10")
        with pytest.raises(Refusal) as refused:
            await client.confirm(payer, started.transaction_id, pin="000000")
        assert refused.value.problem.code == "auth.wrong_pin"
        assert refused.value.status == 403
        status = await client.status(payer, started.transaction_id)
        assert (status.status, status.hash) == ("pending", None)
        assert (await client.balances(payer))["XLM"].held == "10"


def test_a_second_start_knows_the_people_and_every_process_ends(tmp_path: Path) -> None:
    with Town(tmp_path / "data") as first:
        people = first.line["people"]
        pids = list(first.line["pids"].values())
    assert first.process.returncode == 0
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    with Town(tmp_path / "data") as second:
        assert second.line["people"] == people


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_no_process_outlives_a_signal(town_to_kill: Town, number: signal.Signals) -> None:
    pids = list(town_to_kill.line["pids"].values())
    town_to_kill.process.send_signal(number)
    town_to_kill.process.wait(30)
    deadline = time.monotonic() + 15
    while any(psutil.pid_exists(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


@pytest.fixture
def town_to_kill(tmp_path_factory: pytest.TempPathFactory, request: Any) -> Any:
    """One data folder for all signals, so that only the first start signs people up."""
    folder = tmp_path_factory.getbasetemp() / "town-to-kill"
    with Town(folder) as town:
        yield town


async def test_the_walk_against_a_network_that_looks_like_testnet(tmp_path: Path) -> None:
    """No internet here: a bare network with testnet's passphrase, reached by URL settings."""
    network = subprocess.Popen(
        [
            sys.executable,
            *"-m core localnet --port 0 --json --no-seed --passphrase".split(),
            TESTNET,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert network.stdout is not None
        line = json.loads(network.stdout.readline())
        settings = {
            "STELLAR_HORIZON_URL": line["horizon"],
            "STELLAR_RPC_URL": line["rpc"],
            "STELLAR_FRIENDBOT_URL": line["friendbot"],
            "USDC_ISSUER": _issuer(line["friendbot"]),
        }
        arguments = ("--network", "testnet")
        with Town(tmp_path / "data", *arguments, settings=settings) as town:
            assert town.line["passphrase"] == TESTNET
            assert town.line["pids"]["localnet"] is None
            async with Client(town.server) as client:
                listed = town.line["people"][0]
                payee = await client.sign_in(listed["handle"], listed["email"], listed["password"])
                await walk(client, payee, line["horizon"])
            assert town.verify()["ok"] is True
    finally:
        network.terminate()
        network.wait(10)
        assert network.stdout is not None
        network.stdout.close()


def _issuer(friendbot: str) -> str:
    """An account that stands for the USDC issuer of testnet."""
    from stellar_sdk import Keypair

    issuer = Keypair.random().public_key
    with urllib.request.urlopen(f"{friendbot}?addr={issuer}") as answer:
        assert json.load(answer)["successful"]
    return issuer


def test_without_a_terminal_the_wallet_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "demo", "--data", str(tmp_path / "data")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 2
    assert "--headless" in done.stderr
    assert not (tmp_path / "data").exists()
