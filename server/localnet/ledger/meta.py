"""What a transaction did, as packed XDR: LedgerEntryChanges and TransactionMeta (version 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from server.localnet.ledger.entries import Entry
from server.localnet.ledger.events import Event, TransactionEvents
from server.localnet.ledger.packing import ZERO, pack_uint

_CREATED, _UPDATED, _REMOVED, _STATE = (pack_uint(kind) for kind in range(4))


class Change(NamedTuple):
    """An entry before and after a change set; None where it did not exist."""

    before: Entry | None
    after: Entry | None


def pack_changes(changes: Sequence[Change]) -> bytes:
    """The bytes of XDR LedgerEntryChanges."""
    parts = [b""]
    for before, after in changes:
        if before is not None:
            parts += (_STATE, before.pack())
        if after is not None:
            parts += (_CREATED if before is None else _UPDATED, after.pack())
        elif before is not None:
            parts += (_REMOVED, before.key)
    count = sum((before is not None) + 1 for before, after in changes)
    parts[0] = pack_uint(count)
    return b"".join(parts)


class OperationMeta(NamedTuple):
    changes: Sequence[Change]
    events: Sequence[Event]


class TransactionMeta(NamedTuple):
    """`before`: the changes of sequence and one-time signers, which stand even if it fails;
    `operations` is empty for a failed transaction; `fees` are the events of its fee."""

    before: Sequence[Change]
    operations: Sequence[OperationMeta]
    fees: Sequence[Event]

    def told(self) -> TransactionEvents:
        return TransactionEvents(self.fees, [one.events for one in self.operations])

    def pack(self) -> bytes:
        parts = [pack_uint(4), ZERO, pack_changes(self.before), pack_uint(len(self.operations))]
        for changes, events in self.operations:
            parts += (ZERO, pack_changes(changes), pack_uint(len(events)))
            parts += [event.pack() for event in events]
        parts += (ZERO, ZERO, pack_uint(len(self.fees)))  # nothing after; no contract meta
        parts += [fee.pack_before_all() for fee in self.fees]
        parts.append(ZERO)  # no diagnostics
        return b"".join(parts)
