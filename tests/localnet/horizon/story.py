"""A history in which every type of operation and of effect has happened, on one chain."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from stellar_sdk import (
    Account,
    Asset,
    Claimant,
    ClaimPredicate,
    HashMemo,
    IdMemo,
    Keypair,
    MuxedAccount,
    Price,
    ReturnHashMemo,
    Signer,
    SignerKey,
    TextMemo,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.operation import (
    AccountMerge,
    AllowTrust,
    BeginSponsoringFutureReserves,
    BumpSequence,
    ChangeTrust,
    ClaimClaimableBalance,
    Clawback,
    ClawbackClaimableBalance,
    CreateAccount,
    CreateClaimableBalance,
    CreatePassiveSellOffer,
    EndSponsoringFutureReserves,
    ManageBuyOffer,
    ManageData,
    ManageSellOffer,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    RevokeSponsorship,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.allow_trust import TrustLineEntryFlag
from stellar_sdk.operation.set_options import AuthorizationFlag
from stellar_sdk.operation.set_trust_line_flags import TrustLineFlags
from stellar_sdk.signer_key import SignedPayloadSigner

from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver, person, result_of

ISSUER, ALICE, BOB, CAROL, SPONSOR, SECOND, GUEST, LEAVER = (
    person(name)
    for name in ("issuer", "alice", "bob", "carol", "sponsor", "second", "guest", "leaver")
)
XLM = Asset.native()
USD, LONG = Asset("USD", ISSUER.public_key), Asset("LONGCODE", ISSUER.public_key)
START = 1_700_000_000
HASH = bytes(range(32))


@dataclass
class Story:
    """`balances`: ids in hex of claimable balances: claimed, clawed back, waiting."""

    driver: Driver
    balances: dict[str, str] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        return self.driver.chain


def tell(chain: Chain) -> Story:
    driver = Driver(chain)
    chain.close(START)
    driver.fund(ISSUER, ALICE, BOB, CAROL, SPONSOR, SECOND, LEAVER, lumens="10000")
    story = Story(driver)
    for chapter in (
        _settings,
        _trust,
        _payments,
        _market,
        _data,
        _claimable_balances,
        _sponsorships,
        _envelopes,
        _failures,
        _farewell,
    ):
        chapter(story)
    return story


def _settings(story: Story) -> None:
    do = story.driver.do
    do(
        ISSUER,
        SetOptions(
            set_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED
            | AuthorizationFlag.AUTHORIZATION_REVOCABLE
            | AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED,
            home_domain="issuer.example",
            inflation_dest=ALICE.public_key,
        ),
    )
    do(ISSUER, SetOptions(clear_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED))
    payload = SignedPayloadSigner(BOB.public_key, b"payload")
    keys = (
        SignerKey.ed25519_public_key(CAROL.public_key),
        SignerKey.pre_auth_tx(HASH),
        SignerKey.sha256_hash(HASH),
        SignerKey.ed25519_signed_payload(payload),
    )
    do(BOB, *(SetOptions(signer=Signer(key, 1)) for key in keys))
    do(BOB, SetOptions(signer=Signer(keys[1], 2)), SetOptions(signer=Signer(keys[2], 0)))
    do(BOB, SetOptions(low_threshold=1, med_threshold=1, high_threshold=1, master_weight=3))
    story.driver.do(ALICE, BumpSequence(story.driver.sequence(ALICE) + 10))


def _trust(story: Story) -> None:
    do = story.driver.do
    for one in (ALICE, BOB, CAROL):
        do(one, ChangeTrust(USD), ChangeTrust(LONG))
    do(ALICE, ChangeTrust(LONG, "500"))
    do(ALICE, ChangeTrust(LONG, "0"))
    maintain = TrustLineEntryFlag.AUTHORIZED_TO_MAINTAIN_LIABILITIES_FLAG
    do(ISSUER, _allow(maintain))
    do(ISSUER, _allow(TrustLineEntryFlag.UNAUTHORIZED_FLAG))
    do(ISSUER, _allow(TrustLineEntryFlag.AUTHORIZED_FLAG))
    authorized = TrustLineFlags.AUTHORIZED_FLAG
    do(ISSUER, SetTrustLineFlags(CAROL.public_key, LONG, clear_flags=authorized))
    do(
        ISSUER,
        SetTrustLineFlags(CAROL.public_key, LONG, set_flags=authorized),
        SetTrustLineFlags(
            CAROL.public_key, USD, clear_flags=TrustLineFlags.TRUSTLINE_CLAWBACK_ENABLED_FLAG
        ),
    )


def _allow(flag: TrustLineEntryFlag) -> AllowTrust:
    """The library has long replaced the operation; the network still takes it."""
    with pytest.warns(DeprecationWarning, match="SetTrustLineFlags"):
        return AllowTrust(CAROL.public_key, "USD", flag)


def _payments(story: Story) -> None:
    do = story.driver.do
    for one in (ALICE, BOB, CAROL):
        do(ISSUER, Payment(one.public_key, USD, "1000"))
    do(ALICE, Payment(BOB.public_key, XLM, "25.5"))
    muxed = MuxedAccount(BOB.public_key, 2**63 + 7)
    source = MuxedAccount(ALICE.public_key, 3)
    do(ALICE, Payment(muxed, XLM, "1", source=source))
    do(BOB, Payment(ISSUER.public_key, USD, "0.0000001"))
    do(ISSUER, Clawback(USD, MuxedAccount(ALICE.public_key, 9), "10"))


def _market(story: Story) -> None:
    do = story.driver.do
    do(ALICE, ManageSellOffer(XLM, USD, "100", "0.5"), ManageSellOffer(XLM, USD, "100", "0.51"))
    do(BOB, ManageSellOffer(USD, XLM, "50", "1.5"))
    do(CAROL, ManageBuyOffer(XLM, USD, "30", "0.5"))
    do(CAROL, CreatePassiveSellOffer(USD, XLM, "5", Price(7, 3)))
    do(BOB, PathPaymentStrictReceive(CAROL.public_key, USD, "100", XLM, "10", []))
    do(SPONSOR, PathPaymentStrictSend(MuxedAccount(BOB.public_key, 1), XLM, "9", USD, "1", []))
    do(BOB, PathPaymentStrictReceive(CAROL.public_key, XLM, "2", XLM, "2", []))
    do(CAROL, ManageSellOffer(USD, XLM, "20", Price(1, 3)))


def _data(story: Story) -> None:
    do = story.driver.do
    do(ALICE, ManageData("name/with slash", b"first"), ManageData("other", bytes(64)))
    do(ALICE, ManageData("name/with slash", b"second"), ManageData("other", None))


def _claimable_balances(story: Story) -> None:
    now = story.chain.head.close_time
    predicate = ClaimPredicate.predicate_and(
        ClaimPredicate.predicate_not(ClaimPredicate.predicate_before_absolute_time(now - 5)),
        ClaimPredicate.predicate_or(
            ClaimPredicate.predicate_before_relative_time(10**6),
            ClaimPredicate.predicate_before_absolute_time(2**62),
        ),
    )
    claimants = [Claimant(BOB.public_key), Claimant(CAROL.public_key, predicate)]
    for name in ("claimed", "clawed", "waiting"):
        made = story.driver.do(ALICE, CreateClaimableBalance(USD, "7", claimants))
        result = result_of(made).create_claimable_balance_result
        assert result is not None
        assert result.balance_id is not None
        story.balances[name] = result.balance_id.to_xdr_bytes().hex()
    story.driver.do(CAROL, ClaimClaimableBalance(story.balances["claimed"]))
    story.driver.do(ISSUER, ClawbackClaimableBalance(story.balances["clawed"]))


def _sponsorships(story: Story) -> None:
    """Account, trustline, data, signer, offer and balance: made, passed on, given up."""
    do = story.driver.do
    guest = GUEST.public_key
    signer = SignerKey.ed25519_public_key(CAROL.public_key)
    made = do(
        SPONSOR,
        BeginSponsoringFutureReserves(guest),
        CreateAccount(guest, "100"),
        ChangeTrust(USD, source=guest),
        ManageData("note", b"kept", source=guest),
        SetOptions(signer=Signer(signer, 1), source=guest),
        CreateClaimableBalance(XLM, "1", [Claimant(guest)], source=guest),
        ManageSellOffer(XLM, USD, "1", "99", source=guest),
        EndSponsoringFutureReserves(source=guest),
        signers=(GUEST,),
    )
    balance = result_of(made, 5).create_claimable_balance_result
    assert balance is not None
    assert balance.balance_id is not None
    story.balances["sponsored"] = balance.balance_id.to_xdr_bytes().hex()
    offer = result_of(made, 6).manage_sell_offer_result
    assert offer is not None
    assert offer.success is not None
    assert offer.success.offer.offer is not None
    held = (
        RevokeSponsorship.revoke_account_sponsorship(guest),
        RevokeSponsorship.revoke_trustline_sponsorship(guest, USD),
        RevokeSponsorship.revoke_data_sponsorship(guest, "note"),
        RevokeSponsorship.revoke_signer_sponsorship(guest, signer),
        RevokeSponsorship.revoke_claimable_balance_sponsorship(story.balances["sponsored"]),
        RevokeSponsorship.revoke_offer_sponsorship(guest, offer.success.offer.offer.offer_id.int64),
    )
    do(
        SECOND,
        BeginSponsoringFutureReserves(SPONSOR.public_key),
        *(_by(SPONSOR, operation) for operation in held),
        EndSponsoringFutureReserves(source=SPONSOR.public_key),
        signers=(SPONSOR,),
    )
    kept = [operation for operation in held if operation.claimable_balance_id is None]
    do(SECOND, *(_by(SECOND, operation) for operation in kept))
    do(GUEST, ClaimClaimableBalance(story.balances["sponsored"]))


def _by(source: Keypair, operation: RevokeSponsorship) -> RevokeSponsorship:
    operation.source = MuxedAccount(source.public_key)
    return operation


def _envelopes(story: Story) -> None:
    """Every memo, a fee-bump, every precondition."""
    driver = story.driver
    for memo in (TextMemo("a note <b>"), TextMemo(b"\xff\xfe"), IdMemo(2**64 - 1)):
        driver.apply(ALICE, Payment(BOB.public_key, XLM, "1"), memo=memo)
    for memo in (HashMemo(HASH), ReturnHashMemo(HASH)):
        driver.apply(ALICE, Payment(BOB.public_key, XLM, "1"), memo=memo)
    inner = driver.build(ALICE, Payment(BOB.public_key, XLM, "1"))
    bump = TransactionBuilder.build_fee_bump_transaction(
        MuxedAccount(SPONSOR.public_key, 5), 300, inner, driver.chain.passphrase
    )
    bump.sign(SPONSOR)
    driver.land(bump)
    driver.close(10)
    driver.land(_conditional(driver))


def _conditional(driver: Driver) -> TransactionEnvelope:
    sequence = driver.sequence(ALICE)
    builder = TransactionBuilder(
        Account(ALICE.public_key, sequence), driver.chain.passphrase, base_fee=100
    )
    builder.append_payment_op(BOB.public_key, XLM, "1")
    builder.add_time_bounds(1, START + 10**6).set_ledger_bounds(2, 10**6)
    builder.set_min_sequence_number(sequence).set_min_sequence_age(1)
    builder.set_min_sequence_ledger_gap(1).add_extra_signer(BOB.public_key)
    envelope = builder.build()
    envelope.sign(ALICE)
    envelope.sign(BOB)
    return envelope


def _failures(story: Story) -> None:
    driver = story.driver
    driver.refuse(ALICE, Payment(BOB.public_key, XLM, "999999"))
    driver.refuse(
        ALICE,
        Payment(BOB.public_key, XLM, "1"),
        PathPaymentStrictReceive(BOB.public_key, XLM, "1", USD, "1000", []),
        PathPaymentStrictSend(BOB.public_key, XLM, "1", USD, "1000", []),
        ManageData("absent", None),
    )


def _farewell(story: Story) -> None:
    story.driver.do(LEAVER, AccountMerge(MuxedAccount(BOB.public_key, 4)))
