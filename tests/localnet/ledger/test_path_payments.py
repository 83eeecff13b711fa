from collections.abc import Iterator

import pytest
from stellar_sdk import Asset, Keypair, MuxedAccount, Price, TextMemo, TrustLineFlags, scval, xdr
from stellar_sdk.operation import (
    AccountMerge,
    ChangeTrust,
    Operation,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.set_options import AuthorizationFlag

from server.localnet.ledger import orderbook
from tests.localnet.driver import STROOPS, Driver, person, result_of
from tests.localnet.market import (
    ALICE,
    BOB,
    CAROL,
    EUR,
    ISSUER,
    USD,
    XLM,
    buy,
    moved,
    offers,
    open_market,
    sell,
)


@pytest.fixture
def market() -> Iterator[Driver]:
    """Alice sells 50 USD at 2 lumens and 50 EUR at 0.5 USD."""
    driver = open_market()
    driver.do(ALICE, sell(USD, "50", "2"), sell(EUR, "50", "0.5", buying=USD))
    yield driver
    driver.check()


def _receive(  # noqa: PLR0917
    to: str, asset: Asset, amount: str, most: str, pay: Asset = XLM, path: tuple[Asset, ...] = ()
) -> PathPaymentStrictReceive:
    return PathPaymentStrictReceive(to, pay, most, asset, amount, list(path))


def _send(  # noqa: PLR0917
    to: str, asset: Asset, amount: str, least: str, pay: Asset = XLM, path: tuple[Asset, ...] = ()
) -> PathPaymentStrictSend:
    return PathPaymentStrictSend(to, pay, amount, asset, least, list(path))


def _claims(result: xdr.OperationResultTr) -> list[tuple[int, int, int]]:
    arm = result.path_payment_strict_receive_result or result.path_payment_strict_send_result
    assert arm is not None
    assert arm.success is not None
    books = [claim.order_book for claim in arm.success.offers]
    return [
        (one.offer_id.int64, one.amount_sold.int64, one.amount_bought.int64)
        for one in books
        if one is not None
    ]


def test_strict_receive_pays_what_the_book_asks(market: Driver) -> None:
    before = market.lumens(BOB)
    applied = market.do(BOB, _receive(CAROL.public_key, USD, "10.0000001", "21"))
    assert market.holding(CAROL, USD) == 110 * STROOPS + 1
    assert before - market.lumens(BOB) == 20 * STROOPS + 2 + 100
    assert _claims(result_of(applied)) == [(1, 10 * STROOPS + 1, 20 * STROOPS + 2)]
    last = result_of(applied).path_payment_strict_receive_result.success.last  # type: ignore[union-attr]
    assert last.amount.int64 == 10 * STROOPS + 1
    assert last.destination == CAROL.xdr_account_id()
    assert moved(applied) == [b"transfer"] * 3


def test_strict_send_gives_what_the_book_gives(market: Driver) -> None:
    before = market.lumens(BOB)
    applied = market.do(BOB, _send(CAROL.public_key, USD, "20.0000001", "10"))
    assert before - market.lumens(BOB) == 20 * STROOPS + 1 + 100
    assert market.holding(CAROL, USD) == 110 * STROOPS
    assert _claims(result_of(applied)) == [(1, 10 * STROOPS, 20 * STROOPS + 1)]


@pytest.mark.parametrize("build", [_receive, _send])
def test_a_path_of_two_trades(market: Driver, build: type[_receive]) -> None:
    applied = market.do(BOB, build(CAROL.public_key, EUR, "10", "10", path=(USD,)))
    assert market.holding(CAROL, EUR) == 110 * STROOPS
    assert _claims(result_of(applied)) == [
        (1, 5 * STROOPS, 10 * STROOPS),
        (2, 10 * STROOPS, 5 * STROOPS),
    ]
    assert moved(applied) == [b"transfer"] * 5
    assert market.holding(BOB, USD) == 100 * STROOPS


def test_one_asset_all_the_way_is_a_payment(market: Driver) -> None:
    applied = market.do(BOB, _receive(CAROL.public_key, USD, "3", "3", pay=USD, path=(USD, USD)))
    assert (market.holding(BOB, USD), market.holding(CAROL, USD)) == (
        97 * STROOPS,
        103 * STROOPS,
    )
    assert moved(applied) == [b"transfer"]


def test_the_issuer_pays_by_path_and_is_paid(market: Driver) -> None:
    applied = market.do(ISSUER, _receive(BOB.public_key, EUR, "4", "2", pay=USD))
    assert moved(applied) == [b"mint", b"burn", b"mint"]
    assert market.holding(BOB, EUR) == 104 * STROOPS
    applied = market.do(BOB, _send(ISSUER.public_key, EUR, "1", "2", pay=USD))
    assert moved(applied) == [b"transfer", b"transfer", b"burn"]


def test_memo_and_muxed_id_name_the_payee_of_the_last_movement_only(market: Driver) -> None:
    muxed = MuxedAccount(CAROL.public_key, 77).account_muxed
    assert muxed is not None
    applied = market.apply(BOB, _receive(muxed, USD, "1", "2"), memo=TextMemo("rent"))
    data = [scval.to_native(event.data) for event in _events(applied.events.operations[0])]
    assert data == [2 * STROOPS, STROOPS, {"amount": STROOPS, "to_muxed_id": 77}]
    applied = market.apply(BOB, _send(CAROL.public_key, USD, "2", "1"), memo=TextMemo("rent"))
    data = [scval.to_native(event.data) for event in _events(applied.events.operations[0])]
    assert data == [2 * STROOPS, STROOPS, {"amount": STROOPS, "to_muxed_id": "rent"}]


def _events(events):  # type: ignore[no-untyped-def]
    packed = [xdr.ContractEvent.from_xdr_bytes(event.pack()) for event in events]
    return [event.body.v0 for event in packed]


def test_prices_beyond_the_agreed_are_refused(market: Driver) -> None:
    to = CAROL.public_key
    assert market.refuse(BOB, _receive(to, USD, "10", "19.9999999")) == [
        "PATH_PAYMENT_STRICT_RECEIVE_OVER_SENDMAX"
    ]
    assert market.refuse(BOB, _send(to, USD, "20", "10.0000001")) == [
        "PATH_PAYMENT_STRICT_SEND_UNDER_DESTMIN"
    ]


@pytest.mark.parametrize(
    ("payment", "code"),
    [
        (_receive(CAROL.public_key, USD, "50.0000001", "900"), "RECEIVE_TOO_FEW_OFFERS"),
        (_send(CAROL.public_key, USD, "100.0000001", "1"), "SEND_TOO_FEW_OFFERS"),
        (_receive(CAROL.public_key, XLM, "1", "9", pay=USD), "RECEIVE_TOO_FEW_OFFERS"),
        (_receive(person("nobody").public_key, XLM, "1", "1"), "RECEIVE_NO_DESTINATION"),
        (_send(person("nobody").public_key, USD, "1", "1"), "SEND_NO_DESTINATION"),
        (
            _receive(CAROL.public_key, USD, "1", "900", pay=EUR, path=(XLM,)),
            "RECEIVE_TOO_FEW_OFFERS",
        ),
        (_receive(CAROL.public_key, XLM, "999", "999"), "RECEIVE_UNDERFUNDED"),
        (_send(CAROL.public_key, XLM, "999", "1"), "SEND_UNDERFUNDED"),
        (_send(CAROL.public_key, USD, "100.0000001", "1", pay=USD), "SEND_UNDERFUNDED"),
    ],
)
def test_refusals(market: Driver, payment: Operation, code: str) -> None:
    assert market.refuse(BOB, payment) == [f"PATH_PAYMENT_STRICT_{code}"]


def test_no_trust(market: Driver) -> None:
    dave = person("dave")
    market.fund(dave)
    assert market.refuse(BOB, _receive(dave.public_key, USD, "1", "2")) == [
        "PATH_PAYMENT_STRICT_RECEIVE_NO_TRUST"
    ]
    assert market.refuse(BOB, _send(dave.public_key, USD, "2", "1")) == [
        "PATH_PAYMENT_STRICT_SEND_NO_TRUST"
    ]
    assert market.refuse(dave, _receive(BOB.public_key, EUR, "1", "2", pay=USD)) == [
        "PATH_PAYMENT_STRICT_RECEIVE_SRC_NO_TRUST"
    ]
    assert market.refuse(dave, _send(BOB.public_key, EUR, "1", "1", pay=USD)) == [
        "PATH_PAYMENT_STRICT_SEND_SRC_NO_TRUST"
    ]


def test_a_full_line(market: Driver) -> None:
    market.do(CAROL, ChangeTrust(USD, "101"))
    assert market.refuse(BOB, _receive(CAROL.public_key, USD, "1.0000001", "9")) == [
        "PATH_PAYMENT_STRICT_RECEIVE_LINE_FULL"
    ]
    assert market.refuse(BOB, _send(CAROL.public_key, USD, "2.0000002", "1")) == [
        "PATH_PAYMENT_STRICT_SEND_LINE_FULL"
    ]


def _freeze(driver: Driver, holder: Keypair) -> None:
    driver.do(
        ISSUER,
        SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_REVOCABLE),
        SetTrustLineFlags(holder.public_key, USD, clear_flags=TrustLineFlags.AUTHORIZED_FLAG),
    )


def test_frozen_lines(market: Driver) -> None:
    _freeze(market, CAROL)
    assert market.refuse(BOB, _receive(CAROL.public_key, USD, "1", "2")) == [
        "PATH_PAYMENT_STRICT_RECEIVE_NOT_AUTHORIZED"
    ]
    assert market.refuse(BOB, _send(CAROL.public_key, USD, "2", "1")) == [
        "PATH_PAYMENT_STRICT_SEND_NOT_AUTHORIZED"
    ]
    assert market.refuse(CAROL, _receive(BOB.public_key, EUR, "1", "2", pay=USD)) == [
        "PATH_PAYMENT_STRICT_RECEIVE_SRC_NOT_AUTHORIZED"
    ]
    assert market.refuse(CAROL, _send(BOB.public_key, EUR, "1", "1", pay=USD)) == [
        "PATH_PAYMENT_STRICT_SEND_SRC_NOT_AUTHORIZED"
    ]


def test_own_offers_are_no_path(market: Driver) -> None:
    assert market.refuse(ALICE, _receive(BOB.public_key, USD, "1", "9")) == [
        "PATH_PAYMENT_STRICT_RECEIVE_OFFER_CROSS_SELF"
    ]
    assert market.refuse(ALICE, _send(BOB.public_key, USD, "1", "0.1")) == [
        "PATH_PAYMENT_STRICT_SEND_OFFER_CROSS_SELF"
    ]


def test_all_hops_share_one_limit_of_offers(
    market: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orderbook, "OFFERS_CROSSED_MAX", 1)
    for payment in (
        _receive(CAROL.public_key, EUR, "10", "10", path=(USD,)),
        _send(CAROL.public_key, EUR, "10", "10", path=(USD,)),
    ):
        assert market.refuse(BOB, payment) == ["opEXCEEDED_WORK_LIMIT"]
    market.do(BOB, _receive(CAROL.public_key, USD, "10", "20"))


def test_a_whole_offer_taken_leaves_the_book(market: Driver) -> None:
    market.do(BOB, _receive(CAROL.public_key, USD, "50", "100"))
    assert [one.id for one in offers(market, ALICE)] == [2]
    market.do(ALICE, buy(USD, "30", Price(1, 3)))
    market.do(BOB, _send(CAROL.public_key, XLM, "30", "9", pay=USD))
    assert [one.id for one in offers(market, ALICE)] == [2]


def test_an_asset_goes_home_to_an_issuer_who_is_gone(market: Driver) -> None:
    lost = person("lost issuer")
    coin = Asset("COIN", lost.public_key)
    market.fund(lost)
    market.do(
        BOB,
        ChangeTrust(coin),
        Payment(BOB.public_key, coin, "5", source=lost.public_key),
        signers=(lost,),
    )

    market.do(lost, AccountMerge(ALICE.public_key))
    market.do(BOB, _receive(lost.public_key, coin, "2", "2", pay=coin))
    market.do(BOB, _send(lost.public_key, coin, "3", "3", pay=coin))
    assert market.holding(BOB, coin) == 0
    assert market.refuse(BOB, _receive(lost.public_key, coin, "1", "1")) == [
        "PATH_PAYMENT_STRICT_RECEIVE_NO_DESTINATION"
    ]
