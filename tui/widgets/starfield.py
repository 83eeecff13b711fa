"""A slow starfield: one widget, no children, no focus; a tick repaints single cells only."""

import os
import random

from rich.segment import Segment
from textual import events, getters
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer

from tui.app import LumenPay
from tui.widgets.glass import GlassScreen, OnGlass, ink

STARS = (
    (".", "star-faint", 8),
    ("·", "star-low", 6),
    ("∙", "star-high", 3),
    ("+", "star-bright", 1),
)
SEED = 7
TICK_SECONDS = 1.0
CELLS_A_STAR = 40
SHARE_A_TICK = 20  # one star in so many changes at a tick
IDLE_TICKS = 300  # stop after five minutes without a key: some terminals never report focus


class Starfield(OnGlass):
    app = getters.app(LumenPay)
    DEFAULT_CSS = """
    Starfield {
        width: 100%; height: 100%; layer: sky; position: absolute; background: $background;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._random = random.Random(SEED)  # noqa: S311 - decoration, and the same in every picture
        self._stars: dict[int, dict[int, int]] = {}
        self._timer: Timer | None = None
        self._idle_ticks = 0

    def on_mount(self) -> None:
        self._timer = self.set_interval(TICK_SECONDS, self._twinkle, pause=True)
        self.watch(self.app, "app_focus", self._focus_changed)
        self.app.touched.subscribe(self, self._touched)

    def _touched(self, _nothing: None) -> None:
        """Somebody is there: start counting anew, and go on if that was why they stopped."""
        if self._idle_ticks > IDLE_TICKS:
            self.go()
        self._idle_ticks = 0

    def _focus_changed(self, focused: bool) -> None:
        if focused:
            self.go()
        else:
            self.stop()

    def on_resize(self, event: events.Resize) -> None:
        seeded, (width, height) = random.Random(SEED), event.size  # noqa: S311 - as above
        weights = [weight for _glyph, _token, weight in STARS]
        self._stars = {}
        for _ in range(width * height // CELLS_A_STAR):
            (kind,) = seeded.choices(range(len(STARS)), weights)
            self._stars.setdefault(seeded.randrange(height), {})[seeded.randrange(width)] = kind
        self.refresh()

    @property
    def still(self) -> bool:
        setting = os.environ.get("LUMENPAY_STARS", "on")
        return self.app.no_color or self.app.animation_level == "none" or setting != "on"

    def go(self) -> None:
        self._idle_ticks = 0
        if self._timer and not self.still:
            self._timer.resume()

    def stop(self) -> None:
        if self._timer:
            self._timer.pause()

    def _twinkle(self) -> None:
        self._idle_ticks += 1
        if self._idle_ticks > IDLE_TICKS:
            self.stop()
        cells = [(y, x) for y, row in self._stars.items() for x in row]
        for y, x in self._random.sample(cells, len(cells) // SHARE_A_TICK):
            self._stars[y][x] = self._random.choice((0, 1, 1, 2, 2, 3))
            self.refresh(Region(x, y, 1, 1))

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        segments, last = [], 0
        for x, kind in sorted(self._stars.get(y, {}).items()):
            glyph, token, _weight = STARS[kind]
            segments.append(Segment(" " * (x - last), base))
            segments.append(Segment(glyph, base + ink(self.app.theme_variables, token)))
            last = x + 1
        segments.append(Segment(" " * max(0, self.size.width - last), base))
        return Strip(segments, self.size.width)


class QuietScreen(GlassScreen):
    """Landing, lock and attract: stars below the card, still while covered or without focus."""

    def on_screen_suspend(self) -> None:
        self.query_one(Starfield).stop()

    def on_screen_resume(self) -> None:
        self.query_one(Starfield).go()

    def on_key(self) -> None:
        self.query_one(Starfield).go()
