import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import aiohttp
import pytest

from core.clock import SystemClock
from server.chain.client import Client
from server.chain.node import RemoteNode, Urls
from server.chain.preflight import Preflight
from server.chain.transactions import network_id

T = TypeVar("T")


class Localnet:
    """The embedded network in a process of its own; it closes a ledger when it is told to."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.facts = facts
        self.passphrase = facts["passphrase"]
        self.usdc = facts["usdc"]
        self.urls = Urls(facts["rpc"], facts["horizon"], facts["friendbot"])

    def close(self) -> int:
        """The number of the ledger that is closed now."""
        request = urllib.request.Request(f"{self.facts['horizon']}/admin/close", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(json.load(answer)["ledger"])

    def ask(self, question: Callable[[RemoteNode], Awaitable[T]]) -> T:
        return self._with_client(lambda client: question(RemoteNode(client, self.urls)))

    def look(self, question: Callable[[Preflight], Awaitable[T]]) -> T:
        network = network_id(self.passphrase)
        return self._with_client(
            lambda client: question(
                Preflight(
                    client,
                    self.urls.rpc,
                    network=network,
                    assets=[self.usdc],
                    clock=SystemClock(),
                )
            )
        )

    def _with_client(self, work: Callable[[Client], Awaitable[T]]) -> T:
        async def main() -> T:
            async with aiohttp.ClientSession() as session:
                return await work(Client(session))

        return asyncio.run(main())

    def fund(self, *addresses: str) -> None:
        """The friendbot answers once its ledger has closed."""

        async def main(node: RemoteNode) -> list[str]:
            asked = asyncio.gather(*(node.fund(address) for address in addresses))
            while not asked.done():
                await asyncio.sleep(0.1)
                await asyncio.to_thread(self.close)
            return await asked

        assert set(self.ask(main)) == {"funded"}


@pytest.fixture(scope="session")
def localnet() -> Iterator[Localnet]:
    command = [sys.executable, "-m", "core", "localnet", "--port", "0", "--close-seconds", "0"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Localnet(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(10)
