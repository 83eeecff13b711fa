"""One contact: kept anew, or under another name."""

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from core import wire
from core.errors import Problem
from core.links import read_recipient
from tui.api import ApiError, ApiProblem, Away
from tui.problems import problem_sentence, sentence
from tui.text import _
from tui.widgets.forms import Action, Entry, Field
from tui.widgets.frame import Dialog
from tui.widgets.glass import Row, Sheet
from tui.widgets.keys import KeyBar

NAME_MAX = 80


class _ContactForm(Dialog[wire.Contact | None]):
    """Ends with the contact as the server keeps it, or None."""

    class Kept(Message):
        def __init__(self, contact: wire.Contact) -> None:
            self.contact = contact
            super().__init__()

    class Failed(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def title_text(self) -> str:
        raise NotImplementedError

    def entries(self) -> ComposeResult:
        raise NotImplementedError

    async def send(self) -> wire.Contact:
        raise NotImplementedError

    def check(self) -> bool:
        name = self.query_one("#name", Entry)
        if not name.value.strip():
            name.refuse(problem_sentence("contact.name_malformed"))
            name.field.focus()
        return bool(name.value.strip())

    def compose(self) -> ComposeResult:
        with Sheet(title=self.title_text(), id="sheet"):
            yield from self.entries()
            with Row(id="ways"):
                yield Action(_("Cancel"), id="cancel")
                yield Action(_("Keep"), main=True, id="keep")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query(Entry).first().field.focus()

    @on(Action.Pressed, "#cancel")
    def cancel(self) -> None:
        self.action_close()

    @on(Input.Submitted)
    def go_on(self, event: Input.Submitted) -> None:
        fields = [entry.field for entry in self.query(Entry)]
        index = next(i for i, one in enumerate(fields) if one is event.input)
        if index + 1 < len(fields):
            fields[index + 1].focus()
        else:
            self.keep()

    @on(Action.Pressed, "#keep")
    def keep(self) -> None:
        if self.check():
            self.query_one("#keep", Action).disabled = True
            self.run_worker(self._send(), group="contact", exit_on_error=False)

    async def _send(self) -> None:
        try:
            self.post_message(self.Kept(await self.send()))
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))

    @on(Kept)
    def end(self, event: Kept) -> None:
        self.dismiss(event.contact)

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        self.query_one("#keep", Action).disabled = False
        problem = event.problem
        about_who = isinstance(problem, ApiProblem) and (
            problem.field == "recipient" or problem.code.startswith("recipient.")
        )
        entry = self.query("#who").first(Entry) if about_who and self.query("#who") else None
        (entry or self.query_one("#name", Entry)).refuse(sentence(problem))


class NewContact(_ContactForm):
    def title_text(self) -> str:
        return _("Keep somebody")

    def entries(self) -> ComposeResult:
        hint = _("LumenPay ID or a pasted code")
        yield Entry(Field(max_length=600), _("Who"), hint=hint, id="who")
        yield Entry(Field(max_length=NAME_MAX), _("Name"), id="name")

    def check(self) -> bool:
        who = self.query_one("#who", Entry)
        try:
            read_recipient(who.value)
        except Problem as problem:
            who.refuse(problem_sentence(problem.code))
            who.field.focus()
            return False
        return super().check()

    async def send(self) -> wire.Contact:
        name = self.query_one("#name", Entry).value.strip()
        who = self.query_one("#who", Entry).value.strip()
        return await self.app.session.api.add_contact(name, who)


class RenamedContact(_ContactForm):
    def __init__(self, contact: wire.Contact) -> None:
        super().__init__()
        self._contact = contact

    def title_text(self) -> str:
        return _("Another name")

    def entries(self) -> ComposeResult:
        yield Entry(Field(self._contact.name, max_length=NAME_MAX), _("Name"), id="name")

    async def send(self) -> wire.Contact:
        name = self.query_one("#name", Entry).value.strip()
        change = wire.ChangedContact(contact_id=self._contact.contact_id, name=name)
        return await self.app.session.api.change_contact(change)
