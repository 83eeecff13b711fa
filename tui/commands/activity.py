"""`lumenpay activity`: what came and went, newest first; as lines, JSON or CSV."""

import argparse
import sys

from core import wire
from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.statement import csv_of
from tui.text import amount, asset_code, cut, date_time
from tui.words import counterparty_name, status_word

PAGE_MAX = 200


def run(arguments: list[str]) -> int:
    options = parser("activity", "List what came and went, newest first.")
    options.add_argument("--limit", type=_limit, default=20, metavar="N", help="else 20")
    options.add_argument("--csv", action="store_true", help="for a spreadsheet")
    options.add_argument("--kind", help="payment, incoming, …")
    options.add_argument("--asset")
    options.add_argument("--person", help="a handle or an address")
    options.add_argument("--from", dest="since", metavar="TIME", help="such as 2026-01-31")
    options.add_argument("--to", dest="until", metavar="TIME")
    return run_command(options.parse_args(arguments), _list)


def _limit(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000:
        raise argparse.ArgumentTypeError("from 1 to 100000")
    return number


async def _list(console: Console) -> int:
    console.need_sign_in()
    transactions = await _read(console)
    if console.options.csv:
        sys.stdout.write(csv_of(transactions.items))
    else:
        console.data(transactions, [_line(one) for one in transactions.items])
    return DONE


async def _read(console: Console) -> wire.Transactions:
    options = console.options
    items: list[wire.Transaction] = []
    cursor: str | None = None
    while (missing := options.limit - len(items)) > 0:
        page = await console.api.transactions(
            cursor=cursor,
            limit=min(missing, PAGE_MAX),
            kind=options.kind,
            asset=options.asset,
            person=options.person,
            since=options.since,
            until=options.until,
        )
        items += page.items
        cursor = page.next
        if cursor is None or not page.items:
            break
    return wire.Transactions(items=items, next=cursor)


def _line(transaction: wire.Transaction) -> str:
    sign = "-" if transaction.direction == "out" else "+"
    return "  ".join(
        [
            date_time(transaction.created_at),
            f"{sign}{amount(transaction.amount)} {asset_code(transaction.asset)}",
            status_word(transaction),
            cut(counterparty_name(transaction), 40),
        ]
    )
