"""One of a few: a label and the chosen value between arrows, all on one line."""

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from tui.text import marked
from tui.widgets.figures import pair
from tui.widgets.glass import Text


class Choice(Text, can_focus=True):
    """`options` maps what is stored to what people read, in the order of the arrows."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Choice { height: 1; padding: 0 1; }
    Choice:hover { background: $raised; }
    Choice:focus { background: $raised-lit; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", marked("Previous"), id="choice.previous", show=False),
        Binding("right,enter,space", "step(1)", marked("Next"), id="choice.next", show=False),
    ]
    value = reactive("")

    class Changed(Message):
        def __init__(self, choice: "Choice", value: str) -> None:
            self.choice, self.value = choice, value
            super().__init__()

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, label: str, options: Mapping[str, str], value: str, *, id: str) -> None:
        super().__init__(id=id)
        self._label, self._options = label, dict(options)
        self.set_reactive(Choice.value, value)

    def action_step(self, by: int) -> None:
        values = list(self._options)
        at = values.index(self.value) if self.value in values else -by
        self.value = values[(at + by) % len(values)]
        self.post_message(self.Changed(self, self.value))

    def on_click(self, event: events.Click) -> None:
        back = event.x < self.size.width - 3 and self.region.width - event.x > 20
        self.action_step(-1 if back else 1)

    def render(self) -> Content:
        mark = "▸ " if self.has_focus else ""
        words = f"◂ {self._options.get(self.value, self.value)} ▸"
        return pair(mark + self._label, words, self.content_size.width)
