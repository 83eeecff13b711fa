from base64 import b64encode

import pytest
from stellar_sdk import xdr
from stellar_sdk.operation import Payment

from tests.localnet.driver import Driver, codes
from tests.localnet.market import ALICE, BOB, USD
from tests.localnet.rpc.client import Rpc


def _envelope(market: Driver, amount: str = "1", fee: int = 100):  # type: ignore[no-untyped-def]
    return market.build(ALICE, Payment(BOB.public_key, USD, amount), fee=fee)


def test_a_good_transaction_waits_for_its_ledger(market: Driver, rpc: Rpc) -> None:
    envelope = _envelope(market)
    assert rpc.ask("sendTransaction", transaction=envelope.to_xdr()) == {
        "status": "PENDING",
        "hash": envelope.hash().hex(),
        "latestLedger": 6,
        "latestLedgerCloseTime": str(market.chain.head.close_time),
    }
    again = rpc.ask("sendTransaction", transaction=envelope.to_xdr())
    assert (again["status"], again["hash"]) == ("DUPLICATE", envelope.hash().hex())
    other = rpc.ask("sendTransaction", transaction=_envelope(market, "2").to_xdr())
    assert other["status"] == "TRY_AGAIN_LATER"
    market.close()
    assert rpc.ask("getTransaction", hash=envelope.hash().hex())["status"] == "SUCCESS"


def test_a_refusal_carries_its_result(market: Driver, rpc: Rpc) -> None:
    envelope = _envelope(market)
    envelope.signatures.clear()
    envelope.sign(BOB)
    before = market.entries()
    found = rpc.ask("sendTransaction", transaction=envelope.to_xdr())
    assert found["status"] == "ERROR"
    result = xdr.TransactionResult.from_xdr(found["errorResultXdr"])
    assert codes(result.to_xdr_bytes()) == ["txBAD_AUTH"]
    assert (
        rpc.ask("sendTransaction", transaction=envelope.to_xdr(), xdrFormat="json")[
            "errorResultJson"
        ]
        == result.to_json_dict()
    )
    market.close()
    assert market.entries() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "not base64!",
        "AAAAAg==\n",
        "é",
        b64encode(bytes(100)).decode(),
        b64encode(b"\xff" * 1000).decode(),
    ],
)
def test_what_is_no_envelope_is_refused(market: Driver, rpc: Rpc, text: str) -> None:
    before = market.entries()
    assert rpc.refuse("sendTransaction", transaction=text) == (-32602, "invalid_xdr")
    market.close()
    assert market.entries() == before


def test_nothing_may_follow_the_envelope(market: Driver, rpc: Rpc) -> None:
    packed = _envelope(market).to_xdr_object().to_xdr_bytes()
    for wrong in (packed + bytes(4), packed[:-1], packed[:-4]):
        assert rpc.refuse("sendTransaction", transaction=b64encode(wrong).decode())[0] == -32602
    assert rpc.ask("sendTransaction", transaction=b64encode(packed).decode())["status"] == "PENDING"


def test_params_of_another_type(rpc: Rpc) -> None:
    for value in (None, 5, [], {}):
        assert rpc.refuse("sendTransaction", transaction=value)[0] == -32602
    assert rpc.refuse("sendTransaction", transaction="AAAA", xdrFormat="xml")[0] == -32602
