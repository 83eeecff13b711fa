import pytest
from stellar_sdk import Asset, IdMemo, MuxedAccount, TextMemo, TrustLineFlags, xdr
from stellar_sdk.operation import (
    ChangeTrust,
    CreateAccount,
    Payment,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.set_options import AuthorizationFlag

from tests.localnet.driver import STROOPS, Driver, person
from tests.localnet.ledger.doors import altered, turned_away

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
XLM = Asset.native()
USD = Asset("USD", CAROL.public_key)
MAX = "922337203685.4775807"


def test_lumens_move_to_the_stroop(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, XLM, "25.5000001"))
    assert driver.lumens(BOB) == 1_025 * STROOPS + 5_000_001
    assert driver.lumens(ALICE) == 974 * STROOPS + 4_999_999 - 100


def test_lumens_to_oneself_just_succeed(driver: Driver) -> None:
    driver.do(ALICE, Payment(ALICE.public_key, XLM, MAX))
    assert driver.lumens(ALICE) == 1_000 * STROOPS - 100


def test_reserve_and_fee_stay(driver: Driver) -> None:
    assert driver.refuse(ALICE, Payment(BOB.public_key, XLM, "998.9999901")) == [
        "PAYMENT_UNDERFUNDED"
    ]
    driver.do(BOB, Payment(ALICE.public_key, XLM, "998.99999"))
    assert driver.lumens(BOB) == STROOPS


def test_a_payment_to_nobody(driver: Driver) -> None:
    assert driver.refuse(ALICE, Payment(DAVE.public_key, XLM, "1")) == ["PAYMENT_NO_DESTINATION"]
    assert driver.refuse(ALICE, Payment(DAVE.public_key, USD, "1")) == ["PAYMENT_NO_DESTINATION"]


def test_an_asset_needs_trust_on_both_sides(driver: Driver) -> None:
    assert driver.refuse(CAROL, Payment(ALICE.public_key, USD, "1")) == ["PAYMENT_NO_TRUST"]
    driver.do(ALICE, ChangeTrust(USD, "100"))
    driver.do(CAROL, Payment(ALICE.public_key, USD, "100"))
    assert driver.holding(ALICE, USD) == 100 * STROOPS
    assert driver.refuse(CAROL, Payment(ALICE.public_key, USD, "0.0000001")) == [
        "PAYMENT_LINE_FULL"
    ]
    assert driver.refuse(ALICE, Payment(BOB.public_key, USD, "1")) == ["PAYMENT_NO_TRUST"]
    driver.do(BOB, ChangeTrust(USD))
    assert driver.refuse(ALICE, Payment(BOB.public_key, USD, "100.0000001")) == [
        "PAYMENT_UNDERFUNDED"
    ]
    driver.do(ALICE, Payment(BOB.public_key, USD, "40"))
    assert (driver.holding(ALICE, USD), driver.holding(BOB, USD)) == (60 * STROOPS, 40 * STROOPS)


def test_a_sender_without_a_trustline(driver: Driver) -> None:
    driver.do(BOB, ChangeTrust(USD))
    assert driver.refuse(ALICE, Payment(BOB.public_key, USD, "1")) == ["PAYMENT_SRC_NO_TRUST"]


def test_the_issuer_takes_back_and_gives_without_end(driver: Driver) -> None:
    driver.do(ALICE, ChangeTrust(USD))
    driver.do(CAROL, Payment(ALICE.public_key, USD, MAX))
    driver.do(ALICE, Payment(CAROL.public_key, USD, MAX))
    assert driver.holding(ALICE, USD) == 0
    driver.do(CAROL, Payment(CAROL.public_key, USD, "5"))


def test_an_asset_returns_to_an_issuer_that_is_gone(driver: Driver) -> None:
    driver.do(ALICE, CreateAccount(DAVE.public_key, "10"))
    coin = Asset("COIN", DAVE.public_key)
    driver.do(ALICE, ChangeTrust(coin))
    driver.do(DAVE, Payment(ALICE.public_key, coin, "7"))
    state = driver.chain.state
    state.begin()
    gone = state.account(DAVE.raw_public_key())
    assert gone is not None
    state.remove(gone.key)
    state.edit_account(BOB.raw_public_key()).balance += gone.balance
    state.commit()
    driver.do(ALICE, Payment(DAVE.public_key, coin, "3"))
    assert driver.holding(ALICE, coin) == 4 * STROOPS


def test_unauthorized_trust_neither_sends_nor_receives(driver: Driver) -> None:
    driver.do(CAROL, SetOptions(set_flags=AuthorizationFlag(3)))
    driver.do(ALICE, ChangeTrust(USD))
    assert driver.refuse(CAROL, Payment(ALICE.public_key, USD, "1")) == ["PAYMENT_NOT_AUTHORIZED"]
    allow = TrustLineFlags.AUTHORIZED_FLAG
    driver.do(CAROL, SetTrustLineFlags(ALICE.public_key, USD, set_flags=allow))
    driver.do(CAROL, Payment(ALICE.public_key, USD, "1"))
    driver.do(CAROL, SetTrustLineFlags(ALICE.public_key, USD, clear_flags=allow))
    assert driver.refuse(ALICE, Payment(CAROL.public_key, USD, "1")) == [
        "PAYMENT_SRC_NOT_AUTHORIZED"
    ]


@pytest.mark.parametrize("amount", [0, -1, -(2**63)])
def test_only_positive_amounts_enter_the_queue(driver: Driver, amount: int) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.payment_op
        assert operation is not None
        operation.amount = xdr.Int64(amount)

    envelope = altered(driver, ALICE, Payment(BOB.public_key, XLM, "1"), change)
    assert turned_away(driver, envelope) == ["PAYMENT_MALFORMED"]


def test_a_malformed_asset_does_not_enter_the_queue(driver: Driver) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.payment_op
        assert operation is not None
        assert operation.asset.alpha_num4 is not None
        operation.asset.alpha_num4.asset_code = xdr.AssetCode4(b"U D\x00")

    envelope = altered(driver, ALICE, Payment(BOB.public_key, USD, "1"), change)
    assert turned_away(driver, envelope) == ["PAYMENT_MALFORMED"]


def test_muxed_addresses_and_memos_are_told_in_the_event(driver: Driver) -> None:
    muxed = MuxedAccount(BOB.public_key, 2**64 - 1)
    applied = driver.apply(ALICE, Payment(muxed, XLM, "1"), memo=TextMemo("hello"))
    assert driver.lumens(BOB) == 1_001 * STROOPS
    (event,) = applied.events.operations[0]
    assert (2**64 - 1).to_bytes(8) in event.data
    applied = driver.apply(ALICE, Payment(BOB.public_key, XLM, "1"), memo=IdMemo(12345))
    (event,) = applied.events.operations[0]
    assert (12345).to_bytes(8) in event.data


def test_all_operations_or_none(driver: Driver) -> None:
    codes = driver.refuse(
        ALICE,
        Payment(BOB.public_key, XLM, "100"),
        Payment(DAVE.public_key, XLM, "1"),
        Payment(CAROL.public_key, XLM, "100"),
    )
    assert codes == ["PAYMENT_SUCCESS", "PAYMENT_NO_DESTINATION", "PAYMENT_SUCCESS"]
    assert driver.lumens(ALICE) == 1_000 * STROOPS - 300


def test_a_hundred_payments_in_one_transaction(driver: Driver) -> None:
    driver.do(ALICE, *[Payment(BOB.public_key, XLM, "0.0000001")] * 100)
    assert driver.lumens(BOB) == 1_000 * STROOPS + 100
    assert driver.lumens(ALICE) == 1_000 * STROOPS - 100 - 10_000
