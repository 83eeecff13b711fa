"""An operation as Horizon shows it: what all share, then the fields of its type."""

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedOperation
from server.localnet.horizon.operation_details import DETAILS
from server.localnet.horizon.values import Json, address, put_account, timestamp
from server.localnet.ledger.entries import Account


def type_name(kind: xdr.OperationType) -> str:
    return kind.name.lower()


def operation_record(operation: DecodedOperation, closed_at: int, base: str) -> Json:
    """Without `transaction`, which only join=transactions adds."""
    applied = operation.transaction.applied
    record: Json = {
        "_links": _links(operation.id, applied.hash.hex(), base),
        "id": str(operation.id),
        "paging_token": str(operation.id),
        "transaction_successful": applied.successful,
    }
    put_account(record, "source_account", operation.source)
    record["type"] = type_name(operation.type)
    record["type_i"] = operation.type.value
    record["created_at"] = timestamp(closed_at)
    record["transaction_hash"] = applied.hash.hex()
    sponsor = _sponsor(operation)
    if sponsor is not None:
        record["sponsor"] = address(sponsor)
    DETAILS[operation.type](operation, record)
    return record


def _sponsor(operation: DecodedOperation) -> bytes | None:
    """Who pays the reserve of what the operation made: a signer, or the first new entry that has
    a sponsor."""
    options = operation.body.set_options_op
    set_signer = options.signer.key.to_xdr_bytes() if options and options.signer else None
    for change in operation.changes:
        if isinstance(change.after, Account):
            for signer in change.after.signers:
                if signer.key == set_signer and signer.sponsor is not None:
                    return signer.sponsor
        if change.before is None and change.after is not None and change.after.sponsor is not None:
            return change.after.sponsor
    return None


def _links(identity: int, transaction: str, base: str) -> Json:
    itself = f"{base}/operations/{identity}"
    return {
        "self": {"href": itself},
        "transaction": {"href": f"{base}/transactions/{transaction}"},
        "effects": {"href": f"{itself}/effects"},
        "succeeds": {"href": f"{base}/effects?order=desc&cursor={identity}"},
        "precedes": {"href": f"{base}/effects?order=asc&cursor={identity}"},
    }
