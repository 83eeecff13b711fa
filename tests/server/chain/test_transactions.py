"""The packed bytes are the SDK's bytes, for whatever terms; so are the hashes."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stellar_sdk import (
    Account,
    FeeBumpTransactionEnvelope,
    HashMemo,
    IdMemo,
    Keypair,
    MuxedAccount,
    ReturnHashMemo,
    TextMemo,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk import Asset as SdkAsset

from core.attempts import Bounds
from core.books import Payment
from core.errors import InvariantBroken
from core.money import MAX_STROOPS, format_stroops
from server.chain.transactions import (
    BASE_FEE,
    Source,
    decorated,
    fee_bump_body,
    network_id,
    payments_body,
)

PASSPHRASE = "Standalone Network ; February 2017"
NETWORK = network_id(PASSPHRASE)


def make_payment(address, amount, asset, memo=(None, None)) -> Payment:
    known = {"address": address, "amount": amount, "asset": asset}
    known |= {"memo_type": memo[0], "memo": memo[1]}
    return Payment(**dict.fromkeys(Payment.__struct_fields__) | known)


SDK_MEMO = {
    "text": TextMemo,
    "id": lambda value: IdMemo(int(value)),
    "hash": HashMemo,
    "return": ReturnHashMemo,
}

keypairs = st.binary(min_size=32, max_size=32).map(Keypair.from_raw_ed25519_seed)
accounts = keypairs.map(lambda pair: pair.public_key)
addresses = accounts | st.builds(
    lambda account, muxed_id: MuxedAccount(account, muxed_id).account_muxed,
    accounts,
    st.integers(0, 2**64 - 1),
)
codes = st.text("ABCDEFXYZabcxyz0189", min_size=1, max_size=12)
assets = st.just("XLM") | st.builds("{}:{}".format, codes, accounts)
orders = st.builds(
    make_payment, address=addresses, amount=st.integers(1, MAX_STROOPS), asset=assets
)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
texts = st.text(max_size=28).filter(lambda text: len(text.encode()) <= 28)
memos = st.one_of(
    st.just((None, None)),
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("id"), st.integers(0, 2**64 - 1).map(str)),
    st.tuples(st.sampled_from(["hash", "return"]), hashes),
)
bounds = st.builds(Bounds, max_ledger=st.integers(0, 2**32 - 1), max_time=st.integers(1, 2**63 - 1))


def sdk_envelope(source: str, payments, sequence: int, bound: Bounds) -> TransactionEnvelope:
    builder = TransactionBuilder(Account(source, sequence - 1), PASSPHRASE, BASE_FEE)
    builder.add_time_bounds(0, bound.max_time)
    if bound.max_ledger:
        builder.set_ledger_bounds(0, bound.max_ledger)
    if (kind := payments[0].memo_type) is not None:
        builder.add_memo(SDK_MEMO[kind](payments[0].memo))
    for payment in payments:
        code, _, issuer = payment.asset.partition(":")
        asset = SdkAsset(code, issuer or None)
        builder.append_payment_op(payment.address, asset, format_stroops(payment.amount))
    return builder.build()


@settings(max_examples=200, deadline=None)
@given(
    keys=st.tuples(keypairs, keypairs),
    ordered=st.tuples(st.lists(orders, min_size=1, max_size=4), memos),
    sequence=st.integers(1, 2**63 - 1),
    bound=bounds,
    rate=st.integers(BASE_FEE, 20_000_000),
)
def test_packed_bytes_are_the_sdks(keys, ordered, sequence, bound, rate):
    source, treasury = keys
    payments, (kind, memo) = ordered
    for payment in payments:
        payment.memo_type, payment.memo = kind, memo
    packed = payments_body(NETWORK, Source(source.public_key, sequence, bound), payments)
    expected = sdk_envelope(source.public_key, payments, sequence, bound)
    assert packed.unsigned() == expected.to_xdr()
    assert packed.hash == expected.hash()

    inner = packed.signed(decorated(source.raw_public_key(), source.sign(packed.hash)))
    expected.sign(source)
    assert inner == base64.b64decode(expected.to_xdr())

    bump = fee_bump_body(NETWORK, treasury.public_key, inner, rate * (len(payments) + 1))
    outer = TransactionBuilder.build_fee_bump_transaction(
        treasury.public_key, rate, expected, PASSPHRASE
    )
    assert bump.hash == outer.hash()
    outer.sign(treasury)
    signed = bump.signed(decorated(treasury.raw_public_key(), treasury.sign(bump.hash)))
    assert signed == base64.b64decode(outer.to_xdr())


SOMEBODY = Keypair.from_raw_ed25519_seed(b"\1" * 32).public_key


def test_a_hundred_operations_are_packed_as_the_sdk_packs_them():
    payments = [make_payment(SOMEBODY, n + 1, "XLM") for n in range(100)]
    bound = Bounds(77, 1_800_000_000)
    packed = payments_body(NETWORK, Source(SOMEBODY, 9, bound), payments)
    expected = sdk_envelope(SOMEBODY, payments, 9, bound)
    assert (packed.unsigned(), packed.hash) == (expected.to_xdr(), expected.hash())


def pack(payments):
    return payments_body(NETWORK, Source(SOMEBODY, 7, Bounds(9, 9)), payments)


@pytest.mark.parametrize(
    "payments",
    [
        [],
        [make_payment(SOMEBODY, 1, "XLM")] * 101,
        [make_payment(SOMEBODY, 0, "XLM")],
        [make_payment(SOMEBODY, -5, "XLM")],
        [make_payment(SOMEBODY, MAX_STROOPS + 1, "XLM")],
        [make_payment(SOMEBODY, 1, "XLM", ("text", "é" * 15))],
        [make_payment(SOMEBODY, 1, "XLM", ("hash", "ab" * 31))],
        [make_payment(SOMEBODY, 1, "XLM", ("id", "4")), make_payment(SOMEBODY, 1, "XLM")],
    ],
)
def test_what_would_be_refused_or_change_its_meaning_is_never_packed(payments):
    with pytest.raises(InvariantBroken):
        pack(payments)


def test_a_bump_keeps_the_inner_hash_and_pays_for_one_operation_more():
    source, treasury = (Keypair.from_raw_ed25519_seed(bytes([n]) * 32) for n in (1, 2))
    packed = pack([make_payment(SOMEBODY, 5, "XLM")] * 2)
    inner = packed.signed(decorated(source.raw_public_key(), source.sign(packed.hash)))
    bumps = [fee_bump_body(NETWORK, treasury.public_key, inner, fee) for fee in (300, 3_000)]
    read = [
        FeeBumpTransactionEnvelope.from_xdr(bump.unsigned(), PASSPHRASE).transaction
        for bump in bumps
    ]
    assert [bump.fee for bump in read] == [300, 3_000]
    assert {one.inner_transaction_envelope.hash() for one in read} == {packed.hash}
    assert bumps[0].hash != bumps[1].hash
