"""Bars that also say their value in words or digits."""

from textual.content import Content

from tui.widgets.figures import pair
from tui.widgets.glass import Text


def bar(share: float, width: int) -> Content:
    full = max(0, min(width, round(share * width)))
    return Content.assemble(("━" * full, "$accent"), ("─" * (width - full), "$track"))


class Meter(Text):
    """A label, what is left in words, and below them a bar of the share that is left."""

    DEFAULT_CSS = "Meter { height: 2; }"

    def __init__(self, label: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label, self._words, self._share = label, "", 0.0

    def show(self, share: float, words: str) -> None:
        self._share, self._words = share, words
        self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        return Content("\n").join([pair(self._label, self._words, width), bar(self._share, width)])
