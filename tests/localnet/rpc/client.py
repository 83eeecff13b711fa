"""Two ways to ask: over HTTP to an application in the process, and straight at the methods."""

import asyncio
import json
from base64 import b64encode
from typing import Any

import httpx
from starlette.types import ASGIApp

from server.localnet.ledger.chain import Chain
from server.localnet.rpc.jsonrpc import answer
from server.localnet.rpc.methods import methods
from tests.localnet.fields import check_rpc_reply

FRIENDBOT = "http://localhost:8000/friendbot"


class Client:
    """Speaks HTTP to an application in the process, one request after the other."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def request(self, method: str, path: str = "/rpc", **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **options))

    def post(self, **options: Any) -> httpx.Response:
        return self.request("POST", **options)

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localnet") as client:
            return await client.request(method, path, **options)


class Rpc:
    """Each reply is checked against the published fields."""

    def __init__(self, chain: Chain) -> None:
        self._methods = methods(chain, FRIENDBOT)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """The result."""
        reply = self._reply(method, params)
        assert "result" in reply, reply
        return check_rpc_reply(method, reply)

    def refuse(self, method: str, **params: object) -> tuple[int, str]:
        """Code and message of the error."""
        reply = self._reply(method, params)
        assert "error" in reply, reply
        error = check_rpc_reply(method, reply)
        return error["code"], error["message"]

    def _reply(self, method: str, params: object) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params}
        reply: dict[str, Any] = json.loads(
            answer(self._methods, json.dumps(request).encode()) or b""
        )
        return reply


def text(data: bytes) -> str:
    return b64encode(data).decode()
