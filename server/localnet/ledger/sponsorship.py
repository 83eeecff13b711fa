"""Who pays the reserve of an entry or a signer (CAP-0033), and the counts that go with it."""

from __future__ import annotations

from enum import IntEnum

from stellar_sdk.xdr import OperationResultCode

from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import Account, ClaimableBalance, Entry, Signer
from server.localnet.ledger.reserves import (
    MAX_SUB_ENTRIES,
    MAX_UINT32,
    minimum_balance,
    spendable,
)
from server.localnet.ledger.results import GeneralRefusal, Refusal
from server.localnet.ledger.state import State


def reserves_of(entry: Entry) -> int:
    """How many base reserves the entry costs."""
    if isinstance(entry, Account):
        return 2
    return len(entry.claimants) if isinstance(entry, ClaimableBalance) else 1


def create_entry(context: Context, entry: Entry, low_reserve: IntEnum) -> None:
    """Puts a new trustline, offer, data entry, claimable balance or account with its reserve."""
    book_reserve(context, entry, low_reserve)
    context.state.put(entry)


def book_reserve(context: Context, entry: Entry, low_reserve: IntEnum) -> None:
    """Books the reserve of a new entry on the sponsor of its owner, else on the owner. A claimable
    balance is always sponsored, by the operation's source unless that one is sponsored itself.
    `low_reserve`: the code to refuse with."""
    owner = context.source if entry.owner is None else entry.owner
    sponsor = context.sponsorships.get(owner)
    if sponsor is None and entry.owner is None:
        sponsor = owner
    count = reserves_of(entry)
    if not isinstance(entry, Account | ClaimableBalance):
        add_sub_entries(context, owner, count)
    if sponsor is not None:
        entry.sponsor = sponsor
        _book_on_sponsor(context, sponsor, count, low_reserve)
        _mark_sponsored(context, entry, count)
    else:
        _require_own_reserve(context, entry, owner, low_reserve)


def remove_entry(state: State, entry: Entry) -> None:
    """Removes the entry and gives its reserve back to the one who paid it."""
    return_reserve(state, entry)
    state.remove(entry.key)


def return_reserve(state: State, entry: Entry) -> None:
    count = reserves_of(entry)
    sponsor = entry.sponsor
    if not isinstance(entry, Account | ClaimableBalance) and entry.owner is not None:
        owner = state.edit_account(entry.owner)
        owner.sub_entries -= count
        if sponsor is not None:
            owner.sponsored -= count
    if sponsor is not None:
        state.edit_account(sponsor).sponsoring -= count


def add_sub_entries(context: Context, owner: bytes, count: int) -> None:
    account = context.state.edit_account(owner)
    total = account.sub_entries + count
    if total > MAX_SUB_ENTRIES or account.sponsoring + total > MAX_UINT32:
        raise GeneralRefusal(OperationResultCode.opTOO_MANY_SUBENTRIES)
    account.sub_entries = total


def add_signer(context: Context, account: Account, signer: Signer, low_reserve: IntEnum) -> None:
    """`account` is the copy under change; its signers must not hold the key yet."""
    add_sub_entries(context, account.id, 1)
    sponsor = context.sponsorships.get(account.id)
    if sponsor is not None:
        _book_on_sponsor(context, sponsor, 1, low_reserve)
        account.sponsored += 1
    elif spendable(account, context.rules.base_reserve) < 0:
        raise Refusal(low_reserve)
    signers = (*account.signers, signer._replace(sponsor=sponsor))
    account.signers = tuple(sorted(signers, key=lambda member: member.key))


def remove_signer(state: State, account: Account, signer: Signer) -> None:
    """`account` is the copy under change."""
    account.signers = tuple(member for member in account.signers if member.key != signer.key)
    account.sub_entries -= 1
    if signer.sponsor is not None:
        account.sponsored -= 1
        state.edit_account(signer.sponsor).sponsoring -= 1


def move_reserve(
    context: Context,
    *,
    owner: bytes | None,
    old: bytes | None,
    new: bytes | None,
    count: int,
    low_reserve: IntEnum,
) -> None:
    """Moves `count` reserves of an entry or signer of `owner` from the sponsor `old` to `new`; None
    is the owner itself. No owner: a claimable balance, which is always sponsored."""
    if old is not None:
        context.state.edit_account(old).sponsoring -= count
    if new is not None:
        _book_on_sponsor(context, new, count, low_reserve)
    if owner is None or (old is None) == (new is None):
        return
    account = context.state.edit_account(owner)
    account.sponsored += count if new is not None else -count
    if new is None and spendable(account, context.rules.base_reserve) < 0:
        raise Refusal(low_reserve)


def _book_on_sponsor(context: Context, sponsor: bytes, count: int, low_reserve: IntEnum) -> None:
    account = context.state.edit_account(sponsor)
    if spendable(account, context.rules.base_reserve) < count * context.rules.base_reserve:
        raise Refusal(low_reserve)
    if account.sponsoring + count + account.sub_entries > MAX_UINT32:
        raise GeneralRefusal(OperationResultCode.opTOO_MANY_SPONSORING)
    account.sponsoring += count


def _mark_sponsored(context: Context, entry: Entry, count: int) -> None:
    if isinstance(entry, Account):
        entry.sponsored += count
    elif entry.owner is not None:
        context.state.edit_account(entry.owner).sponsored += count


def _require_own_reserve(
    context: Context, entry: Entry, owner: bytes, low_reserve: IntEnum
) -> None:
    if isinstance(entry, Account):
        enough = entry.balance >= minimum_balance(entry, context.rules.base_reserve)
    else:  # its sub-entry is counted already
        enough = spendable(context.state.edit_account(owner), context.rules.base_reserve) >= 0
    if not enough:
        raise Refusal(low_reserve)
