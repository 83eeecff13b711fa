"""`lumenpay signup`: open an account; password and PIN come from stdin or a terminal."""

from core import wire
from tui.commands.console import DONE, Console, parser, secret
from tui.commands.console import run as run_command
from tui.text import _, language, machine_timezone


def run(arguments: list[str]) -> int:
    options = parser("signup", "Open an account and sign in.")
    who = options.add_mutually_exclusive_group(required=True)
    who.add_argument("--email")
    who.add_argument("--phone", help="with its country code, +…")
    options.add_argument("--name", required=True, help="your full name")
    options.add_argument("--handle", help="else one is made from the name")
    options.add_argument("--referral-code")
    options.add_argument("--password-stdin", action="store_true", help="the first line of stdin")
    options.add_argument("--pin-stdin", action="store_true", help="the next line of stdin")
    return run_command(options.parse_args(arguments), _sign_up)


async def _sign_up(console: Console) -> int:
    options = console.options
    password = secret(_("Password"), "--password-stdin", from_stdin=options.password_stdin)
    pin = secret(_("PIN, six digits"), "--pin-stdin", from_stdin=options.pin_stdin)
    request = wire.SignUp(
        email=options.email,
        phone=options.phone,
        password=password,
        full_name=options.name,
        pin=pin,
        handle=options.handle,
        referral_code=options.referral_code,
        language=language(),
        timezone=machine_timezone(),
    )
    signed_up = await console.api.sign_up(request, console.session.new_key())
    console.data(
        {
            "userId": signed_up.user_id,
            "handle": signed_up.handle,
            "publicKey": signed_up.public_key,
            "walletState": signed_up.wallet_state,
            "server": console.api.server,
        },
        [f"@{signed_up.handle}"],
    )
    console.say(_("Welcome. Your account is being opened."))
    return DONE
