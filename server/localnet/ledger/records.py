"""What the ledger tells the outside: the answer to a submission, applied transactions, ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from server.localnet.ledger.events import TransactionEvents, read_events
from server.localnet.ledger.headers import Header, pack_transaction_set
from server.localnet.ledger.meta import TransactionMeta
from server.localnet.ledger.packing import ZERO, pack_uint

SubmissionStatus = Literal["PENDING", "DUPLICATE", "TRY_AGAIN_LATER", "ERROR"]


class Submission(NamedTuple):
    """`hash` is the outer one; `result` is a packed TransactionResult, with ERROR only. Its
    feeCharged names the fee that would have been enough when the code is txINSUFFICIENT_FEE."""

    status: SubmissionStatus
    hash: bytes
    result: bytes | None = None


class AppliedTransaction:
    """A transaction in a closed ledger. Byte fields are packed XDR; fees are stroops."""

    __slots__ = (
        "_events",
        "_meta",
        "envelope",
        "fee_changes",
        "fee_charged",
        "fee_source",
        "hash",
        "inner_hash",
        "ledger",
        "max_fee",
        "operation_count",
        "order",
        "result",
        "source",
        "successful",
    )

    def __init__(
        self,
        *,
        hash: bytes,  # noqa: A002  the network's own word
        inner_hash: bytes | None,
        envelope: bytes,
        result: bytes,
        fee_changes: bytes,
        meta: TransactionMeta | bytes,
        successful: bool,
        order: int,
        source: bytes,
        fee_source: bytes,
        ledger: int,
        operation_count: int,
        fee_charged: int,
        max_fee: int,
        events: TransactionEvents | None = None,
    ) -> None:
        self.hash = hash
        self.inner_hash = inner_hash  # of a fee-bump only
        self.envelope = envelope
        self.result = result  # TransactionResult
        self.fee_changes = fee_changes  # LedgerEntryChanges
        self.successful = successful
        self.order = order  # 1-based, within its ledger
        self.source = source  # raw account ids; of a fee-bump, the inner transaction's source
        self.fee_source = fee_source
        self.ledger = ledger
        self.operation_count = operation_count
        self.fee_charged = fee_charged
        self.max_fee = max_fee
        self._meta = meta
        self._events = events

    @property
    def events(self) -> TransactionEvents:
        """As collected when it was applied; read back from the meta after a restart."""
        if self._events is None:
            self._events = read_events(self.meta)
        return self._events

    @property
    def meta(self) -> bytes:
        """TransactionMeta, packed when first asked for."""
        if isinstance(self._meta, TransactionMeta):
            self._meta = self._meta.pack()
        return self._meta


class ClosedLedger:
    """A closed ledger; `header` is a named tuple, the other byte fields are packed XDR."""

    __slots__ = ("hash", "header", "transaction_set_fee", "transactions")

    def __init__(
        self,
        header: Header,
        header_hash: bytes,
        transactions: Sequence[AppliedTransaction],
        transaction_set_fee: int,
    ) -> None:
        self.header = header
        self.hash = header_hash
        self.transactions = transactions  # in the order of application
        self.transaction_set_fee = transaction_set_fee  # the base fee that all of them paid

    @property
    def sequence(self) -> int:
        return self.header.sequence

    @property
    def close_time(self) -> int:
        """Seconds since 1970."""
        return self.header.close_time

    @property
    def previous_hash(self) -> bytes:
        return self.header.previous_hash

    @property
    def successful_count(self) -> int:
        return sum(transaction.successful for transaction in self.transactions)

    @property
    def failed_count(self) -> int:
        return len(self.transactions) - self.successful_count

    @property
    def operation_count(self) -> int:
        """Operations of successful transactions."""
        return sum(t.operation_count for t in self.transactions if t.successful)

    @property
    def transaction_set_operation_count(self) -> int:
        return sum(transaction.operation_count for transaction in self.transactions)

    @property
    def header_xdr(self) -> bytes:
        """LedgerHeader."""
        return self.header.pack()

    @property
    def history_entry(self) -> bytes:
        """LedgerHeaderHistoryEntry."""
        return self.hash + self.header.pack() + ZERO

    @property
    def meta(self) -> bytes:
        """LedgerCloseMeta (version 2), packed at each call."""
        parts = [pack_uint(2), ZERO, self.history_entry, self._transaction_set()]
        parts.append(pack_uint(len(self.transactions)))
        for applied in self.transactions:
            pair = (ZERO, applied.hash, applied.result)
            parts += (*pair, applied.fee_changes, applied.meta, ZERO)
        # no upgrades, no consensus messages, no contract state, nothing evicted
        parts += (ZERO, ZERO, ZERO + ZERO, ZERO)
        return b"".join(parts)

    def _transaction_set(self) -> bytes:
        envelopes = [applied.envelope for applied in self.transactions]
        return pack_transaction_set(self.previous_hash, envelopes, self.transaction_set_fee)
