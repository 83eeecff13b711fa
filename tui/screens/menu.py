"""The menu (F2): all that can be done now, people and payments too, found by a few letters."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.app import LumenPay
from tui.recipients import known_people
from tui.text import _, cut, marked, money
from tui.theme import LOOKS
from tui.widgets.forms import Field
from tui.widgets.frame import Dialog
from tui.widgets.glass import Sheet
from tui.widgets.keys import Key, KeyBar, working_keys
from tui.widgets.table import Cell, Column, Line, Table
from tui.words import counterparty_name, status_word

SHOWN_MAX = 40


class Command(NamedTuple):
    """`kind` says where it comes from, in the muted column."""

    words: str
    kind: str
    run: Callable[[], Awaitable[object] | None]


class Menu(Dialog[Command]):
    CSS_PATH = "menu.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", marked("Up"), id="menu.up", show=False),
        Binding("down", "move(1)", marked("Down"), id="menu.down", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._commands: list[Command] = []

    def compose(self) -> ComposeResult:
        with Sheet(title=_("What would you like to do?"), id="sheet"):
            yield Field(id="search")
            columns = [Column(""), Column("", 16, right=True)]
            yield Table(columns, empty=_("Nothing fits."), id="found")
        yield KeyBar()

    def on_mount(self) -> None:
        below = self.app.screen_stack[-2]
        self._commands = [*_actions(self.app, working_keys(below)), *_known(self.app)]
        self._show(self._commands)
        self.query_one("#search").focus()

    def _show(self, commands: list[Command]) -> None:
        lines = [
            Line(str(self._commands.index(one)), [Cell(one.words), Cell(one.kind, "ink-muted")])
            for one in commands[:SHOWN_MAX]
        ]
        self.query_one(Table).show(lines)
        self.query_one(Table).cursor = 0

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        self._show(matching(self._commands, event.value))

    def action_move(self, rows: int) -> None:
        self.query_one(Table).action_move(rows)

    @on(Input.Submitted)
    def choose(self) -> None:
        self.query_one(Table).action_choose()

    @on(Table.Chosen)
    def chosen(self, event: Table.Chosen) -> None:
        self.dismiss(self._commands[int(event.key)])


async def obey(command: Command | None) -> None:
    """Once the menu is gone: what was chosen acts on the screen below it."""
    if command is not None and (running := command.run()) is not None:
        await running


def matching(commands: list[Command], typed: str) -> list[Command]:
    """Those with all the words typed, whatever their order; first those that begin with them."""
    words = typed.casefold().split()
    found = [one for one in commands if all(word in one.words.casefold() for word in words)]
    begin = words[0] if words else ""
    return sorted(found, key=lambda one: not one.words.casefold().startswith(begin))


def _actions(app: LumenPay, keys: list[Key]) -> Iterator[Command]:
    """What the keys of the screen below do, help first."""
    chosen = [key for key in keys if key.id and key.id not in {"app.menu", "app.jump"}]
    for key in sorted(chosen, key=lambda key: key.id != "app.help"):
        if not key.id.startswith("table."):
            yield Command(key.words, key.display, partial(app.run_action, key.action, key.node))
    if app.session.signed_in and not app.locked:
        yield Command(_("Sign out"), "", app.action_sign_out)
    for name, look in LOOKS.items():
        words = _("Look: {name}").format(name=_(look))
        yield Command(words, "", partial(app.wear, name))


def _known(app: LumenPay) -> Iterator[Command]:
    """People and payments; nothing of them while locked."""
    if app.locked:
        return
    model = app.session.model
    for person in known_people(model.contacts or [], model.recent):
        words = _("Pay {name}").format(name=person.name)
        yield Command(words, cut(person.target.recipient, 16), partial(app.open_pay, person.target))
    for one in model.recent:
        sum_words = money(one.amount, one.asset)
        words = f"{counterparty_name(one)}: {status_word(one)} {sum_words}"
        yield Command(words, _("Payment"), partial(app.open_payment, one))
