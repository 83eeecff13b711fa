"""A table that fills its width: one column takes what the others leave, nothing is measured.

A tap chooses a row at once, as enter does. Cells are plain text; a cell may name a theme's ink.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.text import cut, marked
from tui.widgets.glass import OnGlass, ink

FLEXIBLE_CELLS_MIN = 8


class Column(NamedTuple):
    """`cells` wide, or 0 for the one column that takes the rest."""

    label: str
    cells: int = 0
    right: bool = False


class Cell(NamedTuple):
    text: str
    ink: str = "ink"
    bold: bool = False


class Line(NamedTuple):
    """A row: `key` is what choosing it tells."""

    key: str
    cells: Sequence[Cell]


class Table(ScrollView, OnGlass, can_focus=True):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor", "table--hover"}
    DEFAULT_CSS = """
    Table {
        height: 1fr; background: transparent; color: $ink; scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0; overflow-x: hidden;
        & > .table--cursor { background: $chosen; text-style: bold; }
        & > .table--hover { background: $raised; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", marked("Open"), id="table.choose", show=False),
        Binding("up", "move(-1)", marked("Up"), id="table.up", show=False),
        Binding("down", "move(1)", marked("Down"), id="table.down", show=False),
        Binding("pageup", "page(-1)", marked("Page up"), id="table.page_up", show=False),
        Binding("pagedown", "page(1)", marked("Page down"), id="table.page_down", show=False),
        Binding("home", "jump(0)", marked("First"), id="table.first", show=False),
        Binding("end", "jump(-1)", marked("Last"), id="table.last", show=False),
    ]
    cursor = reactive(0)
    hovered = reactive(-1)

    class OfRow(Message):
        """Something about the row of `key`. Not handled itself: `on` hears subclasses too."""

        def __init__(self, table: "Table", key: str) -> None:
            self.table, self.key = table, key
            super().__init__()

        @property
        def control(self) -> "Table":
            return self.table

    class Chosen(OfRow):
        """Enter, or a tap, on the row."""

    class Moved(OfRow):
        """The cursor stands on the row."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        header: bool = False,
        empty: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._header = 1 if header else 0
        self._empty = empty
        self._rows: list[Line] = []

    def show(self, rows: Sequence[Line]) -> None:
        """The cursor stays on its row while that is still there."""
        key = self.chosen_key
        self._rows = list(rows)
        keys = [row.key for row in rows]
        self.cursor = keys.index(key) if key in keys else 0
        self.virtual_size = Size(0, len(self._rows) + self._header)
        self.refresh()

    def explain(self, sentence: str) -> None:
        """The line that stands where there are no rows."""
        self._empty = sentence
        self.refresh()

    @property
    def row_count(self) -> int:
        return len(self._rows)

    @property
    def chosen_key(self) -> str | None:
        return self._rows[self.cursor].key if self.cursor < len(self._rows) else None

    # moving and choosing

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self) -> None:
        self.refresh()
        if (key := self.chosen_key) is not None and self.is_mounted:
            self.scroll_to_region(
                Region(0, self.cursor + self._header, 1, 1), animate=False, force=True
            )
            self.post_message(self.Moved(self, key))

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.scrollable_content_region.height - 1)

    def action_jump(self, row: int) -> None:
        self.cursor = row if row >= 0 else len(self._rows) - 1

    def action_choose(self) -> None:
        if (key := self.chosen_key) is not None:
            self.post_message(self.Chosen(self, key))

    def on_click(self, event: events.Click) -> None:
        row = self._row_at(event.y)
        if 0 <= row < len(self._rows):
            self.cursor = row
            self.action_choose()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self.hovered = self._row_at(event.y)

    def on_leave(self) -> None:
        self.hovered = -1

    def _row_at(self, y: int) -> int:
        return y - self.gutter.top + self.scroll_offset.y - self._header

    # drawing

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.scrollable_content_region.width
        row = y + self.scroll_offset.y - self._header
        if y == 0 and not self._rows and self._empty:
            return self._line([Cell(cut(self._empty, width), "ink-muted")], [width], base)
        if self._header and row == -1:
            labels = [Cell(column.label, "ink-muted") for column in self._columns]
            return self._line(labels, self._widths(width), base)
        if not 0 <= row < len(self._rows):
            return Strip.blank(width, base)
        return self._line(self._rows[row].cells, self._widths(width), base + self._lit(row))

    def _lit(self, row: int) -> Style:
        if row == self.cursor and self.has_focus:
            return self.get_component_rich_style("table--cursor")
        if row == self.hovered:
            return self.get_component_rich_style("table--hover")
        return Style()

    def _widths(self, width: int) -> list[int]:
        fixed = sum(column.cells for column in self._columns) + 2 * (len(self._columns) - 1)
        rest = max(FLEXIBLE_CELLS_MIN, width - fixed)
        return [column.cells or rest for column in self._columns]

    def _line(self, cells: Sequence[Cell], widths: Sequence[int], base: Style) -> Strip:
        segments: list[Segment] = []
        for cell, width, column in zip(cells, widths, self._columns, strict=False):
            text = cut(cell.text, width)
            blank = " " * (width - cell_len(text))
            style = (
                base
                + ink(self.app.theme_variables, cell.ink)
                + (Style(bold=True) if cell.bold else Style())
            )
            padded = blank + text if column.right else text + blank
            segments += [Segment("  ", base)] * bool(segments) + [Segment(padded, style)]
        room = self.scrollable_content_region.width
        return Strip(segments).adjust_cell_length(room, base)
