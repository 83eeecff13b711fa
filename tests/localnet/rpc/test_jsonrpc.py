import json
from typing import Any

import pytest
from msgspec import Raw

from server.localnet.rpc.jsonrpc import BATCH_MAX, RpcError, answer

CALLS: list[bytes] = []


def _echo(params: Raw) -> bytes:
    CALLS.append(bytes(params))
    return b'{"params":' + bytes(params) + b"}"


def _refuse(_params: Raw) -> bytes:
    raise RpcError(-32602, "invalid parameters", "the field is wrong")


def _break(_params: Raw) -> bytes:
    raise KeyError("secret detail")


METHODS = {"echo": _echo, "refuse": _refuse, "break": _break}


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def _ask(request: object) -> Any:
    reply = answer(METHODS, json.dumps(request).encode())
    return None if reply is None else json.loads(reply)


def _request(**fields: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 7, "method": "echo", **fields}


@pytest.mark.parametrize("identity", [0, 7, -1, "x", 'a"b', "", None])
def test_the_id_comes_back_as_it_was(identity: object) -> None:
    assert _ask(_request(id=identity)) == {
        "jsonrpc": "2.0",
        "id": identity,
        "result": {"params": {}},
    }


def test_params_are_handed_on() -> None:
    assert _ask(_request(params={"a": [1, None]}))["result"] == {"params": {"a": [1, None]}}
    assert _ask(_request(params=None))["result"] == {"params": {}}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"method": "no"}, -32601),
        ({"method": ""}, -32600),
        ({"method": None}, -32600),
        ({"method": 5}, -32600),
        ({"jsonrpc": "1.0"}, -32600),
        ({"jsonrpc": 2.0}, -32600),
        ({"params": [1]}, -32602),
        ({"params": "x"}, -32600),
        ({"params": 0}, -32600),
        ({"params": True}, -32600),
    ],
)
def test_invalid_requests_keep_their_id(fields: dict[str, object], code: int) -> None:
    reply = _ask(_request(**fields))
    assert (reply["id"], reply["error"]["code"]) == (7, code)
    assert reply.keys() == {"jsonrpc", "id", "error"}
    assert not CALLS


def test_an_id_is_only_sent_back_when_it_is_well_formed() -> None:
    body = b'{"jsonrpc":"2.0","method":"echo","id":1e999}'
    reply = json.loads(answer(METHODS, body) or b"")
    assert (reply["id"], reply["error"]["code"]) == (None, -32600)


@pytest.mark.parametrize("identity", [[], {}, True, [1]])
def test_an_id_of_another_type_is_refused(identity: object) -> None:
    reply = _ask(_request(id=identity))
    assert (reply["id"], reply["error"]["code"]) == (None, -32600)
    assert not CALLS


@pytest.mark.parametrize("request_", [5, "x", None, True, {}])
def test_what_is_no_request_is_refused(request_: object) -> None:
    reply = _ask(request_)
    if request_ == {}:
        assert reply is None  # without an id it is a notification, of no method
    else:
        assert (reply["id"], reply["error"]["code"]) == (None, -32600)


def test_the_method_name_is_told_back() -> None:
    error = _ask(_request(method="no"))["error"]
    assert error == {"code": -32601, "message": "method not found", "data": "no"}


def test_a_method_refuses_with_data() -> None:
    error = _ask(_request(method="refuse"))["error"]
    assert error == {
        "code": -32602,
        "message": "invalid parameters",
        "data": "the field is wrong",
    }


def test_a_broken_method_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    error = _ask(_request(method="break"))["error"]
    assert error == {"code": -32603, "message": "internal error"}
    assert "secret detail" in caplog.text


def test_notifications_are_run_and_not_answered() -> None:
    notification = {"jsonrpc": "2.0", "method": "echo"}
    assert _ask(notification) is None
    assert _ask([notification, {**notification, "method": "refuse"}]) is None
    assert CALLS == [b"{}", b"{}"]


def test_a_batch_is_answered_one_by_one() -> None:
    replies = _ask([_request(id=1), {"jsonrpc": "2.0", "method": "echo"}, 5, _request(id="b")])
    assert [reply["id"] for reply in replies] == [1, None, "b"]
    assert [("result" in reply) for reply in replies] == [True, False, True]


def test_batches_have_an_end() -> None:
    assert _ask([])["error"]["code"] == -32600
    assert len(_ask([_request()] * BATCH_MAX)) == BATCH_MAX
    CALLS.clear()
    assert _ask([_request()] * (BATCH_MAX + 1))["error"]["code"] == -32600
    assert not CALLS


def test_a_batch_stops_where_its_reply_grows_too_large() -> None:
    large = {"big": lambda _params: b'"' + b"x" * (40 * 1024 * 1024) + b'"'}
    request = json.dumps([_request(id=n, method="big") for n in range(3)]).encode()
    replies = json.loads(answer(large, request) or b"")
    assert [reply.get("error", {}).get("code") for reply in replies] == [None, None, -32001]
    assert replies[2]["id"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[",
        b'{"jsonrpc": "2.0", "id": 7, "method": 5',
        b'{"id": "\xff"}',
        b'{"id": 1}{}',
        b'{"id": "\\ud800"}',
        b'{"id": "a\x01b"}',
        b"\x00",
        b"[" * 100_000,
        b'{"params":' * 100_000,
    ],
)
def test_what_is_no_json_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(RpcError) as caught:
        answer(METHODS, body)
    assert caught.value.code == -32700


def test_deep_params_do_no_harm() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":' + b"[" * 100_000
    with pytest.raises(RpcError):
        answer(METHODS, body + b"]" * 100_000 + b"}}")
