"""Results of operations and transactions: refusals to raise, and packed XDR."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from struct import Struct

from stellar_sdk.xdr import OperationResultCode, TransactionResultCode

from server.localnet.ledger.packing import ZERO, pack_int, pack_long, pack_uint

_INNER = Struct(">iii").pack

_WITH_OPERATIONS = (TransactionResultCode.txSUCCESS, TransactionResultCode.txFAILED)


class Refusal(Exception):
    """An operation's own code, such as PaymentResultCode.PAYMENT_NO_TRUST. `payload`: what the
    arm of its result union holds, if not void."""

    def __init__(self, code: IntEnum, payload: bytes = b"") -> None:
        super().__init__(code.name)
        self.code = code
        self.payload = payload


class GeneralRefusal(Exception):
    """A code that any operation may have, such as opTOO_MANY_SUBENTRIES."""

    def __init__(self, code: OperationResultCode) -> None:
        super().__init__(code.name)
        self.code = code


class TransactionRefusal(Exception):
    """The transaction's code; `operations` are the packed results that come with txFAILED.
    `fee` replaces the fee in the result: the one that would have been enough."""

    def __init__(
        self,
        code: TransactionResultCode,
        operations: Sequence[bytes] = (),
        *,
        fee: int | None = None,
        inner: bool = False,
    ) -> None:
        super().__init__(code.name)
        self.code = code
        self.operations = operations
        self.fee = fee
        self.inner = inner  # whether the fault lies with the inner transaction of a fee-bump


def operation_success(kind: int, payload: bytes = b"") -> bytes:
    """The bytes of XDR OperationResult; `kind` is the OperationType."""
    return _INNER(0, kind, 0) + payload


def operation_refused(kind: int, refusal: Refusal | GeneralRefusal) -> bytes:
    if isinstance(refusal, GeneralRefusal):
        return pack_int(refusal.code)
    return _INNER(0, kind, refusal.code) + refusal.payload


def transaction_result(
    fee: int, code: TransactionResultCode, operations: Sequence[bytes] = ()
) -> bytes:
    """The bytes of XDR TransactionResult (or InnerTransactionResult) of a single transaction."""
    if code not in _WITH_OPERATIONS:
        return pack_long(fee) + pack_int(code) + ZERO
    return b"".join((pack_long(fee), pack_int(code), pack_uint(len(operations)), *operations, ZERO))


def fee_bump_result(
    fee: int, inner_hash: bytes, code: TransactionResultCode, operations: Sequence[bytes] = ()
) -> bytes:
    """The bytes of XDR TransactionResult around an inner transaction that ended with `code`."""
    outer = TransactionResultCode.txFEE_BUMP_INNER_FAILED
    if code == TransactionResultCode.txSUCCESS:
        outer = TransactionResultCode.txFEE_BUMP_INNER_SUCCESS
    inner = transaction_result(0, code, operations)
    return b"".join((pack_long(fee), pack_int(outer), inner_hash, inner, ZERO))
