from pathlib import Path

from stellar_sdk import Network
from stellar_sdk.operation import ChangeTrust, Payment

from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver
from tests.localnet.market import ALICE, BOB, ISSUER, START, USD, buy, sell
from tests.localnet.rpc.client import Rpc

CALLS = (
    ("getHealth", {}),
    ("getLatestLedger", {}),
    ("getLedgers", {"startLedger": 1}),
    ("getTransactions", {"startLedger": 1}),
    ("getEvents", {"startLedger": 1}),
    ("getFeeStats", {}),
)


def test_answers_are_the_same_after_a_restart(tmp_path: Path) -> None:
    chain = Chain(Network.STANDALONE_NETWORK_PASSPHRASE, data=tmp_path)
    driver = Driver(chain)
    chain.close(START)
    driver.fund(ISSUER, ALICE, BOB)
    for one in (ALICE, BOB):
        driver.do(one, ChangeTrust(USD))
    driver.do(ISSUER, Payment(ALICE.public_key, USD, "100"))
    driver.do(ALICE, sell(USD, "10", "2"))
    driver.refuse(BOB, Payment(ALICE.public_key, USD, "1"))
    last = driver.do(BOB, buy(USD, "5", "2"))
    before = [Rpc(chain).ask(method, **params) for method, params in CALLS]
    chain.stop()

    again = Chain(Network.STANDALONE_NETWORK_PASSPHRASE, data=tmp_path)
    assert [Rpc(again).ask(method, **params) for method, params in CALLS] == before
    assert Rpc(again).ask("getTransaction", hash=last.hash.hex())["status"] == "SUCCESS"
    driver = Driver(again)
    driver.check()
    driver.do(BOB, buy(USD, "5", "2"))
    assert driver.holding(BOB, USD) == 100_000_000
    again.stop()
