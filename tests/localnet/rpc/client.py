import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


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
