from collections.abc import Iterator

import pytest
from stellar_sdk import Asset, Claimant, MuxedAccount, TrustLineFlags
from stellar_sdk.operation import (
    ChangeTrust,
    Clawback,
    ClawbackClaimableBalance,
    CreateClaimableBalance,
    Operation,
    Payment,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.set_options import AuthorizationFlag

from tests.localnet.driver import STROOPS, Driver, codes, person
from tests.localnet.market import ALICE, BOB, ISSUER, USD, XLM, fresh_driver, moved, sell

CLAWBACK = AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED
REVOCABLE = AuthorizationFlag.AUTHORIZATION_REVOCABLE


@pytest.fixture
def market() -> Iterator[Driver]:
    """Alice holds 100 USD that can be clawed back."""
    driver = fresh_driver()
    driver.do(ISSUER, SetOptions(set_flags=CLAWBACK | REVOCABLE))
    driver.do(ALICE, ChangeTrust(USD))
    driver.do(ISSUER, Payment(ALICE.public_key, USD, "100"))
    yield driver
    driver.check()


def test_the_issuer_takes_its_asset_back(market: Driver) -> None:
    applied = market.do(ISSUER, Clawback(USD, ALICE.public_key, "40"))
    assert market.holding(ALICE, USD) == 60 * STROOPS
    assert moved(applied) == [b"clawback"]
    muxed = MuxedAccount(ALICE.public_key, 5).account_muxed
    assert muxed is not None
    market.do(ISSUER, Clawback(USD, muxed, "60"))
    assert market.holding(ALICE, USD) == 0


def test_a_frozen_line_is_no_shelter(market: Driver) -> None:
    clear = TrustLineFlags.AUTHORIZED_FLAG
    market.do(ISSUER, SetTrustLineFlags(ALICE.public_key, USD, clear_flags=clear))
    market.do(ISSUER, Clawback(USD, ALICE.public_key, "100"))
    assert market.holding(ALICE, USD) == 0


def test_what_offers_claim_stays(market: Driver) -> None:
    market.do(ALICE, sell(USD, "70", "1"))
    assert market.refuse(ISSUER, Clawback(USD, ALICE.public_key, "30.0000001")) == [
        "CLAWBACK_UNDERFUNDED"
    ]
    market.do(ISSUER, Clawback(USD, ALICE.public_key, "30"))


def test_refusals(market: Driver) -> None:
    assert market.refuse(ISSUER, Clawback(USD, BOB.public_key, "1")) == ["CLAWBACK_NO_TRUST"]
    assert market.refuse(ISSUER, Clawback(USD, ALICE.public_key, "100.0000001")) == [
        "CLAWBACK_UNDERFUNDED"
    ]
    flag = TrustLineFlags.TRUSTLINE_CLAWBACK_ENABLED_FLAG
    market.do(ISSUER, SetTrustLineFlags(ALICE.public_key, USD, clear_flags=flag))
    assert market.refuse(ISSUER, Clawback(USD, ALICE.public_key, "1")) == [
        "CLAWBACK_NOT_CLAWBACK_ENABLED"
    ]


@pytest.mark.parametrize(
    "operation",
    [
        Clawback(XLM, ALICE.public_key, "1"),
        Clawback(Asset("USD", BOB.public_key), ALICE.public_key, "1"),
        Clawback(USD, ISSUER.public_key, "1"),
        Clawback(USD, ALICE.public_key, "0"),
    ],
)
def test_malformed(market: Driver, operation: Operation) -> None:
    envelope = market.build(ISSUER, operation)
    submission = market.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    assert codes(submission.result or b"") == ["CLAWBACK_MALFORMED"]


def test_a_balance_is_taken_back_with_its_reserve(market: Driver) -> None:
    market.do(ALICE, CreateClaimableBalance(USD, "10", [Claimant(BOB.public_key)]))
    (balance,) = market.chain.state.claimable_balances()
    balance_id = "00000000" + balance.id.hex()
    assert market.refuse(ALICE, ClawbackClaimableBalance(balance_id)) == [
        "CLAWBACK_CLAIMABLE_BALANCE_NOT_ISSUER"
    ]
    applied = market.do(ISSUER, ClawbackClaimableBalance(balance_id))
    assert moved(applied) == [b"clawback"]
    assert list(market.chain.state.claimable_balances()) == []
    assert market.refuse(ISSUER, ClawbackClaimableBalance(balance_id)) == [
        "CLAWBACK_CLAIMABLE_BALANCE_DOES_NOT_EXIST"
    ]


def test_only_balances_that_were_made_so_can_be_taken_back(market: Driver) -> None:
    flag = TrustLineFlags.TRUSTLINE_CLAWBACK_ENABLED_FLAG
    market.do(ISSUER, SetTrustLineFlags(ALICE.public_key, USD, clear_flags=flag))
    market.do(ALICE, CreateClaimableBalance(USD, "10", [Claimant(BOB.public_key)]))
    (balance,) = market.chain.state.claimable_balances()
    assert market.refuse(ISSUER, ClawbackClaimableBalance("00000000" + balance.id.hex())) == [
        "CLAWBACK_CLAIMABLE_BALANCE_NOT_CLAWBACK_ENABLED"
    ]


def test_the_issuer_s_own_balance_follows_its_account(market: Driver) -> None:
    market.do(ISSUER, CreateClaimableBalance(USD, "10", [Claimant(BOB.public_key)]))
    (balance,) = market.chain.state.claimable_balances()
    market.do(ISSUER, ClawbackClaimableBalance("00000000" + balance.id.hex()))
    assert list(market.chain.state.claimable_balances()) == []


def test_lumens_have_no_issuer(market: Driver) -> None:
    market.do(ALICE, CreateClaimableBalance(XLM, "10", [Claimant(BOB.public_key)]))
    (balance,) = market.chain.state.claimable_balances()
    for one in (ISSUER, ALICE):
        assert market.refuse(one, ClawbackClaimableBalance("00000000" + balance.id.hex())) == [
            "CLAWBACK_CLAIMABLE_BALANCE_NOT_ISSUER"
        ]


def test_a_line_opened_before_the_flag_is_safe() -> None:
    driver = fresh_driver()
    dave = person("dave")
    driver.fund(dave)
    driver.do(dave, ChangeTrust(USD))
    driver.do(ISSUER, Payment(dave.public_key, USD, "5"))
    driver.do(ISSUER, SetOptions(set_flags=CLAWBACK | REVOCABLE))
    assert driver.refuse(ISSUER, Clawback(USD, dave.public_key, "5")) == [
        "CLAWBACK_NOT_CLAWBACK_ENABLED"
    ]
    driver.check()
