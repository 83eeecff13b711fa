"""Reading a request: its body within a size and a time, its query, its headers."""

import asyncio
import operator
from collections.abc import Mapping
from functools import reduce
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope

from core.errors import Malformed, TooLarge, TooOld, WrongMedia
from core.ids import is_idempotency_key
from core.wire import API_VERSION, Request
from server.http.problems import unreadable

BODY_BYTES_MAX = 64 * 1024
BODY_SECONDS_MAX = 10
QUERY_FIELDS_MAX = 20

Headers = dict[bytes, bytes]


def headers_of(scope: Scope) -> Headers:
    """The last of equal names wins; none that we read may be repeated with a meaning."""
    return dict(scope["headers"])


def check_version(headers: Headers) -> None:
    """A client may say which version of the wire it speaks; an older one than ours is told."""
    said = headers.get(b"lumenpay-api")
    if said is None:
        return
    if not said.isdigit() or len(said) > 6:
        raise Malformed("request.invalid", field="LumenPay-Api")
    if int(said) < API_VERSION:
        raise TooOld("request.client_too_old", params={"oldest": API_VERSION})


def bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def idempotency_key(headers: Headers) -> str:
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    if not key:
        raise Malformed("idempotency.missing", field="Idempotency-Key")
    if not is_idempotency_key(key):
        raise Malformed("idempotency.malformed", field="Idempotency-Key")
    return key


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """Raises `request.wrong_media`, `request.too_large`; a client that dawdles is `malformed`."""
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media != b"application/json":
        raise WrongMedia("request.wrong_media", field="Content-Type")
    if int(headers.get(b"content-length", b"0")) > BODY_BYTES_MAX:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return await _gather(receive)
    except TimeoutError:
        raise Malformed("request.malformed_json") from None


async def _gather(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("request.malformed_json")
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
        if not message.get("more_body", False):
            return body


def _too_large() -> TooLarge:
    return TooLarge("request.too_large", params={"bytesMax": BODY_BYTES_MAX})


class BodyReader:
    """Decodes the body of one method of one path into the struct that its tag names."""

    def __init__(self, kinds: tuple[type[Request], ...]) -> None:
        self._decoder = msgspec.json.Decoder(_union(kinds))
        self._lone_tag = _lone_tag(kinds)

    def read(self, body: bytes) -> Request:
        try:
            request = self._decoder.decode(body)
            if self._lone_tag is not None:
                _need_tag(self._lone_tag, msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(error) from None
        if b"\\u0000" in body:
            refuse_nul(request)
        return request


class QueryReader:
    def __init__(self, kinds: tuple[type[Request], ...]) -> None:
        self._type = _union(kinds)
        self._lone_tag = _lone_tag(kinds)

    def read(self, query: bytes) -> Request:
        try:
            pairs = parse_qsl(
                query.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=bool(query),
                errors="strict",
                max_num_fields=QUERY_FIELDS_MAX,
            )
        except ValueError:
            raise Malformed("request.invalid") from None
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise Malformed("request.invalid", field=_repeated(pairs))
        try:
            request = msgspec.convert(fields, self._type, strict=False)
            if self._lone_tag is not None:
                _need_tag(self._lone_tag, fields)
        except msgspec.ValidationError as error:
            raise unreadable(error) from None
        if b"%00" in query:
            refuse_nul(request)
        return request


def _union(kinds: tuple[type[Request], ...]) -> type[Request]:
    return reduce(operator.or_, kinds)


def _lone_tag(kinds: tuple[type[Request], ...]) -> str | None:
    """The tag's field where there is one kind only: msgspec then does without it."""
    config = kinds[0].__struct_config__
    return config.tag_field if len(kinds) == 1 and config.tag is not None else None


def _need_tag(tag_field: str, fields: Mapping[str, object]) -> None:
    if tag_field not in fields:
        raise Malformed("request.invalid", field=tag_field)


def _repeated(pairs: list[tuple[str, str]]) -> str:
    names = [name for name, _ in pairs]
    return next(name for name in names if names.count(name) > 1)


def refuse_nul(request: Request) -> None:
    """No text of ours holds U+0000: PostgreSQL cannot store it."""

    def walk(value: object, path: str) -> None:
        if isinstance(value, str) and "\0" in value:
            raise Malformed("request.invalid", field=path)
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, f"{path}.{name}" if path else str(name))

    walk(msgspec.to_builtins(request), "")
