"""Shown when somebody leaves while a payment is on its way: the wallet closes when it is known."""

from textual.app import ComposeResult

from tui.text import _
from tui.widgets.forms import Action
from tui.widgets.frame import Dialog
from tui.widgets.glass import Sheet, Text
from tui.widgets.keys import KeyBar

LOOK_SECONDS = 0.2


class Finishing(Dialog[None]):
    def compose(self) -> ComposeResult:
        with Sheet(title=_("Finishing your payment")):
            yield Text(
                _("A payment is on its way. The wallet closes by itself as soon as it is done.")
            )
            yield Action(_("Stay"), id="stay", main=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        if not self.app.paying:
            self.app.exit()

    def on_button_pressed(self) -> None:
        self.action_close()
