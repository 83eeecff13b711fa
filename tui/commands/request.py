"""`lumenpay request`: a link with which others can pay."""

from core import wire
from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.text import plain_amount


def run(arguments: list[str]) -> int:
    options = parser("request", "Make a link with which somebody can pay you.")
    options.add_argument("--amount", help="else the payer chooses")
    options.add_argument("--asset", help="else XLM")
    options.add_argument("--note", help="what it is for")
    options.add_argument("--expires", metavar="TIME", help="such as 2026-12-31T12:00:00.000Z")
    return run_command(options.parse_args(arguments), _request)


async def _request(console: Console) -> int:
    console.need_sign_in()
    options = console.options
    request = wire.NewRequest(
        amount=plain_amount(options.amount) if options.amount else None,
        asset=options.asset or ("XLM" if options.amount else None),
        note=options.note,
        expires_at=options.expires,
    )
    made = await console.api.request_money(request, console.session.new_key())
    console.data(made, [made.link])
    return DONE
