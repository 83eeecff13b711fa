"""sendTransaction: hands an envelope to the queue and tells at once what became of it."""

from base64 import b64encode

from msgspec import Raw
from stellar_sdk import xdr

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import Submission
from server.localnet.rpc.codec import parse_base64, xdr_json
from server.localnet.rpc.jsonrpc import INVALID_PARAMS, RpcError
from server.localnet.rpc.params import Formatted, parse_params


class _Transaction(Formatted):
    transaction: str = ""


def send_transaction(chain: Chain, params: Raw) -> bytes:
    asked = parse_params(params, _Transaction)
    wants_json = asked.wants_json
    try:
        submission = chain.submit(parse_base64(asked.transaction))
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, "invalid_xdr", str(error)) from error
    head = chain.head
    return b"".join(
        (
            b'{"status":"%b",' % submission.status.encode(),
            b'"hash":"%b",' % submission.hash.hex().encode(),
            _error_result(submission, wants_json=wants_json),
            b'"latestLedger":%d,"latestLedgerCloseTime":"%d"}' % (head.sequence, head.close_time),
        )
    )


def _error_result(submission: Submission, *, wants_json: bool) -> bytes:
    if submission.result is None:
        return b""
    if wants_json:
        result = xdr.TransactionResult.from_xdr_bytes(submission.result)
        return b'"errorResultJson":%b,' % bytes(xdr_json(result))
    return b'"errorResultXdr":"%b",' % b64encode(submission.result)
