from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stellar_sdk import Claimant, ClaimPredicate, Keypair, SignerKey, xdr
from stellar_sdk.signer_key import SignedPayloadSigner

from server.localnet.horizon import toid
from server.localnet.horizon.result_codes import inner_word, result_codes, transaction_word
from server.localnet.horizon.values import (
    amount,
    far_timestamp,
    predicate,
    price,
    signer_key,
    signer_type,
    timestamp,
)
from tests.localnet.fields import RESULT_CODES


@given(st.integers(0, 2**63 - 1))
def test_an_amount_keeps_every_stroop(stroops: int) -> None:
    text = amount(stroops)
    assert Fraction(text) * 10**7 == stroops
    assert len(text.partition(".")[2]) == 7


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_a_price_is_the_nearest_of_seven_decimals(n: int, d: int) -> None:
    assert abs(Fraction(price(n, d)) - Fraction(n, d)) <= Fraction(1, 2 * 10**7)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_709_164_799, "2024-02-28T23:59:59Z"),
        (1_709_164_800, "2024-02-29T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (253_402_300_800, "+10000-01-01T00:00:00Z"),
        (2**63 - 1, "+292277026596-12-04T15:30:07Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-62_167_219_201, "-0001-12-31T23:59:59Z"),
    ],
)
def test_a_time_is_written_however_far_it_is(seconds: int, text: str) -> None:
    assert far_timestamp(seconds) == text


@given(st.integers(0, 253_402_300_799))
def test_both_ways_to_write_a_time_agree(seconds: int) -> None:
    assert far_timestamp(seconds) == timestamp(seconds)


@given(st.integers(1, 2**31 - 1), st.integers(0, 2**20 - 1), st.integers(0, 2**12 - 1))
def test_a_toid_is_read_back(ledger: int, transaction: int, operation: int) -> None:
    value = toid.of(ledger, transaction, operation)
    assert toid.parse(value) == (ledger, transaction, operation)
    assert toid.of(ledger) <= value <= toid.after_ledger(ledger) < toid.of(ledger + 1)


def test_each_kind_of_signer_has_its_address() -> None:
    somebody = Keypair.random().public_key
    keys = {
        "ed25519_public_key": SignerKey.ed25519_public_key(somebody),
        "preauth_tx": SignerKey.pre_auth_tx(bytes(32)),
        "sha256_hash": SignerKey.sha256_hash(bytes(32)),
        "ed25519_signed_payload": SignerKey.ed25519_signed_payload(
            SignedPayloadSigner(somebody, b"payload")
        ),
    }
    for name, key in keys.items():
        packed = key.to_xdr_object().to_xdr_bytes()
        assert signer_type(packed) == name
        assert signer_key(packed) == key.encoded_signer_key


def test_a_predicate_is_told_with_all_its_parts() -> None:
    whole = ClaimPredicate.predicate_or(
        ClaimPredicate.predicate_and(
            ClaimPredicate.predicate_unconditional(),
            ClaimPredicate.predicate_not(ClaimPredicate.predicate_before_relative_time(5)),
        ),
        ClaimPredicate.predicate_before_absolute_time(10),
    )
    packed = Claimant(Keypair.random().public_key, whole).predicate.to_xdr_object().to_xdr_bytes()
    assert predicate(packed) == {
        "or": [
            {"and": [{"unconditional": True}, {"not": {"rel_before": "5"}}]},
            {"abs_before": "1970-01-01T00:00:10Z", "abs_before_epoch": "10"},
        ]
    }


def test_each_result_code_has_its_published_word() -> None:
    for name, drawn in RESULT_CODES["transaction"].items():
        code = xdr.TransactionResultCode(drawn["code"])
        assert (code.name, transaction_word(code)) == (name, drawn["horizon"])
    for drawn in RESULT_CODES["operations"].values():
        enumeration = getattr(xdr, drawn["enum"])
        for name, word in drawn["codes"].items():
            assert inner_word(enumeration[name]) == word["horizon"]


def test_codes_of_operations_that_did_not_run() -> None:
    published = RESULT_CODES["operation_result"]
    for name in ("opBAD_AUTH", "opNO_ACCOUNT", "opNOT_SUPPORTED", "opTOO_MANY_SUBENTRIES"):
        result = xdr.TransactionResult(
            fee_charged=xdr.Int64(100),
            result=xdr.TransactionResultResult(
                code=xdr.TransactionResultCode.txFAILED,
                results=[xdr.OperationResult(xdr.OperationResultCode[name])],
            ),
            ext=xdr.TransactionResultExt(0),
        )
        assert result_codes(result.to_xdr_bytes()) == {
            "transaction": "tx_failed",
            "operations": [published[name]["horizon"]],
        }
