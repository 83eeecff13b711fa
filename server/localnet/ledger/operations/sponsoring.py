"""Sponsoring of reserves (CAP-0033): begin, end, and revoke or hand on."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import BeginSponsoringFutureReservesResultCode as BeginCode
from stellar_sdk.xdr import EndSponsoringFutureReservesResultCode as EndCode
from stellar_sdk.xdr import RevokeSponsorshipResultCode as RevokeCode

from server.localnet.ledger.addresses import is_text
from server.localnet.ledger.assets import InvalidAssetError, account_id_bytes, arm, asset_from_xdr
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import Account, ClaimableBalance, Entry, Signer
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import move_reserve, reserves_of

_HELD_KINDS = frozenset(
    (
        xdr.LedgerEntryType.ACCOUNT,
        xdr.LedgerEntryType.TRUSTLINE,
        xdr.LedgerEntryType.OFFER,
        xdr.LedgerEntryType.DATA,
        xdr.LedgerEntryType.CLAIMABLE_BALANCE,
    )
)


class BeginSponsoringFutureReserves(Operation):
    kind = xdr.OperationType.BEGIN_SPONSORING_FUTURE_RESERVES

    __slots__ = ("sponsored",)

    sponsored: bytes

    def read(self, body: xdr.OperationBody) -> None:
        self.sponsored = account_id_bytes(
            arm(body.begin_sponsoring_future_reserves_op).sponsored_id
        )

    def check(self) -> None:
        if self.sponsored == self.source:
            raise Refusal(BeginCode.BEGIN_SPONSORING_FUTURE_RESERVES_MALFORMED)

    def apply(self, context: Context) -> bytes:
        active = context.sponsorships
        if self.sponsored in active:
            raise Refusal(BeginCode.BEGIN_SPONSORING_FUTURE_RESERVES_ALREADY_SPONSORED)
        if self.source in active or self.sponsored in active.values():
            raise Refusal(BeginCode.BEGIN_SPONSORING_FUTURE_RESERVES_RECURSIVE)
        active[self.sponsored] = self.source
        return b""


class EndSponsoringFutureReserves(Operation):
    kind = xdr.OperationType.END_SPONSORING_FUTURE_RESERVES

    __slots__ = ()

    def read(self, body: xdr.OperationBody) -> None:
        pass

    def apply(self, context: Context) -> bytes:
        if context.sponsorships.pop(self.source, None) is None:
            raise Refusal(EndCode.END_SPONSORING_FUTURE_RESERVES_NOT_SPONSORED)
        return b""


class RevokeSponsorship(Operation):
    kind = xdr.OperationType.REVOKE_SPONSORSHIP

    __slots__ = ("account", "entry_key", "malformed", "signer_key")

    entry_key: bytes | None
    account: bytes
    signer_key: bytes
    malformed: bool

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.revoke_sponsorship_op)
        if source.ledger_key is not None:
            self.entry_key = source.ledger_key.to_xdr_bytes()
            self.malformed = _is_malformed(source.ledger_key)
            return
        signer = arm(source.signer)
        self.entry_key = None
        self.malformed = False
        self.account = account_id_bytes(signer.account_id)
        self.signer_key = signer.signer_key.to_xdr_bytes()

    def check(self) -> None:
        if self.malformed:
            raise Refusal(RevokeCode.REVOKE_SPONSORSHIP_MALFORMED)

    def apply(self, context: Context) -> bytes:
        if self.entry_key is not None:
            entry = context.state.get(self.entry_key)
            if entry is None:
                raise Refusal(RevokeCode.REVOKE_SPONSORSHIP_DOES_NOT_EXIST)
            self._hand_on_entry(context, context.state.edit(entry))
        else:
            self._hand_on_signer(context)
        return b""

    def _hand_on_entry(self, context: Context, entry: Entry) -> None:
        owner = entry.owner
        new = self._next_sponsor(context, entry.sponsor, owner)
        if new is None and isinstance(entry, ClaimableBalance):
            raise Refusal(RevokeCode.REVOKE_SPONSORSHIP_ONLY_TRANSFERABLE)
        self._move(context, owner, entry.sponsor, new, reserves_of(entry))
        entry.sponsor = new

    def _hand_on_signer(self, context: Context) -> None:
        account = context.state.account(self.account)
        signer = None if account is None else _find_signer(account, self.signer_key)
        if account is None or signer is None:
            raise Refusal(RevokeCode.REVOKE_SPONSORSHIP_DOES_NOT_EXIST)
        new = self._next_sponsor(context, signer.sponsor, self.account)
        self._move(context, self.account, signer.sponsor, new, 1)
        edited = context.state.edit_account(self.account)
        handed_on = signer._replace(sponsor=new)
        edited.signers = tuple(handed_on if m.key == signer.key else m for m in edited.signers)

    def _next_sponsor(
        self, context: Context, sponsor: bytes | None, owner: bytes | None
    ) -> bytes | None:
        """Who pays from now on: the one who sponsors the source at the moment, else the owner. Only
        the one who pays now may say so."""
        if self.source != (owner if sponsor is None else sponsor):
            raise Refusal(RevokeCode.REVOKE_SPONSORSHIP_NOT_SPONSOR)
        new = context.sponsorships.get(self.source)
        return None if new == owner else new

    @staticmethod
    def _move(
        context: Context, owner: bytes | None, old: bytes | None, new: bytes | None, count: int
    ) -> None:
        low_reserve = RevokeCode.REVOKE_SPONSORSHIP_LOW_RESERVE
        move_reserve(context, owner=owner, old=old, new=new, count=count, low_reserve=low_reserve)


def _find_signer(account: Account, key: bytes) -> Signer | None:
    return next((signer for signer in account.signers if signer.key == key), None)


def _is_malformed(key: xdr.LedgerKey) -> bool:
    if key.type not in _HELD_KINDS:
        return True
    if key.trust_line is not None:
        return _is_malformed_line(key.trust_line)
    if key.offer is not None:
        return key.offer.offer_id.int64 <= 0
    if key.data is not None:
        name = key.data.data_name.string64
        return not name or not is_text(name)
    return False


def _is_malformed_line(key: xdr.LedgerKeyTrustLine) -> bool:
    if key.asset.type == xdr.AssetType.ASSET_TYPE_POOL_SHARE:
        return False  # well formed; there are no pools, so that it is never found
    try:
        asset = asset_from_xdr(key.asset)
    except InvalidAssetError:
        return True
    return asset.is_native or asset.issuer == account_id_bytes(key.account_id)
