"""Clawback (CAP-0035): an issuer takes its asset back, from a trustline or a claimable balance."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import ClawbackClaimableBalanceResultCode as BalanceCode
from stellar_sdk.xdr import ClawbackResultCode as Code

from server.localnet.ledger.addresses import Address, read_address
from server.localnet.ledger.assets import Asset, InvalidAssetError, arm, asset_from_xdr
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import BALANCE_CLAWBACK_ENABLED, TRUSTLINE_CLAWBACK_ENABLED
from server.localnet.ledger.events import account_address, balance_address
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.reserves import line_spendable
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import remove_entry


class Clawback(Operation):
    kind = xdr.OperationType.CLAWBACK

    __slots__ = ("amount", "asset", "holder")

    asset: Asset | None
    holder: Address
    amount: int

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.clawback_op)
        self.holder = read_address(source.from_)
        self.amount = source.amount.int64
        try:
            self.asset = asset_from_xdr(source.asset)
        except InvalidAssetError:
            self.asset = None

    def check(self) -> None:
        is_own = self.asset is not None and self.asset.issuer == self.source
        if not is_own or self.amount <= 0 or self.holder == (self.source, None):
            raise Refusal(Code.CLAWBACK_MALFORMED)

    def apply(self, context: Context) -> bytes:
        """Takes from an unauthorized trustline too, but never what its offers have promised."""
        asset = arm(self.asset)
        line = context.state.trustline(self.holder.account, asset)
        if line is None:
            raise Refusal(Code.CLAWBACK_NO_TRUST)
        if not line.flags & TRUSTLINE_CLAWBACK_ENABLED:
            raise Refusal(Code.CLAWBACK_NOT_CLAWBACK_ENABLED)
        if line_spendable(line) < self.amount:
            raise Refusal(Code.CLAWBACK_UNDERFUNDED)
        context.state.edit(line).balance -= self.amount
        context.events.clawback(asset, account_address(self.holder.account), self.amount)
        return b""


class ClawbackClaimableBalance(Operation):
    kind = xdr.OperationType.CLAWBACK_CLAIMABLE_BALANCE

    __slots__ = ("balance_id",)

    balance_id: bytes

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.clawback_claimable_balance_op)
        self.balance_id = arm(source.balance_id.v0).hash

    def check(self) -> None:
        """Any id may be asked for."""

    def apply(self, context: Context) -> bytes:
        balance = context.state.claimable_balance(self.balance_id)
        if balance is None:
            raise Refusal(BalanceCode.CLAWBACK_CLAIMABLE_BALANCE_DOES_NOT_EXIST)
        if balance.asset.issuer != self.source:
            raise Refusal(BalanceCode.CLAWBACK_CLAIMABLE_BALANCE_NOT_ISSUER)
        if not balance.flags & BALANCE_CLAWBACK_ENABLED:
            raise Refusal(BalanceCode.CLAWBACK_CLAIMABLE_BALANCE_NOT_CLAWBACK_ENABLED)
        remove_entry(context.state, balance)
        context.events.clawback(balance.asset, balance_address(balance.id), balance.amount)
        return b""
