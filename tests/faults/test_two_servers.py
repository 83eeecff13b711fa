"""Two servers on one PostgreSQL: no lock in memory, no payment twice, whoever is asked."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from core import wire
from tests.e2e.client import Client, Person
from tests.e2e.town import verify
from tests.faults.deployment import Server, finals, judge, newcomers, pay_all

PEOPLE, PAYMENTS = 6, 48


def test_two_servers_do_the_work_of_one(network, postgresql: Callable[[], str], tmp_path):
    verified = asyncio.run(_drill(network, postgresql(), tmp_path))
    assert verified["ok"] is True, verified


async def _drill(network: dict[str, str], database_url: str, folder: Path) -> dict[str, object]:
    servers = [Server(network, folder / name) for name in ("one", "other")]
    for server in servers:
        server.settings["DATABASE_URL"] = database_url
    servers[0].prepare()
    urls = [server.start() for server in servers]
    try:
        ended = await _pay_through_both(servers, urls)
    finally:
        servers[1].stop()
    assert judge(network, ended) == PAYMENTS
    return verify(servers[0].settings)


async def _pay_through_both(
    servers: list[Server], urls: list[str]
) -> list[tuple[Person, wire.Transaction]]:
    """Both at once for the same people; then one is killed, and the other ends its work."""
    async with Client(urls[0]) as one, Client(urls[1]) as other:
        people = await newcomers(one, PEOPLE)
        halves = await asyncio.gather(
            pay_all(one, people, range(PAYMENTS // 2)),
            pay_all(other, people, range(PAYMENTS // 2, PAYMENTS)),
        )
        servers[0].stop(signal.SIGKILL)
        return await finals(other, halves[0] | halves[1])
