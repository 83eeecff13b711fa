import pytest
from stellar_sdk import TransactionBuilder, xdr
from stellar_sdk.operation import ManageData, Payment

from server.localnet.ledger.records import AppliedTransaction
from tests.localnet.driver import Driver
from tests.localnet.market import ALICE, BOB, CAROL, USD, XLM
from tests.localnet.rpc.client import Rpc, text


def _pay(market: Driver, amount: str = "1") -> AppliedTransaction:
    return market.apply(ALICE, Payment(BOB.public_key, USD, amount))


def test_a_transaction_is_told_whole(market: Driver, rpc: Rpc) -> None:
    applied = _pay(market)
    found = rpc.ask("getTransaction", hash=applied.hash.hex())
    assert found["status"] == "SUCCESS"
    assert (found["ledger"], found["applicationOrder"], found["feeBump"]) == (7, 1, False)
    assert found["createdAt"] == str(market.chain.head.close_time)
    assert found["envelopeXdr"] == text(applied.envelope)
    assert found["resultXdr"] == text(applied.result)
    meta = xdr.TransactionMeta.from_xdr(found["resultMetaXdr"]).v4
    assert meta is not None
    assert found["events"]["transactionEventsXdr"] == [one.to_xdr() for one in meta.events]
    assert found["events"]["contractEventsXdr"] == [
        [one.to_xdr() for one in operation.events] for operation in meta.operations
    ]
    assert len(found["events"]["contractEventsXdr"][0]) == 1


def test_a_failed_transaction_has_a_fee_and_nothing_else(market: Driver, rpc: Rpc) -> None:
    applied = _pay(market, "1000")
    found = rpc.ask("getTransaction", hash=applied.hash.hex())
    assert found["status"] == "FAILED"
    assert found["events"].keys() == {"transactionEventsXdr"}


def test_a_fee_bump_is_found_by_both_hashes(market: Driver, rpc: Rpc) -> None:
    inner = market.build(ALICE, Payment(BOB.public_key, USD, "1"))
    bump = TransactionBuilder.build_fee_bump_transaction(CAROL, 200, inner, market.chain.passphrase)
    bump.sign(CAROL)
    applied = market.land(bump)
    for told in (applied.hash, inner.hash()):
        found = rpc.ask("getTransaction", hash=told.hex())
        assert (found["feeBump"], found["txHash"]) == (True, told.hex())
        assert found["envelopeXdr"] == text(applied.envelope)
    (listed,) = rpc.ask("getTransactions", startLedger=7)["transactions"]
    assert listed["txHash"] == applied.hash.hex()


def test_not_found_is_an_answer(market: Driver, rpc: Rpc) -> None:
    unknown = rpc.ask("getTransaction", hash="ab" * 32)
    assert (unknown["status"], unknown["txHash"]) == ("NOT_FOUND", "ab" * 32)
    envelope = market.build(ALICE, Payment(BOB.public_key, USD, "1"))
    rpc.ask("sendTransaction", transaction=envelope.to_xdr())
    assert rpc.ask("getTransaction", hash=envelope.hash().hex())["status"] == "NOT_FOUND"


@pytest.mark.parametrize("value", ["", "ab", "zz" * 32, "ab" * 33, "é" * 64])
def test_bad_hashes(rpc: Rpc, value: str) -> None:
    code, message = rpc.refuse("getTransaction", hash=value)
    assert code == -32602
    assert "hash" in message


def test_a_hash_must_be_text(rpc: Rpc) -> None:
    for value in (5, None, ["ab" * 32], {"a": 1}):
        assert rpc.refuse("getTransaction", hash=value)[0] == -32602
    assert rpc.refuse("getTransaction")[0] == -32602


def _fill(market: Driver, count: int) -> None:
    """A ledger of `count` transactions."""
    people = [ALICE, BOB, CAROL, market.root][:count]
    for one in people:
        envelope = market.build(one, ManageData("at", str(market.sequence(one))))
        assert market.chain.submit(envelope.to_xdr_object().to_xdr_bytes()).status == "PENDING"
    market.close()


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 200])
def test_pages_read_each_transaction_once_and_in_order(
    market: Driver, rpc: Rpc, limit: int
) -> None:
    for count in (3, 0, 4, 0, 0, 2):
        _fill(market, count)
    expected = [
        applied.hash.hex()
        for sequence in range(7, 13)
        for applied in market.chain.ledger(sequence).transactions  # type: ignore[union-attr]
    ]
    page = rpc.ask("getTransactions", startLedger=7, pagination={"limit": limit})
    read = page["transactions"]
    while page["transactions"]:
        assert len(page["transactions"]) <= limit
        page = rpc.ask("getTransactions", pagination={"cursor": page["cursor"], "limit": limit})
        read = read + page["transactions"]
    assert [one["txHash"] for one in read] == expected
    assert len(expected) == 9
    assert all(isinstance(one["createdAt"], int) for one in read)
    _fill(market, 1)
    later = rpc.ask("getTransactions", pagination={"cursor": page["cursor"]})["transactions"]
    assert [one["ledger"] for one in later] == [13]


def test_a_cursor_beyond_the_tip_stays(rpc: Rpc) -> None:
    cursor = str(99 << 32 | 5 << 12 | 1)
    page = rpc.ask("getTransactions", pagination={"cursor": cursor})
    assert (page["transactions"], page["cursor"]) == ([], cursor)


def test_a_cursor_before_the_oldest_ledger_is_refused(rpc: Rpc) -> None:
    code, message = rpc.refuse("getTransactions", pagination={"cursor": "5"})
    assert (code, message) == (-32602, "database does not contain metadata for ledger: 0")


def test_transactions_as_json(market: Driver, rpc: Rpc) -> None:
    applied = _pay(market)
    found = rpc.ask("getTransaction", hash=applied.hash.hex(), xdrFormat="json")
    (listed,) = rpc.ask("getTransactions", startLedger=7, xdrFormat="json")["transactions"]
    envelope = xdr.TransactionEnvelope.from_xdr_bytes(applied.envelope)
    for one in (found, listed):
        assert one["envelopeJson"] == envelope.to_json_dict()
        assert one["resultJson"]["fee_charged"] == "100"
        assert len(one["events"]["contractEventsJson"][0]) == 1
        assert not [name for name in one if name.endswith("Xdr")]


def test_what_was_told_once_is_kept_and_right(market: Driver, rpc: Rpc) -> None:
    first = _pay(market)
    told = rpc.ask("getTransaction", hash=first.hash.hex())
    for _ in range(10):
        _pay(market)
        rpc.ask("getTransactions", startLedger=7)
    again = rpc.ask("getTransaction", hash=first.hash.hex())
    for moving in ("latestLedger", "latestLedgerCloseTime"):
        told.pop(moving)
        again.pop(moving)
    assert told == again


def test_lumens_to_oneself(market: Driver, rpc: Rpc) -> None:
    applied = market.apply(ALICE, Payment(ALICE.public_key, XLM, "5000"))
    assert rpc.ask("getTransaction", hash=applied.hash.hex())["status"] == "SUCCESS"
