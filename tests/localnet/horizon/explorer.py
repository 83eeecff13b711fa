"""Horizon over a chain in this process."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette

from server.localnet.bell import LedgerBell
from server.localnet.horizon.routes import routes
from server.localnet.ledger.chain import Chain
from tests.localnet.fields import check_horizon, check_page

BASE = "http://horizon.test"


class Explorer:
    """Answers are checked against the published fields of the endpoint that is named."""

    def __init__(self, chain: Chain) -> None:
        self._app = Starlette(routes=list(routes(chain, LedgerBell(chain))))

    def raw(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._get(path, options))

    async def _get(self, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.get(path, **options)

    def get(self, endpoint: str, path: str, **params: Any) -> dict[str, Any]:
        """Must be found."""
        status, body = self.ask(endpoint, path, **params)
        assert status == 200, body
        return body

    def ask(self, endpoint: str, path: str, **params: Any) -> tuple[int, dict[str, Any]]:
        answer = self.raw(path, params=params or None)
        body: dict[str, Any] = answer.json()
        check_horizon(endpoint, answer.status_code, body)
        return answer.status_code, body

    def records(self, endpoint: str, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(endpoint, path, **params)["_embedded"]["records"]
        return found

    def every(self, schema: str, path: str) -> list[dict[str, Any]]:
        """All records of a list, by following its links."""
        found: list[dict[str, Any]] = []
        while True:
            body = self.raw(path).json()
            records = check_page(schema, body)
            if not records:
                return found
            found += records
            path = body["_links"]["next"]["href"]
