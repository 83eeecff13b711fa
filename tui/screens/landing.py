"""The first screen: the name, the stars, one card with two ways in."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.app import LumenPay
from tui.practice import practice_people
from tui.text import _, marked, ngettext
from tui.widgets.badge import Badge
from tui.widgets.forms import Action
from tui.widgets.glass import Panel, Row, Text
from tui.widgets.keys import KeyBar
from tui.widgets.pixels import Wordmark
from tui.widgets.starfield import QuietScreen, Starfield


class Landing(QuietScreen):
    app = getters.app(LumenPay)
    CSS_PATH = "landing.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sign_in", marked("Sign in"), id="landing.sign_in"),
        Binding("n", "sign_up", marked("New account"), id="landing.sign_up"),
    ]

    def compose(self) -> ComposeResult:
        yield Starfield()
        yield Badge()
        yield Wordmark()
        yield Text(_("Send money to a name. It arrives in seconds."), id="line")
        with Panel(title=_("Welcome"), id="card"):
            yield Text(
                _("Pay people, ask for money, see it arrive. No fees."),
                id="promise",
            )
            with Row(id="ways"):
                yield Action(_("Sign in"), id="sign-in", main=True)
                yield Action(_("Create an account"), id="sign-up")
            yield Text(self._people(), id="people", classes="muted")
        yield KeyBar()

    def _people(self) -> str:
        count = len(practice_people())
        if not count:
            return _("Creating an account takes a minute.")
        return ngettext(
            "Just looking? {n} practice person waits behind Sign in.",
            "Just looking? {n} practice people wait behind Sign in.",
            count,
        ).format(n=count)

    @on(Action.Pressed, "#sign-in")
    def action_sign_in(self) -> None:
        from tui.screens.sign_in import SignInScreen

        self.app.push_screen(SignInScreen())

    @on(Action.Pressed, "#sign-up")
    def action_sign_up(self) -> None:
        from tui.screens.sign_up import SignUpScreen

        self.app.push_screen(SignUpScreen())
