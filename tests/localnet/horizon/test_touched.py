"""The reader of packed metas against the SDK's own, over everything that has happened."""

from collections.abc import Iterable

from stellar_sdk import xdr

from server.localnet.horizon.touched import touched
from server.localnet.ledger.records import AppliedTransaction
from tests.localnet.horizon.story import Story


def transactions(story: Story) -> list[AppliedTransaction]:
    ledgers = (story.chain.ledger(n) for n in range(1, story.chain.head.sequence + 1))
    return [applied for ledger in ledgers if ledger is not None for applied in ledger.transactions]


def owner(change: xdr.LedgerEntryChange) -> tuple[xdr.LedgerEntryType, xdr.AccountID | None]:
    entry = change.created or change.updated or change.state or change.restored
    held = change.removed if entry is None else entry.data
    assert held is not None
    for name, field in (
        ("account", "account_id"),
        ("trust_line", "account_id"),
        ("offer", "seller_id"),
        ("data", "account_id"),
    ):
        part = getattr(held, name)
        if part is not None:
            return held.type, getattr(part, field)
    return held.type, None


def owners(changes: Iterable[xdr.LedgerEntryChange], accounts_only: bool = False) -> set[bytes]:
    found = set()
    for change in changes:
        kind, account = owner(change)
        if account is None or (accounts_only and kind != xdr.LedgerEntryType.ACCOUNT):
            continue
        assert account.account_id.ed25519 is not None
        found.add(account.account_id.ed25519.uint256)
    return found


def test_it_finds_whom_the_objects_name(story: Story) -> None:
    for applied in transactions(story):
        meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta).v4
        assert meta is not None
        operations = [one.changes.ledger_entry_changes for one in meta.operations]
        fees = xdr.LedgerEntryChanges.from_xdr_bytes(applied.fee_changes).ledger_entry_changes
        before = meta.tx_changes_before.ledger_entry_changes
        after = meta.tx_changes_after.ledger_entry_changes
        found = touched(applied.fee_changes, applied.meta)
        assert found.owners == [owners(changes) for changes in operations]
        everything = [*fees, *before, *after, *(c for changes in operations for c in changes)]
        assert found.accounts == owners(everything, accounts_only=True)
