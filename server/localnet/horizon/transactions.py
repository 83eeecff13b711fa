"""A transaction as Horizon shows it."""

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedTransaction
from server.localnet.horizon.values import (
    Json,
    address,
    b64,
    muxed_address,
    signer_key,
    split_muxed,
    timestamp,
)
from server.localnet.ledger.assets import arm

_PAGE = "{?cursor,limit,order}"


def transaction_record(
    transaction: DecodedTransaction, closed_at: int, base: str, asked: bytes | None = None
) -> Json:
    """`asked` is the hash that the client named: a fee-bump shows itself under its inner hash when
    that was it."""
    applied = transaction.applied
    shown = (asked or applied.hash).hex()
    source, muxed_id = split_muxed(transaction.source)
    record: Json = {
        "_links": _links(shown, address(source), applied.ledger, transaction.id, base),
        "id": shown,
        "paging_token": str(transaction.id),
        "successful": applied.successful,
        "hash": shown,
        "ledger": applied.ledger,
        "created_at": timestamp(closed_at),
        "source_account": address(source),
    }
    _put_muxed(record, "account", source, muxed_id)
    record["source_account_sequence"] = str(transaction.body.seq_num.sequence_number.int64)
    _put_fees(record, transaction)
    record |= {
        "operation_count": applied.operation_count,
        "envelope_xdr": b64(applied.envelope),
        "result_xdr": b64(applied.result),
        "result_meta_xdr": b64(applied.meta),
        "fee_meta_xdr": b64(applied.fee_changes),
        **memo_fields(transaction.body.memo),
        "signatures": _signatures(transaction.signatures),
    }
    preconditions = precondition_fields(transaction.preconditions)
    if preconditions:
        record["preconditions"] = preconditions
    if transaction.fee_bump is not None:
        _put_fee_bump(record, transaction, transaction.fee_bump, shown)
    return record


def _links(shown: str, source: str, ledger: int, token: int, base: str) -> Json:
    itself = f"{base}/transactions/{shown}"
    return {
        "self": {"href": itself},
        "account": {"href": f"{base}/accounts/{source}"},
        "ledger": {"href": f"{base}/ledgers/{ledger}"},
        "operations": {"href": f"{itself}/operations{_PAGE}", "templated": True},
        "effects": {"href": f"{itself}/effects{_PAGE}", "templated": True},
        "precedes": {"href": f"{base}/transactions?order=asc&cursor={token}"},
        "succeeds": {"href": f"{base}/transactions?order=desc&cursor={token}"},
        "transaction": {"href": itself},
    }


def _put_muxed(record: Json, name: str, account: bytes, number: int | None) -> None:
    if number is not None:
        record[f"{name}_muxed"] = muxed_address(account, number)
        record[f"{name}_muxed_id"] = str(number)


def _put_fees(record: Json, transaction: DecodedTransaction) -> None:
    payer = transaction.source
    if transaction.fee_bump is not None:
        payer = transaction.fee_bump.tx.fee_source
    account, muxed_id = split_muxed(payer)
    record["fee_account"] = address(account)
    _put_muxed(record, "fee_account", account, muxed_id)
    record["fee_charged"] = str(transaction.applied.fee_charged)
    record["max_fee"] = str(transaction.applied.max_fee)


def _put_fee_bump(
    record: Json,
    transaction: DecodedTransaction,
    fee_bump: xdr.FeeBumpTransactionEnvelope,
    shown: str,
) -> None:
    applied = transaction.applied
    inner = record["signatures"]
    outer = _signatures(fee_bump.signatures)
    if shown == applied.hash.hex():
        record["signatures"] = outer
    record["fee_bump_transaction"] = {"hash": applied.hash.hex(), "signatures": outer}
    record["inner_transaction"] = {
        "hash": arm(applied.inner_hash).hex(),
        "signatures": inner,
        "max_fee": str(transaction.body.fee.uint32),
    }


def _signatures(signatures: list[xdr.DecoratedSignature]) -> list[str]:
    return [b64(signature.signature.signature) for signature in signatures]


def memo_fields(memo: xdr.Memo) -> Json:
    if memo.text is not None:
        text = memo.text.decode("utf-8", "replace")
        return {"memo_type": "text", "memo_bytes": b64(memo.text), "memo": text}
    if memo.id is not None:
        return {"memo_type": "id", "memo": str(memo.id.uint64)}
    if memo.hash is not None:
        return {"memo_type": "hash", "memo": b64(memo.hash.hash)}
    if memo.ret_hash is not None:
        return {"memo_type": "return", "memo": b64(memo.ret_hash.hash)}
    return {"memo_type": "none"}


def precondition_fields(source: xdr.Preconditions) -> Json:
    """Only what is set; empty when the transaction names no condition."""
    if source.time_bounds is not None:
        return {"timebounds": _time_bounds(source.time_bounds)}
    if source.v2 is None:
        return {}
    v2 = source.v2
    fields: Json = {}
    if v2.time_bounds is not None:
        fields["timebounds"] = _time_bounds(v2.time_bounds)
    if v2.ledger_bounds is not None:
        fields["ledgerbounds"] = _ledger_bounds(v2.ledger_bounds)
    if v2.min_seq_num is not None:
        fields["min_account_sequence"] = str(v2.min_seq_num.sequence_number.int64)
    if v2.min_seq_age.duration.uint64:
        fields["min_account_sequence_age"] = str(v2.min_seq_age.duration.uint64)
    if v2.min_seq_ledger_gap.uint32:
        fields["min_account_sequence_ledger_gap"] = v2.min_seq_ledger_gap.uint32
    if v2.extra_signers:
        fields["extra_signers"] = [signer_key(key.to_xdr_bytes()) for key in v2.extra_signers]
    return fields


def _time_bounds(bounds: xdr.TimeBounds) -> Json:
    fields: Json = {"min_time": str(bounds.min_time.time_point.uint64)}
    if bounds.max_time.time_point.uint64:
        fields["max_time"] = str(bounds.max_time.time_point.uint64)
    return fields


def _ledger_bounds(bounds: xdr.LedgerBounds) -> Json:
    fields: Json = {"min_ledger": bounds.min_ledger.uint32}
    if bounds.max_ledger.uint32:
        fields["max_ledger"] = bounds.max_ledger.uint32
    return fields
