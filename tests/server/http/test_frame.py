"""The frame around every call, on a table of its own: no store, no use case."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

import pytest
from msgspec import Struct
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from core.errors import InvariantBroken, NotSignedIn, Refused, TooMany
from core.wire import Reply as WireReply
from core.wire import Request
from server.http.app import create_app
from server.http.metrics import HttpMetrics
from server.http.operations import Answer, Caller, Nothing, Stream, operation
from server.http.reading import BODY_BYTES_MAX
from server.usecases.views import SignedInAs
from tests.server.http.asgi import JSON, Reply, call

ANNA = SignedInAs("01", "02", "anna", 10**15)
SIGNED_IN = {"authorization": "Bearer good"}


class Inner(Request):
    word: str


class Take(Request, tag_field="action", tag="take"):
    how_many: int
    inner: Inner | None = None


class Give(Request, tag_field="action", tag="give"):
    to: str


class Find(Request):
    q: str
    limit: int = 5


class Said(WireReply):
    said: str


class Broken(Struct):
    pass


calls: list[str] = []


async def take(caller: Caller, request: Take) -> Said:
    calls.append("take")
    return Said(said=f"{caller.user.handle} takes {request.how_many} {caller.idempotency_key}")


async def give(_caller: Caller, request: Give) -> None:
    calls.append("give")
    if request.to == "nobody":
        raise Refused("recipient.unknown", field="to", params={"left": "7"})
    if request.to == "later":
        raise TooMany("auth.too_many", retry_after=9)
    if request.to == "bug":
        raise RuntimeError("the secret word is sesame")
    if request.to == "invariant":
        raise InvariantBroken("money from nowhere: sesame")


async def find(_caller: Caller, query: Find) -> Said:
    return Said(said=f"{query.q} x {query.limit}")


async def file(caller: Caller, _request: Nothing) -> Answer:
    return Answer(body=caller.path["id"].encode(), media="text/csv", headers=(("x-own", "1"),))


async def stream(_caller: Caller, _request: Nothing) -> Stream:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one\n"
        yield b"two\n"

    return Stream(chunks=chunks(), media="text/event-stream")


@pytest.fixture
def app() -> ASGIApp:
    async def sign_in(token: str | None) -> SignedInAs:
        if token is None:
            raise NotSignedIn("auth.required")
        if token != "good":
            raise NotSignedIn("auth.session_expired")
        return ANNA

    calls.clear()
    numbers = itertools.count(1)
    table = [
        operation(
            "POST",
            "/do",
            take,
            name="take",
            summary="",
            sends=Take,
            replies=Said,
            status=201,
            idempotent=True,
        ),
        operation("POST", "/do", give, name="give", summary="", sends=Give, public=True),
        operation(
            "GET", "/find", find, name="find", summary="", sends=Find, replies=Said, public=True
        ),
        operation("GET", "/mine", find, name="mine", summary="", sends=Find, replies=Said),
        operation("POST", "/mine", give, name="mineToo", summary="", sends=Give),
        operation(
            "GET",
            "/file/{id}",
            file,
            name="file",
            summary="",
            sends=Nothing,
            media="text/csv",
            public=True,
        ),
        operation(
            "GET",
            "/stream",
            stream,
            name="stream",
            summary="",
            sends=Nothing,
            media="text/event-stream",
            public=True,
        ),
    ]
    metrics = HttpMetrics(CollectorRegistry(), lambda: 0.0)
    return create_app(table, sign_in, metrics, lambda: f"request-{next(numbers)}")


def ask(app: ASGIApp, method: str, target: str, *parts: bytes, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(call(app, method, target, headers=named, parts=parts or (b"",)))


def post(app: ASGIApp, body: object, target: str = "/do", **headers: str) -> Reply:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(app, "POST", target, text, content_type="application/json", **headers)


def test_every_reply_has_our_headers(app: ASGIApp) -> None:
    good = ask(app, "GET", "/find?q=x")
    bad = ask(app, "GET", "/nowhere")
    for number, reply in enumerate((good, bad), 1):
        assert reply.headers["lumenpay-api"] == "1"
        assert reply.headers["x-request-id"] == f"request-{number}"
        assert reply.headers["cache-control"] == "no-store"
        assert int(reply.headers["content-length"]) == len(reply.body)
    assert bad.json["requestId"] == "request-2"


def test_a_problem_says_all_that_it_knows(app: ASGIApp) -> None:
    reply = post(app, {"action": "give", "to": "nobody"})
    assert reply.status == 422
    assert reply.json == {
        "type": "https://lumenpay.dev/problems/recipient.unknown",
        "title": "Refused by a rule",
        "status": 422,
        "detail": "Nobody has this handle.",
        "code": "recipient.unknown",
        "requestId": "request-1",
        "field": "to",
        "params": {"left": "7"},
    }


def test_waiting_time_is_in_header_and_body(app: ASGIApp) -> None:
    reply = post(app, {"action": "give", "to": "later"})
    assert (reply.status, reply.headers["retry-after"], reply.json["retryAfter"]) == (429, "9", 9)


@pytest.mark.parametrize("to", ["bug", "invariant"])
def test_our_own_fault_is_told_without_its_cause(app: ASGIApp, to: str) -> None:
    reply = post(app, {"action": "give", "to": to})
    assert (reply.status, reply.code) == (500, "server.fault")
    assert b"sesame" not in reply.body


MALFORMED = {
    b"": ("request.malformed_json", None),
    b"{": ("request.malformed_json", None),
    b"not json": ("request.malformed_json", None),
    b"\xff\xfe": ("request.malformed_json", None),
    b'{"action":"give","to":"\xff"}': ("request.malformed_json", None),
    b'{"action":"give","to":"\\ud800"}': ("request.malformed_json", None),
    b'{"action":"give","to":"x"} more': ("request.malformed_json", None),
    b'{"a":' * 5_000: ("request.malformed_json", None),
    b"[" * 5_000: ("request.invalid", None),
    b"[]": ("request.invalid", None),
    b"null": ("request.invalid", None),
    b'"give"': ("request.invalid", None),
    b"{}": ("request.invalid", "action"),
    b'{"action":7}': ("request.invalid", "action"),
    b'{"action":"fly"}': ("request.unknown_action", "action"),
    b'{"action":"give"}': ("request.invalid", "to"),
    b'{"action":"give","to":null}': ("request.invalid", "to"),
    b'{"action":"give","to":7}': ("request.invalid", "to"),
    b'{"action":"give","to":"x","extra":1}': ("request.invalid", "extra"),
    b'{"action":"give","to":"x\\u0000y"}': ("request.invalid", "to"),
    b'{"action":"take","howMany":"1"}': ("request.invalid", "howMany"),
    b'{"action":"take","howMany":1.5}': ("request.invalid", "howMany"),
    b'{"action":"take","howMany":1e999}': ("request.invalid", "howMany"),
    b'{"action":"take","how_many":1}': ("request.invalid", "how_many"),
    b'{"action":"take","howMany":1,"inner":{"word":5}}': ("request.invalid", "inner.word"),
    b'{"action":"take","howMany":1,"inner":{"word":"a","x":5}}': ("request.invalid", "inner.x"),
    b'{"action":"take","howMany":1,"inner":{"word":"\\u0000"}}': ("request.invalid", "inner.word"),
}


@pytest.mark.parametrize("body", MALFORMED)
def test_an_unreadable_body_names_its_field_and_does_nothing(app: ASGIApp, body: bytes) -> None:
    code, field = MALFORMED[body]
    reply = post(app, body, idempotency_key="key-12345", **SIGNED_IN)
    assert (reply.status, reply.code, reply.json.get("field")) == (400, code, field)
    assert calls == []


def test_an_escaped_backslash_is_no_nul(app: ASGIApp) -> None:
    assert post(app, rb'{"action":"give","to":"\\u0000"}').status == 204
    assert calls == ["give"]


def test_a_body_may_come_in_pieces_but_not_without_end(app: ASGIApp) -> None:
    whole = b'{"action":"give","to":"x"}'
    assert ask(app, "POST", "/do", whole[:5], whole[5:], **media()).status == 204
    pieces = [b" " * 4096] * (BODY_BYTES_MAX // 4096 + 1)
    reply = ask(app, "POST", "/do", *pieces, **media())
    assert (reply.status, reply.code) == (413, "request.too_large")
    assert reply.json["params"] == {"bytesMax": BODY_BYTES_MAX}
    assert calls == ["give"]


def test_a_body_that_says_it_is_too_large_is_not_read(app: ASGIApp) -> None:
    reply = ask(app, "POST", "/do", b"{}", content_length=str(BODY_BYTES_MAX + 1), **media())
    assert (reply.status, reply.code, calls) == (413, "request.too_large", [])


def media() -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in JSON.items()}


@pytest.mark.parametrize("said", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_only_json_is_read(app: ASGIApp, said: str) -> None:
    reply = ask(app, "POST", "/do", b'{"action":"give","to":"x"}', content_type=said)
    assert (reply.status, reply.code, calls) == (415, "request.wrong_media", [])


def test_json_may_name_its_charset(app: ASGIApp) -> None:
    said = "Application/JSON; charset=utf-8"
    body = b'{"action":"give","to":"x"}'
    assert ask(app, "POST", "/do", body, content_type=said).status == 204


def test_who_must_be_signed_in_is_asked_first(app: ASGIApp) -> None:
    for reply in (
        ask(app, "GET", "/mine?nonsense"),
        ask(app, "POST", "/mine", b"{", content_type="text/plain"),
        post(app, {"action": "take", "howMany": 1}),
    ):
        assert (reply.status, reply.code) == (401, "auth.required")
        assert reply.headers["www-authenticate"] == "Bearer"
    assert calls == []


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer bad", "auth.session_expired"),
        ("Bearer", "auth.required"),
        ("Bearer ", "auth.required"),
        ("Basic good", "auth.required"),
        ("good", "auth.required"),
    ],
)
def test_only_a_live_bearer_token_signs_in(app: ASGIApp, header: str, code: str) -> None:
    reply = ask(app, "GET", "/mine?q=x", authorization=header)
    assert (reply.status, reply.code) == (401, code)
    assert ask(app, "GET", "/mine?q=x", authorization="bearer good").json == {"said": "x x 5"}


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency.missing"),
        ("short", "idempotency.malformed"),
        ("x" * 65, "idempotency.malformed"),
        ("with space", "idempotency.malformed"),
        ("ünïcödé-key", "idempotency.malformed"),
    ],
)
def test_the_idempotency_key_is_needed_where_marked(
    app: ASGIApp, key: str | None, code: str
) -> None:
    headers = dict(SIGNED_IN) if key is None else {**SIGNED_IN, "idempotency_key": key}
    reply = post(app, {"action": "take", "howMany": 1}, **headers)
    assert (reply.status, reply.code, calls) == (400, code, [])
    assert reply.json["field"] == "Idempotency-Key"


def test_a_marked_call_gets_key_and_body(app: ASGIApp) -> None:
    reply = post(app, {"action": "take", "howMany": 3}, idempotency_key="key-12345", **SIGNED_IN)
    assert (reply.status, reply.json) == (201, {"said": "anna takes 3 key-12345"})


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "request.invalid", "q"),
        ("q=a&q=b", "request.invalid", "q"),
        ("q=a&x=b", "request.invalid", "x"),
        ("q=a&limit=many", "request.invalid", "limit"),
        ("q=%00", "request.invalid", "q"),
        ("q=%ff", "request.invalid", None),
        ("q", "request.invalid", None),
        ("q=a&" + "&".join(f"x{n}=1" for n in range(30)), "request.invalid", None),
    ],
)
def test_an_unreadable_query_names_its_field(
    app: ASGIApp, query: str, code: str, field: str | None
) -> None:
    reply = ask(app, "GET", f"/find?{query}")
    assert (reply.status, reply.code, reply.json.get("field")) == (400, code, field)


def test_an_old_client_is_told(app: ASGIApp) -> None:
    old = ask(app, "GET", "/find?q=x", lumenpay_api="0")
    assert (old.status, old.code) == (426, "request.client_too_old")
    for fine in ("1", "2"):
        assert ask(app, "GET", "/find?q=x", lumenpay_api=fine).status == 200
    odd = ask(app, "GET", "/find?q=x", lumenpay_api="one")
    assert (odd.status, odd.json["field"]) == (400, "LumenPay-Api")


def test_what_is_not_there(app: ASGIApp) -> None:
    for target in ("/", "/nowhere", "/do/", "/file", "/file/a/b", "//do"):
        reply = ask(app, "GET", target)
        assert (reply.status, reply.code) == (404, "request.not_found")
    reply = ask(app, "DELETE", "/do")
    assert (reply.status, reply.code) == (405, "request.method_not_allowed")
    assert reply.headers["allow"] == "POST"
    assert ask(app, "OPTIONS", "/find").headers["allow"] == "GET, HEAD"


def test_other_replies(app: ASGIApp) -> None:
    gone = post(app, {"action": "give", "to": "x"})
    assert (gone.status, gone.body) == (204, b"")
    assert "content-type" not in gone.headers
    found = ask(app, "GET", "/file/abc")
    assert (found.body, found.headers["content-type"], found.headers["x-own"]) == (
        b"abc",
        "text/csv",
        "1",
    )
    assert ask(app, "GET", "/stream").body == b"one\ntwo\n"
    assert ask(app, "HEAD", "/find?q=x").status == 200
