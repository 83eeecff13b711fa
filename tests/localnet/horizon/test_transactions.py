"""What a transaction says of its envelope: memo, conditions, fees, signatures."""

import base64
from typing import Any

import pytest
from stellar_sdk import FeeBumpTransactionEnvelope, TransactionEnvelope, xdr

from tests.localnet.horizon.explorer import Explorer
from tests.localnet.horizon.story import ALICE, BOB, HASH, SPONSOR, START, Story

Record = dict[str, Any]


@pytest.fixture(scope="module")
def transactions(horizon: Explorer) -> list[Record]:
    return horizon.every("Transaction", "/transactions?limit=200&include_failed=true")


def test_each_kind_of_memo(transactions: list[Record]) -> None:
    told = [(t["memo_type"], t.get("memo")) for t in transactions if t["memo_type"] != "none"]
    packed = base64.b64encode(HASH).decode()
    assert told == [
        ("text", "a note <b>"),
        ("text", "\ufffd\ufffd"),
        ("id", str(2**64 - 1)),
        ("hash", packed),
        ("return", packed),
    ]
    exact = [base64.b64decode(t["memo_bytes"]) for t in transactions if "memo_bytes" in t]
    assert exact == [b"a note <b>", b"\xff\xfe"]


def test_each_condition(transactions: list[Record]) -> None:
    (told,) = [t for t in transactions if "ledgerbounds" in t.get("preconditions", {})]
    before = str(int(told["source_account_sequence"]) - 1)
    assert told["preconditions"] == {
        "timebounds": {"min_time": "1", "max_time": str(START + 10**6)},
        "ledgerbounds": {"min_ledger": 2, "max_ledger": 10**6},
        "min_account_sequence": before,
        "min_account_sequence_age": "1",
        "min_account_sequence_ledger_gap": 1,
        "extra_signers": [BOB.public_key],
    }


def test_a_fee_bump_shows_who_pays_and_what_is_inside(
    horizon: Explorer, transactions: list[Record], story: Story
) -> None:
    (told,) = [t for t in transactions if "fee_bump_transaction" in t]
    envelope = FeeBumpTransactionEnvelope.from_xdr(told["envelope_xdr"], story.chain.passphrase)
    inner = envelope.transaction.inner_transaction_envelope
    assert (told["source_account"], told["fee_account"]) == (ALICE.public_key, SPONSOR.public_key)
    assert told["fee_account_muxed_id"] == "5"
    assert (told["max_fee"], told["inner_transaction"]["max_fee"]) == ("600", "100")
    assert told["hash"] == told["fee_bump_transaction"]["hash"] == envelope.hash_hex()
    assert told["inner_transaction"]["hash"] == inner.hash_hex()
    assert told["signatures"] == told["fee_bump_transaction"]["signatures"]
    asked = horizon.raw(f"/transactions/{inner.hash_hex()}").json()
    assert asked["id"] == asked["hash"] == inner.hash_hex()
    assert asked["signatures"] == told["inner_transaction"]["signatures"]
    assert asked["paging_token"] == told["paging_token"]


# the library warns of operations that it reads itself: allow_trust, flags as numbers
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_packed_agrees_with_what_is_told(transactions: list[Record], story: Story) -> None:
    for told in transactions:
        if "fee_bump_transaction" in told:
            continue
        envelope = TransactionEnvelope.from_xdr(told["envelope_xdr"], story.chain.passphrase)
        assert envelope.hash_hex() == told["hash"]
        assert str(envelope.transaction.sequence) == told["source_account_sequence"]
        assert [base64.b64encode(s.signature).decode() for s in envelope.signatures] == told[
            "signatures"
        ]
        result = xdr.TransactionResult.from_xdr(told["result_xdr"])
        assert str(result.fee_charged.int64) == told["fee_charged"]
        is_success = result.result.code == xdr.TransactionResultCode.txSUCCESS
        assert is_success == told["successful"]
        assert xdr.TransactionMeta.from_xdr(told["result_meta_xdr"]).v == 4
        assert xdr.LedgerEntryChanges.from_xdr(told["fee_meta_xdr"]).ledger_entry_changes


def test_links_lead_to_the_neighbours(horizon: Explorer, transactions: list[Record]) -> None:
    middle = transactions[5]
    links = {name: link["href"] for name, link in middle["_links"].items()}
    following = horizon.raw(links["precedes"] + "&limit=1&include_failed=true").json()
    earlier = horizon.raw(links["succeeds"] + "&limit=1&include_failed=true").json()
    assert following["_embedded"]["records"] == [transactions[6]]
    assert earlier["_embedded"]["records"] == [transactions[4]]
    assert horizon.raw(links["account"]).json()["id"] == middle["source_account"]
    assert horizon.raw(links["ledger"]).json()["sequence"] == middle["ledger"]
    assert links["operations"].endswith("/operations{?cursor,limit,order}")
