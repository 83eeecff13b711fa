"""Openings, gifts and bumps: the SDK's bytes, signed by everyone concerned and by nobody else."""

import base64
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stellar_sdk import (
    Account,
    FeeBumpTransactionEnvelope,
    Keypair,
    TransactionBuilder,
)
from stellar_sdk import Asset as SdkAsset

from core.attempts import Bounds
from core.books import Payment, Wallet
from core.errors import InvariantBroken
from server.chain.opening import ACCOUNTS_MAX, Opening, opening_body
from server.chain.signing import FEE_MAX, RATE_MAX, Signing, Treasury
from server.chain.transactions import BASE_FEE, Source, network_id
from server.vault.keks import LocalKek
from server.vault.sealing import Sealing
from server.vault.signer import Signer

PASSPHRASE = "Standalone Network ; February 2017"
NETWORK = network_id(PASSPHRASE)
BOUNDS = Bounds(77, 1_800_000_000)
ISSUER = Keypair.from_raw_ed25519_seed(b"\3" * 32).public_key
USDC = f"USDC:{ISSUER}"

addresses = st.binary(min_size=32, max_size=32).map(
    lambda seed: Keypair.from_raw_ed25519_seed(seed).public_key
)


def sdk_opening(source: str, sequence: int, opening: Opening) -> str:
    builder = TransactionBuilder(Account(source, sequence - 1), PASSPHRASE, BASE_FEE)
    builder.add_time_bounds(0, BOUNDS.max_time).set_ledger_bounds(0, BOUNDS.max_ledger)
    for account in opening.accounts:
        builder.append_begin_sponsoring_future_reserves_op(account, opening.sponsor)
        if not opening.exist:
            builder.append_create_account_op(account, "0", opening.sponsor)
        for asset in opening.trusted:
            code, _, issuer = asset.partition(":")
            builder.append_change_trust_op(SdkAsset(code, issuer), source=account)
        builder.append_end_sponsoring_future_reserves_op(account)
    return builder.build().to_xdr()


@settings(max_examples=60, deadline=None)
@given(
    source=addresses,
    sponsor=addresses,
    accounts=st.lists(addresses, min_size=1, max_size=4),
    trusted=st.sampled_from([(), (USDC,), (USDC, f"LONGCODE:{ISSUER}")]),
    exist=st.booleans(),
)
def test_packed_openings_are_the_sdks(source, sponsor, accounts, trusted, exist):
    opening = Opening(sponsor, accounts, trusted, exist=exist)
    packed = opening_body(NETWORK, Source(source, 9, BOUNDS), opening)
    assert packed.unsigned() == sdk_opening(source, 9, opening)


def test_an_opening_has_room_for_as_many_as_there_are_signatures():
    accounts = [Keypair.random().public_key for _ in range(ACCOUNTS_MAX + 1)]
    with pytest.raises(InvariantBroken):
        opening_body(NETWORK, Source(ISSUER, 9, BOUNDS), Opening(ISSUER, accounts, ()))


class House:
    """A treasury with real keys; `used` tells whose keys were opened."""

    def __init__(self) -> None:
        self.signer = Signer(Sealing(LocalKek(bytes(32), os.urandom), os.urandom), os.urandom)
        self.used: list[str] = []
        self.fee, self.sponsor = self.wallet("fee"), self.wallet("sponsor")
        self.signing = Signing(NETWORK, Treasury(self.fee, self.sponsor), self.sign)
        self.signing.trust([USDC])

    def wallet(self, owner: str) -> Wallet:
        key = self.signer.new_key(owner)
        return Wallet(owner, owner, key.public_key, key.encrypted_keys, "open", None, 0, 0)

    def sign(self, wallet: Wallet, digest: bytes) -> bytes:
        self.used.append(wallet.user_id)
        return self.signer.sign_hash(wallet, digest)


@pytest.fixture
def house() -> House:
    return House()


def read(envelope: bytes) -> FeeBumpTransactionEnvelope:
    return FeeBumpTransactionEnvelope.from_xdr(base64.b64encode(envelope).decode(), PASSPHRASE)


def must_be_signed_by(envelope, *wallets: Wallet) -> None:
    """Each signature verifies under its wallet's key, in this order, and there are no others."""
    assert len(envelope.signatures) == len(wallets)
    for decorated, wallet in zip(envelope.signatures, wallets, strict=True):
        pair = Keypair.from_public_key(wallet.public_key)
        assert decorated.signature_hint == pair.signature_hint()
        pair.verify(envelope.hash(), decorated.signature)


def payment_to(address: str) -> Payment:
    known = {"address": address, "amount": 255_000_000, "asset": "XLM"}
    return Payment(**dict.fromkeys(Payment.__struct_fields__) | known)


def test_a_payment_is_signed_by_its_payer_and_paid_for_by_the_treasury(house):
    asha, ben = house.wallet("asha"), house.wallet("ben")
    signed = house.signing.payments([payment_to(ben.public_key)] * 3, asha, 9, BOUNDS)
    outer = read(signed.envelope)
    inner = outer.transaction.inner_transaction_envelope
    assert (signed.hash, signed.outer_hash) == (inner.hash(), outer.hash())
    assert (signed.fee_payer, signed.cosigners) == ("fee", ())
    must_be_signed_by(inner, asha)
    must_be_signed_by(outer, house.fee)
    assert outer.transaction.fee_source.account_id == house.fee.public_key
    assert outer.transaction.fee == 4 * BASE_FEE
    assert house.used == ["asha", "fee"]


def test_signing_is_the_same_every_time(house):
    """A batch that is decided anew must not make a second transaction."""
    asha, ben = house.wallet("asha"), house.wallet("ben")
    order = [payment_to(ben.public_key)]
    assert house.signing.payments(order, asha, 9, BOUNDS) == house.signing.payments(
        order, asha, 9, BOUNDS
    )


def test_everyone_concerned_signs_an_opening(house):
    channel = house.wallet("channel")
    people = [house.wallet(f"person-{n}") for n in range(18)]
    for sign, signers, operations in (
        (house.signing.opening, [channel, house.sponsor, *people], 72),
        (house.signing.trusting, [channel, house.sponsor, *people], 54),
        (house.signing.gifts, [channel], 18),
    ):
        signed = sign(channel, people, 9, BOUNDS)
        outer = read(signed.envelope)
        inner = outer.transaction.inner_transaction_envelope
        must_be_signed_by(inner, *signers)
        assert signed.cosigners == (("sponsor",) if house.sponsor in signers else ())
        assert len(inner.transaction.operations) == operations
        assert outer.transaction.fee == (operations + 1) * BASE_FEE
    made = read(house.signing.channels(house.sponsor, people, 9, BOUNDS).envelope)
    must_be_signed_by(made.transaction.inner_transaction_envelope, house.sponsor, *people)


def test_a_bump_outbids_around_the_same_inner_transaction(house):
    asha = house.wallet("asha")
    signed = house.signing.payments([payment_to(ISSUER)], asha, 9, BOUNDS)
    bumped = house.signing.bump(signed.envelope, 5_000)
    outer = read(bumped.envelope)
    assert outer.transaction.inner_transaction_envelope.hash() == signed.hash
    assert outer.transaction.fee == 5_000
    assert bumped.outer_hash == outer.hash() != signed.outer_hash
    must_be_signed_by(outer, house.fee)
    again = house.signing.bump(bumped.envelope, 400)
    assert read(again.envelope).transaction.fee == 5_001
    assert house.used == ["asha", "fee", "fee", "fee"]


def test_a_bump_keeps_to_the_budget_of_a_transaction(house):
    signed = house.signing.payments([payment_to(ISSUER)], house.wallet("asha"), 9, BOUNDS)
    assert house.signing.bump(signed.envelope, FEE_MAX) is not None
    assert house.signing.bump(signed.envelope, FEE_MAX + 1) is None


@pytest.mark.parametrize(("told", "offered"), [(0, BASE_FEE), (250, 250), (10_000_000, RATE_MAX)])
def test_what_is_offered_follows_the_network_within_reason(house, told, offered):
    house.signing.offer(told)
    signed = house.signing.payments([payment_to(ISSUER)], house.wallet("asha"), 9, BOUNDS)
    assert read(signed.envelope).transaction.fee == 2 * offered
