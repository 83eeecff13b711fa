"""Transactions and fee-bumps as read from an envelope, once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from struct import error as struct_error
from typing import NamedTuple

import xdrlib3
from stellar_sdk import xdr

from server.localnet.ledger.addresses import Address, read_address
from server.localnet.ledger.assets import arm
from server.localnet.ledger.events import memo_value
from server.localnet.ledger.operations.operation import Operation
from server.localnet.ledger.operations.registry import read_operation
from server.localnet.ledger.packing import pack_uint
from server.localnet.ledger.signatures import Signature, Signatures

_ED25519_SOURCE = b"\x00\x00\x00\x00"
_TRANSACTION = pack_uint(xdr.EnvelopeType.ENVELOPE_TYPE_TX)
_FEE_BUMP = pack_uint(xdr.EnvelopeType.ENVELOPE_TYPE_TX_FEE_BUMP)

_CONTRACT_CALLS = frozenset(
    (
        xdr.OperationType.INVOKE_HOST_FUNCTION,
        xdr.OperationType.EXTEND_FOOTPRINT_TTL,
        xdr.OperationType.RESTORE_FOOTPRINT,
    )
)


class MalformedEnvelopeError(ValueError):
    """The bytes are no TransactionEnvelope."""


class Preconditions(NamedTuple):
    """Bounds in seconds since 1970 and ledger numbers; 0 is no bound. `extra_signers` are packed
    SignerKeys. `hollow_payload`: one of them signs an empty payload."""

    min_time: int = 0
    max_time: int = 0
    min_ledger: int = 0
    max_ledger: int = 0
    min_sequence: int | None = None
    min_sequence_age: int = 0
    min_sequence_gap: int = 0
    extra_signers: tuple[bytes, ...] = ()
    hollow_payload: bool = False


class Transaction:
    """`envelope` is packed as version 1, whatever it came as; `full_hash` covers the signatures
    too; `memo` is packed as the value that events carry."""

    __slots__ = (
        "envelope",
        "fee",
        "full_hash",
        "hash",
        "is_inconsistent",
        "memo",
        "operations",
        "preconditions",
        "sequence",
        "signatures",
        "source",
    )

    inner: None = None

    def __init__(
        self,
        source: xdr.Transaction,
        envelope: bytes,
        signatures: Sequence[xdr.DecoratedSignature],
        network_id: bytes,
    ) -> None:
        self.envelope = envelope
        self.full_hash = sha256(envelope).digest()
        body = _without_signatures(envelope, signatures)
        self.hash = sha256(network_id + _TRANSACTION + body).digest()
        self.signatures = _read_signatures(self.hash, signatures)
        address = read_address(source.source_account)
        self.source = address.account
        self.fee = source.fee.uint32
        self.sequence = source.seq_num.sequence_number.int64
        self.memo = memo_value(source.memo)
        self.preconditions = _read_preconditions(source.cond)
        self.operations = _read_operations(source.operations, address)
        self.is_inconsistent = _is_inconsistent(source)

    @property
    def innermost(self) -> Transaction:
        return self

    @property
    def fee_source(self) -> bytes:
        return self.source

    @property
    def operation_count(self) -> int:
        """How many operations it pays for."""
        return len(self.operations)


class FeeBump:
    """An inner transaction whose fee another account pays, as for one operation more."""

    __slots__ = ("envelope", "fee", "fee_source", "full_hash", "hash", "inner", "signatures")

    def __init__(
        self, source: xdr.FeeBumpTransactionEnvelope, envelope: bytes, network_id: bytes
    ) -> None:
        self.envelope = envelope
        self.full_hash = sha256(envelope).digest()
        body = _without_signatures(envelope, source.signatures)
        self.hash = sha256(network_id + _FEE_BUMP + body).digest()
        self.signatures = _read_signatures(self.hash, source.signatures)
        self.fee = source.tx.fee.int64
        self.fee_source = read_address(source.tx.fee_source).account
        inner = arm(source.tx.inner_tx.v1)
        head = len(source.tx.fee_source.to_xdr_bytes()) + 8  # the fee source and the fee
        inner_envelope = body[head:-4]  # up to the extension
        self.inner = Transaction(inner.tx, inner_envelope, inner.signatures, network_id)

    @property
    def innermost(self) -> Transaction:
        return self.inner

    @property
    def source(self) -> bytes:
        return self.inner.source

    @property
    def sequence(self) -> int:
        return self.inner.sequence

    @property
    def operation_count(self) -> int:
        return self.inner.operation_count + 1


def read_envelope(envelope: bytes, network_id: bytes) -> Transaction | FeeBump:
    """Raises MalformedEnvelopeError, for bytes that are not in canonical form too."""
    try:
        return _read(envelope, network_id)
    except (ValueError, EOFError, RecursionError, struct_error, xdrlib3.Error) as error:
        raise MalformedEnvelopeError("not a transaction envelope") from error


def _read(envelope: bytes, network_id: bytes) -> Transaction | FeeBump:
    source = xdr.TransactionEnvelope.from_xdr_bytes(envelope)
    if source.to_xdr_bytes() != envelope:
        raise MalformedEnvelopeError("not in canonical form")
    if source.fee_bump is not None:
        return FeeBump(source.fee_bump, envelope, network_id)
    if source.v0 is not None:
        # the old form differs by the type of its source only, which was always a plain key
        envelope = _TRANSACTION + _ED25519_SOURCE + envelope[4:]
        source = xdr.TransactionEnvelope.from_xdr_bytes(envelope)
    v1 = arm(source.v1)
    return Transaction(v1.tx, envelope, v1.signatures, network_id)


def _without_signatures(envelope: bytes, signatures: Sequence[xdr.DecoratedSignature]) -> bytes:
    """The packed transaction inside an envelope: what comes after the type."""
    lengths = (len(decorated.signature.signature) for decorated in signatures)
    tail = 4 + sum(8 + length + -length % 4 for length in lengths)
    return envelope[4:-tail]


def _read_signatures(
    signed_hash: bytes, signatures: Sequence[xdr.DecoratedSignature]
) -> Signatures:
    read = [Signature(s.hint.signature_hint, s.signature.signature) for s in signatures]
    return Signatures(signed_hash, read)


def _read_operations(operations: Sequence[xdr.Operation], address: Address) -> Sequence[Operation]:
    return [read_operation(operation, address) for operation in operations]


def _is_inconsistent(source: xdr.Transaction) -> bool:
    """A contract call must be alone and bring its resources; nothing else may bring any."""
    calls = any(operation.body.type in _CONTRACT_CALLS for operation in source.operations)
    return calls != (source.ext.v != 0) or (calls and len(source.operations) != 1)


def _read_preconditions(source: xdr.Preconditions) -> Preconditions:
    if source.v2 is not None:
        return _read_general_preconditions(source.v2)
    return Preconditions(*_read_time_bounds(source.time_bounds))


def _read_general_preconditions(source: xdr.PreconditionsV2) -> Preconditions:
    min_time, max_time = _read_time_bounds(source.time_bounds)
    ledgers = source.ledger_bounds
    minimum = source.min_seq_num
    payloads = [signer.ed25519_signed_payload for signer in source.extra_signers]
    return Preconditions(
        min_time=min_time,
        max_time=max_time,
        min_ledger=0 if ledgers is None else ledgers.min_ledger.uint32,
        max_ledger=0 if ledgers is None else ledgers.max_ledger.uint32,
        min_sequence=None if minimum is None else minimum.sequence_number.int64,
        min_sequence_age=source.min_seq_age.duration.uint64,
        min_sequence_gap=source.min_seq_ledger_gap.uint32,
        extra_signers=tuple(signer.to_xdr_bytes() for signer in source.extra_signers),
        hollow_payload=any(payload is not None and not payload.payload for payload in payloads),
    )


def _read_time_bounds(source: xdr.TimeBounds | None) -> tuple[int, int]:
    if source is None:
        return 0, 0
    return source.min_time.time_point.uint64, source.max_time.time_point.uint64
