"""Claimable balances (CAP-0023): an amount set aside for whoever of the claimants takes it."""

from __future__ import annotations

from hashlib import sha256
from struct import Struct

from stellar_sdk import xdr
from stellar_sdk.xdr import ClaimClaimableBalanceResultCode as ClaimCode
from stellar_sdk.xdr import CreateClaimableBalanceResultCode as CreateCode

from server.localnet.ledger.assets import (
    Asset,
    InvalidAssetError,
    account_id_bytes,
    arm,
    asset_from_xdr,
)
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import (
    AUTH_CLAWBACK_ENABLED,
    BALANCE_CLAWBACK_ENABLED,
    TRUSTLINE_CLAWBACK_ENABLED,
    ClaimableBalance,
    Claimant,
)
from server.localnet.ledger.events import account_address, balance_address
from server.localnet.ledger.operations.operation import Operation, Threshold
from server.localnet.ledger.predicates import fix_in_time, holds, is_valid
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import create_entry, remove_entry
from server.localnet.ledger.transfers import CreditCodes, DebitCodes, credit, debit

_OPERATION_ID = Struct(">II32sqI").pack
_ENVELOPE_TYPE_OP_ID = 6
_V0 = b"\x00\x00\x00\x00"
_DEBIT = DebitCodes(
    underfunded=CreateCode.CREATE_CLAIMABLE_BALANCE_UNDERFUNDED,
    no_trust=CreateCode.CREATE_CLAIMABLE_BALANCE_NO_TRUST,
    not_authorized=CreateCode.CREATE_CLAIMABLE_BALANCE_NOT_AUTHORIZED,
)
_CREDIT = CreditCodes(
    no_destination=ClaimCode.CLAIM_CLAIMABLE_BALANCE_NO_TRUST,  # the claimant's account is there
    no_trust=ClaimCode.CLAIM_CLAIMABLE_BALANCE_NO_TRUST,
    not_authorized=ClaimCode.CLAIM_CLAIMABLE_BALANCE_NOT_AUTHORIZED,
    line_full=ClaimCode.CLAIM_CLAIMABLE_BALANCE_LINE_FULL,
)


class CreateClaimableBalance(Operation):
    kind = xdr.OperationType.CREATE_CLAIMABLE_BALANCE
    unapplied_payload = bytes(36)  # an id that is not known yet

    __slots__ = ("amount", "asset", "claimants")

    asset: Asset | None
    amount: int
    claimants: list[xdr.ClaimantV0]

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.create_claimable_balance_op)
        self.amount = source.amount.int64
        self.claimants = [arm(claimant.v0) for claimant in source.claimants]
        try:
            self.asset = asset_from_xdr(source.asset)
        except InvalidAssetError:
            self.asset = None

    def check(self) -> None:
        destinations = {account_id_bytes(one.destination) for one in self.claimants}
        if (
            self.asset is None
            or self.amount <= 0
            or not self.claimants
            or len(destinations) < len(self.claimants)
            or not all(is_valid(one.predicate) for one in self.claimants)
        ):
            raise Refusal(CreateCode.CREATE_CLAIMABLE_BALANCE_MALFORMED)

    def apply(self, context: Context) -> bytes:
        asset = arm(self.asset)
        debit(context, self.source, asset, self.amount, _DEBIT)
        balance = ClaimableBalance(
            _operation_id(context),
            tuple(_fixed_claimant(one, context.rules.close_time) for one in self.claimants),
            asset,
            self.amount,
            flags=BALANCE_CLAWBACK_ENABLED if self._allows_clawback(context, asset) else 0,
        )
        create_entry(context, balance, CreateCode.CREATE_CLAIMABLE_BALANCE_LOW_RESERVE)
        source, held = account_address(self.source), balance_address(balance.id)
        context.events.movement(asset, source, held, self.amount)
        return _V0 + balance.id

    def _allows_clawback(self, context: Context, asset: Asset) -> bool:
        """As the holding that it was taken from; for the issuer's own, as its account says."""
        if asset.is_native:
            return False
        if asset.issuer == self.source:
            issuer = arm(context.state.account(self.source))
            return bool(issuer.flags & AUTH_CLAWBACK_ENABLED)
        line = arm(context.state.trustline(self.source, asset))
        return bool(line.flags & TRUSTLINE_CLAWBACK_ENABLED)


class ClaimClaimableBalance(Operation):
    kind = xdr.OperationType.CLAIM_CLAIMABLE_BALANCE
    threshold = Threshold.LOW

    __slots__ = ("balance_id",)

    balance_id: bytes

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.claim_claimable_balance_op)
        self.balance_id = arm(source.balance_id.v0).hash

    def check(self) -> None:
        """Any id may be asked for."""

    def apply(self, context: Context) -> bytes:
        balance = context.state.claimable_balance(self.balance_id)
        if balance is None:
            raise Refusal(ClaimCode.CLAIM_CLAIMABLE_BALANCE_DOES_NOT_EXIST)
        if not self._may_claim(balance, context.rules.close_time):
            raise Refusal(ClaimCode.CLAIM_CLAIMABLE_BALANCE_CANNOT_CLAIM)
        credit(context, self.source, balance.asset, balance.amount, _CREDIT)
        remove_entry(context.state, balance)
        held = balance_address(balance.id)
        context.events.payment(balance.asset, held, self.source, balance.amount, self.muxed_id)
        return b""

    def _may_claim(self, balance: ClaimableBalance, close_time: int) -> bool:
        return any(
            holds(xdr.ClaimPredicate.from_xdr_bytes(claimant.predicate), close_time)
            for claimant in balance.claimants
            if claimant.destination == self.source
        )


def _operation_id(context: Context) -> bytes:
    """The hash of XDR HashIDPreimage, arm operationID."""
    source, sequence = context.transaction_source, context.transaction_sequence
    preimage = _OPERATION_ID(_ENVELOPE_TYPE_OP_ID, 0, source, sequence, context.index)
    return sha256(preimage).digest()


def _fixed_claimant(source: xdr.ClaimantV0, close_time: int) -> Claimant:
    predicate = xdr.ClaimPredicate.from_xdr_bytes(source.predicate.to_xdr_bytes())
    fix_in_time(predicate, close_time)
    return Claimant(account_id_bytes(source.destination), predicate.to_xdr_bytes())
