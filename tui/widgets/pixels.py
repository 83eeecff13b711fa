"""Pixel drawings in half blocks: two pixels a cell, one above the other."""

from collections.abc import Sequence

from textual.color import Color, Gradient
from textual.content import Content

from tui.widgets.glass import Text

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
LETTERS = {
    "L": ("##    ", "##    ", "##    ", "##    ", "##    ", "######"),
    "U": ("##  ##", "##  ##", "##  ##", "##  ##", "##  ##", " #### "),
    "M": ("##    ##", "###  ###", "########", "## ## ##", "##    ##", "##    ##"),
    "E": ("######", "##    ", "##### ", "##    ", "##    ", "######"),
    "N": ("##   ##", "###  ##", "#### ##", "## ####", "##  ###", "##   ##"),
    "P": ("##### ", "##  ##", "##  ##", "##### ", "##    ", "##    "),
    "A": (" #### ", "##  ##", "##  ##", "######", "##  ##", "##  ##"),
    "Y": ("##  ##", "##  ##", " #### ", "  ##  ", "  ##  ", "  ##  "),
}
CHECK = (
    "          ##",
    "         ## ",
    "##      ##  ",
    " ##    ##   ",
    "  ##  ##    ",
    "   ####     ",
    "    ##      ",
    "            ",
)


def half_blocks(rows: Sequence[str]) -> list[str]:
    """An even number of rows of "#" and blanks, as half as many lines of text."""
    return [
        "".join(HALVES[above == "#", below == "#"] for above, below in zip(top, low, strict=True))
        for top, low in zip(rows[::2], rows[1::2], strict=True)
    ]


class Wordmark(Text):
    """The name, 65 cells wide, from ink to accent."""

    DEFAULT_CSS = "Wordmark { width: 66; height: 3; text-align: center; }"
    NAME = "LUMENPAY"

    def render(self) -> Content:
        rows = ["  ".join(LETTERS[letter][y] for letter in self.NAME) for y in range(6)]
        lines, tokens = half_blocks(rows), self.app.theme_variables
        if tokens["ink"].startswith("ansi_"):
            return Content.styled("\n".join(lines), "bold $accent")
        ink, accent = Color.parse(tokens["ink"]), Color.parse(tokens["accent"])
        ramp, width = Gradient((0, ink), (0.55, ink), (1, accent)), len(lines[0])
        colours = [ramp.get_color(x / width).hex6 for x in range(width)]
        return Content("\n").join(
            Content.assemble(*zip(line, colours, strict=True)) for line in lines
        )


class Check(Text):
    """The mark of a finished payment; the word stands beside it."""

    DEFAULT_CSS = "Check { width: 12; height: 4; color: $success; }"

    def render(self) -> Content:
        return Content("\n".join(half_blocks(CHECK)))
