"""`lumenpay treasury init` as an operator runs it, against a network in a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from stellar_sdk import Account, Keypair, TransactionBuilder

from server.commands import treasury
from server.usecases.treasury import CHANNELS, MAIN_ROLES


@pytest.fixture(scope="module")
def network() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "core", "localnet", "--port", "0", "--close-seconds", "0.3"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)


class Operator:
    def __init__(self, network: dict[str, str], folder: Path, template: bytes) -> None:
        self.database = folder / "lumenpay.db"
        self.database.write_bytes(template)
        self.settings = {
            "STELLAR_NETWORK": "local",
            "STELLAR_HORIZON_URL": network["horizon"],
            "STELLAR_RPC_URL": network["rpc"],
            "STELLAR_FRIENDBOT_URL": network["friendbot"],
            "USDC_ISSUER": network["issuer"],
            "DATABASE_URL": f"sqlite:///{self.database}",
            "LUMENPAY_DATA": str(folder),
            "WALLET_ENCRYPTION_KEY": "ab" * 32,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "core", "treasury", *arguments)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env={"PATH": os.environ["PATH"], **self.settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def init(self) -> tuple[dict[str, str], dict[str, str]]:
        """States by id, and what is to be funded."""
        done = self.run("init", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        return {one["id"]: one["state"] for one in told["accounts"]}, told["toFund"]

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.database) as connection:
            rows = connection.execute(sql).fetchall()
        connection.close()
        return rows


@pytest.fixture
def operator(network: dict[str, str], tmp_path: Path, sqlite_template: bytes) -> Operator:
    return Operator(network, tmp_path, sqlite_template)


def test_with_a_friendbot_all_accounts_open_and_stay_the_same(operator):
    states, to_fund = operator.init()
    assert len(states) == len(MAIN_ROLES) + CHANNELS
    assert set(states.values()) == {"open"}
    assert to_fund == {}
    keys = operator.rows("SELECT user_id, public_key, encrypted_keys FROM wallets ORDER BY 1")
    lanes = operator.rows("SELECT * FROM lanes ORDER BY 1")
    assert operator.init() == (states, {})
    assert (
        operator.rows("SELECT user_id, public_key, encrypted_keys FROM wallets ORDER BY 1") == keys
    )
    assert operator.rows("SELECT * FROM lanes ORDER BY 1") == lanes
    assert {row[0] for row in operator.rows("SELECT state FROM lanes")} == {"free"}


def test_no_seed_is_stored_or_told_in_the_open(operator):
    done = operator.run("init")
    told = done.stdout + done.stderr
    assert all(f"{role:12} G" in told for role in MAIN_ROLES)
    sealed = operator.rows("SELECT encrypted_keys FROM wallets")
    assert len({bytes(row[0]) for row in sealed}) == len(MAIN_ROLES) + CHANNELS
    assert not [word for word in told.split() if word.startswith("S") and len(word) == 56]


def send_xlm(network: dict[str, str], addresses: list[str]) -> None:
    """From the network's root, as an operator would from his own account."""
    root = Keypair.from_secret(network["rootSecret"])
    with urllib.request.urlopen(f"{network['horizon']}/accounts/{root.public_key}") as answer:
        sequence = int(json.load(answer)["sequence"])
    builder = TransactionBuilder(
        Account(root.public_key, sequence), network["passphrase"], 100
    ).set_timeout(60)
    for address in addresses:
        builder.append_create_account_op(address, "200")
    envelope = builder.build()
    envelope.sign(root)
    body = b"tx=" + urllib.parse.quote(envelope.to_xdr(), safe="").encode()
    with urllib.request.urlopen(f"{network['horizon']}/transactions", data=body) as answer:
        assert json.load(answer)["successful"]


def test_without_a_friendbot_it_tells_what_to_fund_and_goes_on_once_it_is(operator, network):
    del operator.settings["STELLAR_FRIENDBOT_URL"]
    states, to_fund = operator.init()
    assert set(states.values()) == {"opening"}
    assert len(to_fund) == len(MAIN_ROLES)
    keys = {row[0]: row[1] for row in operator.rows("SELECT user_id, public_key FROM wallets")}
    send_xlm(network, [keys["fee"], keys["sponsor"]])
    states, to_fund = operator.init()
    waiting = {name for name, state in states.items() if state == "opening"}
    assert waiting == {"payout", "lending", "rewards"}
    assert set(to_fund) == {keys[name] for name in waiting}
    balance = "SELECT available FROM balances WHERE user_id = 'sponsor' AND asset = 'XLM'"
    assert operator.rows(balance) == [(200 * 10_000_000,)]


IMPATIENT = """
from server.commands import treasury
treasury.LOOKS = 3
raise SystemExit(treasury.run(["init", "--json"]))
"""


def test_while_the_network_is_away_nobody_is_told_to_fund(operator):
    """Money that comes before ledgers are followed would never be seen."""
    del operator.settings["STELLAR_FRIENDBOT_URL"]
    operator.settings["STELLAR_RPC_URL"] = "http://127.0.0.1:1"
    given_up = operator.python("-c", IMPATIENT)
    assert (given_up.returncode, given_up.stdout) == (treasury.NETWORK_AWAY, "")
    assert operator.rows("SELECT * FROM cursors") == []


def test_another_encryption_key_than_before_changes_nothing(operator):
    operator.init()
    before = operator.rows("SELECT * FROM wallets ORDER BY 1")
    operator.settings["WALLET_ENCRYPTION_KEY"] = "cd" * 32
    refused = operator.run("init", "--json")
    assert refused.returncode == 2
    assert "WALLET_ENCRYPTION_KEY" in refused.stderr
    assert operator.rows("SELECT * FROM wallets ORDER BY 1") == before


def test_bad_settings_are_refused_by_name(operator):
    operator.settings["STELLAR_NETWORK"] = "moon"
    refused = operator.run("init")
    assert refused.returncode == 2
    assert "STELLAR_NETWORK" in refused.stderr
    assert "moon" not in refused.stderr
