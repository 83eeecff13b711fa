"""POST /transactions and /transactions_async."""

import base64
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.localnet.horizon.bodies import form_value, read_body
from server.localnet.horizon.decoded import decode
from server.localnet.horizon.endpoints import JSON_TYPE, Call, Horizon, Responder
from server.localnet.horizon.problems import Problem
from server.localnet.horizon.result_codes import result_codes
from server.localnet.horizon.transactions import transaction_record
from server.localnet.horizon.values import Json, b64
from server.localnet.ledger.chain import MalformedEnvelopeError
from server.localnet.ledger.records import AppliedTransaction, Submission, SubmissionStatus

SUBMIT_SECONDS = 30.0
BODY_BYTES_MAX = 512 * 1024
_FORM = "application/x-www-form-urlencoded"
_ASYNC_STATUS: Mapping[SubmissionStatus, int] = {
    "PENDING": 201,
    "DUPLICATE": 409,
    "TRY_AGAIN_LATER": 503,
    "ERROR": 400,
}


class SubmitEndpoint(Responder):
    """Answers once a ledger holds the transaction, or the network refused it, or time is up."""

    async def _respond(self, request: Request) -> Response:
        text = await read_envelope(request)
        submission = submit(self._horizon, text)
        applied = await self._outcome(submission, text)
        if not applied.successful:
            raise _failed(text, applied.result)
        closed_at = self._horizon.closed_at(applied.ledger)
        base = Call.of(self._horizon, request).base
        record = transaction_record(decode(applied), closed_at, base, submission.hash)
        return Response(msgspec.json.encode(record), media_type=JSON_TYPE)

    async def _outcome(self, submission: Submission, text: str) -> AppliedTransaction:
        """A transaction that a ledger already holds keeps its outcome, however it is sent again."""
        applied = self._horizon.chain.find(submission.hash)
        if applied is not None:
            return applied
        if submission.result is not None:
            raise _failed(text, submission.result)
        applied = await self._horizon.bell.applied(submission.hash, SUBMIT_SECONDS)
        if applied is None:
            extras = {"hash": submission.hash.hex(), "envelope_xdr": text}
            raise Problem("transaction_submission_timeout", extras=extras)
        return applied


class SubmitAsyncEndpoint(Responder):
    """Answers at once with what the queue said."""

    async def _respond(self, request: Request) -> Response:
        submission = submit(self._horizon, await read_envelope(request))
        body: Json = {"tx_status": submission.status, "hash": submission.hash.hex()}
        if submission.result is not None:
            body["error_result_xdr"] = b64(submission.result)
        status = _ASYNC_STATUS[submission.status]
        return Response(msgspec.json.encode(body), status, media_type=JSON_TYPE)


def submit(horizon: Horizon, text: str) -> Submission:
    """`text` is the envelope in base64."""
    malformed = Problem("transaction_malformed", extras={"envelope_xdr": text})
    try:
        envelope = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise malformed from error
    try:
        return horizon.chain.submit(envelope)
    except MalformedEnvelopeError as error:
        raise malformed from error


async def read_envelope(request: Request) -> str:
    """The parameter `tx`, from the form or, as Horizon allows too, from the address."""
    content = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    if content != _FORM:
        raise Problem("unsupported_media_type")
    in_query = request.query_params.get("tx")
    if in_query is not None:
        return in_query
    body = await read_body(request, BODY_BYTES_MAX)
    if body is None:
        extras = {"envelope_xdr": ""}
        raise Problem("transaction_malformed", "No envelope is as large as this.", extras)
    return form_value(body, "tx")


def failure_extras(envelope: str, result: bytes) -> Json:
    """What transaction_failed carries; `envelope` in base64, `result` a packed
    TransactionResult."""
    return {
        "envelope_xdr": envelope,
        "result_xdr": b64(result),
        "result_codes": result_codes(result),
    }


def _failed(envelope: str, result: bytes) -> Problem:
    return Problem("transaction_failed", extras=failure_extras(envelope, result))
