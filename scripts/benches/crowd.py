"""Many people who are signed up, open and funded, and a load of payments among them."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

from tests.e2e.client import Client, Person
from tests.e2e.town import Town

GENEROUS = {
    "LUMENPAY_SIGNUPS_PER_HOUR": "1000000",
    "LUMENPAY_PAYS_PER_MINUTE": "1000000",
    "LUMENPAY_LOG_LEVEL": "warning",
}
"""Rate limits are no part of what is measured: all the load comes from one address."""


def lift_daily_count(town: Town) -> None:
    """A newer row in the dated table of limits, as an operator would set it: the bench's people
    pay more often in a minute than a person may in a day."""
    with closing(sqlite3.connect(town.folder / "lumenpay.db", timeout=30)) as database:
        database.execute(
            "INSERT INTO limit_levels (level, valid_from_ms, per_payment, per_day, per_month,"
            " payments_a_day) SELECT level, ?, per_payment, per_day, per_month, 1000000"
            " FROM limit_levels WHERE level = 0 ORDER BY valid_from_ms DESC LIMIT 1",
            (int(time.time() * 1000),),
        )
        database.commit()


async def gather(client: Client, count: int) -> list[Person]:
    """Sign people up, sixteen at a time, and wait until all are open and funded."""
    people: list[Person] = []
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            people.append(await client.sign_up(f"citizen_{number:05d}"))

    await asyncio.gather(*(worker() for _ in range(16)))
    for person in people:
        await _funded(client, person)
    return people


async def _funded(client: Client, person: Person, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while (await client.balances(person))["XLM"].available != "10000":
        if time.monotonic() > deadline:
            raise TimeoutError(f"{person.handle} was not funded in {seconds} s")
        await asyncio.sleep(0.5)


class Load:
    """Three requests a payment: initiate, confirm, read back. Latencies in milliseconds."""

    def __init__(self, client: Client, people: list[Person]) -> None:
        self._client = client
        self._people = people
        self.latencies: list[float] = []
        self.signed = 0
        self.payments: list[tuple[Person, str]] = []

    async def run(self, count: int, at_once: int) -> float:
        """Make so many payments, each payer paying the next in line; the seconds it took."""
        pairs = self._pairs(count)
        begun = time.monotonic()
        await asyncio.gather(*(self._worker(pairs) for _ in range(at_once)))
        return time.monotonic() - begun

    def _pairs(self, count: int) -> Iterator[tuple[Person, Person]]:
        people = self._people
        for number in range(count):
            yield people[number % len(people)], people[(number + 1) % len(people)]

    async def _worker(self, pairs: Iterator[tuple[Person, Person]]) -> None:
        for payer, payee in pairs:
            begun = time.monotonic()
            started = await self._client.initiate(payer, payee.handle, "1.5")
            await self._client.confirm(payer, started.transaction_id)
            seen = await self._client.status(payer, started.transaction_id)
            self.latencies.append((time.monotonic() - begun) * 1000)
            self.signed += seen.hash is not None
            self.payments.append((payer, started.transaction_id))

    async def settled(self, seconds: float = 120) -> None:
        """Wait until every payment of the load has its final state, which must be success."""
        deadline = time.monotonic() + seconds
        for payer, transaction_id in reversed(self.payments):
            while (status := await self._client.status(payer, transaction_id)).status != "success":
                if status.status != "processing" or time.monotonic() > deadline:
                    raise RuntimeError(f"a payment ended as {status}")
                await asyncio.sleep(0.05)


def clean(town: Town) -> None:
    """A figure counts only when the books are right afterwards."""
    found = town.verify()
    if found.get("ok") is not True:
        raise RuntimeError(f"verify found {found}")
