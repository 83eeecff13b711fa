"""From an HTTP request to a Horizon answer: one object, a page of records, or a stream of them."""

import base64
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.localnet.bell import LedgerBell
from server.localnet.horizon import toid
from server.localnet.horizon.history import History
from server.localnet.horizon.problems import Problem
from server.localnet.horizon.query import PageQuery, Query
from server.localnet.horizon.streams import object_stream, page_stream
from server.localnet.horizon.values import Json, timestamp
from server.localnet.ledger.assets import arm
from server.localnet.ledger.chain import Chain

JSON_TYPE = "application/hal+json; charset=utf-8"
_JSON_ACCEPTED = ("application/json", "application/hal+json", "application/*", "*/*")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Horizon:
    """What every resource may look at."""

    chain: Chain
    history: History
    bell: LedgerBell

    def closed_at(self, ledger: int) -> int:
        return arm(self.chain.ledger(ledger)).close_time


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `base` is the server's address as the client knows it, `path` what follows."""

    horizon: Horizon
    query: Query
    base: str
    path: str

    def modified_at(self, ledger: int) -> str:
        return timestamp(self.horizon.closed_at(ledger))

    @classmethod
    def of(cls, horizon: Horizon, request: Request) -> "Call":
        host = request.headers.get("host", "localhost")
        base = f"{request.url.scheme}://{host}"
        return cls(horizon, Query.of(request), base, request.url.path)


PageHandler = Callable[[Call, PageQuery], Awaitable[list[Json]]]
ObjectHandler = Callable[[Call], Awaitable[Json]]


class Responder(ABC):
    """An ASGI application whose problems become problem documents."""

    def __init__(self, horizon: Horizon) -> None:
        self._horizon = horizon

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await answer(lambda: self._respond(request))
        await response(scope, receive, send)

    @abstractmethod
    async def _respond(self, request: Request) -> Response: ...


class Endpoint(Responder):
    """One resource. `of_state` marks what is read from the live entries: its answers tell the
    ledger they belong to. `streams`: it can be had as server-sent events."""

    def __init__(self, horizon: Horizon, *, of_state: bool, streams: bool) -> None:
        super().__init__(horizon)
        self._of_state = of_state
        self._streams = streams

    async def _respond(self, request: Request) -> Response:
        call = Call.of(self._horizon, request)
        accept = request.headers.get("accept", "*/*")
        if "text/event-stream" in accept:
            if self._streams:
                return await self._stream(call)
            raise Problem("not_acceptable")
        return self._render(await self._body(call), accept)

    def _render(self, body: Json, accept: str) -> Response:
        if not any(kind in accept for kind in _JSON_ACCEPTED):
            raise Problem("not_acceptable")
        headers: Mapping[str, str] = {}
        if self._of_state:
            headers = {"Latest-Ledger": str(self._horizon.chain.head.sequence)}
        return Response(msgspec.json.encode(body), media_type=JSON_TYPE, headers=headers)

    @abstractmethod
    async def _body(self, call: Call) -> Json: ...

    @abstractmethod
    async def _stream(self, call: Call) -> Response: ...


class ObjectEndpoint(Endpoint):
    """One record. As a stream it is sent again whenever it changed."""

    def __init__(
        self,
        horizon: Horizon,
        handler: ObjectHandler,
        *,
        of_state: bool = False,
        streams: bool = False,
    ) -> None:
        super().__init__(horizon, of_state=of_state, streams=streams)
        self._handler = handler

    async def _body(self, call: Call) -> Json:
        return await self._handler(call)

    async def _stream(self, call: Call) -> Response:
        return await object_stream(self._horizon.bell, lambda: self._handler(call))


class RawEndpoint(ObjectEndpoint):
    """A record whose `value`, in base64, can be had as bytes too."""

    def _render(self, body: Json, accept: str) -> Response:
        if "application/octet-stream" not in accept:
            return super()._render(body, accept)
        content = base64.b64decode(str(body["value"]))
        return Response(content, media_type="application/octet-stream")


class PageEndpoint(Endpoint):
    """Records by cursor, limit and order. As a stream, those to come until `limit` were sent."""

    def __init__(
        self,
        horizon: Horizon,
        handler: PageHandler,
        *,
        of_state: bool = False,
        streams: bool = False,
    ) -> None:
        super().__init__(horizon, of_state=of_state, streams=streams)
        self._handler = handler

    async def _body(self, call: Call) -> Json:
        page = self._from_now(call.query.page())
        return page_body(call, page, await self._handler(call, page))

    async def _stream(self, call: Call) -> Response:
        page = self._from_now(call.query.page())
        return await page_stream(self._horizon.bell, page, lambda p: self._handler(call, p))

    def _from_now(self, page: PageQuery) -> PageQuery:
        """`now` is the end of the last closed ledger; a stream must not move it along."""
        if page.cursor != "now":
            return page
        return replace(page, cursor=str(toid.after_ledger(self._horizon.chain.head.sequence)))


def page_body(call: Call, page: PageQuery, records: list[Json]) -> Json:
    first = str(records[0]["paging_token"]) if records else page.cursor
    last = str(records[-1]["paging_token"]) if records else page.cursor
    turned = replace(page, ascending=not page.ascending)
    return {
        "_links": {
            "self": {"href": _page_link(call, page)},
            "next": {"href": _page_link(call, replace(page, cursor=last))},
            "prev": {"href": _page_link(call, replace(turned, cursor=first))},
        },
        "_embedded": {"records": records},
    }


def _page_link(call: Call, page: PageQuery) -> str:
    values = dict(call.query.values)
    values |= {"cursor": page.cursor, "limit": str(page.limit), "order": page.order}
    return f"{call.base}{call.path}?{urlencode(sorted(values.items()))}"


async def answer(respond: Callable[[], Awaitable[Response]]) -> Response:
    """The response, or the problem document of what went wrong."""
    try:
        return await respond()
    except Problem as problem:
        return problem.response()
    except Exception:  # the edge of a request: one bad input must not end the network
        _log.exception("a request failed")
        return Problem("server_error").response()
