import json
from collections.abc import Callable

import pytest
from starlette.routing import Route

from server.localnet.rpc.endpoint import BODY_BYTES_MAX, Endpoint
from tests.localnet.rpc.client import Client

REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture
def client(serve: Callable[[list[Route]], Client]) -> Client:
    return serve([Route("/rpc", Endpoint({"ping": lambda _params: b'"pong"'}))])


def test_a_request_is_answered(client: Client) -> None:
    response = client.post(json=REQUEST)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"jsonrpc": "2.0", "id": 1, "result": "pong"}


def test_a_charset_may_be_named(client: Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post(content=json.dumps(REQUEST), headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
def test_only_post(client: Client, method: str) -> None:
    response = client.request(method)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_only_json(client: Client, kind: str) -> None:
    response = client.post(content=b"{}", headers={"content-type": kind})
    assert response.status_code == 415
    assert response.json()["error"]["code"] == -32600


def test_malformed_json_is_the_client_s_fault(client: Client) -> None:
    response = client.post(content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 400
    body = response.json()
    assert (body["jsonrpc"], body["id"], body["error"]["code"]) == ("2.0", None, -32700)
    assert body["error"]["data"]


@pytest.mark.parametrize("excess", [0, 1])
def test_a_body_has_a_limit(client: Client, excess: int) -> None:
    text = json.dumps(REQUEST)
    padded = text + " " * (BODY_BYTES_MAX - len(text) + excess)
    response = client.post(content=padded, headers={"content-type": "application/json"})
    assert response.status_code == (413 if excess else 200)


def test_notifications_get_no_content(client: Client) -> None:
    response = client.post(json={"jsonrpc": "2.0", "method": "ping"})
    assert (response.status_code, response.content) == (204, b"")
