"""The form that all operations share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum

from stellar_sdk import xdr
from stellar_sdk.xdr import OperationResultCode

from server.localnet.ledger.context import Context
from server.localnet.ledger.results import GeneralRefusal, operation_refused, operation_success


class Threshold(IntEnum):
    """Places in Account.thresholds."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Operation(ABC):
    """An operation of a transaction, read from XDR once. `source` is the account that it acts for
    (the transaction's, unless it names its own) and `muxed_id` the id of that address, if any.

    A subclass reads what it needs in `read`, refuses what is malformed in `check` and acts in
    `apply`, which gives the payload of its success result: what follows the code. Both refuse by
    raising Refusal or GeneralRefusal; whatever a refusing `apply` did is undone.
    """

    kind: xdr.OperationType
    threshold: Threshold = Threshold.MEDIUM
    is_supported = True
    unapplied_payload = b""  # of a success result that nothing has filled in yet

    __slots__ = ("has_own_source", "muxed_id", "source")

    def __init__(self, source: bytes, muxed_id: int | None, *, has_own_source: bool) -> None:
        self.source = source
        self.muxed_id = muxed_id
        self.has_own_source = has_own_source

    @abstractmethod
    def read(self, body: xdr.OperationBody) -> None:
        """Called once, before anything else."""

    def check(self) -> None:  # noqa: B027  some have nothing to refuse
        """What can be said without looking at the ledger."""

    @abstractmethod
    def apply(self, context: Context) -> bytes:
        """Called on a state where `check` has passed and the source exists."""

    def unapplied_result(self) -> bytes:
        """The packed result of an operation that was not reached."""
        return operation_success(self.kind, self.unapplied_payload)


class UnsupportedOperation(Operation):
    """An operation that is switched off on this network."""

    is_supported = False

    __slots__ = ("kind",)

    def read(self, body: xdr.OperationBody) -> None:
        self.kind = body.type

    def apply(self, context: Context) -> bytes:
        raise GeneralRefusal(OperationResultCode.opNOT_SUPPORTED)

    def unapplied_result(self) -> bytes:
        refusal = GeneralRefusal(OperationResultCode.opNOT_SUPPORTED)
        return operation_refused(self.kind, refusal)
