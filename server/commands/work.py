"""`lumenpay work`: the background jobs alone, as a process of their own."""

import argparse
import asyncio
import os
import signal

from server.commands import logs
from server.commands.starting import refused, run_loop
from server.settings import BadSettings, Settings, load


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lumenpay work", description=__doc__)
    parser.parse_args(arguments)
    try:
        settings = load(os.environ)
    except BadSettings as bad:
        return refused("work", bad.problems)
    logs.configure(settings.log_level)
    return run_loop("work", _work(settings))


async def _work(settings: Settings) -> int:
    from server import wiring

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with wiring.open_foundation(settings) as foundation:
        signing = await wiring.open_signing(foundation)
        async with wiring.running_jobs(foundation, signing):
            await stopped.wait()
    return 0
