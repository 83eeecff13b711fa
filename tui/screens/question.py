"""A question before something that cannot be undone. The focus is on No."""

from textual import on
from textual.app import ComposeResult

from tui.text import _
from tui.widgets.forms import Action
from tui.widgets.frame import Dialog
from tui.widgets.glass import Row, Sheet, Text
from tui.widgets.keys import KeyBar


class Question(Dialog[bool]):
    def __init__(self, title: str, words: str, yes: str) -> None:
        super().__init__()
        self._title, self._words, self._yes = title, words, yes

    def compose(self) -> ComposeResult:
        with Sheet(title=self._title):
            yield Text(self._words)
            with Row(classes="gap"):
                yield Action(_("No"), id="no", main=True)
                yield Action(self._yes, id="yes")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    @on(Action.Pressed)
    def answer(self, event: Action.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
