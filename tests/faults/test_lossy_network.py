"""A node that loses half of what it is told, and a `kill -9` in the middle: each payment is made
once or not at all, and people's money is the network's to the stroop."""

import asyncio
import signal
from pathlib import Path

from core import wire
from tests.e2e.client import Client, Person
from tests.e2e.town import verify
from tests.faults.deployment import Server, finals, judge, newcomers, pay_all
from tests.faults.lossy import LossyProxy

PEOPLE, PAYMENTS, SEED = 10, 60, 20261124


def test_no_payment_is_made_twice_or_lost(network, tmp_path):
    verified = asyncio.run(_drill(network, tmp_path))
    assert verified["ok"] is True, verified


async def _drill(network: dict[str, str], folder: Path) -> dict[str, object]:
    server = Server(network, folder)
    server.prepare()
    async with LossyProxy(network["rpc"], SEED) as proxy:
        server.settings["STELLAR_RPC_URL"] = proxy.url
        try:
            ended = await _pay_through_a_crash(server, proxy)
        finally:
            server.stop()
    succeeded = judge(network, ended)
    assert succeeded >= PAYMENTS * 9 // 10
    server.settings["STELLAR_RPC_URL"] = network["rpc"]
    assert proxy.faults.keys() >= {"accepted and silent", "swallowed", "passed"}
    return verify(server.settings)


async def _pay_through_a_crash(
    server: Server, proxy: LossyProxy
) -> list[tuple[Person, wire.Transaction]]:
    """Half of the payments, `kill -9` while they are on their way, the other half."""
    proxy.lossy = False
    async with Client(server.start()) as client:
        people = await newcomers(client, PEOPLE)
        proxy.lossy = True
        made = await pay_all(client, people, range(PAYMENTS // 2))
    server.stop(signal.SIGKILL)
    async with Client(server.start()) as client:
        made |= await pay_all(client, people, range(PAYMENTS // 2, PAYMENTS))
        return await finals(client, made)
