"""Path payments: the payer sends one asset, the payee gets another, the book trades in between."""

from __future__ import annotations

from abc import abstractmethod
from enum import IntEnum
from itertools import pairwise
from struct import Struct
from typing import ClassVar

from stellar_sdk import xdr
from stellar_sdk.xdr import PathPaymentStrictReceiveResultCode, PathPaymentStrictSendResultCode

from server.localnet.ledger.addresses import Address, read_address
from server.localnet.ledger.assets import Asset, InvalidAssetError, arm, asset_from_xdr
from server.localnet.ledger.context import Context
from server.localnet.ledger.events import account_address
from server.localnet.ledger.exchange import Rounding
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.orderbook import Claim, Crossing, Order, cross, pack_claims, tell_claims
from server.localnet.ledger.packing import pack_long
from server.localnet.ledger.reserves import MAX_INT64
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.transfers import CreditCodes, DebitCodes, credit, debit

_ACCOUNT = Struct(">I32s").pack

ReceiveCode = PathPaymentStrictReceiveResultCode
SendCode = PathPaymentStrictSendResultCode


class _PathPayment(Operation):
    """`path` goes from the sent to the received asset, both included; None when one of them is
    malformed."""

    malformed: ClassVar[IntEnum]
    too_few_offers: ClassVar[IntEnum]
    cross_self: ClassVar[IntEnum]
    rounding: ClassVar[Rounding]
    credit_codes: ClassVar[CreditCodes]
    debit_codes: ClassVar[DebitCodes]
    unapplied_payload = bytes(52)  # no claims; nothing received, by nobody

    __slots__ = ("destination", "fixed", "limit", "path")

    destination: Address
    path: list[Asset] | None
    fixed: int  # the amount that is exact: received, or sent
    limit: int  # the bound of the other one

    def _read_path(self, sent: xdr.Asset, path: list[xdr.Asset], received: xdr.Asset) -> None:
        try:
            self.path = [asset_from_xdr(asset) for asset in (sent, *path, received)]
        except InvalidAssetError:
            self.path = None

    def check(self) -> None:
        if self.fixed <= 0 or self.limit <= 0 or self.path is None:
            raise Refusal(self.malformed)

    def apply(self, context: Context) -> bytes:
        path = arm(self.path)
        self._check_destination(context, path)
        received, claims = self._pay(context, path)
        tell_claims(context, self.source, claims)
        to, muxed_id = self.destination
        context.events.payment(path[-1], account_address(self.source), to, received, muxed_id)
        last = _ACCOUNT(0, to) + path[-1].pack() + pack_long(received)
        return pack_claims(claims) + last

    @abstractmethod
    def _pay(self, context: Context, path: list[Asset]) -> tuple[int, list[Claim]]:
        """What the payee received, and the claims in the path's order."""

    def _check_destination(self, context: Context, path: list[Asset]) -> None:
        """An asset may go straight back to its issuer even when the issuer's account is gone."""
        redeems = (
            len(path) == 2 and path[0] == path[1] and path[1].issuer == self.destination.account
        )
        if not redeems and context.state.account(self.destination.account) is None:
            raise Refusal(self.credit_codes.no_destination)

    def _hop(
        self, context: Context, hop: tuple[Asset, Asset], limits: tuple[int, int], crossed: int
    ) -> Crossing:
        """One trade of the path, exact on the side that the payment fixes."""
        order = Order(self.source, *hop, *limits, self.rounding, self.cross_self)
        crossing = cross(context, order, crossed)
        if self.rounding is Rounding.STRICT_SEND:
            is_exact = crossing.sent == order.most_sent
        else:
            is_exact = crossing.received == order.most_received
        if not (crossing.filled and is_exact):
            raise Refusal(self.too_few_offers)
        return crossing


class PathPaymentStrictReceive(_PathPayment):
    kind = xdr.OperationType.PATH_PAYMENT_STRICT_RECEIVE
    malformed = ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_MALFORMED
    too_few_offers = ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_TOO_FEW_OFFERS
    cross_self = ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_OFFER_CROSS_SELF
    rounding = Rounding.STRICT_RECEIVE
    credit_codes = CreditCodes(
        no_destination=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_NO_DESTINATION,
        no_trust=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_NO_TRUST,
        not_authorized=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_NOT_AUTHORIZED,
        line_full=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_LINE_FULL,
    )
    debit_codes = DebitCodes(
        underfunded=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_UNDERFUNDED,
        no_trust=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_SRC_NO_TRUST,
        not_authorized=ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_SRC_NOT_AUTHORIZED,
    )

    __slots__ = ()

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.path_payment_strict_receive_op)
        self.destination = read_address(source.destination)
        self._read_path(source.send_asset, source.path, source.dest_asset)
        self.fixed = source.dest_amount.int64
        self.limit = source.send_max.int64

    def _pay(self, context: Context, path: list[Asset]) -> tuple[int, list[Claim]]:
        """Walks the path from its end: each hop must give what the next one needs."""
        credit(context, self.destination.account, path[-1], self.fixed, self.credit_codes)
        needed = self.fixed
        claims: list[Claim] = []
        for sent, received in reversed(list(pairwise(path))):
            if sent != received:
                hop = self._hop(context, (sent, received), (MAX_INT64, needed), len(claims))
                needed = hop.sent
                claims = hop.claims + claims
        if needed > self.limit:
            raise Refusal(ReceiveCode.PATH_PAYMENT_STRICT_RECEIVE_OVER_SENDMAX)
        debit(context, self.source, path[0], needed, self.debit_codes)
        return self.fixed, claims


class PathPaymentStrictSend(_PathPayment):
    kind = xdr.OperationType.PATH_PAYMENT_STRICT_SEND
    malformed = SendCode.PATH_PAYMENT_STRICT_SEND_MALFORMED
    too_few_offers = SendCode.PATH_PAYMENT_STRICT_SEND_TOO_FEW_OFFERS
    cross_self = SendCode.PATH_PAYMENT_STRICT_SEND_OFFER_CROSS_SELF
    rounding = Rounding.STRICT_SEND
    credit_codes = CreditCodes(
        no_destination=SendCode.PATH_PAYMENT_STRICT_SEND_NO_DESTINATION,
        no_trust=SendCode.PATH_PAYMENT_STRICT_SEND_NO_TRUST,
        not_authorized=SendCode.PATH_PAYMENT_STRICT_SEND_NOT_AUTHORIZED,
        line_full=SendCode.PATH_PAYMENT_STRICT_SEND_LINE_FULL,
    )
    debit_codes = DebitCodes(
        underfunded=SendCode.PATH_PAYMENT_STRICT_SEND_UNDERFUNDED,
        no_trust=SendCode.PATH_PAYMENT_STRICT_SEND_SRC_NO_TRUST,
        not_authorized=SendCode.PATH_PAYMENT_STRICT_SEND_SRC_NOT_AUTHORIZED,
    )

    __slots__ = ()

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.path_payment_strict_send_op)
        self.destination = read_address(source.destination)
        self._read_path(source.send_asset, source.path, source.dest_asset)
        self.fixed = source.send_amount.int64
        self.limit = source.dest_min.int64

    def _pay(self, context: Context, path: list[Asset]) -> tuple[int, list[Claim]]:
        """Walks the path from its start: each hop spends all that the one before gave."""
        debit(context, self.source, path[0], self.fixed, self.debit_codes)
        held = self.fixed
        claims: list[Claim] = []
        for sent, received in pairwise(path):
            if sent != received:
                hop = self._hop(context, (sent, received), (held, MAX_INT64), len(claims))
                held = hop.received
                claims += hop.claims
        if held < self.limit:
            raise Refusal(SendCode.PATH_PAYMENT_STRICT_SEND_UNDER_DESTMIN)
        credit(context, self.destination.account, path[-1], held, self.credit_codes)
        return held, claims
