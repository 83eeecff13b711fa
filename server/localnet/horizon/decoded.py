"""A closed transaction taken apart: what resources, indexes and effects are read from."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import NamedTuple

from stellar_sdk import xdr

from server.localnet.horizon import toid
from server.localnet.ledger.assets import arm
from server.localnet.ledger.entries import Entry
from server.localnet.ledger.readers import entry_from_xdr
from server.localnet.ledger.records import AppliedTransaction

_Kind = xdr.LedgerEntryChangeType
_INNER_CODES = (
    xdr.TransactionResultCode.txFEE_BUMP_INNER_SUCCESS,
    xdr.TransactionResultCode.txFEE_BUMP_INNER_FAILED,
)


class Change(NamedTuple):
    """One entry over one operation; `before` is None when created, `after` when removed."""

    before: Entry | None
    after: Entry | None

    @property
    def entry(self) -> Entry:
        return arm(self.after or self.before)


class DecodedTransaction:
    """The parts of the envelope that was applied: for a fee-bump, the inner one's."""

    def __init__(self, applied: AppliedTransaction) -> None:
        self.applied = applied
        self.id = toid.of(applied.ledger, applied.order, 0)
        envelope = xdr.TransactionEnvelope.from_xdr_bytes(applied.envelope)
        self.fee_bump = envelope.fee_bump
        inner = envelope.v1
        if envelope.fee_bump is not None:
            inner = envelope.fee_bump.tx.inner_tx.v1
        self.body: xdr.Transaction | xdr.TransactionV0
        if inner is not None:
            self.body = inner.tx
            self.signatures = inner.signatures
            self.source = inner.tx.source_account
        else:
            v0 = arm(envelope.v0)
            self.body = v0.tx
            self.signatures = v0.signatures
            self.source = xdr.MuxedAccount(
                xdr.CryptoKeyType.KEY_TYPE_ED25519, v0.tx.source_account_ed25519
            )

    @property
    def preconditions(self) -> xdr.Preconditions:
        if isinstance(self.body, xdr.Transaction):
            return self.body.cond
        bounds = self.body.time_bounds
        kind = xdr.PreconditionType.PRECOND_NONE if bounds is None else None
        return xdr.Preconditions(kind or xdr.PreconditionType.PRECOND_TIME, time_bounds=bounds)

    @cached_property
    def result(self) -> xdr.TransactionResult:
        return xdr.TransactionResult.from_xdr_bytes(self.applied.result)

    @cached_property
    def operation_results(self) -> list[xdr.OperationResult]:
        """Empty when the transaction failed before its operations."""
        result = self.result.result
        if result.code in _INNER_CODES:
            return arm(result.inner_result_pair).result.result.results or []
        return result.results or []

    @cached_property
    def meta(self) -> xdr.TransactionMetaV4:
        return arm(xdr.TransactionMeta.from_xdr_bytes(self.applied.meta).v4)

    @cached_property
    def operations(self) -> list[DecodedOperation]:
        return [
            DecodedOperation(self, index, body) for index, body in enumerate(self.body.operations)
        ]


class DecodedOperation:
    """One operation of a closed transaction; `id` is its toid."""

    def __init__(
        self, transaction: DecodedTransaction, index: int, operation: xdr.Operation
    ) -> None:
        self.transaction = transaction
        self.index = index
        self.body = operation.body
        self.source = operation.source_account or transaction.source
        self.id = transaction.id + index + 1

    @property
    def successful(self) -> bool:
        return self.transaction.applied.successful

    @property
    def type(self) -> xdr.OperationType:
        return self.body.type

    @property
    def result(self) -> xdr.OperationResultTr | None:
        """The operation's own result; None when it never ran."""
        results = self.transaction.operation_results
        return results[self.index].tr if self.index < len(results) else None

    @cached_property
    def changes(self) -> list[Change]:
        """What the operation did to each entry, as pairs; empty when the transaction failed."""
        operations = self.transaction.meta.operations
        if not self.successful or self.index >= len(operations):
            return []
        return pair_changes(operations[self.index].changes.ledger_entry_changes)


def pair_changes(changes: list[xdr.LedgerEntryChange]) -> list[Change]:
    """Joins each STATE record with the update or removal that follows it."""
    pairs = []
    before: Entry | None = None
    for change in changes:
        if change.state is not None:
            before = entry_from_xdr(change.state)
            continue
        after = change.created or change.updated or change.restored
        pairs.append(Change(before, entry_from_xdr(after) if after is not None else None))
        before = None
    return pairs


@lru_cache(maxsize=1024)
def decode(applied: AppliedTransaction) -> DecodedTransaction:
    return DecodedTransaction(applied)
