"""Contacts: the people one pays; found, added, renamed, put first, blocked, removed."""

from collections.abc import Awaitable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from core import wire
from tui.api import ApiError, ApiProblem, Away
from tui.problems import sentence
from tui.recipients import of_contact
from tui.session import Change
from tui.text import _, day, marked, ngettext
from tui.widgets.forms import Action, Entry, Field
from tui.widgets.frame import Page
from tui.widgets.glass import Panel, Row, Text
from tui.widgets.table import Cell, Column, Line, Table


class Contacts(Page):
    CSS_PATH = "contacts.tcss"
    HERE = "contacts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7,n", "add", marked("Add"), id="contacts.add"),
        Binding("e", "rename", marked("Rename"), id="contacts.rename"),
        Binding("f", "favourite", marked("Put first"), id="contacts.favourite"),
        Binding("b", "block", marked("Block"), id="contacts.block"),
        Binding("x,delete", "remove", marked("Remove"), id="contacts.remove"),
        Binding("slash", "search", marked("Search"), id="contacts.search", show=False),
    ]

    class Failed(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def body(self) -> ComposeResult:
        columns = [
            Column(_("Name")),
            Column(_("LumenPay ID"), 22),
            Column(_("Last paid"), 11),
            Column("", 9),
        ]
        with Panel(title=_("Contacts"), id="list", classes="page-panel"):
            yield Entry(Field(placeholder=_("Name or LumenPay ID")), _("Search"), id="search")
            yield Table(columns, header=True, empty=_("Loading…"), id="people")
            with Row(id="foot"):
                yield Text(id="count", classes="muted")
                yield Action(_("Pay"), main=True, id="pay")
                yield Action(_("Add"), id="add")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#people").focus()
        if self.app.session.model.contacts is not None:
            self._list()
        self._work(self.app.session.read_contacts())

    def model_changed(self, change: Change) -> None:
        if change == "contacts":
            self._list()

    # the list

    @property
    def _contacts(self) -> list[wire.Contact]:
        return self.app.session.model.contacts or []

    @property
    def _chosen(self) -> wire.Contact | None:
        key = self.query_one("#people", Table).chosen_key
        return next((one for one in self._contacts if one.contact_id == key), None)

    def _list(self) -> None:
        search = self.query_one("#search", Entry).value.strip().removeprefix("@").casefold()
        found = [one for one in self._contacts if _matches(one, search)]
        found.sort(key=lambda one: (not one.favourite, one.name.casefold()))
        table = self.query_one("#people", Table)
        table.explain(_("Nobody found.") if search else _("Whom you pay is kept here by itself."))
        table.show([_line(one, self.app.session.clock()) for one in found])
        words = ngettext("{n} person", "{n} people", len(found)).format(n=len(found))
        self.query_one("#count", Text).update(words)
        self.query_one("#pay", Action).disabled = not found
        self.refresh_bindings()

    @on(Input.Changed)
    def search_changed(self) -> None:
        self._list()

    @on(Input.Submitted)
    def go_to_list(self) -> None:
        self.query_one("#people").focus()

    def action_search(self) -> None:
        self.query_one("#search", Entry).field.focus()

    # paying and changing one

    @on(Table.Chosen)
    @on(Action.Pressed, "#pay")
    async def pay(self) -> None:
        chosen = self._chosen
        if chosen is None:
            return
        if chosen.blocked:
            self.app.notify(_("You have blocked this person. Unblock them first."))
            return
        await self.app.open_pay(of_contact(chosen))

    @on(Action.Pressed, "#add")
    def action_add(self) -> None:
        from tui.screens.contact import NewContact

        self.app.push_screen(NewContact(), self._changed)

    def action_rename(self) -> None:
        from tui.screens.contact import RenamedContact

        if (chosen := self._chosen) is not None:
            self.app.push_screen(RenamedContact(chosen), self._changed)

    def _changed(self, contact: wire.Contact | None) -> None:
        if contact is not None:
            self._work(self.app.session.read_contacts())

    def action_favourite(self) -> None:
        if (chosen := self._chosen) is not None:
            self._change(
                wire.ChangedContact(contact_id=chosen.contact_id, favourite=not chosen.favourite)
            )

    def action_block(self) -> None:
        if (chosen := self._chosen) is not None:
            self._change(
                wire.ChangedContact(contact_id=chosen.contact_id, blocked=not chosen.blocked)
            )

    def action_remove(self) -> None:
        from tui.screens.question import Question

        chosen = self._chosen
        if chosen is None:
            return
        words = _("{name} is no longer among your contacts. Payments stay as they are.")
        question = Question(
            _("Remove this contact?"), words.format(name=chosen.name), _("Yes, remove")
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self._work(self._removed(chosen.contact_id))

        self.app.push_screen(question, answered)

    async def _removed(self, contact_id: str) -> None:
        await self.app.session.api.remove_contact(contact_id)
        await self.app.session.read_contacts()

    def _change(self, change: wire.ChangedContact) -> None:
        self._work(self._applied(change))

    async def _applied(self, change: wire.ChangedContact) -> None:
        await self.app.session.api.change_contact(change)
        await self.app.session.read_contacts()

    def _work(self, work: Awaitable[object]) -> None:
        self.run_worker(self._guarded(work), group="contacts", exit_on_error=False)

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        words = sentence(event.problem)
        self.query_one("#people", Table).explain(words)
        self.app.notify(words, severity="error")


def _matches(contact: wire.Contact, search: str) -> bool:
    return search in contact.name.casefold() or (contact.handle or "").startswith(search)


def _line(contact: wire.Contact, now_ms: int) -> Line:
    who = f"@{contact.handle}" if contact.handle else contact.address
    paid = day(contact.last_paid_at, now_ms) if contact.last_paid_at else ""
    mark = "★ " if contact.favourite else "  "
    state = _("Blocked") if contact.blocked else ""
    return Line(
        contact.contact_id,
        [
            Cell(f"{mark}{contact.name}", bold=contact.favourite),
            Cell(who, "ink-soft"),
            Cell(paid, "ink-muted"),
            Cell(state, "warning"),
        ],
    )
