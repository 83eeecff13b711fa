"""simulateTransaction: this network runs no contracts, so its answer is always an error result."""

import msgspec
from msgspec import Raw
from stellar_sdk import xdr

from server.localnet.ledger.chain import Chain
from server.localnet.rpc.codec import parse_base64, parse_xdr
from server.localnet.rpc.params import Formatted, parse_params

_CONTRACT_OPERATIONS = (
    xdr.OperationType.INVOKE_HOST_FUNCTION,
    xdr.OperationType.EXTEND_FOOTPRINT_TTL,
    xdr.OperationType.RESTORE_FOOTPRINT,
)


class _Simulation(Formatted):
    transaction: str = ""


class _Failure(msgspec.Struct, rename="camel"):
    error: str
    latest_ledger: int


def simulate_transaction(chain: Chain, params: Raw) -> bytes:
    """What is wrong is told in the result's `error`, as a failed simulation is."""
    asked = parse_params(params, _Simulation)
    return msgspec.json.encode(_Failure(_problem(asked.transaction), chain.head.sequence))


def _problem(transaction: str) -> str:
    try:
        envelope = parse_xdr(xdr.TransactionEnvelope, parse_base64(transaction))
    except ValueError:
        return "Could not unmarshal transaction"
    operations = _operations(envelope)
    if len(operations) != 1:
        return "Transaction contains more than one operation"
    kind = operations[0].body.type
    if kind not in _CONTRACT_OPERATIONS:
        return f"Transaction contains unsupported operation type: {_public_name(kind)}"
    return "this network does not run contracts"


def _operations(envelope: xdr.TransactionEnvelope) -> list[xdr.Operation]:
    if envelope.v1 is not None:
        return envelope.v1.tx.operations
    if envelope.v0 is not None:
        return envelope.v0.tx.operations
    if envelope.fee_bump is not None and envelope.fee_bump.tx.inner_tx.v1 is not None:
        return envelope.fee_bump.tx.inner_tx.v1.tx.operations
    return []


def _public_name(kind: xdr.OperationType) -> str:
    return "OperationType" + "".join(word.capitalize() for word in kind.name.split("_"))
