"""Glass: widgets whose background follows the screen's vertical gradient, row by row.

Style sheets compose on one flat colour (`$background`) with alpha tints, because Textual blends
with the ancestors' properties and not with the cells below. `OnGlass` then moves each background
by the difference between the gradient at that row and the flat colour, so that a panel, its border
and its text share one sky.
"""

from collections.abc import Mapping
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color, Gradient
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

Shift = tuple[int, int, int]
WIDTHS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
HEIGHTS = [(0, "-short"), (32, "-tall"), (50, "-grand")]
FILLED = 110  # a channel this far from the flat colour belongs to a filled shape, not to glass


@lru_cache(maxsize=8)
def sky(top: str, middle: str, bottom: str, rows: int) -> tuple[Shift, ...]:
    """For each row of the screen: the gradient's colour less the flat (middle) colour."""
    ramp = Gradient(
        (0.0, Color.parse(top)), (0.45, Color.parse(middle)), (1.0, Color.parse(bottom))
    )
    flat = Color.parse(middle).rgb
    colours = (ramp.get_color(row / max(1, rows - 1)).rgb for row in range(rows))
    return tuple((r - flat[0], g - flat[1], b - flat[2]) for r, g, b in colours)


@lru_cache(maxsize=8192)
def shifted(style: Style, shift: Shift, flat: Shift) -> Style:
    """The style with its background moved by `shift`, unless that is a filled shape."""
    ground = style.bgcolor.triplet if style.bgcolor else None
    if ground is None or max(abs(a - b) for a, b in zip(ground, flat, strict=True)) > FILLED:
        return style
    red, green, blue = (
        max(0, min(255, channel + by)) for channel, by in zip(ground, shift, strict=True)
    )
    return style + Style(bgcolor=RichColor.from_rgb(red, green, blue))


class OnGlass(Widget):
    """Last among the bases of a widget that lies on the sky: a style sheet follows the first base.

    With `PANE` the tint stays inside the border line: the border's own cells take the colour that
    lies below the widget, so that round corners stay round.
    """

    PANE = False
    _sky_seen: tuple[object, ...] = ()
    _sky_kept: dict[int, tuple[Strip, Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """At each key the compositor asks every widget for all its lines, and most are the very
        strips of the last time: those are not moved again."""
        strips = super().render_lines(crop)
        tokens = self.app.theme_variables
        top, middle, bottom = (tokens[f"sky-{part}"] for part in ("top", "mid", "bottom"))
        if self.app.no_color or top == bottom:
            return strips
        below = self.background_colors[0] if self.PANE else None
        seen = (top, middle, bottom, self.app.size.height, self.region, crop, below)
        if self._sky_kept is None or self._sky_seen != seen:
            self._sky_seen, self._sky_kept = seen, {}
        for y, strip in enumerate(strips, crop.y):
            if y not in self._sky_kept or self._sky_kept[y][0] is not strip:
                self._sky_kept[y] = strip, self._on_sky(strip, crop, y, (top, middle, bottom))
        return [self._sky_kept[y][1] for y in range(crop.y, crop.y + len(strips))]

    def _on_sky(self, strip: Strip, crop: Region, y: int, stops: tuple[str, str, str]) -> Strip:
        shifts, flat = sky(*stops, self.app.size.height), Color.parse(stops[1]).rgb
        row = max(0, min(len(shifts) - 1, self.region.y + y))
        cleared = self._clear_edge(strip, crop, y) if self.PANE else strip
        return _moved(cleared, shifts[row], flat)

    def _clear_edge(self, strip: Strip, crop: Region, y: int) -> Strip:
        if self.styles.border_top[0] != "round":
            return strip
        below = Style(bgcolor=self.background_colors[0].rich_color)
        width = self.region.width
        if y in (0, self.region.height - 1):
            return _on(strip, below)
        if crop.x or crop.width != width:
            return strip
        left, inside, right = strip.divide([1, width - 1, width])
        return Strip.join([_on(left, below), inside, _on(right, below)])


def _moved(strip: Strip, shift: Shift, flat: Shift) -> Strip:
    return Strip(
        [
            Segment(text, shifted(style, shift, flat) if style else style, control)
            for text, style, control in strip
        ],
        strip.cell_length,
    )


def _on(strip: Strip, ground: Style) -> Strip:
    return Strip(
        [Segment(text, style + ground if style else ground) for text, style, _ in strip],
        strip.cell_length,
    )


def ink(tokens: Mapping[str, str], token: str) -> Style:
    """The foreground that a theme token names."""
    return _ink(tokens[token])


@lru_cache(maxsize=128)
def _ink(colour: str) -> Style:
    return Style(color=Color.parse(colour).rich_color)


class GlassScreen(Screen[None], OnGlass):
    """Three classes an axis, so that 80x24, 120x40 and 200x60 each have a layout of their own."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS


class Column(Vertical, OnGlass):
    DEFAULT_CSS = "Column { height: auto; background: transparent; }"


class Scroll(VerticalScroll, OnGlass, can_focus=False):
    DEFAULT_CSS = "Scroll { background: transparent; scrollbar-size-vertical: 1; }"


class Row(Horizontal, OnGlass):
    DEFAULT_CSS = "Row { height: auto; background: transparent; }"


class Text(Static, OnGlass):
    """Words. Never markup: a `str` is shown as it is, styled parts come as `Content`."""

    def __init__(
        self, content: str | Content = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(content, markup=False, id=id, classes=classes)


class Panel(Vertical, OnGlass):
    """The glass card. Focus inside shows twice: accent border and a mark in the title."""

    PANE = True
    DEFAULT_CSS = """
    Panel {
        background: $glass; height: auto; padding: 1 2;
        border: round $edge; border-top: round $edge-lit;
        border-title-color: $ink-soft; border-subtitle-color: $ink-muted;
        &:focus-within {
            border: round $accent; border-title-color: $accent; border-title-style: bold;
        }
    }
    """

    def __init__(
        self,
        *children: Widget,
        title: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(*children, id=id, classes=classes)
        self.words = title

    def on_mount(self) -> None:
        self.mark()

    def rename(self, title: str) -> None:
        self.words = title
        self.mark()

    def mark(self) -> None:
        focused = self.words and self.has_focus_within
        self.border_title = Content(f"▸ {self.words}" if focused else self.words)

    def on_descendant_focus(self) -> None:
        self.call_after_refresh(self.mark)

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self.mark)


class Sheet(Panel):
    """The opaque card of a modal: below it lies the veil, not the sky."""

    PANE = False
    DEFAULT_CSS = "Sheet { background: $sheet; width: 64; padding: 1 3; }"
