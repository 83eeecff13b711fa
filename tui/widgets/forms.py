"""What a person fills in and presses. Every field says what it refused, under itself.

The looks of `Field` and `Action` are in app.tcss: only there they outrank the framework's own.
"""

import inspect
import re

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Button, Input

from core.errors import Problem
from tui.text import MONEY_TYPING, _, pasted_amount
from tui.widgets.glass import Column, OnGlass, Text

PIN_LENGTH = 6
SCROLL_STEP_CELLS = 64
EDITS = {
    "backspace": "delete_left",
    "delete": "delete_right",
    "left": "cursor_left",
    "right": "cursor_right",
    "home": "home",
    "end": "end",
    "enter": "submit",
}
"""Keys that act in turn with the letters around them: by a binding they would go up to the App and
come back after letters that were typed later."""


class Field(Input, OnGlass):
    """One line of text. A paste takes its first line; what a kind of field cannot take is said."""

    class Refused(Message):
        """A paste that this field cannot hold."""

        def __init__(self, sentence: str) -> None:
            self.sentence = sentence
            super().__init__()

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        restrict: str | None = None,
        max_length: int = 0,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            restrict=restrict,
            max_length=max_length,
            select_on_focus=False,
            id=id,
            classes=classes,
        )
        self.cursor_blink = False

    def validate_virtual_size(self, size: Size) -> Size:
        """In steps: each change of it has the whole screen laid out anew."""
        steps = -(-size.width // SCROLL_STEP_CELLS)
        return Size(steps * SCROLL_STEP_CELLS, size.height)

    def normalised(self, pasted: str) -> str | None:
        """What of a pasted line goes in; None refuses it."""
        return pasted.strip()

    def refusal(self) -> str:
        return _("That does not fit here.")

    async def _on_key(self, event: events.Key) -> None:
        if (edit := EDITS.get(event.key)) is None:
            return  # the base's own handler is next
        event.stop()
        event.prevent_default()
        done = getattr(self, f"action_{edit}")()
        if inspect.isawaitable(done):
            await done

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        lines = event.text.splitlines()
        self.take(lines[0] if lines else "")

    def take(self, pasted: str) -> None:
        clean = self.normalised(pasted)
        if clean is None:
            self.post_message(self.Refused(self.refusal()))
        elif clean:
            self.replace(clean, *self.selection)

    def action_paste(self) -> None:
        self.take((self.app.clipboard.splitlines() or [""])[0])


class PasswordField(Field):
    """Never copied, cut or suggested from."""

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(placeholder=placeholder, password=True, id=id)

    def normalised(self, pasted: str) -> str | None:
        return pasted

    def action_copy(self) -> None:
        self.app.bell()

    def action_cut(self) -> None:
        self.app.bell()


class PinField(PasswordField):
    """Six digits, drawn as dots: how many are typed is plain to see, which they are is not."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.select_on_focus = False  # else a digit would replace those that brought the focus here
        self.restrict = r"\d*"
        self.max_length = PIN_LENGTH

    def normalised(self, pasted: str) -> str | None:
        digits = re.sub(r"[\s-]", "", pasted)
        return digits if re.fullmatch(rf"[0-9]{{1,{PIN_LENGTH}}}", digits) else None

    def refusal(self) -> str:
        return _("A PIN has six digits.")

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        typed = len(self.value)
        style, muted = self.rich_style, self.get_component_rich_style("input--placeholder")
        count = _("{typed} of {length}").format(typed=typed, length=PIN_LENGTH)
        dots = Segment(" ".join("●" * typed + "○" * (PIN_LENGTH - typed)), style)
        strip = Strip([dots, Segment(f"  {count}", style + muted)])
        return strip.adjust_cell_length(self.size.width, style)


class MoneyField(Field):
    """An amount: up to 12 digits, a point, up to 7 decimals. Text in, text out; never a float."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(value, placeholder=placeholder, restrict=MONEY_TYPING, id=id)

    def normalised(self, pasted: str) -> str | None:
        """`1,234.50 XLM` becomes `1234.5`; what cannot be read for sure is refused."""
        digits = re.sub(r"^[A-Z]{3,12}\s+|\s+[A-Z]{3,12}$", "", pasted.strip())
        try:
            return pasted_amount(digits)
        except Problem:
            return None

    def refusal(self) -> str:
        return _("That is not an amount. Type it, for example 1234.50.")

    async def _on_key(self, event: events.Key) -> None:
        """A typed comma is the point, as on the keyboards of half the world."""
        if event.character == ",":
            event.stop()
            event.prevent_default()
            self.insert_text_at_cursor(".")


class Entry(Column):
    """A field with its label, and under it a hint or what was wrong with it.

    On a small screen the label stands left of a field one row high, else in the field's border.
    """

    DEFAULT_CSS = """
    Entry {
        height: auto;
        .label { display: none; color: $ink-muted; width: 20; }
        .words { color: $ink-muted; padding: 0 2; height: auto; min-height: 1; }
        .words.-refused { color: $error; }
    }
    """

    def __init__(self, field: Field, label: str, *, hint: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.field, self.label, self.hint = field, label, hint
        field.border_title = Content(label)

    def compose(self) -> ComposeResult:
        yield Text(self.label, classes="label")
        yield self.field
        yield Text(self.hint, classes="words")

    @property
    def value(self) -> str:
        return self.field.value

    def refuse(self, sentence: str) -> None:
        self._say(f"! {sentence}", refused=True)

    def accept(self) -> None:
        self._say(self.hint, refused=False)

    def _say(self, sentence: str, *, refused: bool) -> None:
        words = self.query_one(".words", Text)
        words.update(Content(sentence))
        words.set_class(refused, "-refused")
        self.field.set_class(refused, "-refused")

    @on(Field.Refused)
    def say_refused(self, event: Field.Refused) -> None:
        event.stop()
        self.refuse(event.sentence)

    @on(Input.Changed)
    def forget_refusal(self) -> None:
        if self.field.has_class("-refused"):
            self.accept()


class Action(Button, OnGlass):
    """A button. Focus is a mark in the label as well as a colour, as in panel titles."""

    def __init__(
        self,
        label: str,
        *,
        main: bool = False,
        id: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(
            Content(label), id=id, classes="-main" if main else None, disabled=disabled
        )

    def rename(self, label: str) -> None:
        self.label = Content(label)

    def render(self) -> Content:
        label = Content.from_text(self.label, markup=False)
        return Content.assemble("▸ ", label, "  ") if self.has_focus else label
