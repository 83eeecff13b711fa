"""`lumenpay login`: sign in; the session is kept in the profile."""

from core import wire
from tui.commands.console import DONE, NOT_SIGNED_IN, Console, parser, secret
from tui.commands.console import run as run_command
from tui.text import _


def run(arguments: list[str]) -> int:
    options = parser("login", "Sign in.")
    who = options.add_mutually_exclusive_group(required=True)
    who.add_argument("--email")
    who.add_argument("--phone")
    who.add_argument("--handle")
    options.add_argument("--password-stdin", action="store_true", help="the first line of stdin")
    return run_command(options.parse_args(arguments), _sign_in)


async def _sign_in(console: Console) -> int:
    options = console.options
    password = secret(
        _("Password"),
        "--password-stdin",
        from_stdin=options.password_stdin,
        missing=NOT_SIGNED_IN,
    )
    handle = options.handle.removeprefix("@") if options.handle else None
    request = wire.SignIn(
        email=options.email, phone=options.phone, handle=handle, password=password
    )
    signed_in = await console.api.sign_in(request)
    console.data(
        {
            "userId": signed_in.user_id,
            "handle": signed_in.handle,
            "server": console.api.server,
        },
        [f"@{signed_in.handle}"],
    )
    console.say(_("You are signed in."))
    return DONE
