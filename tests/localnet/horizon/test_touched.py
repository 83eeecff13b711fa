"""The reader of packed metas against the SDK's own, over everything that has happened."""

from collections.abc import Iterable

from stellar_sdk import xdr

from server.localnet.horizon.touched import operation_owners
from server.localnet.ledger.records import AppliedTransaction
from tests.localnet.horizon.story import Story


def transactions(story: Story) -> list[AppliedTransaction]:
    ledgers = (story.chain.ledger(n) for n in range(1, story.chain.head.sequence + 1))
    return [applied for ledger in ledgers if ledger is not None for applied in ledger.transactions]


def owners(changes: Iterable[xdr.LedgerEntryChange]) -> set[bytes]:
    found = set()
    for change in changes:
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
                found.add(getattr(part, field).account_id.ed25519.uint256)
    return found


def test_it_finds_whom_the_objects_name(story: Story) -> None:
    for applied in transactions(story):
        meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta).v4
        assert meta is not None
        named = [owners(one.changes.ledger_entry_changes) for one in meta.operations]
        assert operation_owners(applied.meta) == named
