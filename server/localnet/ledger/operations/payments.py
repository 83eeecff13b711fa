"""Payment: lumens or an asset from one account to another."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import PaymentResultCode as Code

from server.localnet.ledger.addresses import Address, read_address
from server.localnet.ledger.assets import Asset, InvalidAssetError, arm, asset_from_xdr
from server.localnet.ledger.context import Context
from server.localnet.ledger.events import account_address
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.transfers import CreditCodes, DebitCodes, credit, debit

_CREDIT = CreditCodes(
    no_destination=Code.PAYMENT_NO_DESTINATION,
    no_trust=Code.PAYMENT_NO_TRUST,
    not_authorized=Code.PAYMENT_NOT_AUTHORIZED,
    line_full=Code.PAYMENT_LINE_FULL,
)
_DEBIT = DebitCodes(
    underfunded=Code.PAYMENT_UNDERFUNDED,
    no_trust=Code.PAYMENT_SRC_NO_TRUST,
    not_authorized=Code.PAYMENT_SRC_NOT_AUTHORIZED,
)


class Payment(Operation):
    kind = xdr.OperationType.PAYMENT

    __slots__ = ("amount", "asset", "destination")

    asset: Asset | None
    destination: Address
    amount: int

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.payment_op)
        self.destination = read_address(source.destination)
        self.amount = source.amount.int64
        try:
            self.asset = asset_from_xdr(source.asset)
        except InvalidAssetError:
            self.asset = None

    def check(self) -> None:
        if self.amount <= 0 or self.asset is None:
            raise Refusal(Code.PAYMENT_MALFORMED)

    def apply(self, context: Context) -> bytes:
        asset = self.asset
        if asset is None:
            raise Refusal(Code.PAYMENT_MALFORMED)
        receiver = self.destination.account
        if not (asset.is_native and receiver == self.source):  # lumens to oneself just succeed
            self._move(context, asset, receiver)
        source = account_address(self.source)
        context.events.payment(asset, source, receiver, self.amount, self.destination.muxed_id)
        return b""

    def _move(self, context: Context, asset: Asset, receiver: bytes) -> None:
        # an asset may go back to its issuer even when the issuer's account is gone
        if asset.issuer != receiver and context.state.account(receiver) is None:
            raise Refusal(Code.PAYMENT_NO_DESTINATION)
        credit(context, receiver, asset, self.amount, _CREDIT)
        debit(context, self.source, asset, self.amount, _DEBIT)
