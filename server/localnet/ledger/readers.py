"""Ledger entries read back from XDR."""

from __future__ import annotations

from collections.abc import Callable

from stellar_sdk import xdr

from server.localnet.ledger.assets import account_id_bytes, arm, asset_from_xdr
from server.localnet.ledger.entries import (
    Account,
    ClaimableBalance,
    Claimant,
    DataEntry,
    Entry,
    Offer,
    Price,
    Signer,
    TrustLine,
)


def entry_from_xdr(source: xdr.LedgerEntry) -> Entry:
    """Raises KeyError for a kind of entry that this ledger does not hold."""
    entry = _READERS[source.data.type](source.data)
    entry.modified = source.last_modified_ledger_seq.uint32
    if source.ext.v1 is not None and source.ext.v1.sponsoring_id.sponsorship_descriptor is not None:
        entry.sponsor = account_id_bytes(source.ext.v1.sponsoring_id.sponsorship_descriptor)
    return entry


def _optional_id(account: xdr.AccountID | None) -> bytes | None:
    return None if account is None else account_id_bytes(account)


def _read_account(data: xdr.LedgerEntryData) -> Account:
    source = arm(data.account)
    v1 = source.ext.v1
    v2 = v1.ext.v2 if v1 is not None else None
    v3 = v2.ext.v3 if v2 is not None else None
    sponsors: list[bytes | None] = [None] * len(source.signers)
    if v2 is not None:
        sponsors = [_optional_id(s.sponsorship_descriptor) for s in v2.signer_sponsoring_i_ds]
    return Account(
        account_id_bytes(source.account_id),
        source.balance.int64,
        source.seq_num.sequence_number.int64,
        sub_entries=source.num_sub_entries.uint32,
        inflation_destination=_optional_id(source.inflation_dest),
        flags=source.flags.uint32,
        home_domain=source.home_domain.string32,
        thresholds=source.thresholds.thresholds,
        signers=tuple(
            Signer(signer.key.to_xdr_bytes(), signer.weight.uint32, sponsor)
            for signer, sponsor in zip(source.signers, sponsors, strict=True)
        ),
        buying_liabilities=v1.liabilities.buying.int64 if v1 is not None else 0,
        selling_liabilities=v1.liabilities.selling.int64 if v1 is not None else 0,
        sponsored=v2.num_sponsored.uint32 if v2 is not None else 0,
        sponsoring=v2.num_sponsoring.uint32 if v2 is not None else 0,
        sequence_ledger=v3.seq_ledger.uint32 if v3 is not None else 0,
        sequence_time=v3.seq_time.time_point.uint64 if v3 is not None else 0,
    )


def _read_trustline(data: xdr.LedgerEntryData) -> TrustLine:
    source = arm(data.trust_line)
    v1 = source.ext.v1
    return TrustLine(
        account_id_bytes(source.account_id),
        asset_from_xdr(source.asset),
        balance=source.balance.int64,
        limit=source.limit.int64,
        flags=source.flags.uint32,
        buying_liabilities=v1.liabilities.buying.int64 if v1 is not None else 0,
        selling_liabilities=v1.liabilities.selling.int64 if v1 is not None else 0,
    )


def _read_offer(data: xdr.LedgerEntryData) -> Offer:
    source = arm(data.offer)
    return Offer(
        account_id_bytes(source.seller_id),
        source.offer_id.int64,
        asset_from_xdr(source.selling),
        asset_from_xdr(source.buying),
        amount=source.amount.int64,
        price=Price(source.price.n.int32, source.price.d.int32),
        flags=source.flags.uint32,
    )


def _read_data(data: xdr.LedgerEntryData) -> DataEntry:
    source = arm(data.data)
    return DataEntry(
        account_id_bytes(source.account_id),
        source.data_name.string64,
        source.data_value.data_value,
    )


def _read_claimable_balance(data: xdr.LedgerEntryData) -> ClaimableBalance:
    source = arm(data.claimable_balance)
    return ClaimableBalance(
        arm(source.balance_id.v0).hash,
        tuple(_read_claimant(claimant) for claimant in source.claimants),
        asset_from_xdr(source.asset),
        source.amount.int64,
        flags=source.ext.v1.flags.uint32 if source.ext.v1 is not None else 0,
    )


def _read_claimant(source: xdr.Claimant) -> Claimant:
    claimant = arm(source.v0)
    return Claimant(account_id_bytes(claimant.destination), claimant.predicate.to_xdr_bytes())


_READERS: dict[xdr.LedgerEntryType, Callable[[xdr.LedgerEntryData], Entry]] = {
    xdr.LedgerEntryType.ACCOUNT: _read_account,
    xdr.LedgerEntryType.TRUSTLINE: _read_trustline,
    xdr.LedgerEntryType.OFFER: _read_offer,
    xdr.LedgerEntryType.DATA: _read_data,
    xdr.LedgerEntryType.CLAIMABLE_BALANCE: _read_claimable_balance,
}
