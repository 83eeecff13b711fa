from base64 import b64encode

import pytest
from stellar_sdk import Claimant, xdr
from stellar_sdk.operation import CreateClaimableBalance, ManageData

from server.localnet.ledger.entries import account_key, trustline_key
from tests.localnet.driver import Driver, ledger_asset, person
from tests.localnet.market import ALICE, BOB, USD, XLM, sell
from tests.localnet.rpc.client import Rpc, text


def test_entries_come_in_the_order_of_the_keys(market: Driver, rpc: Rpc) -> None:
    asset = ledger_asset(USD)
    keys = [
        account_key(BOB.raw_public_key()),
        account_key(person("nobody").raw_public_key()),
        trustline_key(ALICE.raw_public_key(), asset),
        account_key(ALICE.raw_public_key()),
    ]
    found = rpc.ask("getLedgerEntries", keys=[text(key) for key in keys])
    assert found["latestLedger"] == 6
    assert [one["key"] for one in found["entries"]] == [text(keys[n]) for n in (0, 2, 3)]
    line = xdr.LedgerEntryData.from_xdr(found["entries"][1]["xdr"]).trust_line
    assert line is not None
    assert line.balance.int64 == 1_000_000_000
    assert found["entries"][1]["lastModifiedLedgerSeq"] == 4


def test_each_kind_of_entry_can_be_read_whole(market: Driver, rpc: Rpc) -> None:
    market.do(
        ALICE,
        sell(USD, "1", "2"),
        ManageData("name", "value"),
        CreateClaimableBalance(XLM, "1", [Claimant(BOB.public_key)]),
    )
    entries = list(market.chain.state)
    found = rpc.ask("getLedgerEntries", keys=[text(entry.key) for entry in entries])["entries"]
    assert len(found) == len(entries)
    for one, entry in zip(found, entries, strict=True):
        whole = entry.to_xdr()
        assert one["xdr"] == whole.data.to_xdr()
        assert one["extXdr"] == whole.ext.to_xdr()
        assert one["lastModifiedLedgerSeq"] == whole.last_modified_ledger_seq.uint32
    kinds = {xdr.LedgerKey.from_xdr(one["key"]).type for one in found}
    assert len(kinds) == 5


def test_entries_as_json(market: Driver, rpc: Rpc) -> None:
    key = account_key(ALICE.raw_public_key())
    (found,) = rpc.ask("getLedgerEntries", keys=[text(key)], xdrFormat="json")["entries"]
    assert found["keyJson"] == {"account": {"account_id": ALICE.public_key}}
    assert found["dataJson"]["account"]["account_id"] == ALICE.public_key
    assert "xdr" not in found


def test_no_keys_no_entries(rpc: Rpc) -> None:
    assert rpc.ask("getLedgerEntries", keys=[])["entries"] == []
    assert rpc.ask("getLedgerEntries")["entries"] == []


def test_keys_have_a_limit(market: Driver, rpc: Rpc) -> None:
    key = text(account_key(ALICE.raw_public_key()))
    assert len(rpc.ask("getLedgerEntries", keys=[key] * 200)["entries"]) == 200
    assert rpc.refuse("getLedgerEntries", keys=[key] * 201) == (
        -32602,
        "key count (201) exceeds maximum supported (200)",
    )


@pytest.mark.parametrize("key", ["", "x", "AAAA", "é", b64encode(b"\xff" * 40).decode()])
def test_bad_keys(rpc: Rpc, key: str) -> None:
    code, message = rpc.refuse("getLedgerEntries", keys=[key])
    assert (code, message) == (-32602, f"cannot unmarshal key value {key} at index 0")


def test_nothing_may_follow_a_key(market: Driver, rpc: Rpc) -> None:
    key = account_key(ALICE.raw_public_key())
    assert rpc.refuse("getLedgerEntries", keys=[text(key), text(key + bytes(4))])[1].endswith(
        "at index 1"
    )


def test_lifetimes_can_t_be_asked_for(rpc: Rpc) -> None:
    key = xdr.LedgerKey(xdr.LedgerEntryType.TTL, ttl=xdr.LedgerKeyTtl(key_hash=xdr.Hash(bytes(32))))
    assert rpc.refuse("getLedgerEntries", keys=[key.to_xdr()]) == (
        -32602,
        "ledger ttl entries cannot be queried directly",
    )


def test_params_of_another_type(rpc: Rpc) -> None:
    for value in ("x", 5, {}, [5], [None]):
        assert rpc.refuse("getLedgerEntries", keys=value)[0] == -32602
