"""Envelopes against the world, one for each code that an operation can answer with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from stellar_sdk import (
    Asset,
    Claimant,
    ClaimPredicate,
    Keypair,
    LiquidityPoolAsset,
    Signer,
    TrustLineEntryFlag,
    TrustLineFlags,
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
    Inflation,
    LiquidityPoolDeposit,
    ManageBuyOffer,
    ManageData,
    ManageSellOffer,
    Operation,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    RevokeSponsorship,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.set_options import AuthorizationFlag as Flag

from tests.localnet.world import (
    AHEAD,
    ALICE,
    BANK,
    BOB,
    BOND,
    CAROL,
    COUNCIL,
    CROWD,
    EUR,
    FROZEN,
    GREEDY,
    MARBLE,
    NOBODY,
    POOR,
    SPONSOR,
    STATE,
    THIN,
    USD,
    WARD,
    XLM,
    World,
)

Row = tuple[str, Keypair, Operation]  # the code, who asks, and what
_AUTHORIZED = TrustLineFlags.AUTHORIZED_FLAG
_MAINTAIN = TrustLineFlags.AUTHORIZED_TO_MAINTAIN_LIABILITIES_FLAG


def rows(world: World) -> Iterator[Row]:
    yield from _accounts()
    yield from _payments()
    yield from _paths("RECEIVE", PathPaymentStrictReceive, _receive)
    yield from _paths("SEND", PathPaymentStrictSend, _send)
    yield from _offers("SELL", _sell)
    yield from _offers("BUY", _buy)
    yield from _passive_offers()
    yield from _options()
    yield from _trust()
    yield from _authorization()
    yield from _data()
    yield from _balances(world)
    yield from _sponsoring(world)
    yield from _clawbacks(world)
    yield "opNOT_SUPPORTED", ALICE, LiquidityPoolDeposit("00" * 32, "1", "1", "1", "1")
    yield "opBAD_AUTH", ALICE, ManageData("x", "y", source=BOB.public_key)


def _accounts() -> Iterator[Row]:
    nobody = NOBODY.public_key
    yield "CREATE_ACCOUNT_SUCCESS", ALICE, CreateAccount(nobody, "1")
    yield "CREATE_ACCOUNT_MALFORMED", ALICE, CreateAccount(ALICE.public_key, "1")
    yield "CREATE_ACCOUNT_UNDERFUNDED", ALICE, CreateAccount(nobody, "5000")
    yield "CREATE_ACCOUNT_LOW_RESERVE", ALICE, CreateAccount(nobody, "0.9999999")
    yield "CREATE_ACCOUNT_ALREADY_EXIST", ALICE, CreateAccount(BOB.public_key, "1")
    yield "ACCOUNT_MERGE_SUCCESS", POOR, AccountMerge(BOB.public_key)
    yield "ACCOUNT_MERGE_MALFORMED", POOR, AccountMerge(POOR.public_key)
    yield "ACCOUNT_MERGE_NO_ACCOUNT", POOR, AccountMerge(nobody)
    yield "ACCOUNT_MERGE_IMMUTABLE_SET", MARBLE, AccountMerge(BOB.public_key)
    yield "ACCOUNT_MERGE_HAS_SUB_ENTRIES", ALICE, AccountMerge(BOB.public_key)
    yield "ACCOUNT_MERGE_SEQNUM_TOO_FAR", AHEAD, AccountMerge(BOB.public_key)
    yield "ACCOUNT_MERGE_DEST_FULL", BANK, AccountMerge(GREEDY.public_key)
    yield "ACCOUNT_MERGE_IS_SPONSOR", SPONSOR, AccountMerge(BOB.public_key)
    yield "opNOT_SUPPORTED", ALICE, Inflation()
    yield "BUMP_SEQUENCE_SUCCESS", ALICE, BumpSequence(1 << 40)


def _payments() -> Iterator[Row]:
    yield "PAYMENT_SUCCESS", ALICE, Payment(BOB.public_key, XLM, "25.5")
    yield "PAYMENT_SUCCESS", ALICE, Payment(BANK.public_key, USD, "1")
    yield "PAYMENT_MALFORMED", ALICE, Payment(BOB.public_key, XLM, "0")
    yield "PAYMENT_UNDERFUNDED", ALICE, Payment(BOB.public_key, XLM, "999")
    yield "PAYMENT_UNDERFUNDED", BOB, Payment(ALICE.public_key, EUR, "100.0000001")
    yield "PAYMENT_SRC_NO_TRUST", CAROL, Payment(ALICE.public_key, USD, "1")
    yield "PAYMENT_SRC_NOT_AUTHORIZED", FROZEN, Payment(ALICE.public_key, BOND, "1")
    yield "PAYMENT_NO_DESTINATION", ALICE, Payment(NOBODY.public_key, XLM, "1")
    yield "PAYMENT_NO_TRUST", ALICE, Payment(CAROL.public_key, USD, "1")
    yield "PAYMENT_NOT_AUTHORIZED", ALICE, Payment(CAROL.public_key, BOND, "1")
    yield "PAYMENT_LINE_FULL", ALICE, Payment(BOB.public_key, USD, "1")
    yield "PAYMENT_LINE_FULL", BOB, Payment(GREEDY.public_key, XLM, "500")


def _receive(asset: Asset, amount: str, most: str, pay: Asset = XLM, to: Keypair = ALICE):  # type: ignore[no-untyped-def]
    return PathPaymentStrictReceive(to.public_key, pay, most, asset, amount, [])


def _send(asset: Asset, amount: str, most: str, pay: Asset = XLM, to: Keypair = ALICE):  # type: ignore[no-untyped-def]
    """Takes the same terms: at most `most` for `amount`."""
    return PathPaymentStrictSend(to.public_key, pay, most, asset, amount, [])


def _paths(kind: str, _type: type, pay) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    prefix = f"PATH_PAYMENT_STRICT_{kind}_"
    worse = "OVER_SENDMAX" if kind == "RECEIVE" else "UNDER_DESTMIN"
    yield prefix + "SUCCESS", BOB, pay(USD, "5", "10")
    yield prefix + "MALFORMED", BOB, pay(USD, "0", "10")
    yield prefix + "UNDERFUNDED", BOB, pay(XLM, "5000", "5000")
    yield prefix + "SRC_NO_TRUST", CAROL, pay(USD, "1", "1", USD)
    yield prefix + "SRC_NOT_AUTHORIZED", FROZEN, pay(BOND, "1", "1", BOND)
    yield prefix + "NO_DESTINATION", BOB, pay(USD, "5", "10", to=NOBODY)
    yield prefix + "NO_TRUST", BOB, pay(USD, "5", "10", to=CAROL)
    yield prefix + "NOT_AUTHORIZED", ALICE, pay(BOND, "1", "1", BOND, CAROL)
    yield prefix + "LINE_FULL", CAROL, pay(USD, "5", "10", to=BOB)
    yield prefix + "TOO_FEW_OFFERS", BOB, pay(USD, "11", "22")
    yield prefix + "OFFER_CROSS_SELF", ALICE, pay(USD, "5", "10", to=BANK)
    yield prefix + worse, BOB, pay(USD, "5", "9.9999999")


def _sell(selling: Asset, buying: Asset, amount: str, price: str = "1", offer_id: int = 0):  # type: ignore[no-untyped-def]
    return ManageSellOffer(selling, buying, amount, price, offer_id)


def _buy(selling: Asset, buying: Asset, amount: str, price: str = "1", offer_id: int = 0):  # type: ignore[no-untyped-def]
    return ManageBuyOffer(selling, buying, amount, price, offer_id)


def _offers(kind: str, offer) -> Iterator[Row]:  # type: ignore[no-untyped-def]
    prefix = f"MANAGE_{kind}_OFFER_"
    yield prefix + "SUCCESS", BOB, offer(USD, XLM, "10")
    yield prefix + "SUCCESS", ALICE, offer(USD, XLM, "0", offer_id=1)
    yield prefix + "MALFORMED", BOB, offer(USD, USD, "10")
    yield prefix + "SELL_NO_TRUST", CAROL, offer(USD, XLM, "10")
    yield prefix + "BUY_NO_TRUST", CAROL, offer(XLM, USD, "10")
    yield prefix + "SELL_NOT_AUTHORIZED", FROZEN, offer(BOND, XLM, "10")
    yield prefix + "BUY_NOT_AUTHORIZED", FROZEN, offer(XLM, BOND, "10")
    yield prefix + "LINE_FULL", BOB, offer(XLM, USD, "10")
    yield prefix + "UNDERFUNDED", BOB, offer(USD, XLM, "100.0000001")
    yield prefix + "CROSS_SELF", ALICE, offer(XLM, USD, "1", "2" if kind == "BUY" else "0.5")
    yield prefix + "NOT_FOUND", BOB, offer(USD, XLM, "10", offer_id=1)
    yield prefix + "LOW_RESERVE", THIN, offer(USD, XLM, "1")


def _passive_offers() -> Iterator[Row]:
    """Answered in the arm of manage sell offer."""
    yield "MANAGE_SELL_OFFER_SUCCESS", BOB, CreatePassiveSellOffer(USD, XLM, "10", "1")
    yield "MANAGE_SELL_OFFER_UNDERFUNDED", BOB, CreatePassiveSellOffer(USD, XLM, "101", "1")


def _options() -> Iterator[Row]:
    stranger = Signer.ed25519_public_key(NOBODY.public_key, 1)
    yield "SET_OPTIONS_SUCCESS", ALICE, SetOptions(home_domain="example.org")
    yield "SET_OPTIONS_LOW_RESERVE", THIN, SetOptions(signer=stranger)
    yield "SET_OPTIONS_TOO_MANY_SIGNERS", CROWD, SetOptions(signer=stranger)
    both = Flag.AUTHORIZATION_REQUIRED
    yield "SET_OPTIONS_BAD_FLAGS", ALICE, SetOptions(set_flags=both, clear_flags=both)
    yield "SET_OPTIONS_INVALID_INFLATION", ALICE, SetOptions(inflation_dest=NOBODY.public_key)
    yield "SET_OPTIONS_CANT_CHANGE", MARBLE, SetOptions(set_flags=Flag.AUTHORIZATION_REQUIRED)
    yield "SET_OPTIONS_UNKNOWN_FLAG", ALICE, SetOptions(set_flags=Flag(16))
    yield "SET_OPTIONS_THRESHOLD_OUT_OF_RANGE", ALICE, SetOptions(high_threshold=256)
    own = Signer.ed25519_public_key(ALICE.public_key, 1)
    yield "SET_OPTIONS_BAD_SIGNER", ALICE, SetOptions(signer=own)
    yield "SET_OPTIONS_INVALID_HOME_DOMAIN", ALICE, SetOptions(home_domain="a\x01b")
    clawback = Flag.AUTHORIZATION_CLAWBACK_ENABLED
    yield "SET_OPTIONS_AUTH_REVOCABLE_REQUIRED", CAROL, SetOptions(set_flags=clawback)
    yield "opBAD_AUTH", COUNCIL, SetOptions(home_domain="example.org")
    yield "SET_OPTIONS_SUCCESS", ALICE, SetOptions(master_weight=0)


def _trust() -> Iterator[Row]:
    yield "CHANGE_TRUST_SUCCESS", CAROL, ChangeTrust(USD)
    yield "CHANGE_TRUST_MALFORMED", BANK, ChangeTrust(USD)
    unknown = Asset("COIN", NOBODY.public_key)
    yield "CHANGE_TRUST_NO_ISSUER", ALICE, ChangeTrust(unknown)
    yield "CHANGE_TRUST_INVALID_LIMIT", ALICE, ChangeTrust(USD, "99")
    yield "CHANGE_TRUST_LOW_RESERVE", POOR, ChangeTrust(USD)
    pool = LiquidityPoolAsset(XLM, USD)
    yield "opNOT_SUPPORTED", ALICE, ChangeTrust(pool)


def _allow(holder: Keypair, code: str, flag: TrustLineEntryFlag) -> AllowTrust:
    """The SDK warns of it; the network still takes it."""
    with warnings.catch_warnings(action="ignore"):
        return AllowTrust(holder.public_key, code, flag)


def _authorization() -> Iterator[Row]:
    grant, deny = TrustLineEntryFlag.AUTHORIZED_FLAG, TrustLineEntryFlag.UNAUTHORIZED_FLAG
    yield "ALLOW_TRUST_SUCCESS", STATE, _allow(CAROL, "BOND", grant)
    yield "ALLOW_TRUST_MALFORMED", STATE, _allow(STATE, "BOND", grant)
    yield "ALLOW_TRUST_NO_TRUST_LINE", STATE, _allow(BOB, "BOND", grant)
    yield "ALLOW_TRUST_CANT_REVOKE", BANK, _allow(ALICE, "USD", deny)
    carol, alice = CAROL.public_key, ALICE.public_key
    prefix = "SET_TRUST_LINE_FLAGS_"
    yield prefix + "SUCCESS", STATE, SetTrustLineFlags(carol, BOND, set_flags=_AUTHORIZED)
    yield prefix + "MALFORMED", BANK, SetTrustLineFlags(carol, BOND, set_flags=_AUTHORIZED)
    yield (
        prefix + "NO_TRUST_LINE",
        STATE,
        SetTrustLineFlags(BOB.public_key, BOND, set_flags=_AUTHORIZED),
    )
    yield prefix + "CANT_REVOKE", BANK, SetTrustLineFlags(alice, USD, clear_flags=_AUTHORIZED)
    yield prefix + "INVALID_STATE", STATE, SetTrustLineFlags(alice, BOND, set_flags=_MAINTAIN)


def _data() -> Iterator[Row]:
    yield "MANAGE_DATA_SUCCESS", ALICE, ManageData("name", b"\x00\xff")
    yield "MANAGE_DATA_SUCCESS", ALICE, ManageData("own", None)
    yield "MANAGE_DATA_NAME_NOT_FOUND", ALICE, ManageData("no such", None)
    yield "MANAGE_DATA_LOW_RESERVE", POOR, ManageData("name", "value")
    yield "MANAGE_DATA_INVALID_NAME", ALICE, ManageData("a\x01b", "value")


def _balances(world: World) -> Iterator[Row]:
    create, claim = "CREATE_CLAIMABLE_BALANCE_", "CLAIM_CLAIMABLE_BALANCE_"
    to_bob = [Claimant(BOB.public_key, ClaimPredicate.predicate_unconditional())]
    yield create + "SUCCESS", ALICE, CreateClaimableBalance(XLM, "1", to_bob)
    yield create + "MALFORMED", ALICE, CreateClaimableBalance(XLM, "1", to_bob * 2)
    yield create + "LOW_RESERVE", THIN, CreateClaimableBalance(USD, "1", to_bob)
    yield create + "NO_TRUST", CAROL, CreateClaimableBalance(USD, "1", to_bob)
    yield create + "NOT_AUTHORIZED", FROZEN, CreateClaimableBalance(BOND, "1", to_bob)
    yield create + "UNDERFUNDED", BOB, CreateClaimableBalance(USD, "101", to_bob)
    ids = world.balances
    yield claim + "SUCCESS", BOB, ClaimClaimableBalance(ids["open"])
    yield claim + "DOES_NOT_EXIST", BOB, ClaimClaimableBalance("00" * 36)
    yield claim + "CANNOT_CLAIM", BOB, ClaimClaimableBalance(ids["shut"])
    yield claim + "CANNOT_CLAIM", CAROL, ClaimClaimableBalance(ids["open"])
    yield claim + "LINE_FULL", BOB, ClaimClaimableBalance(ids["usd"])
    yield claim + "LINE_FULL", GREEDY, ClaimClaimableBalance(ids["huge"])
    yield claim + "NO_TRUST", CAROL, ClaimClaimableBalance(ids["usd"])
    yield claim + "NOT_AUTHORIZED", CAROL, ClaimClaimableBalance(ids["bond"])


def _clawbacks(world: World) -> Iterator[Row]:
    balance = "CLAWBACK_CLAIMABLE_BALANCE_"
    yield "CLAWBACK_SUCCESS", STATE, Clawback(BOND, ALICE.public_key, "1")
    yield "CLAWBACK_MALFORMED", BANK, Clawback(BOND, ALICE.public_key, "1")
    yield "CLAWBACK_NOT_CLAWBACK_ENABLED", BANK, Clawback(USD, ALICE.public_key, "1")
    yield "CLAWBACK_NO_TRUST", STATE, Clawback(BOND, BOB.public_key, "1")
    yield "CLAWBACK_UNDERFUNDED", STATE, Clawback(BOND, ALICE.public_key, "101")
    ids = world.balances
    yield balance + "SUCCESS", STATE, ClawbackClaimableBalance(ids["bond"])
    yield balance + "DOES_NOT_EXIST", STATE, ClawbackClaimableBalance("00" * 36)
    yield balance + "NOT_ISSUER", STATE, ClawbackClaimableBalance(ids["open"])
    yield balance + "NOT_CLAWBACK_ENABLED", BANK, ClawbackClaimableBalance(ids["usd"])


def _sponsoring(world: World) -> Iterator[Row]:
    begin, revoke = "BEGIN_SPONSORING_FUTURE_RESERVES_", "REVOKE_SPONSORSHIP_"
    own = RevokeSponsorship.revoke_data_sponsorship(ALICE.public_key, "own")
    sponsored = RevokeSponsorship.revoke_data_sponsorship(WARD.public_key, "sponsored")
    absent = RevokeSponsorship.revoke_data_sponsorship(WARD.public_key, "absent")
    negative = RevokeSponsorship.revoke_offer_sponsorship(ALICE.public_key, -1)
    balance = RevokeSponsorship.revoke_claimable_balance_sponsorship(world.balances["open"])
    yield begin + "MALFORMED", ALICE, BeginSponsoringFutureReserves(ALICE.public_key)
    yield "END_SPONSORING_FUTURE_RESERVES_NOT_SPONSORED", ALICE, EndSponsoringFutureReserves()
    yield revoke + "SUCCESS", SPONSOR, sponsored
    yield revoke + "DOES_NOT_EXIST", SPONSOR, absent
    yield revoke + "NOT_SPONSOR", BOB, own
    yield revoke + "ONLY_TRANSFERABLE", ALICE, balance
    yield revoke + "MALFORMED", ALICE, negative
