import pytest
from stellar_sdk import xdr

from tests.localnet.driver import Driver
from tests.localnet.market import START
from tests.localnet.rpc.client import Rpc, text

TIP = 6  # of the market


def test_health(rpc: Rpc) -> None:
    assert rpc.ask("getHealth") == {
        "status": "healthy",
        "latestLedger": TIP,
        "latestLedgerCloseTime": str(START + 4),
        "oldestLedger": 1,
        "oldestLedgerCloseTime": "0",
        "ledgerRetentionWindow": 120_960,
    }


def test_the_latest_ledger_decodes(market: Driver, rpc: Rpc) -> None:
    found = rpc.ask("getLatestLedger")
    header = xdr.LedgerHeader.from_xdr(found["headerXdr"])
    meta = xdr.LedgerCloseMeta.from_xdr(found["metadataXdr"])
    assert (found["id"], found["sequence"]) == (market.chain.head.hash.hex(), TIP)
    assert (header.ledger_seq.uint32, found["closeTime"]) == (TIP, str(START + 4))
    assert meta.v2 is not None
    assert meta.v2.ledger_header.header == header
    assert meta.v2.ledger_header.hash.hash.hex() == found["id"]
    assert len(meta.v2.tx_processing) == len(market.chain.head.transactions)


def test_pages_of_ledgers_follow_each_other(market: Driver, rpc: Rpc) -> None:
    first = rpc.ask("getLedgers", startLedger=2, pagination={"limit": 3})
    second = rpc.ask("getLedgers", pagination={"cursor": first["cursor"], "limit": 3})
    assert first["cursor"] == "4"
    ledgers = first["ledgers"] + second["ledgers"]
    assert [one["sequence"] for one in ledgers] == [2, 3, 4, 5, 6]
    for one in ledgers:
        entry = xdr.LedgerHeaderHistoryEntry.from_xdr(one["headerXdr"])
        assert entry.hash.hash.hex() == one["hash"]
        assert str(entry.header.scp_value.close_time.time_point.uint64) == one["ledgerCloseTime"]
    hashes = [market.chain.ledger(sequence).hash.hex() for sequence in range(2, 7)]  # type: ignore[union-attr]
    assert [one["hash"] for one in ledgers] == hashes


def test_the_tip_can_be_waited_at(market: Driver, rpc: Rpc) -> None:
    at_tip = rpc.ask("getLedgers", pagination={"cursor": str(TIP)})
    assert (at_tip["ledgers"], at_tip["cursor"]) == ([], str(TIP))
    market.close()
    assert [
        one["sequence"]
        for one in rpc.ask("getLedgers", pagination={"cursor": at_tip["cursor"]})["ledgers"]
    ] == [TIP + 1]


def test_ledgers_as_json(market: Driver, rpc: Rpc) -> None:
    (found,) = rpc.ask("getLedgers", startLedger=TIP, xdrFormat="json", pagination={"limit": 1})[
        "ledgers"
    ]
    assert found["headerJson"]["header"]["ledger_seq"] == TIP
    assert found["metadataJson"]["v2"]["ledger_header"]["hash"] == market.chain.head.hash.hex()
    assert text(market.chain.head.meta) not in str(found)


@pytest.mark.parametrize("method", ["getLedgers", "getTransactions"])
@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({}, -32600, "start ledger must be between the oldest ledger: 1 and the latest ledger: 6"),
        ({"startLedger": 7}, -32600, "start ledger must be between"),
        ({"startLedger": -1}, -32602, "invalid parameters"),
        ({"startLedger": 2**32}, -32602, "invalid parameters"),
        ({"startLedger": "2"}, -32602, "invalid parameters"),
        ({"startLedger": 2.5}, -32602, "invalid parameters"),
        ({"startLedger": None}, -32600, "start ledger must be between"),
        ({"startLedger": 2, "pagination": {"cursor": "3"}}, -32600, "cannot both be set"),
        ({"startLedger": 2, "pagination": {"limit": 201}}, -32600, "limit must not exceed 200"),
        ({"startLedger": 2, "pagination": {"limit": -1}}, -32602, "invalid parameters"),
        ({"startLedger": 2, "pagination": 5}, -32602, "invalid parameters"),
        ({"startLedger": 2, "xdrFormat": "yaml"}, -32602, "expected xdrFormat"),
        ({"pagination": {"cursor": "x"}}, -32602, "invalid cursor"),
        ({"pagination": {"cursor": "-1"}}, -32602, "invalid cursor"),
        ({"pagination": {"cursor": "9" * 30}}, -32602, "invalid cursor"),
        ({"pagination": {"cursor": "١"}}, -32602, "invalid cursor"),
    ],
)
def test_bad_pages(rpc: Rpc, method: str, params: dict[str, object], code: int, words: str) -> None:
    found, message = rpc.refuse(method, **params)
    assert found == code
    assert words in message


def test_a_ledger_cursor_must_be_kept(rpc: Rpc) -> None:
    for cursor in ("7", "4294967295"):
        code, message = rpc.refuse("getLedgers", pagination={"cursor": cursor})
        assert code == -32602
        assert "must be between the oldest ledger: 1 and the latest ledger: 6" in message
