"""`lumenpay cancel`: give the amount of an unconfirmed payment free."""

from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.session import is_final
from tui.text import _


def run(arguments: list[str]) -> int:
    options = parser("cancel", "Cancel a payment that is not confirmed.")
    options.add_argument("id", metavar="ID", help="the payment's id")
    return run_command(options.parse_args(arguments), _cancel)


async def _cancel(console: Console) -> int:
    console.need_sign_in()
    transaction = await console.api.cancel(console.options.id)
    if transaction.idempotency_key and is_final(transaction):
        console.profile.finish_payment(transaction.idempotency_key)
    console.data(transaction, [transaction.status])
    console.say(_("The payment is cancelled. Nothing was paid."))
    return DONE
