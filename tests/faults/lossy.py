"""A proxy before a node that loses, cuts and refuses what passes through it, by a seeded die."""

import json
import random
from typing import Self

import aiohttp
from aiohttp import web

SEND = "sendTransaction"


class LossyProxy:
    """Its `url` stands for the node's RPC; `faults` counts what it has done."""

    def __init__(self, target: str, seed: int) -> None:
        self._target = target
        self._die = random.Random(seed)
        self.faults: dict[str, int] = {}
        self.lossy = True

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        application = web.Application()
        application.router.add_post("/", self._handle)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self._fault(json.loads(body)["method"])
        self.faults[fault] = self.faults.get(fault, 0) + 1
        if fault == "swallowed":
            return self._hang_up(request)
        if fault == "busy":
            return web.Response(status=429, headers={"Retry-After": "1"})
        answer = await self._forward(body)
        if fault == "accepted and silent":
            return web.Response(status=504)
        if fault == "accepted and cut":
            return self._hang_up(request)
        return web.Response(body=answer, content_type="application/json")

    def _fault(self, method: str) -> str:
        """Half of the sends come through whole, and nine of ten reads."""
        cast = self._die.random() if self.lossy else 1.0
        if method != SEND:
            return "swallowed" if cast < 0.1 else "passed"
        for limit, fault in (
            (0.20, "accepted and silent"),
            (0.30, "accepted and cut"),
            (0.45, "swallowed"),
            (0.50, "busy"),
        ):
            if cast < limit:
                return fault
        return "passed"

    async def _forward(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._target, data=body, headers=headers) as answer:
            return await answer.read()

    def _hang_up(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()
