"""QR codes: black on white whatever the theme, one column a module and two modules a row."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.pixels import half_blocks

QUIET_MODULES = 2  # the standard asks for 4; 2 is what fits beside text and still scans
PAPER = Style(color="#000000", bgcolor="#ffffff")


def drawn(payload: str, quiet: int = QUIET_MODULES) -> list[str]:
    """The lines of text of the code. Upper-case payloads pack in alphanumeric mode."""
    rows = _modules(payload, quiet)
    return half_blocks(rows if len(rows) % 2 == 0 else [*rows, " " * len(rows[0])])


def drawn_large(payload: str, quiet: int = QUIET_MODULES) -> list[str]:
    """Two columns and a whole row a module: what a camera reads from farther away."""
    return [row.replace("#", "██").replace(" ", "  ") for row in _modules(payload, quiet)]


def _modules(payload: str, quiet: int) -> list[str]:
    import qrcode
    from qrcode.constants import ERROR_CORRECT_L

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=quiet)
    code.add_data(payload)
    return ["".join("#" if module else " " for module in row) for row in code.get_matrix()]


class QR(Widget):
    DEFAULT_CSS = "QR { width: auto; height: auto; }"

    def __init__(
        self, payload: str = "", *, quiet: int = QUIET_MODULES, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._quiet = quiet
        self._lines: list[str] = []
        self.show(payload)

    def show(self, payload: str) -> None:
        self._lines = drawn(payload, self._quiet) if payload else []
        self.refresh(layout=True)

    def enlarge(self, payload: str, columns: int, rows: int) -> None:
        """As large as fits into so many cells."""
        large = drawn_large(payload, self._quiet)
        fits = len(large[0]) <= columns and len(large) <= rows
        self._lines = large if fits else drawn(payload, self._quiet)
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return len(self._lines[0]) if self._lines else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        if y < len(self._lines):
            return Strip([Segment(self._lines[y], PAPER)])
        return Strip.blank(self.size.width)
