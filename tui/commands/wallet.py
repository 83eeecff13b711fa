"""`lumenpay` alone: the wallet on the screen."""

import argparse
import sys

from tui.commands.console import USAGE, Stop, find_server, run_guarded
from tui.profile import Profile
from tui.text import _, machine_language, machine_timezone, use_language, use_timezone


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="lumenpay", description="Open the wallet.", allow_abbrev=False
    )
    parser.add_argument("--server", metavar="URL", help="the server (else LUMENPAY_SERVER)")
    parser.add_argument("--profile", metavar="NAME", default="default", help="whose session")
    parser.set_defaults(json=False)
    options = parser.parse_args(arguments)
    return run_guarded(options, lambda: _open(options))


def _open(options: argparse.Namespace) -> int:
    profile = Profile(options.profile)
    use_language(profile.preference("language") or machine_language())
    use_timezone(profile.preference("timezone") or machine_timezone())
    server = find_server(options.server, profile)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Stop(USAGE, _("The wallet needs a terminal; see lumenpay --help for commands."))
    from tui.api import Api
    from tui.app import wallet
    from tui.session import Session

    app = wallet(Session(Api(server, profile), profile))
    app.run()
    return app.return_code or 0
