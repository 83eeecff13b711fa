from typing import Any

import pytest
from stellar_sdk import Asset, Network, scval, xdr
from stellar_sdk.operation import ManageData, Payment

from server.localnet.rpc import events as rpc_events
from tests.localnet.driver import Driver
from tests.localnet.market import ALICE, BOB, CAROL, EUR, ISSUER, USD, XLM, buy, sell
from tests.localnet.rpc.client import Rpc

PASSPHRASE = Network.STANDALONE_NETWORK_PASSPHRASE
NATIVE = Asset.native().contract_id(PASSPHRASE)
TRANSFER, MINT, FEE = (scval.to_symbol(n).to_xdr() for n in ("transfer", "mint", "fee"))
FIRST = 7  # the first ledger after the market has opened


@pytest.fixture
def trades(market: Driver) -> Driver:
    """Ledger 7: a payment of USD. 8: Bob buys USD of Alice. 9: empty. 10: two payments by two."""
    market.do(ALICE, Payment(BOB.public_key, USD, "1"))
    market.do(ALICE, sell(USD, "5", "2"), Payment(BOB.public_key, XLM, "3"), ManageData("a", "b"))
    market.close()
    for one in (BOB, CAROL):
        envelope = market.build(
            one, buy(USD, "1", "2"), Payment(ISSUER.public_key, EUR, "1"), ManageData("a", "b")
        )
        market.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    market.close()
    return market


def _events(rpc: Rpc, *filters: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = rpc.ask(
        "getEvents", **{"startLedger": FIRST, **params}, filters=list(filters)
    )["events"]
    return events


def _name(event: dict[str, Any]) -> object:
    return scval.to_native(event["topic"][0])


def test_an_event_tells_where_it_happened(trades: Driver, rpc: Rpc) -> None:
    ledger = trades.chain.ledger(FIRST)
    assert ledger is not None
    fee, transfer = _events(rpc, endLedger=FIRST + 1)
    assert transfer == {
        "type": "contract",
        "ledger": FIRST,
        "ledgerClosedAt": "2023-11-14T22:13:25Z",
        "contractId": USD.contract_id(PASSPHRASE),
        "id": f"{FIRST << 32 | 1 << 12:019d}-0000000000",
        "operationIndex": 0,
        "transactionIndex": 1,
        "txHash": ledger.transactions[0].hash.hex(),
        "inSuccessfulContractCall": True,
        "topic": [
            TRANSFER,
            scval.to_address(ALICE.public_key).to_xdr(),
            scval.to_address(BOB.public_key).to_xdr(),
            scval.to_string(f"USD:{ISSUER.public_key}").to_xdr(),
        ],
        "value": scval.to_int128(10_000_000).to_xdr(),
    }
    assert (fee["id"], fee["contractId"]) == (f"{FIRST << 32:019d}-0000000000", NATIVE)
    assert (fee["transactionIndex"], fee["operationIndex"]) == (0, 0)


def test_fees_come_first_and_ids_rise(trades: Driver, rpc: Rpc) -> None:
    events = _events(rpc)
    ids = [one["id"] for one in events]
    assert ids == sorted(set(ids))
    last = [(_name(one), one["operationIndex"]) for one in events if one["ledger"] == 10]
    trade = [("transfer", 0), ("transfer", 0), ("burn", 1)]
    assert last == [("fee", 0), ("fee", 0), *trade, *trade]
    payments = [one for one in events if one["ledger"] == 8 and _name(one) == "transfer"]
    assert [one["operationIndex"] for one in payments] == [1]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_read_each_event_once(trades: Driver, rpc: Rpc, limit: int) -> None:
    expected = [one["id"] for one in _events(rpc)]
    page = rpc.ask("getEvents", startLedger=FIRST, pagination={"limit": limit})
    read = page["events"]
    while len(page["events"]) == limit:
        assert page["cursor"] == page["events"][-1]["id"]
        page = rpc.ask("getEvents", pagination={"cursor": page["cursor"], "limit": limit})
        read = read + page["events"]
    assert [one["id"] for one in read] == expected
    assert page["cursor"] == f"{(10 << 32) | 0xFFFFFFFF:019d}-4294967295"
    trades.do(ALICE, Payment(BOB.public_key, USD, "1"))
    later = rpc.ask("getEvents", pagination={"cursor": page["cursor"]})["events"]
    assert [one["ledger"] for one in later] == [11, 11]


def test_a_long_search_goes_on_from_its_cursor(
    trades: Driver, rpc: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [one["id"] for one in _events(rpc)]
    monkeypatch.setattr(rpc_events, "_SCANNED_TRANSACTIONS_MAX", 0)
    page = rpc.ask("getEvents", startLedger=FIRST)
    read = page["events"]
    assert {one["ledger"] for one in read} == {FIRST, FIRST + 1}
    for _ in range(4):
        page = rpc.ask("getEvents", pagination={"cursor": page["cursor"]})
        read = read + page["events"]
    assert [one["id"] for one in read] == expected


def test_the_end_is_exclusive(trades: Driver, rpc: Rpc) -> None:
    assert {one["ledger"] for one in _events(rpc, endLedger=9)} == {7, 8}
    page = rpc.ask("getEvents", startLedger=7, endLedger=8)
    assert page["cursor"] == f"{(7 << 32) | 0xFFFFFFFF:019d}-4294967295"
    assert {one["ledger"] for one in _events(rpc, endLedger=2**32 - 1)} == {7, 8, 10}


def test_filter_by_contract(trades: Driver, rpc: Rpc) -> None:
    usd = _events(rpc, {"contractIds": [USD.contract_id(PASSPHRASE)]})
    assert [_name(one) for one in usd] == ["transfer"] * 3
    both = _events(rpc, {"contractIds": [USD.contract_id(PASSPHRASE), NATIVE]})
    assert {one["contractId"] for one in both} == {NATIVE, USD.contract_id(PASSPHRASE)}


def test_filter_by_type(trades: Driver, rpc: Rpc) -> None:
    every = _events(rpc)
    for kind in ("", "contract", "system,contract"):
        assert _events(rpc, {"type": kind}) == every
    assert _events(rpc, {"type": "system"}) == []
    assert _events(rpc, {"type": "system"}, {"type": "contract"}) == every


@pytest.mark.parametrize(
    ("topics", "count"),
    [
        ([[FEE, "*"]], 4),
        ([[FEE]], 0),
        ([[FEE, "**"]], 4),
        ([["**"]], 12),
        ([["*", "*"]], 4),
        ([["*", "*", "*"]], 2),
        ([["*", "*", "*", "*"]], 6),
        ([["*", "*", "*", "*", "**"]], 6),
        ([["*", "*", "**"]], 12),
        ([[TRANSFER, scval.to_address(ALICE.public_key).to_xdr(), "**"]], 4),
        ([[TRANSFER, "*", scval.to_address(ALICE.public_key).to_xdr(), "*"]], 2),
        ([[MINT, "**"]], 0),
        ([[FEE, "*"], [MINT, "**"], ["*", "*", "*"]], 6),
    ],
)
def test_filter_by_topics(trades: Driver, rpc: Rpc, topics: list[list[str]], count: int) -> None:
    assert len(_events(rpc, {"topics": topics})) == count


def test_all_of_a_filter_and_any_of_the_filters(trades: Driver, rpc: Rpc) -> None:
    narrow = {"contractIds": [NATIVE], "topics": [[TRANSFER, "**"]]}
    assert len(_events(rpc, narrow)) == 3
    assert len(_events(rpc, narrow, {"topics": [[FEE, "*"]]})) == 7
    assert _events(rpc, {"contractIds": [NATIVE], "topics": [["burn", "**"]][:0]}) == _events(
        rpc, {"contractIds": [NATIVE]}
    )


def test_failed_transactions_pay_fees_only(market: Driver, rpc: Rpc) -> None:
    market.refuse(ALICE, Payment(BOB.public_key, USD, "1"), Payment(BOB.public_key, USD, "900"))
    (fee,) = _events(rpc)
    assert (_name(fee), fee["inSuccessfulContractCall"]) == ("fee", False)


def test_events_as_json(trades: Driver, rpc: Rpc) -> None:
    found = _events(rpc, xdrFormat="json", endLedger=8)[1]
    assert found["topicJson"][0] == {"symbol": "transfer"}
    assert found["valueJson"] == {"i128": "10000000"}
    assert not found.keys() & {"topic", "value"}
    assert found["topicJson"][1] == xdr.SCVal.to_json_dict(scval.to_address(ALICE.public_key))


BAD = [
    ({}, -32602, "startLedger must be positive"),
    ({"startLedger": 0}, -32602, "startLedger must be positive"),
    ({"startLedger": 99}, -32600, "startLedger must be within the ledger range: 1 - 6"),
    ({"startLedger": -1}, -32602, "invalid parameters"),
    ({"startLedger": 2, "pagination": {"cursor": "0" * 19 + "-" + "0" * 10}}, -32602, "both"),
    ({"endLedger": 2, "pagination": {"cursor": "0" * 19 + "-" + "0" * 10}}, -32602, "both"),
    ({"pagination": {"cursor": "5"}}, -32602, "invalid event id"),
    ({"pagination": {"cursor": "0" * 19 + "-" + "9" * 10}}, -32602, "invalid event id"),
    ({"pagination": {"cursor": "9" * 19 + "-" + "0" * 10}}, -32602, "invalid event id"),
    ({"pagination": {"cursor": "٠" * 19 + "-" + "0" * 10}}, -32602, "invalid event id"),
    ({"pagination": {"cursor": "0" * 19 + "-" + "0" * 10}}, -32600, "within the ledger range"),
    ({"startLedger": 2, "pagination": {"limit": 10_001}}, -32600, "must not exceed 10000"),
    ({"startLedger": 2, "xdrFormat": "x"}, -32602, "expected xdrFormat"),
    ({"startLedger": 2, "filters": 5}, -32602, "invalid parameters"),
    ({"startLedger": 2, "filters": [5]}, -32602, "invalid parameters"),
    ({"startLedger": 2, "filters": [{}] * 6}, -32602, "maximum 5 filters"),
]
BAD_FILTERS = [
    ({"type": "diagnostic"}, "type must be either 'system' or 'contract'"),
    ({"type": "contract,x"}, "type must be either"),
    ({"contractIds": [NATIVE] * 6}, "maximum 5 contract IDs"),
    ({"contractIds": ["C"]}, "contract ID 1 invalid"),
    ({"contractIds": [NATIVE, ALICE.public_key]}, "contract ID 2 invalid"),
    ({"topics": [["*"]] * 6}, "maximum 5 topics"),
    ({"topics": [[]]}, "at least 1 segment"),
    ({"topics": [["*"] * 5]}, "more than 4 segments"),
    ({"topics": [["**", "*"]]}, "only allowed as the last segment"),
    ({"topics": [["*"], ["x"]]}, "topic 2 invalid: segment 1 invalid"),
    ({"topics": [["AAAA"]]}, "base64 ScVal"),
    ({"topics": [[""]]}, "base64 ScVal"),
]


@pytest.mark.parametrize(("params", "code", "words"), BAD)
def test_bad_queries(rpc: Rpc, params: dict[str, object], code: int, words: str) -> None:
    found, message = rpc.refuse("getEvents", **params)
    assert found == code
    assert words in message


@pytest.mark.parametrize(("bad", "words"), BAD_FILTERS)
def test_bad_filters(rpc: Rpc, bad: dict[str, object], words: str) -> None:
    code, message = rpc.refuse("getEvents", startLedger=2, filters=[{}, bad])
    assert code == -32602
    assert message.startswith("filter 2 invalid: ")
    assert words in message
