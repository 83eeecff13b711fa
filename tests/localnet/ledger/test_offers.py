from collections.abc import Iterator, Sequence
from random import Random

import pytest
from stellar_sdk import Asset, Keypair, Price, TrustLineFlags, xdr
from stellar_sdk.operation import (
    AccountMerge,
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreatePassiveSellOffer,
    EndSponsoringFutureReserves,
    ManageBuyOffer,
    ManageSellOffer,
    Operation,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.set_options import AuthorizationFlag

from server.localnet.ledger import orderbook
from server.localnet.ledger.entries import OFFER_PASSIVE
from server.localnet.ledger.records import AppliedTransaction
from tests.localnet.driver import STROOPS, Driver, codes, person, result_of
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
    driver = open_market()
    yield driver
    driver.check()


def _claims(result: xdr.OperationResultTr) -> list[tuple[int, int, int]]:
    """(offer id, sold, bought) of each claim."""
    arm = result.manage_sell_offer_result or result.manage_buy_offer_result
    assert arm is not None
    assert arm.success is not None
    books = [claim.order_book for claim in arm.success.offers_claimed]
    return [
        (one.offer_id.int64, one.amount_sold.int64, one.amount_bought.int64)
        for one in books
        if one is not None
    ]


def test_a_new_offer_rests_and_claims_what_it_may_move(market: Driver) -> None:
    applied = market.do(ALICE, sell(USD, "10", "2.5"))
    success = result_of(applied).manage_sell_offer_result.success  # type: ignore[union-attr]
    (offer,) = offers(market, ALICE)
    assert success.offer.effect == xdr.ManageOfferEffect.MANAGE_OFFER_CREATED
    assert success.offer.offer.to_xdr_bytes() == offer.pack_offer()
    assert (offer.id, offer.amount, offer.price) == (1, 10 * STROOPS, (5, 2))
    assert moved(applied) == []
    account = market.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert (account.buying_liabilities, account.sub_entries) == (25 * STROOPS, 3)


def test_only_what_changes_is_changed(market: Driver) -> None:
    applied = market.do(ALICE, sell(USD, "10", "2"))
    meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta).v4
    assert meta is not None
    changes = meta.operations[0].changes.ledger_entry_changes
    kinds = [change.type.name.removeprefix("LEDGER_ENTRY_") for change in changes]
    assert sorted(kinds) == ["CREATED", "STATE", "STATE", "UPDATED", "UPDATED"]
    applied = market.do(ALICE, sell(USD, "0", "2", offer_id=1))
    meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta).v4
    assert meta is not None
    changes = meta.operations[0].changes.ledger_entry_changes
    kinds = [change.type.name.removeprefix("LEDGER_ENTRY_") for change in changes]
    assert sorted(kinds) == ["REMOVED", "STATE", "STATE", "STATE", "UPDATED", "UPDATED"]


def test_a_claimed_balance_can_neither_be_spent_nor_offered_twice(market: Driver) -> None:
    market.do(ALICE, sell(USD, "90", "1"))
    assert market.refuse(ALICE, Payment(BOB.public_key, USD, "10.0000001")) == [
        "PAYMENT_UNDERFUNDED"
    ]
    assert market.refuse(ALICE, sell(USD, "10.0000001", "3")) == ["MANAGE_SELL_OFFER_UNDERFUNDED"]
    market.do(ALICE, sell(USD, "10", "3"))


def test_an_order_takes_the_best_price_first_then_the_oldest(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "3"), sell(USD, "10", "2"))
    market.do(BOB, sell(USD, "10", "2"))
    applied = market.do(CAROL, sell(XLM, "65", "0.3", buying=USD))
    tens = 10 * STROOPS
    assert _claims(result_of(applied)) == [
        (2, tens, 20 * STROOPS),
        (3, tens, 20 * STROOPS),
        (1, 83_333_333, 249_999_999),
    ]
    assert moved(applied) == [b"transfer"] * 6
    assert market.holding(CAROL, USD) == 120 * STROOPS + 83_333_333
    (left,) = offers(market, ALICE)
    assert left.amount == tens - 83_333_333
    assert offers(market, BOB) == offers(market, CAROL) == []


def test_what_is_not_filled_rests(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    applied = market.do(BOB, buy(USD, "30", "2"))
    assert _claims(result_of(applied)) == [(1, 10 * STROOPS, 20 * STROOPS)]
    (rest,) = offers(market, BOB)
    assert (rest.selling.is_native, rest.amount, rest.price) == (True, 40 * STROOPS, (1, 2))
    assert market.holding(BOB, USD) == 110 * STROOPS
    assert market.lumens(ALICE) == 1020 * STROOPS - 300 - 100 - 100  # fees of three transactions


def test_a_worse_price_is_not_taken(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    applied = market.do(BOB, buy(USD, "10", "1.9999999"))
    assert _claims(result_of(applied)) == []
    assert len(offers(market, BOB)) == 1


def test_a_buy_order_gets_exactly_its_amount(market: Driver) -> None:
    market.do(ALICE, sell(USD, "50", Price(7, 3)))
    market.do(BOB, buy(USD, "1.0000001", "3"))
    assert market.holding(BOB, USD) == 101 * STROOPS + 1
    assert offers(market, BOB) == []


def test_an_offer_changes_in_place(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    applied = market.do(ALICE, sell(USD, "80", "4", offer_id=1))
    success = result_of(applied).manage_sell_offer_result.success  # type: ignore[union-attr]
    assert success.offer.effect == xdr.ManageOfferEffect.MANAGE_OFFER_UPDATED
    (offer,) = offers(market, ALICE)
    assert (offer.id, offer.amount, offer.price) == (1, 80 * STROOPS, (4, 1))


def test_a_changed_offer_may_turn_round_without_meeting_itself(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    market.do(ALICE, sell(XLM, "10", "2", buying=USD, offer_id=1))
    (offer,) = offers(market, ALICE)
    assert (offer.id, offer.selling.is_native) == (1, True)


def test_a_changed_offer_can_be_filled_at_once(market: Driver) -> None:
    market.do(BOB, buy(USD, "10", "2"))
    market.do(ALICE, sell(USD, "10", "5"))
    applied = market.do(ALICE, sell(USD, "10", "2", offer_id=2))
    success = result_of(applied).manage_sell_offer_result.success  # type: ignore[union-attr]
    assert success.offer.effect == xdr.ManageOfferEffect.MANAGE_OFFER_DELETED
    assert offers(market, ALICE) == offers(market, BOB) == []


@pytest.mark.parametrize("kind", [sell, buy])
def test_amount_zero_deletes(market: Driver, kind: type[sell]) -> None:
    before = market.chain.state.account(ALICE.raw_public_key())
    market.do(ALICE, sell(USD, "10", "2"))
    applied = market.do(ALICE, kind(USD, "0", "1", offer_id=1))
    after = market.chain.state.account(ALICE.raw_public_key())
    assert offers(market, ALICE) == moved(applied) == []
    assert before is not None
    assert after is not None
    assert (after.sub_entries, after.buying_liabilities) == (before.sub_entries, 0)


def test_passive_offers_leave_their_own_price_alone(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    passive = CreatePassiveSellOffer(XLM, USD, "10", "0.5")
    applied = market.do(BOB, passive)
    assert result_of(applied).type == xdr.OperationType.MANAGE_SELL_OFFER
    assert _claims(result_of(applied)) == []
    (offer,) = offers(market, BOB)
    assert offer.flags == OFFER_PASSIVE
    applied = market.do(CAROL, CreatePassiveSellOffer(XLM, USD, "10", "0.4"))
    assert _claims(result_of(applied)) == [(1, 5 * STROOPS, 10 * STROOPS)]
    applied = market.do(CAROL, sell(USD, "1", "2"))  # an active one takes the passive one
    assert _claims(result_of(applied)) == [(2, 2 * STROOPS, STROOPS)]
    applied = market.do(BOB, sell(XLM, "5", "0.5", buying=USD, offer_id=2))
    assert offers(market, BOB)[0].flags == OFFER_PASSIVE
    assert _claims(result_of(applied)) == []


def test_an_issuer_trades_its_own_asset_without_a_trustline(market: Driver) -> None:
    market.do(ISSUER, sell(USD, "1000000", "2"))
    applied = market.do(ALICE, buy(USD, "5", "2"))
    assert moved(applied) == [b"transfer", b"mint"]
    assert market.holding(ALICE, USD) == 105 * STROOPS
    applied = market.do(BOB, sell(USD, "5", "1"))
    market.do(ISSUER, buy(USD, "3", "1"))
    assert market.holding(BOB, USD) == 97 * STROOPS


def test_an_offer_of_lumens_keeps_the_reserve_of_the_offer_itself(market: Driver) -> None:
    poor = person("poor")
    market.fund(poor, lumens="3")
    market.do(poor, ChangeTrust(USD))
    free = market.lumens(poor) - 4 * 5_000_000 - 100  # two, the line, the offer; and the fee
    assert market.refuse(poor, sell(XLM, f"{(free + 1) / STROOPS:.7f}", "1", buying=USD)) == [
        "MANAGE_SELL_OFFER_UNDERFUNDED"
    ]
    free -= 100
    market.do(poor, sell(XLM, f"{free / STROOPS:.7f}", "1", buying=USD))


def test_a_sponsored_offer_gives_its_reserve_back_to_the_sponsor(market: Driver) -> None:
    market.do(
        BOB,
        BeginSponsoringFutureReserves(ALICE.public_key),
        ManageSellOffer(USD, XLM, "10", "2", source=ALICE.public_key),
        EndSponsoringFutureReserves(source=ALICE.public_key),
        signers=(ALICE,),
    )
    sponsor = market.chain.state.account(BOB.raw_public_key())
    assert sponsor is not None
    assert sponsor.sponsoring == 1
    market.do(ALICE, sell(USD, "20", "2", offer_id=1))
    assert offers(market, ALICE)[0].sponsor == BOB.raw_public_key()
    market.do(CAROL, buy(USD, "20", "2"))
    sponsor = market.chain.state.account(BOB.raw_public_key())
    assert sponsor is not None
    assert sponsor.sponsoring == 0


def _revoke(driver: Driver, holder: Keypair, *, fully: bool = True) -> None:
    revocable = AuthorizationFlag.AUTHORIZATION_REVOCABLE
    maintain = TrustLineFlags.AUTHORIZED_TO_MAINTAIN_LIABILITIES_FLAG
    driver.do(
        ISSUER,
        SetOptions(set_flags=revocable),
        SetTrustLineFlags(
            holder.public_key,
            USD,
            clear_flags=TrustLineFlags.AUTHORIZED_FLAG,
            set_flags=None if fully else maintain,
        ),
    )


def test_a_holder_who_lost_authorization_can_make_no_offer(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    _revoke(market, ALICE)
    assert offers(market, ALICE) == []  # the revocation took them
    assert market.refuse(ALICE, sell(USD, "1", "2")) == ["MANAGE_SELL_OFFER_SELL_NOT_AUTHORIZED"]
    assert market.refuse(ALICE, buy(USD, "1", "2")) == ["MANAGE_BUY_OFFER_BUY_NOT_AUTHORIZED"]


def test_offers_may_stay_where_only_they_are_authorized(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    _revoke(market, ALICE, fully=False)
    assert len(offers(market, ALICE)) == 1
    assert market.refuse(ALICE, sell(USD, "5", "2", offer_id=1)) == [
        "MANAGE_SELL_OFFER_SELL_NOT_AUTHORIZED"
    ]
    market.do(BOB, buy(USD, "10", "2"))
    assert market.holding(ALICE, USD) == 90 * STROOPS
    market.do(BOB, sell(USD, "1", "2"))
    market.do(BOB, sell(USD, "0", "2", offer_id=2))


def test_refusals_without_trust(market: Driver) -> None:
    dave = person("dave")
    market.fund(dave)
    assert market.refuse(dave, sell(USD, "1", "1")) == ["MANAGE_SELL_OFFER_SELL_NO_TRUST"]
    assert market.refuse(dave, sell(XLM, "1", "1", buying=USD)) == [
        "MANAGE_SELL_OFFER_BUY_NO_TRUST"
    ]
    assert market.refuse(dave, buy(USD, "1", "1")) == ["MANAGE_BUY_OFFER_BUY_NO_TRUST"]
    market.do(dave, ChangeTrust(USD))
    assert market.refuse(dave, sell(USD, "1", "1")) == ["MANAGE_SELL_OFFER_UNDERFUNDED"]


def test_a_line_must_have_room_for_what_is_bought(market: Driver) -> None:
    market.do(ALICE, ChangeTrust(USD, "105"))
    assert market.refuse(ALICE, buy(USD, "5.0000001", "1")) == ["MANAGE_BUY_OFFER_LINE_FULL"]
    market.do(ALICE, buy(USD, "5", "1"))
    assert market.refuse(ALICE, buy(USD, "0.0000001", "1")) == ["MANAGE_BUY_OFFER_LINE_FULL"]
    assert market.refuse(BOB, Payment(ALICE.public_key, USD, "1")) == ["PAYMENT_LINE_FULL"]


def test_offers_of_the_same_owner_never_meet(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    assert market.refuse(ALICE, buy(USD, "1", "2")) == ["MANAGE_BUY_OFFER_CROSS_SELF"]
    market.do(ALICE, buy(USD, "1", "1.9"))
    market.do(BOB, sell(USD, "1", "1"))  # meets the offer of 1.9


def test_another_owner_s_offer_is_not_found(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    assert market.refuse(BOB, sell(USD, "0", "2", offer_id=1)) == ["MANAGE_SELL_OFFER_NOT_FOUND"]
    assert market.refuse(BOB, buy(USD, "1", "2", offer_id=99)) == ["MANAGE_BUY_OFFER_NOT_FOUND"]


def test_an_offer_costs_a_reserve(market: Driver) -> None:
    poor = person("poor")
    market.fund(poor, lumens="1.5")
    market.do(market.root, Payment(poor.public_key, XLM, "0.0001"))
    market.do(poor, ChangeTrust(USD))
    market.do(ISSUER, Payment(poor.public_key, USD, "5"))
    assert market.refuse(poor, sell(USD, "1", "1")) == ["MANAGE_SELL_OFFER_LOW_RESERVE"]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": xdr.Int64(-1)},
        {"offer_id": xdr.Int64(-1)},
        {"amount": xdr.Int64(0)},
        {"price": xdr.Price(xdr.Int32(0), xdr.Int32(1))},
        {"price": xdr.Price(xdr.Int32(1), xdr.Int32(0))},
        {"price": xdr.Price(xdr.Int32(-1), xdr.Int32(-1))},
        {"buying": USD.to_xdr_object()},
        {
            "selling": xdr.Asset(
                xdr.AssetType.ASSET_TYPE_CREDIT_ALPHANUM4,
                xdr.AlphaNum4(xdr.AssetCode4(b"U\x00D\x00"), ISSUER.xdr_account_id()),
            )
        },
    ],
)
def test_malformed_offers_are_refused_on_arrival(market: Driver, change: dict[str, object]) -> None:
    envelope = market.build(ALICE, sell(USD, "1", "1"))
    source = envelope.to_xdr_object()
    for name, value in change.items():
        setattr(source.v1.tx.operations[0].body.manage_sell_offer_op, name, value)  # type: ignore[union-attr]
    before = market.entries()
    submission = market.chain.submit(market.sign(source, ALICE))
    assert submission.status == "ERROR"
    assert codes(submission.result or b"") == ["MANAGE_SELL_OFFER_MALFORMED"]
    market.close()
    assert market.entries() == before


def test_one_operation_crosses_so_many_offers_and_no_more(
    market: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orderbook, "OFFERS_CROSSED_MAX", 3)
    market.do(ALICE, *(sell(USD, "1", "2") for _ in range(4)))
    assert market.refuse(BOB, buy(USD, "4", "2")) == ["opEXCEEDED_WORK_LIMIT"]
    market.do(BOB, buy(USD, "3", "2"))


def test_offers_of_merged_accounts_and_closed_lines_do_not_exist(market: Driver) -> None:
    market.do(ALICE, sell(USD, "10", "2"))
    assert market.refuse(ALICE, AccountMerge(BOB.public_key)) == ["ACCOUNT_MERGE_HAS_SUB_ENTRIES"]
    assert market.refuse(ALICE, ChangeTrust(USD, "0")) == ["CHANGE_TRUST_INVALID_LIMIT"]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_traded_the_books_are_coherent(seed: int) -> None:
    """Small amounts at odd prices: all the rounding there is."""
    driver, random = open_market(), Random(seed)
    start = [_total(driver, asset) for asset in (USD, EUR)]
    for _ in range(60):
        owner = random.choice((ALICE, BOB, CAROL))
        operations = [_random_offer(driver, random, owner) for _ in range(random.randint(1, 4))]
        driver.apply(owner, *operations)
        driver.check()
    assert [_total(driver, asset) for asset in (USD, EUR)] == start
    traded = sum(
        len(applied.events.operations) for s in range(2, 60) for applied in _ledger(driver, s)
    )
    assert traded > 60


def _ledger(driver: Driver, sequence: int) -> Sequence[AppliedTransaction]:
    ledger = driver.chain.ledger(sequence)
    return () if ledger is None else ledger.transactions


def _total(driver: Driver, asset: Asset) -> int:
    return sum(driver.holding(one, asset) for one in (ALICE, BOB, CAROL))


def _random_offer(driver: Driver, random: Random, owner: Keypair) -> Operation:
    selling, buying = random.sample((XLM, USD, EUR), 2)
    if random.random() < 0.25:
        return _random_path_payment(random, selling, buying)
    price = Price(random.randint(1, 40), random.randint(1, 40))
    amount = f"{random.choice((random.randint(1, 90), random.randint(1, 10**7))) / STROOPS:.7f}"
    own = offers(driver, owner)
    offer_id = random.choice(own).id if own and random.random() < 0.3 else 0
    if offer_id and random.random() < 0.3:
        amount = "0"
    kind = random.choice((ManageSellOffer, ManageBuyOffer, CreatePassiveSellOffer))
    if kind is CreatePassiveSellOffer:
        return CreatePassiveSellOffer(selling, buying, amount if amount != "0" else "1", price)
    return kind(selling, buying, amount, price, offer_id)


def _random_path_payment(random: Random, pay: Asset, get: Asset) -> Operation:
    """For next to nothing up to some units, and at any price."""
    to = random.choice((ALICE, BOB, CAROL)).public_key
    amount = f"{random.choice((random.randint(1, 90), random.randint(1, 10**7))) / STROOPS:.7f}"
    path = [one for one in (XLM, USD, EUR) if one not in (pay, get) and random.random() < 0.5]
    if random.random() < 0.5:
        return PathPaymentStrictReceive(to, pay, "1000", get, amount, path)
    return PathPaymentStrictSend(to, pay, amount, get, "0.0000001", path)
