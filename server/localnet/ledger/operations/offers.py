"""Offers: made, changed and deleted by their owners; what crosses the book trades at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, NamedTuple

from stellar_sdk import xdr
from stellar_sdk.xdr import ManageBuyOfferResultCode, ManageSellOfferResultCode

from server.localnet.ledger.assets import Asset, InvalidAssetError, arm, asset_from_xdr
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import OFFER_PASSIVE, Offer, Price
from server.localnet.ledger.exchange import (
    Liabilities,
    Rounding,
    buy_liabilities,
    sell_liabilities,
    sellable_amount,
)
from server.localnet.ledger.holdings import free_to_sell, room_to_buy, settle
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.orderbook import (
    Crossing,
    Order,
    acquire_liabilities,
    cross,
    pack_claims,
    release_liabilities,
    tell_claims,
)
from server.localnet.ledger.packing import pack_uint
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import book_reserve, return_reserve

_CREATED, _UPDATED, _DELETED = pack_uint(0), pack_uint(1), pack_uint(2)  # ManageOfferEffect


class _Codes(NamedTuple):
    """The refusals that both enumerations have under the same names."""

    malformed: IntEnum
    sell_no_trust: IntEnum
    buy_no_trust: IntEnum
    sell_not_authorized: IntEnum
    buy_not_authorized: IntEnum
    line_full: IntEnum
    underfunded: IntEnum
    cross_self: IntEnum
    not_found: IntEnum
    low_reserve: IntEnum


def _codes(enumeration: type[IntEnum], prefix: str) -> _Codes:
    return _Codes(*(enumeration[prefix + name.upper()] for name in _Codes._fields))


class _ManageOffer(Operation):
    """`price` is that of one unit sold, in units bought, also for an offer that names what it
    buys. `amount` counts the asset that the subclass bounds; 0 deletes the offer."""

    codes: ClassVar[_Codes]
    unapplied_payload = bytes(84)  # no claims, and a created offer of which nothing is known

    __slots__ = ("amount", "buying", "offer_id", "passive", "price", "selling")

    selling: Asset
    buying: Asset
    amount: int
    price: Price
    offer_id: int
    passive: bool  # as a new offer

    def _read_pair(self, selling: xdr.Asset, buying: xdr.Asset) -> None:
        """Leaves both equal, which `check` refuses, when one is malformed."""
        try:
            self.selling, self.buying = asset_from_xdr(selling), asset_from_xdr(buying)
        except InvalidAssetError:
            self.selling = self.buying = Asset(b"", b"")

    @abstractmethod
    def _liabilities(self) -> Liabilities:
        """Those of the whole order."""

    @abstractmethod
    def _bound(self, can_send: int, can_receive: int, crossing: Crossing) -> tuple[int, int]:
        """The limits, cut to what the order leaves open after the crossing."""

    def check(self) -> None:
        creates_nothing = self.offer_id == 0 and self.amount == 0
        if (
            self.selling == self.buying
            or self.amount < 0
            or self.price.n <= 0
            or self.price.d <= 0
            or self.offer_id < 0
            or creates_nothing
        ):
            raise Refusal(self.codes.malformed)

    def apply(self, context: Context) -> bytes:
        if self.amount:
            self._check_trust(context)
        offer = self._take_from_book(context) if self.offer_id else self._reserve_new(context)
        crossing = self._trade(context, offer) if self.amount else _NOTHING
        offer.amount = self._left(context, crossing)
        tell_claims(context, self.source, crossing.claims)
        return pack_claims(crossing.claims) + self._keep(context, offer)

    def _check_trust(self, context: Context) -> None:
        codes = self.codes
        if not self.selling.is_native and self.selling.issuer != self.source:
            line = context.state.trustline(self.source, self.selling)
            if line is None:
                raise Refusal(codes.sell_no_trust)
            if line.balance == 0:
                raise Refusal(codes.underfunded)
            if not line.is_authorized:
                raise Refusal(codes.sell_not_authorized)
        if not self.buying.is_native and self.buying.issuer != self.source:
            line = context.state.trustline(self.source, self.buying)
            if line is None:
                raise Refusal(codes.buy_no_trust)
            if not line.is_authorized:
                raise Refusal(codes.buy_not_authorized)

    def _take_from_book(self, context: Context) -> Offer:
        """The offer with its new terms, out of the book while it trades; its reserve stays."""
        old = context.state.offer(self.source, self.offer_id)
        if old is None:
            raise Refusal(self.codes.not_found)
        release_liabilities(context, old)
        context.state.remove(old.key)
        return self._new_offer(old.flags, old.sponsor)

    def _reserve_new(self, context: Context) -> Offer:
        offer = self._new_offer(OFFER_PASSIVE if self.passive else 0, None)
        book_reserve(context, offer, self.codes.low_reserve)
        return offer

    def _new_offer(self, flags: int, sponsor: bytes | None) -> Offer:
        return Offer(
            self.source,
            self.offer_id,
            self.selling,
            self.buying,
            amount=0,
            price=self.price,
            flags=flags,
            sponsor=sponsor,
        )

    def _trade(self, context: Context, offer: Offer) -> Crossing:
        can_send, can_receive = self._limits(context)
        selling, buying = self._liabilities()
        if can_receive < buying:
            raise Refusal(self.codes.line_full)
        if can_send < selling:
            raise Refusal(self.codes.underfunded)
        most_sent, most_received = self._bound(max(0, can_send), max(0, can_receive), _NOTHING)
        if most_received == 0:
            raise Refusal(self.codes.line_full)
        order = Order(
            self.source,
            self.selling,
            self.buying,
            most_sent,
            most_received,
            Rounding.NORMAL,
            self.codes.cross_self,
            self._acceptable(passive=offer.is_passive),
        )
        crossing = cross(context, order)
        settle(context, self.source, self.buying, crossing.received)
        settle(context, self.source, self.selling, -crossing.sent)
        return crossing

    def _acceptable(self, *, passive: bool) -> Callable[[Price], bool]:
        """Offers up to the own price; a passive one leaves those at exactly that price alone."""
        own = self.price

        def accepts(price: Price) -> bool:
            asked, given = price.n * own.n, price.d * own.d
            return asked < given if passive else asked <= given

        return accepts

    def _limits(self, context: Context) -> tuple[int, int]:
        return (
            free_to_sell(context, self.source, self.selling),
            room_to_buy(context, self.source, self.buying),
        )

    def _left(self, context: Context, crossing: Crossing) -> int:
        """What the offer still sells after the crossing."""
        if crossing.filled:
            return 0
        can_send, can_receive = self._limits(context)
        limits = self._bound(max(0, can_send), max(0, can_receive), crossing)
        return sellable_amount(self.price, *limits)

    def _keep(self, context: Context, offer: Offer) -> bytes:
        """Puts what is left into the book; gives the packed effect."""
        if offer.amount == 0:
            return_reserve(context.state, offer)
            return _DELETED
        effect = _UPDATED if self.offer_id else _CREATED
        offer.id = self.offer_id or context.state.next_id()
        context.state.put(offer)
        acquire_liabilities(context, offer)
        return effect + offer.pack_offer()


class _ManageSellOffer(_ManageOffer):
    codes = _codes(ManageSellOfferResultCode, "MANAGE_SELL_OFFER_")

    __slots__ = ()

    def _liabilities(self) -> Liabilities:
        return sell_liabilities(self.price, self.amount)

    def _bound(self, can_send: int, can_receive: int, crossing: Crossing) -> tuple[int, int]:
        return min(self.amount - crossing.sent, can_send), can_receive


class ManageSellOffer(_ManageSellOffer):
    kind = xdr.OperationType.MANAGE_SELL_OFFER

    __slots__ = ()

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.manage_sell_offer_op)
        self._read_pair(source.selling, source.buying)
        self.amount = source.amount.int64
        self.price = Price(source.price.n.int32, source.price.d.int32)
        self.offer_id = source.offer_id.int64
        self.passive = False


class CreatePassiveSellOffer(_ManageSellOffer):
    """Its results come in the arm of manage sell offer, as the real core gives them."""

    kind = xdr.OperationType.MANAGE_SELL_OFFER

    __slots__ = ()

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.create_passive_sell_offer_op)
        self._read_pair(source.selling, source.buying)
        self.amount = source.amount.int64
        self.price = Price(source.price.n.int32, source.price.d.int32)
        self.offer_id = 0
        self.passive = True


class ManageBuyOffer(_ManageOffer):
    kind = xdr.OperationType.MANAGE_BUY_OFFER
    codes = _codes(ManageBuyOfferResultCode, "MANAGE_BUY_OFFER_")

    __slots__ = ()

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.manage_buy_offer_op)
        self._read_pair(source.selling, source.buying)
        self.amount = source.buy_amount.int64
        self.price = Price(source.price.d.int32, source.price.n.int32)
        self.offer_id = source.offer_id.int64
        self.passive = False

    def _liabilities(self) -> Liabilities:
        return buy_liabilities(self.price, self.amount)

    def _bound(self, can_send: int, can_receive: int, crossing: Crossing) -> tuple[int, int]:
        return can_send, min(self.amount - crossing.received, can_receive)


_NOTHING = Crossing(0, 0, [], filled=True)
