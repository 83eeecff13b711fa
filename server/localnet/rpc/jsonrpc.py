"""JSON-RPC 2.0: requests, replies, errors, batches. Results are JSON bytes, made by the methods."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

T = TypeVar("T")
Method = Callable[[Raw], bytes]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
PROCESSING_LIMIT = -32001

BATCH_MAX = 100
REPLY_BYTES_MAX = 64 * 1024 * 1024  # what one batch may make; a page alone stays far below

_NO_PARAMS = Raw(b"{}")
_NULL = Raw(b"null")
_log = logging.getLogger(__name__)


class RpcError(Exception):
    """What a method refuses with; `data` is a sentence that helps."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class _Request(msgspec.Struct):
    jsonrpc: str = ""
    id: Raw | UnsetType = UNSET
    method: str = ""
    params: Raw = _NULL


class _Identity(msgspec.Struct):
    id: Raw = _NULL


_request = msgspec.json.Decoder(_Request)
_identity = msgspec.json.Decoder(_Identity)
_batch = msgspec.json.Decoder(list[Raw])
_anything = msgspec.json.Decoder(Raw)
_id = msgspec.json.Decoder(str | int | float | None)


def answer(methods: Mapping[str, Method], body: bytes) -> bytes | None:
    """The reply to a request or a batch; None when nobody waits for one (notifications).
    Raises RpcError when the body is no JSON at all."""
    _check_text(body)
    if body.lstrip()[:1] != b"[":
        return _answer_one(methods, body)
    requests = _decode(_batch, body)
    if not requests:
        return _failure(_NULL, RpcError(INVALID_REQUEST, "empty request batch"))
    if len(requests) > BATCH_MAX:
        problem = f"a batch holds at most {BATCH_MAX} requests, not {len(requests)}"
        return _failure(_NULL, RpcError(INVALID_REQUEST, problem))
    return _answer_all(methods, requests)


def _answer_all(methods: Mapping[str, Method], requests: list[Raw]) -> bytes | None:
    replies: list[bytes] = []
    size = 0
    for request in requests:
        if size > REPLY_BYTES_MAX:
            error = RpcError(PROCESSING_LIMIT, "the batch's reply is too large")
            reply: bytes | None = _failure(_id_of(bytes(request)), error)
        else:
            reply = _answer_one(methods, bytes(request))
        if reply is not None:
            replies.append(reply)
            size += len(reply)
    return b"[" + b",".join(replies) + b"]" if replies else None


def _answer_one(methods: Mapping[str, Method], body: bytes) -> bytes | None:
    try:
        request = _request.decode(body)
    except (msgspec.DecodeError, RecursionError):
        _decode(_anything, body)
        return _failure(_id_of(body), RpcError(INVALID_REQUEST, "invalid request"))
    if request.id is UNSET:
        _run_notification(methods, request)
        return None
    if not _is_id(request.id):
        return _failure(_NULL, RpcError(INVALID_REQUEST, "invalid request ID"))
    try:
        return _success(request.id, _call(methods, request))
    except RpcError as error:
        return _failure(request.id, error)


def _run_notification(methods: Mapping[str, Method], request: _Request) -> None:
    try:
        _call(methods, request)
    except RpcError as error:
        _log.debug("notification %s: %s", request.method, error.message)


def _call(methods: Mapping[str, Method], request: _Request) -> bytes:
    if request.jsonrpc != "2.0":
        raise RpcError(INVALID_REQUEST, "invalid version marker")
    if not request.method:
        raise RpcError(INVALID_REQUEST, "empty method name")
    method = methods.get(request.method)
    if method is None:
        raise RpcError(METHOD_NOT_FOUND, "method not found", request.method)
    try:
        return method(_named_params(request.params))
    except RpcError:
        raise
    except Exception as error:  # the edge: one request may fail, the network goes on
        _log.exception("%s failed", request.method)
        raise RpcError(INTERNAL_ERROR, "internal error") from error


def _named_params(params: Raw) -> Raw:
    first = bytes(params)[:1]
    if first == b"{":
        return params
    if first == b"n":
        return _NO_PARAMS
    if first == b"[":
        raise RpcError(INVALID_PARAMS, "invalid parameters", "parameters are given by name")
    raise RpcError(INVALID_REQUEST, "parameters must be an object")


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RpcError(PARSE_ERROR, "invalid JSON request", str(error)) from error


def _id_of(body: bytes) -> Raw:
    """The id of a request that is otherwise wrong; null when it can't be told."""
    try:
        found = _identity.decode(body).id
    except (msgspec.DecodeError, RecursionError):
        return _NULL
    return found if _is_id(found) else _NULL


def _is_id(found: Raw) -> bool:
    """Only then may it be sent back as it came."""
    try:
        _id.decode(found)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _check_text(body: bytes) -> None:
    """What the decoder skips over, it does not check: so the encoding is checked at once."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise RpcError(PARSE_ERROR, "invalid JSON request", str(error)) from error


def _success(request_id: Raw, result: bytes) -> bytes:
    return b"".join((b'{"jsonrpc":"2.0","id":', bytes(request_id), b',"result":', result, b"}"))


def _failure(request_id: Raw, error: RpcError) -> bytes:
    return b"".join(
        (b'{"jsonrpc":"2.0","id":', bytes(request_id), b',"error":', error_json(error), b"}")
    )


def error_json(error: RpcError) -> bytes:
    fields: dict[str, int | str] = {"code": error.code, "message": error.message}
    if error.data is not None:
        fields["data"] = error.data
    return msgspec.json.encode(fields)
