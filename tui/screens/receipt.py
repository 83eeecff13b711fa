"""The receipt of a payment of some time ago, over the list it was chosen from."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from core import wire
from tui.text import _, marked
from tui.widgets.forms import Action
from tui.widgets.frame import Dialog
from tui.widgets.keys import KeyBar
from tui.widgets.receipt import Receipt


class ReceiptSheet(Dialog[None]):
    CSS_PATH = "receipt.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "copy", marked("Copy number"), id="receipt.copy"),
    ]

    def __init__(self, payment: wire.Transaction) -> None:
        super().__init__()
        self._payment = payment

    def compose(self) -> ComposeResult:
        yield Receipt(title=_("Receipt"), id="receipt")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Receipt).show(self._payment)
        self.query_one("#again").display = False
        self.query_one("#done").focus()

    @on(Action.Pressed, "#done")
    def close(self) -> None:
        self.action_close()

    @on(Action.Pressed, "#copy")
    def action_copy(self) -> None:
        if self._payment.hash is not None:
            self.app.copy(self._payment.hash, _("Receipt number"))
