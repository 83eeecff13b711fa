"""Heads of envelopes and results of transactions, read from the SDK's own bytes."""

import base64

import pytest
from stellar_sdk import (
    Account,
    HashMemo,
    IdMemo,
    MuxedAccount,
    ReturnHashMemo,
    SignedPayloadSigner,
    SignerKey,
    TextMemo,
    TransactionBuilder,
    TransactionEnvelope,
    xdr,
)

from server.chain.envelopes import read_head
from server.chain.results import (
    _BEFORE_THE_OPERATION,
    _OPERATION_CODES,
    _TRANSACTION_CODES,
    Result,
    read_result,
)
from server.usecases.network import Head
from tests.server.chain.sdk_xdr import ASHA, BEN

PASSPHRASE = "Standalone Network ; February 2017"
MEMOS = [
    (None, None, None),
    ("text", "until the end of the month", TextMemo("until the end of the month")),
    ("id", "18446744073709551615", IdMemo(2**64 - 1)),
    ("hash", "ab" * 32, HashMemo("ab" * 32)),
    ("return", "cd" * 32, ReturnHashMemo("cd" * 32)),
]


def envelope(memo, conditions: str, source) -> TransactionEnvelope:
    builder = TransactionBuilder(Account(source, 5), PASSPHRASE, 100)
    builder.append_bump_sequence_op(9)
    if memo is not None:
        builder.add_memo(memo)
    if conditions != "none":
        builder.add_time_bounds(1, 2)
    if conditions == "all":
        payload = SignedPayloadSigner(BEN.public_key, b"abcde")
        builder.set_ledger_bounds(3, 4).set_min_sequence_number(1).set_min_sequence_age(2)
        builder.set_min_sequence_ledger_gap(3)
        builder.add_extra_signer(SignerKey.ed25519_signed_payload(payload))
        builder.add_extra_signer(SignerKey.sha256_hash(b"\1" * 32))
    return builder.build()


@pytest.mark.filterwarnings("ignore:It looks like you haven't set a TimeBounds")
@pytest.mark.parametrize(("memo_type", "memo", "sdk_memo"), MEMOS)
@pytest.mark.parametrize("conditions", ["none", "time", "all"])
def test_the_head_of_an_envelope(memo_type, memo, sdk_memo, conditions):
    for source in (ASHA.public_key, MuxedAccount(ASHA.public_key, 7)):
        inner = envelope(sdk_memo, conditions, source)
        inner.sign(ASHA)
        outer = TransactionBuilder.build_fee_bump_transaction(
            BEN.public_key, 200, inner, PASSPHRASE
        )
        for whole, payer in ((inner, ASHA), (outer, BEN)):
            head = read_head(base64.b64decode(whole.to_xdr()))
            assert head == Head(ASHA.public_key, payer.public_key, memo_type, memo)


def test_the_head_of_an_old_envelope():
    old = envelope(None, "time", ASHA.public_key).transaction
    old.v1 = False
    whole = TransactionEnvelope(old, PASSPHRASE)
    head = read_head(base64.b64decode(whole.to_xdr()))
    assert head == Head(ASHA.public_key, ASHA.public_key, None, None)


def payment_result(code: int) -> xdr.OperationResult:
    inner = xdr.PaymentResult(xdr.PaymentResultCode(code))
    return xdr.OperationResult(
        xdr.OperationResultCode.opINNER,
        tr=xdr.OperationResultTr(xdr.OperationType.PAYMENT, payment_result=inner),
    )


def test_a_refusal_tells_its_code_and_what_it_would_have_cost():
    raw = xdr.TransactionResult(
        xdr.Int64(4_000),
        xdr.TransactionResultResult(xdr.TransactionResultCode.txINSUFFICIENT_FEE),
        xdr.TransactionResultExt(0),
    )
    assert read_result(raw.to_xdr_bytes()) == Result(4_000, "tx_insufficient_fee")


def bumped_result(code, results=None) -> bytes:
    inner = xdr.InnerTransactionResult(
        xdr.Int64(200),
        xdr.InnerTransactionResultResult(code, results=results),
        xdr.InnerTransactionResultExt(0),
    )
    pair = xdr.InnerTransactionResultPair(xdr.Hash(b"\7" * 32), inner)
    outer = (
        xdr.TransactionResultCode.txFEE_BUMP_INNER_SUCCESS
        if code == xdr.TransactionResultCode.txSUCCESS
        else xdr.TransactionResultCode.txFEE_BUMP_INNER_FAILED
    )
    return xdr.TransactionResult(
        xdr.Int64(300),
        xdr.TransactionResultResult(outer, inner_result_pair=pair),
        xdr.TransactionResultExt(0),
    ).to_xdr_bytes()


def test_a_fee_bump_is_unwrapped():
    codes = xdr.TransactionResultCode
    good = read_result(bumped_result(codes.txSUCCESS, [payment_result(0)]))
    assert good == Result(300, "tx_success", (), b"\7" * 32)
    late = read_result(bumped_result(codes.txTOO_LATE))
    assert late == Result(300, "tx_too_late", (), b"\7" * 32)
    results = [payment_result(0), payment_result(-6), payment_result(-2)]
    failed = read_result(bumped_result(codes.txFAILED, results))
    assert failed.operations == ("op_success", "op_no_trust", "op_underfunded")
    assert (failed.code, failed.success) == ("tx_failed", False)


def test_results_of_operations_that_are_never_sent_end_the_list():
    merge = xdr.OperationResult(
        xdr.OperationResultCode.opINNER,
        tr=xdr.OperationResultTr(
            xdr.OperationType.ACCOUNT_MERGE,
            account_merge_result=xdr.AccountMergeResult(
                xdr.AccountMergeResultCode.ACCOUNT_MERGE_NO_ACCOUNT
            ),
        ),
    )
    bare = xdr.OperationResult(xdr.OperationResultCode.opBAD_AUTH)
    results = [payment_result(0), bare, merge, payment_result(0)]
    read = read_result(bumped_result(xdr.TransactionResultCode.txFAILED, results))
    assert read.operations == ("op_success", "op_bad_auth")


def test_every_code_of_the_protocol_has_its_name():
    """Horizon's names are the protocol's in snake case, but for a few older abbreviations."""
    transaction = {int(member) for member in xdr.TransactionResultCode} - {1}
    assert transaction <= _TRANSACTION_CODES.keys()
    for kind, enum in (
        (0, xdr.CreateAccountResultCode),
        (1, xdr.PaymentResultCode),
        (6, xdr.ChangeTrustResultCode),
        (16, xdr.BeginSponsoringFutureReservesResultCode),
        (17, xdr.EndSponsoringFutureReservesResultCode),
    ):
        assert {int(member) for member in enum} == _OPERATION_CODES[kind].keys()
    before = {int(member) for member in xdr.OperationResultCode} - {0}
    assert before == _BEFORE_THE_OPERATION.keys()
