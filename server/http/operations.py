"""One row of the route table: what a call looks like, who may make it, what answers it.

Dispatch, reading of bodies, OpenAPI, the tests of bad input and the sweep over other people's
ids are all made from these rows, so none of them can drift from what the server does.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar, cast

from msgspec import Struct

from core.wire import Request
from server.usecases.views import SignedInAs

JSON = "application/json"


class Caller(Struct, frozen=True, kw_only=True):
    """Who calls, and what came beside the body.

    `address` is the peer's; `body` is as it was sent, for the idempotency hash; `path` holds the
    address's parameters. `session` is None on public operations only.
    """

    session: SignedInAs | None
    address: str
    path: dict[str, str]
    accept: str
    body: bytes
    idempotency_key: str
    last_event_id: str | None

    @property
    def user(self) -> SignedInAs:
        """The session of an operation that asks for one."""
        return cast("SignedInAs", self.session)


class Answer(Struct, frozen=True, kw_only=True):
    """A reply that is not simply a struct in JSON."""

    body: bytes
    media: str = JSON
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Stream(Struct, frozen=True, kw_only=True):
    """A reply without an end."""

    chunks: AsyncGenerator[bytes, None]
    media: str


Reply = Struct | Answer | Stream | None
"""None is 204."""

In = TypeVar("In", bound=Request)


class Nothing(Request):
    """A call without a body or a query."""


class Operation(Struct, frozen=True, kw_only=True):
    """`sends` is read from the body of POST, PATCH and DELETE, from the query of GET.

    Operations of one method and path are told apart by the tag of `sends` (`action`, `kind`).
    `codes` are the problems of its own, beside those that every operation of its sort can give.
    """

    name: str
    method: str
    path: str
    summary: str
    sends: type[Request]
    handle: Callable[[Caller, Request], Awaitable[Reply]]
    replies: type[Struct] | None
    status: int
    media: str
    public: bool
    idempotent: bool
    codes: tuple[str, ...]

    @property
    def in_body(self) -> bool:
        return self.method != "GET"

    @property
    def action(self) -> str | None:
        tag = self.sends.__struct_config__.tag
        return tag if isinstance(tag, str) else None


def operation(
    method: str,
    path: str,
    handle: Callable[[Caller, In], Awaitable[Reply]],
    *,
    name: str,
    summary: str,
    sends: type[In],
    replies: type[Struct] | None = None,
    status: int | None = None,
    media: str = JSON,
    public: bool = False,
    idempotent: bool = False,
    codes: str = "",
) -> Operation:
    """A row. `codes` is a list of words. The one cast: the reader makes an `In` for `handle`."""
    return Operation(
        name=name,
        method=method,
        path=path,
        summary=summary,
        sends=sends,
        handle=cast("Callable[[Caller, Request], Awaitable[Reply]]", handle),
        replies=replies,
        status=status or (200 if replies is not None or method == "GET" else 204),
        media=media,
        public=public,
        idempotent=idempotent,
        codes=tuple(codes.split()),
    )
