"""Settled payments a second: 1,000 payers, one payment each, from first confirm to last success."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from scripts.benches import process
from scripts.benches.crowd import GENEROUS, clean, gather
from scripts.benches.report import Figures, options, say, show
from tests.e2e.client import Client, Person
from tests.e2e.town import Town

PAYERS, AT_ONCE = 1_000, 16


def main() -> None:
    chosen = options("settle")
    with (
        tempfile.TemporaryDirectory(prefix="lumenpay-bench-") as folder,
        Town(Path(folder) / "data", "--close-seconds", "1", settings=GENEROUS) as town,
    ):
        runs = asyncio.run(_measure(town, chosen.runs))
        clean(town)
    show("settle", runs, chosen.json)


async def _measure(town: Town, count: int) -> list[Figures]:
    async with Client(town.server) as client:
        say(f"signing {PAYERS} people up")
        people = await gather(client, PAYERS)
        os.sched_setaffinity(0, {1})
        process.pin(town.line["pids"]["server"], {0})
        process.pin(town.line["pids"]["localnet"], {1})
        runs = []
        for number in range(count):
            runs.append(await _run(client, people))
            say(f"run {number + 1} of {count}: {runs[-1]}")
    return runs


async def _run(client: Client, people: list[Person]) -> Figures:
    """Everything is initiated before the clock starts; the last success stops it."""
    pending = iter([(p, (await _initiate(client, people, n))) for n, p in enumerate(people)])
    confirmed: list[tuple[Person, str]] = []

    async def worker() -> None:
        for payer, transaction_id in pending:
            await client.confirm(payer, transaction_id)
            confirmed.append((payer, transaction_id))

    begun = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    accepted = time.monotonic() - begun
    for payer, transaction_id in reversed(confirmed):
        while (await client.status(payer, transaction_id)).status != "success":
            await asyncio.sleep(0.02)
    seconds = time.monotonic() - begun
    return {
        "settled_per_second": round(PAYERS / seconds, 2),
        "accepted_per_second": round(PAYERS / accepted, 2),
        "seconds": round(seconds, 3),
    }


async def _initiate(client: Client, people: list[Person], number: int) -> str:
    payee = people[(number + 1) % len(people)]
    return (await client.initiate(people[number], payee.handle, "1.5")).transaction_id


if __name__ == "__main__":
    main()
