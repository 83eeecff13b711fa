"""What sign-in and sign-up share: stars, one card with entries, refusals under their fields."""

from collections.abc import Mapping
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from tui.api import ApiError, ApiProblem, Away
from tui.app import LumenPay
from tui.problems import sentence
from tui.text import _, marked
from tui.widgets.badge import Badge
from tui.widgets.forms import Action, Entry
from tui.widgets.glass import Panel, Row, Text
from tui.widgets.keys import KeyBar
from tui.widgets.pixels import Wordmark
from tui.widgets.starfield import QuietScreen, Starfield


def identity(text: str) -> tuple[str, str]:
    """The wire's name and the value of what somebody typed to say who they are: an e-mail
    address, a phone number, or else a handle with or without `@`."""
    text = text.strip()
    if "@" in text[1:]:
        return "email", text
    if text.startswith("+") or text[:1].isdigit():
        return "phone", text.replace(" ", "")
    return "handle", text.removeprefix("@")


class Entrance(QuietScreen):
    """`ENTRIES` maps the wire's fields to the ids of the entries that show their refusals."""

    app = getters.app(LumenPay)
    CSS_PATH = "entrance.tcss"
    ENTRIES: ClassVar[Mapping[str, str]] = {}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "submit", marked("Continue"), id="entrance.submit"),
        Binding("escape,f8", "back", marked("Back"), id="entrance.back", key_display="Esc"),
    ]

    class Entered(Message):
        """The server knows who this is."""

    class Failed(Message):
        """The server refused, or did not answer."""

        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def title_text(self) -> str:
        raise NotImplementedError

    def entries(self) -> ComposeResult:
        raise NotImplementedError

    def actions(self) -> tuple[str, str]:
        """The labels of the main button and of the way to the other screen."""
        raise NotImplementedError

    def beside(self) -> ComposeResult:
        """What stands below the card."""
        yield from ()

    async def send(self) -> None:
        """The one call of this screen; runs in a worker of the App."""
        raise NotImplementedError

    def check(self) -> bool:
        """Says under each field what the server need not be asked; True when nothing is wrong."""
        raise NotImplementedError

    def action_other(self) -> None:
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        submit, other = self.actions()
        yield Starfield()
        yield Badge()
        yield Wordmark()
        with Panel(title=self.title_text(), id="card"):
            yield from self.entries()
            yield Text(id="failure", classes="bad")
            with Row(id="ways"):
                yield Action(submit, id="submit", main=True)
                yield Action(other, id="other")
                yield Action(_("Back"), id="back")
        yield from self.beside()
        yield KeyBar()

    # filling in

    @on(Input.Submitted)
    def go_on(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, and from the last one it sends."""
        fields: list[Input] = [entry.field for entry in self.query(Entry)]
        index = fields.index(event.input)
        if index + 1 < len(fields):
            fields[index + 1].focus()
        else:
            self.action_submit()

    @on(Action.Pressed, "#back")
    def action_back(self) -> None:
        self.dismiss()

    @on(Action.Pressed, "#other")
    def go_other(self) -> None:
        self.action_other()

    @on(Action.Pressed, "#submit")
    def action_submit(self) -> None:
        for entry in self.query(Entry):
            entry.accept()
        self._say("")
        if not self.check():
            self._focus_refused()
        elif not self.query_one("#submit").disabled:
            self._busy(True)
            self.app.run_worker(self._send(), group="entrance", exit_on_error=False)

    async def _send(self) -> None:
        try:
            await self.send()
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))
        else:
            self.post_message(self.Entered())

    # what came of it

    @on(Entered)
    async def enter(self) -> None:
        await self.app.enter()

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        self._busy(False)
        problem = event.problem
        field = problem.field if isinstance(problem, ApiProblem) else None
        if field is not None and field in self.ENTRIES:
            self.query_one(self.ENTRIES[field], Entry).refuse(sentence(problem))
            self._focus_refused()
        else:
            self._say(sentence(problem))

    def _busy(self, busy: bool) -> None:
        submit = self.query_one("#submit", Action)
        submit.disabled = busy
        submit.rename(_("One moment…") if busy else self.actions()[0])

    def _say(self, words: str) -> None:
        failure = self.query_one("#failure", Text)
        failure.update(f"! {words}" if words else "")
        failure.display = bool(words)

    def _focus_refused(self) -> None:
        refused = [entry for entry in self.query(Entry) if entry.field.has_class("-refused")]
        self.set_class(bool(refused), "-refused")
        if refused:
            refused[0].field.focus()
