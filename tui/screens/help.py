"""Help: the keys that work on the screen below, from its real bindings, and past notices."""

from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from tui.text import _, cut
from tui.widgets.forms import Action
from tui.widgets.frame import Dialog
from tui.widgets.glass import Scroll, Sheet, Text
from tui.widgets.keys import Key, KeyBar, working_keys

COLUMN_CELLS = 33


class Help(Dialog[None]):
    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._keys = working_keys(about)

    def compose(self) -> ComposeResult:
        with Sheet(title=_("Help"), id="sheet"):
            with Scroll(id="words", can_focus=True):
                yield Text(_key_lines(self._keys), id="keys")
                yield Text(_words(), id="hints")
                yield Text(self._past(), id="past")
            yield Action(_("Close"), id="close", main=True)
        yield KeyBar()

    def _past(self) -> Content:
        if not self.app.notices:
            return Content("")
        said = "\n".join(self.app.notices[::-1])
        return Content.assemble(
            (_("What was said lately"), "bold $ink"), ("\n" + said, "$ink-soft")
        )

    def on_mount(self) -> None:
        self.query_one("#words").focus()

    def on_button_pressed(self) -> None:
        self.action_close()


def _key_lines(keys: list[Key]) -> Content:
    """Two columns, read downwards."""
    cells = [_key_cell(key) for key in keys if key.id]
    half = -(-len(cells) // 2)
    rows = zip_longest(cells[:half], cells[half:], fillvalue=Content(""))
    return Content("\n").join(Content("").join(row) for row in rows)


def _key_cell(key: Key) -> Content:
    words = cut(key.words, COLUMN_CELLS - 8)
    padded = words + " " * (COLUMN_CELLS - 8 - cell_len(words))
    return Content.assemble((f"{key.display:>6}", "bold $accent"), (f"  {padded}", "$ink"))


def _words() -> str:
    return "\n".join(
        [
            _("Tab and Shift+Tab go from field to field; Enter presses a button."),
            _("While a text field has the cursor, letters are text: use F2 or F3 there."),
            _("Every key has a button or an entry in the menu (F2), and the mouse works too."),
        ]
    )
