"""Numbers and facts: the one big number of a screen, lines of label and value, a trend."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Digits

from tui.text import cut
from tui.widgets.glass import OnGlass, Row, Text

Fact = tuple[str, str] | tuple[str, str, str]
"""Label, value, and the value's style (`$ink` unless given)."""


class BigNumber(Digits, OnGlass):
    DEFAULT_CSS = """
    BigNumber {
        width: auto; height: 3; background: transparent; color: $ink; text-style: bold;
    }
    """


class Amount(Row):
    """A big number with its unit on the base line."""

    DEFAULT_CSS = """
    Amount {
        height: 3;
        .unit { width: auto; height: 3; padding: 2 0 0 1; color: $ink-muted; }
    }
    """

    def __init__(self, value: str, unit: str, *, id: str | None = None) -> None:
        super().__init__(BigNumber(value), Text(unit, classes="unit"), id=id)

    def show(self, value: str, unit: str) -> None:
        self.query_one(BigNumber).update(value)
        words = self.query_one(".unit", Text)
        if str(words.content) != unit:
            words.update(Content(unit))


def pair(label: str, value: str, width: int, style: str = "$ink") -> Content:
    """A label and a value at the two ends of one line of `width` cells; the label gives way."""
    room = width - cell_len(value) - 1
    label = cut(label, max(0, room))
    gap = max(1, width - cell_len(label) - cell_len(value))
    return Content.assemble((label, "$ink-muted"), " " * gap, (value, style))


class Facts(Text):
    """Lines of label and value, aligned to the real width at each size. A value too long for its
    line takes the lines below, whole."""

    DEFAULT_CSS = "Facts { height: auto; }"

    def __init__(
        self, facts: Iterable[Fact] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._facts = tuple(facts)

    def show(self, facts: Iterable[Fact]) -> None:
        """The page is laid out anew only where the number of lines has changed."""
        before = self._lines(self.content_size.width)
        self._facts = tuple(facts)
        self.refresh(layout=before != self._lines(self.content_size.width))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return self._lines(width)

    def _lines(self, width: int) -> int:
        return sum(1 + self._spill(fact, width) for fact in self._facts)

    def _spill(self, fact: Fact, width: int) -> int:
        """Lines that a long value needs below its label."""
        label, value = cell_len(fact[0]), cell_len(fact[1])
        return 0 if label + value + 2 <= width else -(-value // max(1, width))

    def render(self) -> Content:
        width = self.content_size.width
        return Content("\n").join(self._line(fact, width) for fact in self._facts)

    def _line(self, fact: Fact, width: int) -> Content:
        label, value, style = (*fact, "$ink")[:3]
        if not self._spill(fact, width):
            return pair(label, value, width, style)
        parts = [value[start : start + width] for start in range(0, len(value), max(1, width))]
        return Content.assemble((label, "$ink-muted"), *(("\n" + part, style) for part in parts))
