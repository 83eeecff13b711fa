"""The lock: opaque, without a name or an amount. The password opens it."""

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from core import wire
from tui.api import ApiError, ApiProblem, Away
from tui.app import LumenPay
from tui.problems import sentence
from tui.text import _, marked
from tui.widgets.badge import Badge
from tui.widgets.forms import Action, Entry, PasswordField
from tui.widgets.glass import Panel, Row, Text
from tui.widgets.keys import KeyBar
from tui.widgets.pixels import Wordmark
from tui.widgets.starfield import QuietScreen, Starfield


class Lock(QuietScreen):
    app = getters.app(LumenPay)
    CSS_PATH = "lock.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "unlock", marked("Unlock"), id="lock.unlock"),
        Binding("f8", "app.sign_out", marked("Sign out"), id="lock.sign_out"),
    ]

    class Opened(Message):
        """The password was right."""

    class Failed(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def compose(self) -> ComposeResult:
        yield Starfield()
        yield Badge()
        yield Wordmark()
        with Panel(title=_("Locked"), id="card"):
            yield Text(_("Enter your password to go on where you were."), id="line")
            yield Entry(PasswordField(), _("Password"), id="password")
            with Row(id="ways"):
                yield Action(_("Unlock"), id="unlock", main=True)
                yield Action(_("Sign out"), id="sign-out")
        yield KeyBar()

    @property
    def _password(self) -> Entry:
        return self.query_one("#password", Entry)

    def on_mount(self) -> None:
        self._password.field.focus()

    @on(Action.Pressed, "#sign-out")
    async def sign_out(self) -> None:
        await self.app.action_sign_out()

    @on(Action.Pressed, "#unlock")
    @on(Input.Submitted)
    def action_unlock(self) -> None:
        password, unlock = self._password.value, self.query_one("#unlock", Action)
        if password and not unlock.disabled:
            unlock.disabled = True
            self.app.run_worker(self._check(password), group="unlock", exit_on_error=False)

    async def _check(self, password: str) -> None:
        """The server knows the password, the wallet does not: unlocking is signing in again."""
        session = self.app.session
        handle = session.profile.sign_in.handle if session.profile.sign_in else ""
        try:
            await session.api.sign_in(wire.SignIn(handle=handle, password=password))
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))
        else:
            self.post_message(self.Opened())

    @on(Opened)
    async def open(self) -> None:
        await self.app.unlock()

    @on(Failed)
    def refuse(self, event: Failed) -> None:
        self.query_one("#unlock", Action).disabled = False
        with self.prevent(Input.Changed):
            self._password.field.value = ""
        self._password.refuse(sentence(event.problem))
        self._password.field.focus()
