"""`lumenpay balance`: what there is, of each currency."""

from core import wire
from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.text import _, money


def run(arguments: list[str]) -> int:
    options = parser("balance", "Show what you have.")
    return run_command(options.parse_args(arguments), _show)


async def _show(console: Console) -> int:
    console.need_sign_in()
    balances = await console.api.balances()
    console.data(balances, [_line(balance) for balance in balances.balances])
    return DONE


def _line(balance: wire.Balance) -> str:
    total = money(balance.total, balance.asset)
    if balance.total == balance.available:
        return total
    return _("{total}, of it {available} to spend").format(
        total=total, available=money(balance.available, balance.asset)
    )
