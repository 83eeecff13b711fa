"""What an issuer allows its holders: set trust line flags, and the older allow trust."""

from __future__ import annotations

from enum import IntEnum

from stellar_sdk import xdr
from stellar_sdk.xdr import AllowTrustResultCode as AllowCode
from stellar_sdk.xdr import SetTrustLineFlagsResultCode as FlagsCode

from server.localnet.ledger.assets import (
    Asset,
    InvalidAssetError,
    account_id_bytes,
    arm,
    asset_from_xdr,
    credit_asset,
)
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import (
    AUTH_REVOCABLE,
    AUTHORIZED,
    AUTHORIZED_TO_MAINTAIN_LIABILITIES,
    TRUSTLINE_CLAWBACK_ENABLED,
    Offer,
    TrustLine,
)
from server.localnet.ledger.operations.operation import Operation, Threshold
from server.localnet.ledger.orderbook import remove_offer
from server.localnet.ledger.results import Refusal

_AUTHORIZATION = AUTHORIZED | AUTHORIZED_TO_MAINTAIN_LIABILITIES
_ALL_FLAGS = _AUTHORIZATION | TRUSTLINE_CLAWBACK_ENABLED


class SetTrustLineFlags(Operation):
    kind = xdr.OperationType.SET_TRUST_LINE_FLAGS
    threshold = Threshold.LOW

    __slots__ = ("asset", "clear_flags", "set_flags", "trustor")

    asset: Asset | None
    clear_flags: int
    set_flags: int
    trustor: bytes

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.set_trust_line_flags_op)
        self.trustor = account_id_bytes(source.trustor)
        self.clear_flags = source.clear_flags.uint32
        self.set_flags = source.set_flags.uint32
        try:
            self.asset = asset_from_xdr(source.asset)
        except InvalidAssetError:
            self.asset = None

    def check(self) -> None:
        is_ours = self.asset is not None and self.asset.issuer == self.source
        may_set = self.set_flags in (0, AUTHORIZED, AUTHORIZED_TO_MAINTAIN_LIABILITIES)
        may_clear = not self.clear_flags & ~_ALL_FLAGS
        both = self.set_flags & self.clear_flags
        if not (is_ours and may_set and may_clear) or both or self.trustor == self.source:
            raise Refusal(FlagsCode.SET_TRUST_LINE_FLAGS_MALFORMED)

    def apply(self, context: Context) -> bytes:
        revokes = self.clear_flags & _AUTHORIZATION and not self.set_flags & AUTHORIZED
        if revokes and not _may_revoke(context, self.source):
            raise Refusal(FlagsCode.SET_TRUST_LINE_FLAGS_CANT_REVOKE)
        no_line = FlagsCode.SET_TRUST_LINE_FLAGS_NO_TRUST_LINE
        line = _trustline(context, self.trustor, self.asset, no_line)
        flags = line.flags & ~self.clear_flags | self.set_flags
        if flags & _AUTHORIZATION == _AUTHORIZATION:
            raise Refusal(FlagsCode.SET_TRUST_LINE_FLAGS_INVALID_STATE)
        _set_flags(context, line, flags)
        return b""


class AllowTrust(Operation):
    kind = xdr.OperationType.ALLOW_TRUST
    threshold = Threshold.LOW

    __slots__ = ("asset", "authorize", "trustor")

    asset: Asset | None
    authorize: int
    trustor: bytes

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.allow_trust_op)
        self.trustor = account_id_bytes(source.trustor)
        self.authorize = source.authorize.uint32
        self.asset = _own_asset(source.asset, self.source)

    def check(self) -> None:
        is_known = self.authorize <= AUTHORIZED_TO_MAINTAIN_LIABILITIES
        if not is_known or self.asset is None or self.trustor == self.source:
            raise Refusal(AllowCode.ALLOW_TRUST_MALFORMED)

    def apply(self, context: Context) -> bytes:
        may_revoke = _may_revoke(context, self.source)
        if not self.authorize and not may_revoke:
            raise Refusal(AllowCode.ALLOW_TRUST_CANT_REVOKE)
        line = _trustline(context, self.trustor, self.asset, AllowCode.ALLOW_TRUST_NO_TRUST_LINE)
        if line.is_authorized and self.authorize != AUTHORIZED and not may_revoke:
            raise Refusal(AllowCode.ALLOW_TRUST_CANT_REVOKE)
        _set_flags(context, line, line.flags & ~_AUTHORIZATION | self.authorize)
        return b""


def _own_asset(source: xdr.AssetCode, issuer: bytes) -> Asset | None:
    """The issuer's asset of this code; None for a malformed code."""
    try:
        if source.asset_code4 is not None:
            return credit_asset(source.asset_code4.asset_code4, issuer, range(1, 5))
        return credit_asset(arm(source.asset_code12).asset_code12, issuer, range(5, 13))
    except InvalidAssetError:
        return None


def _may_revoke(context: Context, issuer: bytes) -> bool:
    account = context.state.account(issuer)
    return account is not None and bool(account.flags & AUTH_REVOCABLE)


def _trustline(
    context: Context, account: bytes, asset: Asset | None, no_line: IntEnum
) -> TrustLine:
    line = None if asset is None else context.state.trustline(account, asset)
    if line is None:
        raise Refusal(no_line)
    return line


def _set_flags(context: Context, line: TrustLine, flags: int) -> None:
    """Who may not even keep offers any more loses them."""
    was_authorized = line.is_authorized
    if line.may_maintain_liabilities and not flags & _AUTHORIZATION:
        _remove_offers(context, line)
    edited = context.state.edit(line)
    edited.flags = flags
    if edited.is_authorized != was_authorized:
        context.events.authorization(line.asset, line.account, authorized=edited.is_authorized)


def _remove_offers(context: Context, line: TrustLine) -> None:
    for entry in list(context.state.owned(line.account)):
        if isinstance(entry, Offer) and line.asset in (entry.selling, entry.buying):
            remove_offer(context, entry)
