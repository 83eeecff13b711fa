"""Activity: all that came and went, filtered, in detail, and as a file for a spreadsheet."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from core import wire
from core.clock import rfc3339
from tui.api import ApiError, ApiProblem, Away
from tui.files import download_folder, save_new
from tui.problems import sentence
from tui.session import Change
from tui.statement import csv_of
from tui.text import _, marked, ngettext
from tui.widgets.choice import Choice
from tui.widgets.figures import Fact
from tui.widgets.forms import Action, Entry, Field
from tui.widgets.frame import Page
from tui.widgets.glass import Column, Panel, Row, Text
from tui.widgets.receipt import Receipt, technical_facts
from tui.widgets.table import Table
from tui.widgets.transactions import transaction_columns, transaction_line
from tui.words import counterparty_name

PAGE = 100
EXPORT_PAGES_MAX = 500
EXPORT_PAGE = 200


class Activity(Page):
    CSS_PATH = "activity.tcss"
    HERE = "activity"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7,s", "save", marked("Save as CSV"), id="activity.save"),
        Binding("f6", "direction", marked("In or out"), id="activity.direction"),
        Binding("f8", "all", marked("Show all"), id="activity.all"),
        Binding("m", "older", marked("Older"), id="activity.older"),
        Binding("slash", "search", marked("Search"), id="activity.search", show=False),
    ]

    class Read(Message):
        """A page of transactions, older than all before; or the newest, where `fresh`."""

        def __init__(self, page: wire.Transactions, *, fresh: bool) -> None:
            self.page, self.fresh = page, fresh
            super().__init__()

    class Failed(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    class Exported(Message):
        def __init__(self, transactions: list[wire.Transaction], *, whole: bool) -> None:
            self.transactions, self.whole = transactions, whole
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[str, wire.Transaction] = {}
        self._next: str | None = None

    def body(self) -> ComposeResult:
        directions = {"": _("All"), "out": _("Paid"), "in": _("Received")}
        with Row(classes="page"):
            with Panel(title=_("Activity"), id="list"):
                with Row(id="filter"):
                    placeholder = _("Name, note, amount or receipt number")
                    yield Entry(Field(placeholder=placeholder), _("Search"), id="search")
                    yield Choice(_("Show"), directions, "", id="direction")
                yield Table(transaction_columns(), header=True, empty=_("Loading…"), id="all")
                with Row(id="foot"):
                    yield Text(id="count", classes="muted")
                    yield Action(_("Older"), id="older")
                    yield Action(_("Save as CSV"), id="save")
            with Column(id="side"):
                yield Receipt(title=_("Receipt"), id="receipt")

    def on_mount(self) -> None:
        super().on_mount()
        self._hear(self.app.session.model.recent)
        self._list()
        self.query_one("#all").focus()
        self._read(fresh=True)

    def details(self) -> list[Fact]:
        chosen = self._chosen
        return technical_facts(chosen) if chosen else []

    # reading

    def model_changed(self, change: Change) -> None:
        if change == "activity":
            self._hear(self.app.session.model.recent)
            self._list()

    def _hear(self, transactions: list[wire.Transaction]) -> None:
        self._items |= {one.transaction_id: one for one in transactions}

    def _read(self, *, fresh: bool) -> None:
        self.run_worker(
            self._read_page(fresh), group="activity", exclusive=True, exit_on_error=False
        )

    async def _read_page(self, fresh: bool) -> None:
        cursor = None if fresh else self._next
        try:
            page = await self.app.session.api.transactions(cursor=cursor, limit=PAGE)
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))
        else:
            self.post_message(self.Read(page, fresh=fresh))

    @on(Read)
    def show_page(self, event: Read) -> None:
        self._hear(event.page.items)
        self._next = event.page.next
        self._list()

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        words = sentence(event.problem)
        self.query_one("#all", Table).explain(words)
        self.app.notify(words, severity="error")

    # filtering

    @property
    def _found(self) -> list[wire.Transaction]:
        """What is shown: newest first."""
        search = self.query_one("#search", Entry).value.strip().casefold()
        direction = self.query_one("#direction", Choice).value
        found = [
            one
            for one in self._items.values()
            if direction in {"", one.direction} and (not search or _matches(one, search))
        ]
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    @property
    def _chosen(self) -> wire.Transaction | None:
        return self._items.get(self.query_one("#all", Table).chosen_key or "")

    def _list(self) -> None:
        found, now_ms = self._found, self.app.session.clock()
        table = self.query_one("#all", Table)
        table.explain(_("Nothing found.") if self._items else _("Nothing has come or gone yet."))
        table.show([transaction_line(one, now_ms) for one in found])
        words = ngettext("{n} entry", "{n} entries", len(found)).format(n=len(found))
        more = _(", and older ones") if self._next else ""
        self.query_one("#count", Text).update(words + more)
        self.query_one("#older", Action).display = self._next is not None
        self._show_chosen()
        self.refresh_bindings()

    @on(Input.Changed)
    @on(Choice.Changed)
    def filter_changed(self) -> None:
        self._list()

    @on(Input.Submitted)
    def go_to_list(self) -> None:
        self.query_one("#all").focus()

    def action_search(self) -> None:
        self.query_one("#search", Entry).field.focus()

    def action_direction(self) -> None:
        self.query_one("#direction", Choice).action_step(1)

    def action_all(self) -> None:
        self.query_one("#search", Entry).field.value = ""
        direction = self.query_one("#direction", Choice)
        direction.value = ""
        self._list()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "older":
            return self._next is not None
        return super().check_action(action, parameters)

    @on(Action.Pressed, "#older")
    def action_older(self) -> None:
        self._read(fresh=False)

    # one of them

    @on(Table.Moved)
    def moved(self) -> None:
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self._chosen
        receipt = self.query_one(Receipt)
        receipt.display = chosen is not None
        if chosen is not None:
            receipt.show(chosen)

    @on(Table.Chosen)
    def open_receipt(self) -> None:
        if (chosen := self._chosen) is not None:
            self.app.open_payment(chosen)

    @on(Action.Pressed, "#copy")
    def copy_number(self) -> None:
        chosen = self._chosen
        if chosen is not None and chosen.hash is not None:
            self.app.copy(chosen.hash, _("Receipt number"))

    # the file

    @on(Action.Pressed, "#save")
    def action_save(self) -> None:
        self.run_worker(self._export(), group="export", exclusive=True, exit_on_error=False)

    async def _export(self) -> None:
        """All there is, not only what was loaded; the filter is applied to all of it."""
        items: list[wire.Transaction] = []
        cursor: str | None = None
        try:
            for _page in range(EXPORT_PAGES_MAX):
                page = await self.app.session.api.transactions(cursor=cursor, limit=EXPORT_PAGE)
                items += page.items
                cursor = page.next
                if cursor is None:
                    break
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))
        else:
            self.post_message(self.Exported(items, whole=cursor is None))

    @on(Exported)
    def save(self, event: Exported) -> None:
        self._hear(event.transactions)
        found = self._found
        day = rfc3339(self.app.session.clock())[:10]
        try:
            path = save_new(download_folder(), f"lumenpay-{day}.csv", csv_of(found))
        except OSError as problem:
            words = _("The file could not be saved: {why}").format(why=problem.strerror or "")
            self.app.notify(words, severity="error")
            return
        words = ngettext("Saved {n} entry in {path}", "Saved {n} entries in {path}", len(found))
        self.app.notify(words.format(n=len(found), path=path))
        if not event.whole:
            self.app.notify(_("The oldest entries are not in it."), severity="warning")
        self._list()


def _matches(one: wire.Transaction, search: str) -> bool:
    other = one.counterparty
    texts = (
        counterparty_name(one),
        other.handle or "",
        other.address,
        one.note or "",
        one.memo.value if one.memo else "",
        one.amount,
        one.hash or "",
        one.transaction_id,
    )
    return any(search.removeprefix("@") in text.casefold() for text in texts)
