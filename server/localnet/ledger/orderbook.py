"""Orders against the offers of the book: best price first, the oldest first at one price."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from stellar_sdk.xdr import OperationResultCode

from server.localnet.ledger.assets import Asset
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import Offer, Price
from server.localnet.ledger.events import account_address
from server.localnet.ledger.exchange import (
    Limits,
    Rounding,
    exchange,
    sell_liabilities,
    sellable_amount,
)
from server.localnet.ledger.holdings import add_liabilities, free_to_sell, room_to_buy, settle
from server.localnet.ledger.packing import pack_long, pack_uint
from server.localnet.ledger.results import GeneralRefusal, Refusal
from server.localnet.ledger.sponsorship import remove_entry

OFFERS_CROSSED_MAX = 1_000  # by one operation

_CLAIM_HEAD = Struct(">II32sq").pack
_ORDER_BOOK = 1  # ClaimAtomType


class Order(NamedTuple):
    """A taker gives at most `most_sent` of one asset for at most `most_received` of another.
    `accepts` tells whether an offer's price is good enough; offers come in order of price."""

    taker: bytes
    sent: Asset
    received: Asset
    most_sent: int
    most_received: int
    rounding: Rounding
    cross_self: IntEnum
    accepts: Callable[[Price], bool] = lambda _price: True


class Claim(NamedTuple):
    """What one offer sold and bought in a crossing."""

    seller: bytes
    offer_id: int
    sold_asset: Asset
    sold: int
    bought_asset: Asset
    bought: int

    def pack(self) -> bytes:
        """The bytes of XDR ClaimAtom."""
        return b"".join(
            (
                _CLAIM_HEAD(_ORDER_BOOK, 0, self.seller, self.offer_id),
                self.sold_asset.pack(),
                pack_long(self.sold),
                self.bought_asset.pack(),
                pack_long(self.bought),
            )
        )


def pack_claims(claims: list[Claim]) -> bytes:
    """The bytes of a list of XDR ClaimAtom."""
    return b"".join([pack_uint(len(claims)), *[claim.pack() for claim in claims]])


class Crossing(NamedTuple):
    """`filled`: the order is used up; otherwise the book has no more for it."""

    sent: int
    received: int
    claims: list[Claim]
    filled: bool


def cross(context: Context, order: Order, crossed_before: int = 0) -> Crossing:
    """Books the makers' sides; the taker's are the caller's to book. Refuses an order that meets an
    offer of its own taker, and one that crosses too many offers."""
    sent = received = 0
    claims: list[Claim] = []
    filled = not (order.most_sent > 0 and order.most_received > 0)
    if not filled:
        _check_work(crossed_before)
    while not filled and (offer := _best_acceptable(context, order)) is not None:
        _check_work(crossed_before + len(claims))
        left = order.most_sent - sent, order.most_received - received
        claim, maker_stays = _cross_offer(context, offer, *left, order.rounding)
        claims.append(claim)
        sent += claim.bought
        received += claim.sold
        filled = maker_stays or sent == order.most_sent or received == order.most_received
    return Crossing(sent, received, claims, filled)


def _best_acceptable(context: Context, order: Order) -> Offer | None:
    offer = context.state.best_offer(order.received, order.sent)
    if offer is None or not order.accepts(offer.price):
        return None
    if offer.seller == order.taker:
        raise Refusal(order.cross_self)
    return offer


def _cross_offer(
    context: Context, offer: Offer, can_send: int, can_receive: int, rounding: Rounding
) -> tuple[Claim, bool]:
    """The claim, and whether the maker stays. Its liabilities are released meanwhile, so that what
    they stand for can be traded."""
    release_liabilities(context, offer)
    amount = _sellable(context, offer, offer.amount)
    limits = Limits(
        maker_send=amount,
        maker_receive=max(0, room_to_buy(context, offer.seller, offer.buying)),
        taker_send=can_send,
        taker_receive=can_receive,
    )
    trade = exchange(offer.price, limits, rounding)
    settle(context, offer.seller, offer.buying, trade.bought)
    settle(context, offer.seller, offer.selling, -trade.sold)
    left = _sellable(context, offer, amount - trade.sold) if trade.maker_stays else 0
    if left:
        kept = context.state.edit(offer)
        kept.amount = left
        acquire_liabilities(context, kept)
    else:
        remove_entry(context.state, offer)
    parts = offer.selling, trade.sold, offer.buying, trade.bought
    return Claim(offer.seller, offer.id, *parts), trade.maker_stays


def _sellable(context: Context, offer: Offer, amount: int) -> int:
    can_send = max(0, free_to_sell(context, offer.seller, offer.selling))
    can_receive = max(0, room_to_buy(context, offer.seller, offer.buying))
    return sellable_amount(offer.price, min(amount, can_send), can_receive)


def tell_claims(context: Context, taker: bytes, claims: list[Claim]) -> None:
    """The two movements of each claim, as events."""
    own = account_address(taker)
    for claim in claims:
        maker = account_address(claim.seller)
        context.events.movement(claim.bought_asset, own, maker, claim.bought)
        context.events.movement(claim.sold_asset, maker, own, claim.sold)


def acquire_liabilities(context: Context, offer: Offer) -> None:
    """An offer in the book claims what it may have to send and to receive."""
    selling, buying = sell_liabilities(offer.price, offer.amount)
    add_liabilities(context, offer.seller, offer.selling, selling=selling)
    add_liabilities(context, offer.seller, offer.buying, buying=buying)


def release_liabilities(context: Context, offer: Offer) -> None:
    selling, buying = sell_liabilities(offer.price, offer.amount)
    add_liabilities(context, offer.seller, offer.selling, selling=-selling)
    add_liabilities(context, offer.seller, offer.buying, buying=-buying)


def remove_offer(context: Context, offer: Offer) -> None:
    """Takes a live offer from the book, with its liabilities and its reserve."""
    release_liabilities(context, offer)
    remove_entry(context.state, offer)


def _check_work(crossed: int) -> None:
    if crossed >= OFFERS_CROSSED_MAX:
        raise GeneralRefusal(OperationResultCode.opEXCEEDED_WORK_LIMIT)
