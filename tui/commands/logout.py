"""`lumenpay logout`: end the session, here in any case."""

from tui.commands.console import DONE, Console, parser
from tui.commands.console import run as run_command
from tui.text import _


def run(arguments: list[str]) -> int:
    options = parser("logout", "Sign out and forget the session.")
    return run_command(options.parse_args(arguments), _sign_out)


async def _sign_out(console: Console) -> int:
    console.need_sign_in()
    await console.api.sign_out()
    console.data({"signedOut": True}, [])
    console.say(_("You are signed out."))
    return DONE
