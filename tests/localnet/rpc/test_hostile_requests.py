"""Seeded nonsense for every parameter of every method: always an answer of the public shape."""

import json
from random import Random
from typing import Any

import pytest
from stellar_sdk import Asset, Network, scval
from stellar_sdk.operation import Payment

from server.localnet.ledger.entries import account_key
from server.localnet.rpc.jsonrpc import RpcError, answer
from server.localnet.rpc.methods import methods
from tests.localnet.driver import Driver
from tests.localnet.fields import RPC, check_rpc_reply
from tests.localnet.market import ALICE, BOB, USD
from tests.localnet.rpc.client import text

SEED = 7
COUNT = 3_000
NAMES = sorted({name for one in RPC["methods"].values() for name in one["params"]})
INNER = ["cursor", "limit", "type", "contractIds", "topics", "instructionLeeway"]
LEAVES: list[Any] = [
    None,
    True,
    0,
    1,
    4,
    6,
    7,
    -1,
    200,
    201,
    2**31,
    2**32 - 1,
    2**32,
    2**63,
    2**70,
    1.5,
    "",
    "*",
    "**",
    "4",
    "base64",
    "json",
    "contract",
    "system,contract",
    "ab" * 32,
    "AAAA",
    "\u202e\x1b[31m",
    "x" * 10_000,
    str(4 << 32 | 1 << 12 | 1),
    f"{4 << 32:019d}-0000000000",
    f"{2**63 - 1:019d}-4294967295",
    scval.to_symbol("transfer").to_xdr(),
    text(account_key(ALICE.raw_public_key())),
    Asset.native().contract_id(Network.STANDALONE_NETWORK_PASSPHRASE),
]


def _value(random: Random, depth: int = 0) -> Any:
    kind = random.random()
    if depth > 3 or kind < 0.55:
        return random.choice(LEAVES)
    if kind < 0.8:
        return [_value(random, depth + 1) for _ in range(random.choice((0, 1, 2, 6)))]
    return {random.choice(INNER): _value(random, depth + 1) for _ in range(random.randrange(4))}


def _request(random: Random, number: int) -> dict[str, Any]:
    method = random.choice(sorted(RPC["methods"]))
    own = sorted(RPC["methods"][method]["params"]) or NAMES
    params = {random.choice(own): _value(random) for _ in range(random.randrange(4))}
    if "startLedger" in own and random.random() < 0.5:
        params["startLedger"] = random.randrange(9)
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def test_hostile_params(market: Driver, caplog: pytest.LogCaptureFixture) -> None:
    random, table = Random(SEED), methods(market.chain, None)
    before = market.entries()
    told = 0
    for number in range(COUNT):
        request = _request(random, number)
        reply = json.loads(answer(table, json.dumps(request).encode()) or b"")
        found = check_rpc_reply(request["method"], reply)
        assert reply["id"] == number
        assert found.get("code") != -32603, (request, caplog.text)
        told += "result" in reply
    assert caplog.records == []
    assert market.entries() == before
    assert told > COUNT / 10


def test_torn_requests(market: Driver) -> None:
    """Whatever is cut or overwritten in the text of a good request."""
    random, table = Random(SEED), methods(market.chain, None)
    envelope = market.build(ALICE, Payment(BOB.public_key, USD, "1")).to_xdr()
    params = {"transaction": envelope, "xdrFormat": "base64"}
    good = json.dumps({"jsonrpc": "2.0", "id": "é", "method": "sendTransaction", "params": params})
    answered = 0
    for _ in range(COUNT):
        body = bytearray(good.encode())
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(body))
            body[at : at + random.randrange(3)] = random.randbytes(random.randrange(3))
        answered += _is_answered(table, bytes(body))
    assert answered > COUNT / 10


def _is_answered(table: dict[str, Any], body: bytes) -> bool:
    """What is still JSON gets a reply with a code that sendTransaction may give."""
    try:
        reply = answer(table, body)
    except RpcError as error:
        reply, refusal = None, error.code
    else:
        refusal = -32700
    assert refusal == -32700
    if reply is None:
        return False
    found = check_rpc_reply("sendTransaction", json.loads(reply))
    assert found.get("code") != -32603
    return True
