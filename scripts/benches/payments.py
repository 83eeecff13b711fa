"""Accepted payments a second, with real signing and all jobs running in the same process.

The server has core 0, the embedded network and the load share core 1. Two crowds: one in which
every payer pays once a run, so that each confirm signs, and one of 50 people who pay again and
again, so that payments wait for their lane and are packed.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from scripts.benches import process
from scripts.benches.crowd import GENEROUS, Load, clean, gather, lift_daily_count
from scripts.benches.report import Figures, options, percentile, say, show
from tests.e2e.client import Client, Person
from tests.e2e.town import Town

PAYMENTS, WARM_UP, AT_ONCE, FEW = 3_000, 300, 8, 50


def main() -> None:
    chosen = options("payments")
    with (
        tempfile.TemporaryDirectory(prefix="lumenpay-bench-") as folder,
        Town(Path(folder) / "data", settings=GENEROUS) as town,
    ):
        lift_daily_count(town)
        runs = asyncio.run(_measure(town, chosen.runs))
        clean(town)
    show("payments", runs, chosen.json)


async def _measure(town: Town, count: int) -> list[Figures]:
    async with Client(town.server) as client:
        say(f"signing {PAYMENTS} people up")
        people = await gather(client, PAYMENTS)
        os.sched_setaffinity(0, {1})
        process.pin(town.line["pids"]["server"], {0})
        process.pin(town.line["pids"]["localnet"], {1})
        runs = []
        for number in range(count):
            runs.append(await _run(client, town, people) | await _few(client, town, people))
            say(f"run {number + 1} of {count}: {runs[-1]}")
    return runs


async def _run(client: Client, town: Town, people: list[Person]) -> Figures:
    warm_up = Load(client, people[:WARM_UP])
    await warm_up.run(WARM_UP, AT_ONCE)
    await warm_up.settled()
    return await _load(client, town, people, "")


async def _few(client: Client, town: Town, people: list[Person]) -> Figures:
    return await _load(client, town, people[:FEW], f"_{FEW}_users")


async def _load(client: Client, town: Town, people: list[Person], suffix: str) -> Figures:
    server = town.line["pids"]["server"]
    before = process.cpu_seconds(server)
    load = Load(client, people)
    seconds = await load.run(PAYMENTS, AT_ONCE)
    cpu = process.cpu_seconds(server) - before
    await load.settled()
    latencies = sorted(load.latencies)
    figures = {
        "payments_per_second": PAYMENTS / seconds,
        "signed_per_second": load.signed / seconds,
        "p50_ms": percentile(latencies, 0.50),
        "p95_ms": percentile(latencies, 0.95),
        "p99_ms": percentile(latencies, 0.99),
        "cpu_ms_per_payment": cpu * 1000 / PAYMENTS,
    }
    return {f"{name}{suffix}": round(figure, 2) for name, figure in figures.items()}


if __name__ == "__main__":
    main()
