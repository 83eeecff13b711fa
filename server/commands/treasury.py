"""`lumenpay treasury init`: makes the treasury's accounts and brings them onto the network.

Run it as often as you like: what is made stays, and it goes on where it stopped. Where the network
has no friendbot it tells which accounts to fund; fund them and run it again.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from server.commands import logs
from server.commands.starting import refused, run_loop
from server.settings import BadSettings, Settings, load

if TYPE_CHECKING:
    from server.usecases.views import House
    from server.wiring import Foundation

FUNDING = {
    "fee": "the fees of all transactions; 100 XLM is a start",
    "sponsor": "1.5 XLM of reserve for each account opened; 100 XLM is a start",
    "payout": "refunds and rewards; 10 XLM is a start",
    "lending": "the money that is lent; 10 XLM is a start",
    "rewards": "what referrals earn; 10 XLM is a start",
}
"""What each account is for, as an operator has to know it."""

LOOK_SECONDS = 0.2
LOOKS = 600
NETWORK_AWAY = 6


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lumenpay treasury", description=__doc__)
    parser.add_argument("action", choices=["init"], help="make the accounts, or go on with it")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options = parser.parse_args(arguments)
    try:
        settings = load(os.environ)
    except BadSettings as bad:
        return refused("treasury", bad.problems)
    logs.configure(settings.log_level)
    return run_loop("treasury", _init(settings, as_json=options.json))


async def _init(settings: Settings, *, as_json: bool) -> int:
    from server import wiring
    from server.usecases.treasury import make_missing

    async with wiring.open_foundation(settings) as foundation:
        now_ms = foundation.clock.wall_ms()
        await make_missing(foundation.engine, foundation.reads, foundation.vault, now_ms)
        signing = await wiring.open_signing(foundation)
        async with wiring.running_jobs(foundation, signing):
            finished = await _bring_onto_network(foundation)
        if not finished:
            print("lumenpay treasury: the network does not answer; run it again", file=sys.stderr)
            return NETWORK_AWAY
        _tell(await foundation.reads.house(), as_json=as_json)
    return 0


async def _bring_onto_network(foundation: "Foundation") -> bool:
    """The jobs do the work; this looks on."""
    for _ in range(LOOKS):
        if not await _unfinished(foundation):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def _unfinished(foundation: "Foundation") -> bool:
    """Whether anything is on its way: without a friendbot, what is not funded waits for that.
    Ledgers must be followed before anybody is told to fund: else that money is never seen."""
    from core.errors import Unavailable

    if await foundation.reads.cursor() is None:
        return True
    house = await foundation.reads.house()
    waiting = [one for one in house if one.state == "opening"]
    if not waiting or foundation.settings.friendbot_url:
        return bool(waiting)
    try:
        snapshot = await foundation.node.accounts([one.public_key for one in house], ())
    except Unavailable:
        return True
    funded = {one.role for one in house if one.public_key in snapshot.accounts}
    return any(
        one.role in funded or (one.role == "channel" and {"fee", "sponsor"} <= funded)
        for one in waiting
    )


def _tell(house: "Sequence[House]", *, as_json: bool) -> None:
    if as_json:
        accounts = [
            {"id": one.user_id, "role": one.role, "publicKey": one.public_key, "state": one.state}
            for one in house
        ]
        print(json.dumps({"accounts": accounts, "toFund": _to_fund(house)}))
        return
    for one in house:
        print(f"{one.user_id:12} {one.public_key}  {one.state}")
    for address, purpose in _to_fund(house).items():
        print(f"to fund: {address}  {purpose}")


def _to_fund(house: "Sequence[House]") -> dict[str, str]:
    """What the operator has to send XLM to, and why."""
    return {
        one.public_key: FUNDING[one.role]
        for one in house
        if one.state == "opening" and one.role in FUNDING
    }
