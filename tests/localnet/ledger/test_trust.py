import pytest
from stellar_sdk import Asset, LiquidityPoolAsset, TrustLineFlags, xdr
from stellar_sdk.operation import (
    AllowTrust,
    ChangeTrust,
    ManageSellOffer,
    Payment,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.allow_trust import TrustLineEntryFlag
from stellar_sdk.operation.set_options import AuthorizationFlag

from tests.localnet.driver import STROOPS, Driver, ledger_asset, person
from tests.localnet.ledger.doors import altered, turned_away

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
# the SDK keeps the class of the older operation, with a warning, for transactions of the past
pytestmark = pytest.mark.filterwarnings("ignore:Use `stellar_sdk:DeprecationWarning")

XLM = Asset.native()
USD = Asset("USD", CAROL.public_key)
AUTHORIZED = TrustLineFlags.AUTHORIZED_FLAG
MAINTAIN = TrustLineFlags.AUTHORIZED_TO_MAINTAIN_LIABILITIES_FLAG
CLAWBACK = TrustLineFlags.TRUSTLINE_CLAWBACK_ENABLED_FLAG


def _flags(driver: Driver) -> int:
    line = driver.chain.state.trustline(ALICE.raw_public_key(), ledger_asset(USD))
    assert line is not None
    return line.flags


def _issuer_flags(driver: Driver, flags: int) -> None:
    driver.do(CAROL, SetOptions(set_flags=AuthorizationFlag(flags)))


def test_a_line_is_opened_changed_and_closed(driver: Driver) -> None:
    driver.do(ALICE, ChangeTrust(USD, "10"))
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert account.sub_entries == 1
    driver.do(CAROL, Payment(ALICE.public_key, USD, "4"))
    assert driver.refuse(ALICE, ChangeTrust(USD, "3.9999999")) == ["CHANGE_TRUST_INVALID_LIMIT"]
    assert driver.refuse(ALICE, ChangeTrust(USD, "0")) == ["CHANGE_TRUST_INVALID_LIMIT"]
    driver.do(ALICE, ChangeTrust(USD, "4"))
    driver.do(ALICE, Payment(CAROL.public_key, USD, "4"))
    driver.do(ALICE, ChangeTrust(USD, "0"))
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert account.sub_entries == 0


def test_a_line_that_was_never_opened_can_not_be_closed(driver: Driver) -> None:
    assert driver.refuse(ALICE, ChangeTrust(USD, "0")) == ["CHANGE_TRUST_INVALID_LIMIT"]


def test_what_an_offer_may_still_bring_counts_against_the_limit(driver: Driver) -> None:
    driver.do(ALICE, ChangeTrust(USD, "100"), ManageSellOffer(XLM, USD, "50", "1"))
    assert driver.refuse(ALICE, ChangeTrust(USD, "49.9999999")) == ["CHANGE_TRUST_INVALID_LIMIT"]
    driver.do(ALICE, ChangeTrust(USD, "50"))


def test_an_issuer_must_exist(driver: Driver) -> None:
    nobody = Asset("USD", DAVE.public_key)
    assert driver.refuse(ALICE, ChangeTrust(nobody)) == ["CHANGE_TRUST_NO_ISSUER"]


def test_a_line_costs_a_reserve(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, XLM, "998.4"))
    assert driver.refuse(ALICE, ChangeTrust(USD), ChangeTrust(Asset("EUR", CAROL.public_key))) == [
        "CHANGE_TRUST_SUCCESS",
        "CHANGE_TRUST_LOW_RESERVE",
    ]
    driver.do(ALICE, ChangeTrust(USD))


def test_malformed_lines(driver: Driver) -> None:
    own = driver.build(CAROL, ChangeTrust(USD))
    assert turned_away(driver, own) == ["CHANGE_TRUST_MALFORMED"]
    lumens = driver.build(ALICE, ChangeTrust(XLM))
    assert turned_away(driver, lumens) == ["CHANGE_TRUST_MALFORMED"]

    def below_zero(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.change_trust_op
        assert operation is not None
        operation.limit = xdr.Int64(-1)

    negative = altered(driver, ALICE, ChangeTrust(USD), below_zero)
    assert turned_away(driver, negative) == ["CHANGE_TRUST_MALFORMED"]


def test_liquidity_pools_are_off(driver: Driver) -> None:
    pool = LiquidityPoolAsset(XLM, USD)
    assert turned_away(driver, driver.build(ALICE, ChangeTrust(pool))) == ["opNOT_SUPPORTED"]


@pytest.mark.parametrize(("issuer", "line"), [(0, 1), (1, 0), (2, 1), (10, 5), (11, 4)])
def test_a_new_line_takes_its_flags_from_the_issuer(driver: Driver, issuer: int, line: int) -> None:
    if issuer:
        _issuer_flags(driver, issuer)
    driver.do(ALICE, ChangeTrust(USD))
    assert _flags(driver) == line


def test_an_issuer_authorizes_and_each_change_is_told(driver: Driver) -> None:
    _issuer_flags(driver, 3)
    driver.do(ALICE, ChangeTrust(USD))
    applied = driver.do(CAROL, SetTrustLineFlags(ALICE.public_key, USD, set_flags=AUTHORIZED))
    assert _flags(driver) == 1
    assert len(applied.events.operations[0]) == 1
    both = SetTrustLineFlags(ALICE.public_key, USD, AUTHORIZED, MAINTAIN)
    assert len(driver.do(CAROL, both).events.operations[0]) == 1
    assert _flags(driver) == 2
    applied = driver.do(CAROL, SetTrustLineFlags(ALICE.public_key, USD, clear_flags=MAINTAIN))
    assert _flags(driver) == 0
    assert applied.events.operations[0] == []


def test_clawback_can_be_given_up_for_a_line(driver: Driver) -> None:
    _issuer_flags(driver, 10)
    driver.do(ALICE, ChangeTrust(USD))
    driver.do(CAROL, SetTrustLineFlags(ALICE.public_key, USD, clear_flags=CLAWBACK))
    assert _flags(driver) == 1


def test_flags_that_contradict_each_other(driver: Driver) -> None:
    _issuer_flags(driver, 2)
    driver.do(ALICE, ChangeTrust(USD))
    adds = SetTrustLineFlags(ALICE.public_key, USD, set_flags=MAINTAIN)
    assert driver.refuse(CAROL, adds) == ["SET_TRUST_LINE_FLAGS_INVALID_STATE"]
    nobody = SetTrustLineFlags(BOB.public_key, USD, set_flags=AUTHORIZED)
    assert driver.refuse(CAROL, nobody) == ["SET_TRUST_LINE_FLAGS_NO_TRUST_LINE"]


def test_only_a_revocable_issuer_revokes(driver: Driver) -> None:
    driver.do(ALICE, ChangeTrust(USD))
    takes = SetTrustLineFlags(ALICE.public_key, USD, clear_flags=AUTHORIZED)
    lowers = SetTrustLineFlags(ALICE.public_key, USD, AUTHORIZED, MAINTAIN)
    for operation in (takes, lowers):
        assert driver.refuse(CAROL, operation) == ["SET_TRUST_LINE_FLAGS_CANT_REVOKE"]


@pytest.mark.parametrize("clear", [0, 1])
@pytest.mark.parametrize("set_", [3, 4, 8, 5])
def test_unknown_or_forbidden_flags_are_malformed(driver: Driver, clear: int, set_: int) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.set_trust_line_flags_op
        assert operation is not None
        operation.set_flags = xdr.Uint32(set_)
        operation.clear_flags = xdr.Uint32(clear)

    valid = SetTrustLineFlags(ALICE.public_key, USD, set_flags=AUTHORIZED)
    envelope = altered(driver, CAROL, valid, change)
    assert turned_away(driver, envelope) == ["SET_TRUST_LINE_FLAGS_MALFORMED"]


def test_only_the_issuer_sets_flags_of_others(driver: Driver) -> None:
    foreign = SetTrustLineFlags(ALICE.public_key, USD, set_flags=AUTHORIZED)
    assert turned_away(driver, driver.build(BOB, foreign)) == ["SET_TRUST_LINE_FLAGS_MALFORMED"]
    own = SetTrustLineFlags(CAROL.public_key, USD, set_flags=AUTHORIZED)
    assert turned_away(driver, driver.build(CAROL, own)) == ["SET_TRUST_LINE_FLAGS_MALFORMED"]
    lumens = SetTrustLineFlags(ALICE.public_key, XLM, set_flags=AUTHORIZED)
    assert turned_away(driver, driver.build(CAROL, lumens)) == ["SET_TRUST_LINE_FLAGS_MALFORMED"]


@pytest.mark.parametrize("older", [False, True])
def test_revoked_trust_takes_the_offers_with_it(driver: Driver, *, older: bool) -> None:
    _issuer_flags(driver, 2)
    driver.do(ALICE, ChangeTrust(USD, "100"))
    driver.do(CAROL, Payment(ALICE.public_key, USD, "10"))
    driver.do(ALICE, ManageSellOffer(XLM, USD, "5", "1"), ManageSellOffer(USD, XLM, "10", "3"))
    driver.check()
    revoke = SetTrustLineFlags(ALICE.public_key, USD, clear_flags=AUTHORIZED)
    allow = AllowTrust(ALICE.public_key, "USD", TrustLineEntryFlag.UNAUTHORIZED_FLAG)
    driver.do(CAROL, allow if older else revoke)
    line = driver.chain.state.trustline(ALICE.raw_public_key(), ledger_asset(USD))
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert line is not None
    assert account is not None
    assert (line.flags, line.selling_liabilities, line.buying_liabilities) == (0, 0, 0)
    assert (account.sub_entries, account.selling_liabilities) == (1, 0)
    assert line.balance == 10 * STROOPS


def test_the_older_allow_trust(driver: Driver) -> None:
    _issuer_flags(driver, 1)
    driver.do(ALICE, ChangeTrust(USD))
    grant = AllowTrust(ALICE.public_key, "USD", TrustLineEntryFlag.AUTHORIZED_FLAG)
    lower = AllowTrust(
        ALICE.public_key, "USD", TrustLineEntryFlag.AUTHORIZED_TO_MAINTAIN_LIABILITIES_FLAG
    )
    revoke = AllowTrust(ALICE.public_key, "USD", TrustLineEntryFlag.UNAUTHORIZED_FLAG)
    driver.do(CAROL, lower)
    assert _flags(driver) == 2
    driver.do(CAROL, grant)
    assert _flags(driver) == 1
    assert driver.refuse(CAROL, lower) == ["ALLOW_TRUST_CANT_REVOKE"]
    assert driver.refuse(CAROL, revoke) == ["ALLOW_TRUST_CANT_REVOKE"]
    other = AllowTrust(BOB.public_key, "USD", TrustLineEntryFlag.AUTHORIZED_FLAG)
    assert driver.refuse(CAROL, other) == ["ALLOW_TRUST_NO_TRUST_LINE"]
    longer = AllowTrust(ALICE.public_key, "LONGCODE", TrustLineEntryFlag.AUTHORIZED_FLAG)
    assert driver.refuse(CAROL, longer) == ["ALLOW_TRUST_NO_TRUST_LINE"]


@pytest.mark.parametrize(
    ("authorize", "code"), [(3, b"USD\x00"), (4, b"USD\x00"), (1, b"\x00\x00\x00\x00")]
)
def test_malformed_allow_trust(driver: Driver, authorize: int, code: bytes) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.allow_trust_op
        assert operation is not None
        operation.authorize = xdr.Uint32(authorize)
        operation.asset = xdr.AssetCode(
            xdr.AssetType.ASSET_TYPE_CREDIT_ALPHANUM4, asset_code4=xdr.AssetCode4(code)
        )

    valid = AllowTrust(ALICE.public_key, "USD", TrustLineEntryFlag.AUTHORIZED_FLAG)
    assert turned_away(driver, altered(driver, CAROL, valid, change)) == ["ALLOW_TRUST_MALFORMED"]
    own = AllowTrust(CAROL.public_key, "USD", TrustLineEntryFlag.AUTHORIZED_FLAG)
    assert turned_away(driver, driver.build(CAROL, own)) == ["ALLOW_TRUST_MALFORMED"]
