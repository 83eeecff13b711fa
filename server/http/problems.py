"""Every refusal becomes problem+json here, and every reading error becomes a `Problem` here."""

import re

import msgspec

from core import wire
from core.errors import Malformed, Problem, Unavailable, type_base

MEDIA_TYPE = "application/problem+json"

_encoder = msgspec.json.Encoder()
_MISSING_OR_UNKNOWN = re.compile(r"(?:missing required|contains unknown) field `([^`]*)`")
_OUT_OF_RANGE = re.compile(r"Expected `int` [<>]=")
_PATH = re.compile(r" - at `\$\.?([^`]*)`")


class Fault(Problem):
    """Our own fault, told without its cause; the log has that under the request's id."""

    def __init__(self) -> None:
        super().__init__("server.fault")


class NotAllowed(Problem):
    """A method that the address does not know; `allow` are those that it does."""

    status = 405
    title = "Method not allowed"

    def __init__(self, allow: str) -> None:
        super().__init__("request.method_not_allowed")
        self.allow = allow


def body_of(problem: Problem, request_id: str) -> bytes:
    return _encoder.encode(
        wire.Problem(
            type=type_base + problem.code,
            title=problem.title,
            status=problem.status,
            detail=problem.detail,
            code=problem.code,
            request_id=request_id,
            field=problem.field,
            params=problem.params or None,
            retry_after=problem.retry_after,
        )
    )


def headers_of(problem: Problem) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    if isinstance(problem, NotAllowed):
        headers.append((b"allow", problem.allow.encode()))
    return headers


def unreadable(error: Exception) -> Malformed:
    """What msgspec says of a body or a query, with the field named."""
    if not isinstance(error, msgspec.ValidationError):
        return Malformed("request.malformed_json")
    text = str(error)
    path = _PATH.search(text)
    leaf = _MISSING_OR_UNKNOWN.search(text)
    steps = [found[1] for found in (path, leaf) if found is not None and found[1]]
    field = ".".join(steps) or None
    return Malformed(_code(text), field=field)


def _code(text: str) -> str:
    if _OUT_OF_RANGE.match(text):
        return "request.bad_range"
    if text.startswith("Invalid value"):  # of the tag that tells structs apart
        return "request.unknown_action"
    return "request.invalid"


def busy(retry_after: int = 1) -> Unavailable:
    return Unavailable("server.busy", retry_after=retry_after)
