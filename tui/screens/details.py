"""Technical details (F4): what support asks for, exact and to be copied. Only here are such words.

A row copies its value; what a terminal refuses to copy can be marked with the mouse.
"""

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen

from tui.api import ApiProblem
from tui.session import Session
from tui.text import _, date_time
from tui.widgets.figures import Fact, Facts
from tui.widgets.forms import Action
from tui.widgets.frame import Dialog, Page
from tui.widgets.glass import Row, Scroll, Sheet, Text
from tui.widgets.keys import KeyBar


class Details(Dialog[None]):
    CSS_PATH = "details.tcss"

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with Sheet(title=_("Technical details"), id="sheet"):
            with Scroll(id="words", can_focus=True):
                yield Facts(self._facts(), id="facts")
            yield Text(_("For support. None of it is secret, and none of it lets anybody pay."))
            with Row(id="ways"):
                yield Action(_("Copy all"), id="copy")
                yield Action(_("Close"), id="close", main=True)
        yield KeyBar()

    def _facts(self) -> list[Fact]:
        own = self._about.details() if isinstance(self._about, Page) else []
        return [*own, *session_facts(self.app.session)]

    def on_mount(self) -> None:
        self.query_one("#close").focus()

    @on(Action.Pressed, "#close")
    def close(self) -> None:
        self.action_close()

    @on(Action.Pressed, "#copy")
    def copy(self) -> None:
        lines = [f"{label}: {value}" for label, value, *_style in self._facts()]
        self.app.copy("\n".join(lines), _("Technical details"))


def session_facts(session: Session) -> list[Fact]:
    model = session.model
    facts: list[Fact] = [(_("Server"), session.api.server)]
    if info := model.info:
        facts += [
            (_("Network"), info.network),
            (_("Account address"), info.public_key),
            (_("Level"), str(info.level)),
        ]
    if balances := model.balances:
        facts += [
            (_("Ledger"), str(balances.ledger)),
            (_("Balances as of"), date_time(balances.as_of)),
        ]
    why = model.connection.why
    facts.append((_("Connection"), model.connection.state))
    if isinstance(why, ApiProblem):
        facts += [(_("Last refusal"), why.code), (_("Request"), why.request_id)]
    elif why is not None:
        facts.append((_("Last failure"), str(why)))
    return facts
