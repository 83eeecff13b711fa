"""Jump mode (F3): a letter over each target; pressing it focuses or presses the target."""

from string import ascii_lowercase
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget

from tui.widgets.frame import Dialog, Place
from tui.widgets.glass import Text
from tui.widgets.keys import KeyBar


class Letter(Text):
    DEFAULT_CSS = """
    Letter {
        position: absolute; width: 3; height: 1; text-align: center; text-style: bold;
        background: $accent; color: $on-accent;
    }
    """


def targets(screen: Screen[object]) -> dict[str, Widget]:
    """The visible fields, buttons and tables of a screen, and the places of its top line."""
    seen = [
        widget
        for widget in screen.query("*")
        if (isinstance(widget, Place) or (widget.focusable and widget.can_focus))
        and widget.region
        and screen.region.overlaps(widget.region)
    ]
    seen.sort(key=lambda widget: (widget.region.y, widget.region.x))
    return dict(zip(ascii_lowercase, seen, strict=False))


class Jump(Dialog[Widget]):
    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    Jump { align: left top; layers: base; background: $veil; }
    """

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self._targets = targets(below)

    def compose(self) -> ComposeResult:
        for letter, target in self._targets.items():
            label = Letter(letter.upper())
            label.styles.offset = target.region.offset
            yield label
        yield KeyBar()

    def on_key(self, event: events.Key) -> None:
        if (target := self._targets.get(event.key)) is not None:
            event.stop()
            self.dismiss(target)


async def land(target: Widget | None) -> None:
    """Once the letters are gone: go to the place, or focus what is no place."""
    if isinstance(target, Place):
        await target.on_click()
    elif target is not None:
        target.focus()
