"""Who is paid: typed, pasted, or chosen among the people one knows."""

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from core import wire
from core.errors import Problem
from core.links import Federated, Handle, read_recipient
from tui.recipients import Person, Target, matching
from tui.text import _, cut, day, money
from tui.widgets.forms import Entry, Field
from tui.widgets.glass import Panel, Text
from tui.widgets.table import Cell, Column, Line, Table
from tui.words import counterparty_name, status_word

WHEN_CELLS = 11
LATELY = 20
CODE_CELLS = 30
"""A longer code is shown by its ends; whole it stands in the field and in the question."""


class Payee(Panel):
    """Tells `Chosen` when it is clear who is meant, `Pasted` for a code that must be looked at."""

    DEFAULT_CSS = """
    Payee {
        #people { height: 1fr; }
        #lately { height: 1fr; }
    }
    """

    class Chosen(Message):
        def __init__(self, target: Target) -> None:
            self.target = target
            super().__init__()

    class Pasted(Message):
        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(self, title: str, now_ms: int) -> None:
        super().__init__(title=title, id="payee")
        self._now_ms = now_ms
        self._people: list[Person] = []
        self._recent: list[wire.Transaction] = []
        self._target: Target | None = None
        self._shown = ""  # what stands in the field for the target

    def compose(self) -> ComposeResult:
        placeholder = _("Name, LumenPay ID or pasted code")
        yield Entry(Field(placeholder=placeholder, max_length=600), _("Who"), id="who")
        columns = [Column(_("Name")), Column(_("Last paid"), WHEN_CELLS, right=True)]
        empty = _("People you pay will stand here.")
        yield Table(columns, empty=empty, id="people")
        yield Text(id="lately-title", classes="muted gap")
        columns = [Column(_("When")), Column(_("State"), 14), Column(_("Amount"), 20, right=True)]
        yield Table(columns, empty=_("None yet."), id="lately")

    @property
    def entry(self) -> Entry:
        return self.query_one("#who", Entry)

    @property
    def target(self) -> Target | None:
        return self._target

    def know(self, people: list[Person], recent: list[wire.Transaction]) -> None:
        self._people, self._recent = people, recent
        self._list()
        self._show_lately()

    def choose(self, target: Target) -> None:
        """This is who is meant: shown by name where there is one."""
        self._target = target
        self._shown = target.name or target.recipient
        self.entry.field.value = self._shown
        self.entry.hint = f"✓ {_said(target)}"
        self.entry.accept()
        self._list()
        self._show_lately()

    def clear(self) -> None:
        self._forget()
        self.entry.field.value = ""
        self._list()

    def refuse(self, sentence: str) -> None:
        self._forget()
        self.entry.refuse(sentence)

    def _forget(self) -> None:
        self._target, self._shown = None, ""
        self.entry.hint = ""
        self.entry.accept()
        self._show_lately()

    def _list(self) -> None:
        search = "" if self._target else self.entry.value
        found = matching(search, self._people)
        table = self.query_one("#people", Table)
        table.show([self._line(person) for person in found])
        table.explain(
            _("Nobody you know: Enter pays this LumenPay ID.")
            if search
            else _("People you pay will stand here.")
        )

    def _show_lately(self) -> None:
        """What went between the two, once it is clear who is meant; else the last payments."""
        name = self._target.name if self._target else ""
        title = _("Between you and {name}").format(name=cut(name, 30))
        self.query_one("#lately-title", Text).update(title if name else _("Your last payments"))
        shown = [one for one in self._recent if self._belongs(one)][:LATELY]
        self.query_one("#lately", Table).show([self._past(one, named=not name) for one in shown])

    def _belongs(self, one: wire.Transaction) -> bool:
        other = one.counterparty
        if self._target is None or not self._target.name:
            return one.direction == "out" and one.kind == "payment"
        return self._target.recipient in {f"@{other.handle}", other.address}

    def _past(self, one: wire.Transaction, *, named: bool) -> Line:
        when = day(one.created_at, self._now_ms)
        first = counterparty_name(one) if named else when
        second = when if named else status_word(one)
        paid = one.status in {"success", "processing", "pending"}
        last = money(one.amount, one.asset) if paid else status_word(one)
        sign = ("+" if one.direction == "in" else "−") if paid else ""
        token = "ink" if paid else "ink-muted"
        return Line(
            one.transaction_id,
            [Cell(first), Cell(second, "ink-muted"), Cell(f"{sign}{last}", token)],
        )

    def _line(self, person: Person) -> Line:
        when = day(person.last_paid_at, self._now_ms) if person.last_paid_at else ""
        chosen = self._target is not None and self._target.recipient == person.target.recipient
        mark = "✓ " if chosen else ("★ " if person.favourite else "  ")
        return Line(
            person.target.recipient,
            [Cell(f"{mark}{person.name}", bold=chosen), Cell(when, "ink-muted")],
        )

    # choosing

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        if event.value == self._shown:
            return
        if self._target is not None:
            self._forget()
        self._list()
        if _is_code(event.value):
            self.post_message(self.Pasted(event.value))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter takes the first of the people shown; `@name` is always the LumenPay ID itself."""
        event.stop()
        text = event.value.strip()
        found = matching(text, self._people)
        if self._target is not None:
            self.post_message(self.Chosen(self._target))
        elif found and text and not text.startswith("@"):
            self._choose_and_tell(found[0].target)
        else:
            self.settle()

    def settle(self) -> bool:
        """Take what is typed as it is; under the field stands why it cannot be."""
        if self._target is not None:
            return True
        text = self.entry.value.strip()
        if not text:
            self.refuse(_("Who is it for?"))
            return False
        try:
            recipient = read_recipient(text)
        except Problem:
            return self._named(text)
        if isinstance(recipient, Handle | Federated):
            name = f"@{recipient.handle}" if isinstance(recipient, Handle) else text
            self._choose_and_tell(Target(recipient=name))
            return True
        self.post_message(self.Pasted(text))
        return False

    def _named(self, text: str) -> bool:
        from tui.problems import problem_sentence

        found = [one for one in self._people if one.name.casefold() == text.casefold()]
        if len(found) == 1:
            self._choose_and_tell(found[0].target)
            return True
        self.refuse(problem_sentence("recipient.malformed"))
        return False

    def _choose_and_tell(self, target: Target) -> None:
        self.choose(target)
        self.post_message(self.Chosen(target))

    @on(Table.Chosen, "#people")
    def picked(self, event: Table.Chosen) -> None:
        event.stop()
        target = next(one.target for one in self._people if one.target.recipient == event.key)
        self._choose_and_tell(target)


def _is_code(text: str) -> bool:
    """A link or an account: whole at once, not a name that somebody is still typing."""
    try:
        return not isinstance(read_recipient(text), Handle | Federated)
    except Problem:
        return False


def _said(target: Target) -> str:
    """How one sees that it was understood."""
    if target.amount is not None and target.name:
        return _("{name} asks for it").format(name=cut(target.name, 40))
    recipient = target.recipient
    return recipient if len(recipient) <= CODE_CELLS else f"{recipient[:8]}…{recipient[-8:]}"
