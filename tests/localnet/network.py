"""A real localnet process for tests, and how they talk to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from stellar_sdk import Account, Asset, Keypair, TransactionBuilder, TransactionEnvelope
from stellar_sdk.operation.operation import Operation

from tests.localnet.fields import check_friendbot, check_horizon

START_SECONDS = 20


class Network:
    """`facts` is the line of `lumenpay localnet --json`."""

    def __init__(self, process: subprocess.Popen[str], facts: dict[str, str]) -> None:
        self.process = process
        self.facts = facts
        self.horizon = facts["horizon"]
        self.rpc = facts["rpc"]
        self.passphrase = facts["passphrase"]
        self.http = httpx.Client(timeout=40)

    @property
    def usdc(self) -> Asset:
        return Asset(*self.facts["usdc"].split(":"))

    def get(self, endpoint: str, path: str, **params: Any) -> dict[str, Any]:
        """The answer, checked against the published fields of `endpoint`; any status."""
        answer = self.http.get(self.horizon + path, params=params)
        body: dict[str, Any] = answer.json()
        check_horizon(endpoint, answer.status_code, body)
        return body

    def fund(self, account: str) -> httpx.Response:
        answer = self.http.get(self.facts["friendbot"], params={"addr": account})
        check_friendbot(answer.status_code, answer.json())
        return answer

    def person(self) -> Keypair:
        """Somebody new with 10,000 XLM."""
        somebody = Keypair.random()
        assert self.fund(somebody.public_key).status_code == 200
        return somebody

    def sequence(self, of: Keypair) -> int:
        path = f"/accounts/{of.public_key}"
        return int(self.get("GET /accounts/{account_id}", path)["sequence"])

    def build(self, source: Keypair, *operations: Operation, fee: int = 100) -> TransactionEnvelope:
        account = Account(source.public_key, self.sequence(source))
        builder = TransactionBuilder(account, self.passphrase, fee).add_time_bounds(0, 0)
        for operation in operations:
            builder.append_operation(operation)
        envelope = builder.build()
        envelope.sign(source)
        return envelope

    def submit(self, envelope: str, path: str = "/transactions") -> tuple[int, dict[str, Any]]:
        answer = self.http.post(self.horizon + path, data={"tx": envelope})
        check_horizon(f"POST {path}", answer.status_code, answer.json())
        return answer.status_code, answer.json()

    def pay(self, source: Keypair, *operations: Operation) -> dict[str, Any]:
        """Submits and waits; must succeed."""
        status, body = self.submit(self.build(source, *operations).to_xdr())
        assert status == 200, body
        return body

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(self.horizon + path, json=body)

    def stop(self) -> int:
        self.http.close()
        self.process.terminate()
        return self.process.wait(10)


@contextmanager
def running_network(*arguments: str) -> Iterator[Network]:
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "localnet", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"localnet ended with {process.wait(START_SECONDS)}"
    network = Network(process, json.loads(line))
    try:
        yield network
    finally:
        network.stop()
        process.stdout.close()
