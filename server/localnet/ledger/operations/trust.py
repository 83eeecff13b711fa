"""Change trust: a holder opens, limits or closes a trustline."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import ChangeTrustResultCode as Code

from server.localnet.ledger.assets import (
    Asset,
    InvalidAssetError,
    arm,
    asset_from_xdr,
)
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import (
    AUTH_CLAWBACK_ENABLED,
    AUTH_REQUIRED,
    AUTHORIZED,
    TRUSTLINE_CLAWBACK_ENABLED,
    Account,
    TrustLine,
)
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.results import GeneralRefusal, Refusal
from server.localnet.ledger.sponsorship import create_entry, remove_entry


class ChangeTrust(Operation):
    kind = xdr.OperationType.CHANGE_TRUST

    __slots__ = ("asset", "is_pool", "limit")

    asset: Asset | None
    is_pool: bool
    limit: int

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.change_trust_op)
        self.limit = source.limit.int64
        self.is_pool = source.line.type == xdr.AssetType.ASSET_TYPE_POOL_SHARE
        try:
            self.asset = asset_from_xdr(source.line)
        except InvalidAssetError:
            self.asset = None

    def check(self) -> None:
        if self.is_pool:
            raise GeneralRefusal(xdr.OperationResultCode.opNOT_SUPPORTED)
        asset = self.asset
        if self.limit < 0 or asset is None or asset.is_native or asset.issuer == self.source:
            raise Refusal(Code.CHANGE_TRUST_MALFORMED)

    def apply(self, context: Context) -> bytes:
        if self.asset is None:
            raise Refusal(Code.CHANGE_TRUST_MALFORMED)
        line = context.state.trustline(self.source, self.asset)
        if line is None:
            self._open(context, self.asset)
        else:
            self._change(context, line)
        return b""

    def _open(self, context: Context, asset: Asset) -> None:
        if self.limit == 0:
            raise Refusal(Code.CHANGE_TRUST_INVALID_LIMIT)
        issuer = self._issuer(context, asset)
        flags = 0 if issuer.flags & AUTH_REQUIRED else AUTHORIZED
        if issuer.flags & AUTH_CLAWBACK_ENABLED:
            flags |= TRUSTLINE_CLAWBACK_ENABLED
        line = TrustLine(self.source, asset, limit=self.limit, flags=flags)
        create_entry(context, line, Code.CHANGE_TRUST_LOW_RESERVE)

    def _change(self, context: Context, line: TrustLine) -> None:
        if self.limit < line.balance + line.buying_liabilities:
            raise Refusal(Code.CHANGE_TRUST_INVALID_LIMIT)
        if self.limit == 0:
            remove_entry(context.state, line)
            return
        self._issuer(context, line.asset)
        context.state.edit(line).limit = self.limit

    @staticmethod
    def _issuer(context: Context, asset: Asset) -> Account:
        issuer = context.state.account(asset.issuer)
        if issuer is None:
            raise Refusal(Code.CHANGE_TRUST_NO_ISSUER)
        return issuer
