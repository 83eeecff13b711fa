"""`lumenpay verify`: proves the books, and the books against the network.

Exit 0 when all holds; 3 with the rows that break a rule; 6 when the network does not answer. It
reads only, and may run beside the server. The heads of the audit chains are printed: kept
elsewhere, they show a tail that was cut.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence

import aiohttp

from core.clock import SystemClock
from core.errors import Unavailable
from server.chain.client import Client
from server.chain.node import KEYS_MAX, RemoteNode, Urls
from server.commands.starting import refused
from server.settings import BadSettings, Settings, load
from server.store.checks import Names, check_chains, check_rules, heads
from server.store.database import Database, open_database
from server.store.keyring import keyring
from server.store.mirror import Account, Holdings, accounts, posted_until
from server.store.reads import StoreReads
from server.store.schema import SchemaUnknown, require_newest
from server.usecases.network import Node, Snapshot
from server.vault.keks import CannotOpen, LocalKek
from server.vault.keyring import new_keyring, open_keyring
from server.vault.sealing import Sealing

BROKEN = 3
AWAY = 6
FOLLOWED_SECONDS = 15.0
LOOK_SECONDS = 0.25

Checks = dict[str, list[Names]]
"""The rows that break each rule."""


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lumenpay verify", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    options = parser.parse_args(arguments)
    try:
        checks, chains = asyncio.run(_verify(load(os.environ)))
    except BadSettings as bad:
        return refused("verify", bad.problems)
    except (SchemaUnknown, CannotOpen) as problem:
        return refused("verify", [str(problem)])
    except Unavailable as problem:
        print(f"lumenpay verify: {problem.detail}", file=sys.stderr)
        return AWAY
    ok = not any(checks.values())
    print(_as_json(checks, chains, ok=ok) if options.json else _as_words(checks))
    return 0 if ok else BROKEN


def _as_json(checks: Checks, chains: list[Names], *, ok: bool) -> str:
    told = {name: {"ok": not rows, "rows": rows} for name, rows in checks.items()}
    return json.dumps({"ok": ok, "checks": told, "heads": chains})


def _as_words(checks: Checks) -> str:
    lines = []
    for name, rows in checks.items():
        lines.append(f"{name}: {'ok' if not rows else 'BROKEN'}")
        lines += ["  " + ", ".join(f"{key} {value}" for key, value in row.items()) for row in rows]
    return "\n".join(lines)


async def _verify(settings: Settings) -> tuple[Checks, list[Names]]:
    await require_newest(settings.database_url)
    database = open_database(settings.database_url)
    await database.open()
    try:
        key = await _audit_key(database, settings)
        checks = await database.snapshot(check_rules)
        checks["audit_chain"] = await database.snapshot(lambda books: check_chains(books, key))
        urls = Urls(settings.rpc_url, settings.horizon_url, settings.friendbot_url)
        async with aiohttp.ClientSession() as session:
            node = RemoteNode(Client(session), urls)
            checks["balances_equal_network"] = await differing(database, node)
        return checks, await database.snapshot(heads)
    finally:
        await database.close()


async def _audit_key(database: Database, settings: Settings) -> bytes:
    sealing = Sealing(
        LocalKek(settings.wallet_encryption_key, secrets.token_bytes), secrets.token_bytes
    )
    now_ms = SystemClock().wall_ms()
    sealed = await keyring(database, lambda: new_keyring(sealing, secrets.token_bytes), now_ms)
    return open_keyring(sealing, sealed).audit


async def differing(database: Database, node: Node) -> list[Names]:
    """Our accounts whose balances are not the network's.

    Money moves while we look: whatever differs at first sight is compared again as of the very
    ledger that the node answered for, once that ledger has been followed.
    """
    ours = await database.snapshot(accounts)
    assets = sorted({asset for account in ours for asset in account.holdings} | {"XLM"})
    suspects: list[Account] = []
    for some in _turns(ours, KEYS_MAX // len(assets)):
        seen = await node.accounts([account.address for account in some], assets)
        suspects += [
            account for account in some if _differences(account, account.holdings, seen, assets)
        ]
    rows: list[Names] = []
    for some in _turns(suspects, KEYS_MAX // len(assets)):
        rows += await _differing_still(database, node, some, assets)
    return rows


async def _differing_still(
    database: Database, node: Node, suspects: Sequence[Account], assets: list[str]
) -> list[Names]:
    seen = await node.accounts([account.address for account in suspects], assets)
    followed = await _followed(database, seen.ledger)
    owners = {account.owner for account in suspects}
    posted = await database.snapshot(lambda books: posted_until(books, owners, seen.ledger))
    rows = [
        row
        for account in suspects
        for row in _differences(account, posted.get(account.owner, {}), seen, assets)
    ]
    return rows if followed else [row | {"note": "the ledger is not followed yet"} for row in rows]


async def _followed(database: Database, ledger: int) -> bool:
    """Wait until the cursor has reached a ledger; whether it did."""
    reads = StoreReads(database)
    for _ in range(int(FOLLOWED_SECONDS / LOOK_SECONDS)):
        cursor = await reads.cursor()
        if cursor is not None and cursor.sequence >= ledger:
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


def _differences(
    account: Account, held: Holdings, seen: Snapshot, assets: list[str]
) -> list[Names]:
    there = seen.accounts.get(account.address)
    network = there.balances if there is not None else {}
    return [
        {
            "owner": account.owner,
            "account": account.address,
            "asset": asset,
            "ours": str(held.get(asset, 0)),
            "network": str(network.get(asset, 0)),
            "ledger": str(seen.ledger),
        }
        for asset in assets
        if held.get(asset, 0) != network.get(asset, 0)
    ]


def _turns(whole: Sequence[Account], size: int) -> Iterator[Sequence[Account]]:
    for start in range(0, len(whole), max(1, size)):
        yield whole[start : start + max(1, size)]
