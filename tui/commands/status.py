"""`lumenpay status`: what became of a payment, by its id or its key."""

from core import wire
from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.session import is_final
from tui.text import money
from tui.words import counterparty_name, status_word


def run(arguments: list[str]) -> int:
    options = parser("status", "Say what became of a payment.")
    which = options.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", metavar="ID", help="the payment's id")
    which.add_argument("--key", metavar="KEY", help="its idempotency key")
    return run_command(options.parse_args(arguments), _show)


async def _show(console: Console) -> int:
    console.need_sign_in()
    transaction = await _asked(console)
    key = transaction.idempotency_key or console.options.key
    if key is not None and is_final(transaction):
        console.profile.finish_payment(key)
    console.data(transaction, [line(transaction)])
    return DONE


async def _asked(console: Console) -> wire.Transaction:
    if console.options.key is not None:
        return await console.api.payment_of_key(console.options.key)
    return await console.api.payment(console.options.id)


def line(transaction: wire.Transaction) -> str:
    """ "success  25.50 XLM  Asha Rao  01J…"."""
    return "  ".join(
        [
            status_word(transaction),
            money(transaction.amount, transaction.asset),
            counterparty_name(transaction),
            transaction.hash or transaction.transaction_id,
        ]
    )
