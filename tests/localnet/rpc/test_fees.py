from stellar_sdk.operation import ManageData

from tests.localnet.driver import Driver
from tests.localnet.market import ALICE, BOB, CAROL
from tests.localnet.rpc.client import Rpc

EMPTY = {
    **dict.fromkeys(("max", "min", "mode"), "0"),
    **{f"p{n}": "0" for n in (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99)},
    "transactionCount": "0",
    "ledgerCount": 0,
}


def _land(market: Driver, fee: int, operations: int = 1) -> None:
    many = [ManageData("x", str(n)) for n in range(operations)]
    market.land(market.build(ALICE, *many, fee=fee))


def test_fees_are_told_per_operation(market: Driver, rpc: Rpc) -> None:
    for _ in range(10):
        market.close()
    assert rpc.ask("getFeeStats")["inclusionFee"] == EMPTY
    _land(market, 100, operations=7)
    _land(market, 500)
    found = rpc.ask("getFeeStats")
    assert found["latestLedger"] == market.chain.head.sequence
    assert found["sorobanInclusionFee"] == EMPTY
    fees = found["inclusionFee"]
    assert (fees["min"], fees["transactionCount"], fees["ledgerCount"]) == ("100", "2", 10)


def test_a_full_ledger_makes_fees_rise(market: Driver, rpc: Rpc) -> None:
    for _ in range(10):
        market.close()
    market.chain.ledger_operations = 2
    for fee, one in ((200, ALICE), (900, BOB), (700, CAROL)):
        envelope = market.build(one, ManageData("x", "y"), fee=fee)
        market.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    market.close()
    fees = rpc.ask("getFeeStats")["inclusionFee"]
    assert (fees["max"], fees["min"], fees["transactionCount"]) == ("700", "700", "2")
    market.close()
    fees = rpc.ask("getFeeStats")["inclusionFee"]
    assert fees["transactionCount"] == "3"
    assert (fees["mode"], fees["p10"], fees["p50"], fees["p99"]) == ("700", "100", "700", "700")


def test_old_ledgers_leave_the_window(market: Driver, rpc: Rpc) -> None:
    _land(market, 100)
    assert rpc.ask("getFeeStats")["inclusionFee"]["transactionCount"] != "0"
    for _ in range(10):
        market.close()
    assert rpc.ask("getFeeStats")["inclusionFee"] == EMPTY
