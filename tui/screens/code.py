"""The code alone, as large and as clear as the terminal allows."""

from textual.app import ComposeResult

from tui.widgets.frame import Dialog
from tui.widgets.keys import KeyBar
from tui.widgets.qr import QR

QUIET_MODULES_OF_THE_STANDARD = 4


class Code(Dialog[None]):
    def __init__(self, payload: str) -> None:
        super().__init__()
        self._payload = payload

    def compose(self) -> ComposeResult:
        yield QR(quiet=QUIET_MODULES_OF_THE_STANDARD)
        yield KeyBar()

    def on_mount(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        self.query_one(QR).enlarge(self._payload, self.app.size.width, self.app.size.height - 1)
