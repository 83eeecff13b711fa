"""Sign in, by e-mail, phone or handle; beside it the practice people, where there are any."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from core import wire
from tui.practice import Person, practice_people
from tui.screens.entrance import Entrance, identity
from tui.text import _
from tui.widgets.forms import Action, Entry, Field, PasswordField
from tui.widgets.glass import Panel
from tui.widgets.table import Cell, Column, Line, Table

PASSWORD_CELLS_MAX = 28


class SignInScreen(Entrance):
    ENTRIES: ClassVar[Mapping[str, str]] = {
        "email": "#who",
        "phone": "#who",
        "handle": "#who",
        "password": "#password",
    }

    def title_text(self) -> str:
        return _("Sign in")

    def entries(self) -> ComposeResult:
        yield Entry(Field(), _("Who are you?"), hint=_("E-mail, phone or LumenPay ID"), id="who")
        yield Entry(PasswordField(), _("Password"), id="password")

    def actions(self) -> tuple[str, str]:
        return _("Sign in"), _("Create an account")

    def beside(self) -> ComposeResult:
        if not practice_people():
            return
        widest = max(len(person.password) for person in practice_people())
        columns = [
            Column(_("Practice"), 10),
            Column(_("Password"), min(PASSWORD_CELLS_MAX, widest)),
            Column(_("PIN"), 6),
            Column(_("Has")),
        ]
        with Panel(title=_("Practice: choose who you are"), id="people"):
            yield Table(columns, header=True)

    def on_mount(self) -> None:
        for table in self.query(Table):
            table.show([_row(person) for person in practice_people()])
        if (last := self.app.session.profile.preference("last_handle")) and not self._who.value:
            self._who.field.value = last
            self.query_one("#password", Entry).field.focus()

    @property
    def _who(self) -> Entry:
        return self.query_one("#who", Entry)

    @on(Table.Chosen)
    def become(self, event: Table.Chosen) -> None:
        chosen = next(person for person in practice_people() if person.handle == event.key)
        self._who.field.value = chosen.handle
        self.query_one("#password", Entry).field.value = chosen.password
        self.query_one("#submit", Action).focus()

    def check(self) -> bool:
        password = self.query_one("#password", Entry)
        if not self._who.value.strip():
            self._who.refuse(_("Please say who you are."))
        if not password.value:
            password.refuse(_("Please enter your password."))
        return bool(self._who.value.strip() and password.value)

    async def send(self) -> None:
        name, value = identity(self._who.value)
        request = wire.SignIn(password=self.query_one("#password", Entry).value, **{name: value})
        await self.app.session.sign_in(request)

    def action_other(self) -> None:
        from tui.screens.sign_up import SignUpScreen

        self.app.switch_screen(SignUpScreen())


def _row(person: Person) -> Line:
    cells = [Cell(f"@{person.handle}", bold=True), Cell(person.password), Cell(person.pin)]
    return Line(person.handle, [*cells, Cell(person.note, "ink-muted")])
