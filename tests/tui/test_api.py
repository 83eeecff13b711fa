"""The client: tokens, renewals, what counts as an answer, and the stream of events."""

import asyncio
from collections.abc import Callable

import httpx
import msgspec
import pytest

from core import wire
from tests.tui.bank import Bank
from tests.tui.conftest import SERVER
from tests.tui.fake_server import FakeServer
from tui.api import Api, ApiError, ApiProblem, Away, BadServer, Event, check_server
from tui.profile import Profile
from tui.session import Session

Answer = Callable[[httpx.Request], httpx.Response]


def api_of(profile: Profile, answer: Answer) -> Api:
    return Api(SERVER, profile, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "url", ["https://pay.example", "http://localhost:8000/", "http://127.0.0.1", "http://[::1]:1"]
)
def test_servers_that_are_safe_to_talk_to(url: str) -> None:
    assert check_server(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://pay.example", "http://10.0.0.1", "ws://localhost", "localhost:8000", ""]
)
def test_servers_that_are_not(url: str) -> None:
    with pytest.raises(BadServer):
        check_server(url)


async def test_a_token_goes_to_its_own_server_only(signed_in: Session) -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(
            200, json={"status": "ok", "database": True, "network": "local", "ledger": 1}
        )

    for server in (SERVER, "https://other.example"):
        api = Api(server, signed_in.profile, transport=httpx.MockTransport(answer))
        await api.readiness()
        await api.aclose()
    assert seen == ["Bearer token-1", None]


async def test_every_call_says_who_and_which_version(profile: Profile) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(
            200,
            content=msgspec.json.encode(wire.PaymentRequest(request_id="0", link="L", sep7="S")),
        )

    api = api_of(profile, answer)
    await api.request_money(wire.NewRequest(amount="1"), "key-00000001")
    (request,) = requests
    assert request.headers["LumenPay-Api"] == str(wire.API_VERSION)
    assert request.headers["User-Agent"].startswith("lumenpay/")
    assert request.headers["Idempotency-Key"] == "key-00000001"
    assert request.headers["Content-Type"] == "application/json"
    assert "token" not in str(request.url)
    await api.aclose()


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectError("no"), False),
        (httpx.ConnectTimeout("no"), False),
        (httpx.ReadTimeout("no"), True),
        (httpx.ReadError("no"), True),
        (httpx.WriteError("no"), True),
        (httpx.RemoteProtocolError("no"), True),
    ],
)
async def test_away_knows_whether_it_may_have_been_sent(
    profile: Profile, error: Exception, sent: bool
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    api = api_of(profile, answer)
    with pytest.raises(Away) as away:
        await api.confirm("01J", "493817")
    assert away.value.sent is sent
    await api.aclose()


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>login to the hotel</html>"),
        httpx.Response(200, json=["not", "ours"]),
        httpx.Response(502, text="bad gateway"),
        httpx.Response(404, json={"error": "no"}),
        httpx.Response(302, headers={"Location": "https://evil.example"}),
        httpx.Response(204),
    ],
)
async def test_an_answer_that_is_not_the_servers_is_no_answer(
    profile: Profile, response: httpx.Response
) -> None:
    api = api_of(profile, lambda _request: response)
    with pytest.raises(Away) as away:
        await api.confirm("01J", "493817")
    assert away.value.sent
    await api.aclose()


async def test_replies_are_made_safe_and_new_fields_ignored(profile: Profile) -> None:
    reply = {
        "publicKey": "G",
        "handle": "a",
        "name": "A\x1b[2J\u202eB",
        "level": 0,
        "walletState": "open",
        "network": "local",
        "newer": {"x": 1},
    }
    api = api_of(profile, lambda _request: httpx.Response(200, json=reply))
    assert (await api.info()).name == r"A\x1b[2JB"
    await api.aclose()


async def test_many_calls_renew_an_ended_session_once(profile: Profile) -> None:
    bank = Bank()
    api = Api(SERVER, profile, transport=bank)
    await api.sign_in(wire.SignIn(handle="asha", password=bank.password))
    bank.valid_token = "another"
    await asyncio.gather(*(api.balances() for _number in range(5)))
    assert [call for call, _body in bank.requests].count("POST refresh") == 1
    assert api.token == bank.valid_token
    await api.aclose()


async def test_a_renewal_by_another_process_is_taken_over(
    profile: Profile, tmp_path: object
) -> None:
    bank = Bank()
    api = Api(SERVER, profile, transport=bank)
    await api.sign_in(wire.SignIn(handle="asha", password=bank.password))
    other = Api(SERVER, Profile("default", profile.path.parent), transport=bank)
    bank.valid_token = "another"
    await other.balances()
    await api.balances()
    assert [call for call, _body in bank.requests].count("POST refresh") == 1
    await api.aclose()
    await other.aclose()


async def test_a_refused_renewal_signs_out(profile: Profile) -> None:
    bank = Bank()
    api = Api(SERVER, profile, transport=bank)
    await api.sign_in(wire.SignIn(handle="asha", password=bank.password))
    bank.valid_token = "another"
    bank.refuse("POST refresh", "auth.refresh_reused", status=401)
    with pytest.raises(ApiProblem) as refused:
        await api.balances()
    assert refused.value.code == "auth.refresh_reused"
    assert profile.sign_in is None
    await api.aclose()


async def heard(api: Api, last_id: str | None = None) -> tuple[list[Event], ApiError]:
    """What came, and how it ended."""
    events: list[Event] = []
    try:
        async for event in api.events(last_id):
            events.append(event)
    except ApiError as end:
        return events, end
    raise AssertionError("a stream ends by an error")


async def test_the_stream_of_events(profile: Profile) -> None:
    stream = (
        b": hello\n\nretry: 2000\nid: 7\n\n"
        b'id: 8\nevent: balance.updated\ndata: {"x": "\\u202ea"}\n\n'
        b":\n\nid: 9\r\nevent: notice\r\ndata: not json\r\n\r\n"
        b'id: 10\nevent: cut\ndata: {"never": "finished"'
    )
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Last-Event-ID"))
        return httpx.Response(200, content=stream)

    api = api_of(profile, answer)
    events, end = await heard(api, "6")
    assert events == [
        Event("7", "", None),
        Event("8", "balance.updated", {"x": "a"}),
        Event("9", "notice", None),
    ]
    assert isinstance(end, Away)
    assert seen == ["6"]
    await api.aclose()


async def test_a_refused_stream_is_a_problem(server: FakeServer, profile: Profile) -> None:
    server.refuse("GET /api/events", "request.too_many", status=429, retry_after=3)
    api = Api(SERVER, profile, transport=server)
    events, end = await heard(api)
    assert events == []
    assert isinstance(end, ApiProblem)
    assert end.retry_after == 3
    await api.aclose()
