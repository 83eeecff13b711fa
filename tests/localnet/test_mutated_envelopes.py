"""Two thousand seeded, mutated envelopes: each gets an answer of the public shape, none breaks the
network, and what gets through leaves the ledger coherent."""

import asyncio
import logging
from base64 import b64decode
from collections import Counter
from functools import partial
from itertools import islice
from typing import Any

import httpx
import pytest
from stellar_sdk import Keypair, xdr

from server.localnet.app import create_app
from server.localnet.clock import NetworkClock
from tests.localnet import world as people_of
from tests.localnet.envelopes import document
from tests.localnet.fields import check_horizon, check_rpc_reply
from tests.localnet.mutations import Signing, mutated
from tests.localnet.world import World

SEED = 20_261_124
COUNT = 2_000
LEDGER_EVERY = 5
LEAST = {  # so that no change of the mutations makes this test look at nothing
    "rpc invalid_xdr": 200,
    "rpc ERROR": 200,
    "rpc PENDING": 100,
    "applied": 200,
    "applied well": 20,
}


def _people() -> dict[bytes, Keypair]:
    known = [one for one in vars(people_of).values() if isinstance(one, Keypair)]
    return {one.raw_public_key(): one for one in known}


def _next_sequence(world: World, account: bytes) -> int:
    found = world.chain.state.account(account)
    return 1 if found is None else found.sequence + 1


class Ends:
    """Both ends that take envelopes, in one process; counts what they answer."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self._world = world
        self._client = client
        self.answers: Counter[str] = Counter()

    async def submit(self, envelope: str, number: int) -> None:
        """By RPC, and every third time by Horizon first, so that either end may be the first."""
        if number % 3 == 0:
            await self._horizon(envelope)
        await self._rpc(envelope)
        if number % LEDGER_EVERY == 0:
            self._close()

    async def _rpc(self, envelope: str) -> None:
        request = {"jsonrpc": "2.0", "id": 1, "method": "sendTransaction"}
        params = {"params": {"transaction": envelope}}
        response = await self._client.post("/rpc", json={**request, **params})
        assert response.status_code == 200
        told = check_rpc_reply("sendTransaction", response.json())
        assert told.get("code") in (None, -32602), told
        self.answers["rpc " + (told.get("status") or told["message"])] += 1

    async def _horizon(self, envelope: str) -> None:
        response = await self._client.post("/transactions_async", data={"tx": envelope})
        body: dict[str, Any] = response.json()
        check_horizon("POST /transactions_async", response.status_code, body)
        self.answers[f"horizon {response.status_code}"] += 1

    def _close(self) -> None:
        self._world.close()
        for applied in self._world.chain.head.transactions:
            result = xdr.TransactionResult.from_xdr_bytes(applied.result)
            xdr.TransactionMeta.from_xdr_bytes(applied.meta)
            assert result.result.code.name != "txINTERNAL_ERROR"
            self.answers["applied"] += 1
            self.answers["applied well"] += applied.successful


def test_mutated_envelopes(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    stored = [b64decode(case["envelope"]) for case in document(world)["cases"]]  # type: ignore[attr-defined]
    signing = Signing(world.chain.network_id, _people(), partial(_next_sequence, world))
    envelopes = islice(mutated(stored, signing, SEED), COUNT)

    async def run() -> Counter[str]:
        app = create_app(world.chain, NetworkClock(), close_seconds=0, friendbot_url="")
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://network") as client:
            ends = Ends(world, client)
            for number, envelope in enumerate(envelopes):
                await ends.submit(envelope, number)
            return ends.answers

    with caplog.at_level(logging.ERROR):
        answers = asyncio.run(run())
    assert caplog.records == []
    world.check()
    assert sum(answers[key] for key in answers if key.startswith("rpc ")) == COUNT
    for wanted, least in LEAST.items():
        assert answers[wanted] >= least, answers
