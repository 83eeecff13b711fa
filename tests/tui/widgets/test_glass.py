"""The gradient: which backgrounds move with it, and which looks have none."""

import pytest
from rich.style import Style
from textual.color import Color

from tests.tui.conftest import opened
from tui.session import Session
from tui.theme import CONTRAST, DAY, LOOKS, NIGHT, TERMINAL, THEMES
from tui.widgets.glass import shifted, sky

TEXT_TOKENS = ("ink", "ink-soft", "ink-muted")


def test_the_sky_is_flat_in_its_middle_and_moves_with_the_rows() -> None:
    top, middle, bottom = "#0a0e1d", "#141a35", "#1e2250"
    shifts = sky(top, middle, bottom, 101)
    assert shifts[0] == (-10, -12, -24)
    assert max(map(abs, shifts[45])) <= 1
    assert shifts[100] == (10, 8, 27)


def test_glass_moves_and_a_filled_shape_stays() -> None:
    flat = (20, 26, 53)
    glass, filled = Style(bgcolor="#222842"), Style(bgcolor="#7aa2ff")
    assert shifted(glass, (10, 8, 27), flat).bgcolor.triplet == (44, 48, 93)  # type: ignore[union-attr]
    assert shifted(filled, (10, 8, 27), flat) is filled
    assert shifted(Style(), (10, 8, 27), flat) == Style()
    assert shifted(Style(bgcolor="#000000"), (-9, -9, -9), flat).bgcolor.triplet == (0, 0, 0)  # type: ignore[union-attr]


def contrast(ink: Color, ground: Color) -> float:
    lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    """WCAG 2, relative luminance."""
    parts = [part / 255 for part in colour.rgb]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [NIGHT, DAY, CONTRAST], ids=lambda theme: theme.name)
def test_every_ink_can_be_read_on_glass_at_every_row(theme: object) -> None:
    assert theme in THEMES
    tokens = theme.variables  # type: ignore[attr-defined]
    inks = [tokens[name] for name in TEXT_TOKENS]
    inks += [theme.success, theme.warning, theme.error, theme.accent]  # type: ignore[attr-defined]
    tint, _blank, alpha = tokens["glass"].partition(" ")
    glass = Color.parse(tint).with_alpha(float(alpha.rstrip("%") or 100) / 100)
    for row in ("sky-top", "sky-mid", "sky-bottom"):
        ground = Color.parse(tokens[row]) + glass
        for one in inks:
            assert contrast(Color.parse(one), ground) >= 4.5, (row, one)
    on_accent = contrast(Color.parse(tokens["on-accent"]), Color.parse(theme.accent))  # type: ignore[attr-defined]
    assert on_accent >= 4.5


def test_every_look_has_a_name_and_every_token() -> None:
    assert set(LOOKS) == {theme.name for theme in THEMES}
    for theme in (DAY, CONTRAST, TERMINAL):
        missing = set(NIGHT.variables) - set(theme.variables)
        assert missing <= {"scrollbar", "scrollbar-background"}, theme.name


async def test_the_rows_of_a_panel_follow_the_sky(signed_in: Session) -> None:
    async with opened(signed_in, (80, 24)) as pilot:
        strips = pilot.app.screen._compositor.render_strips()
        grounds = [_ground(strips[y], 40) for y in (9, 12, 16, 20)]
        assert len(set(grounds)) == 4
        assert grounds == sorted(grounds)


def _ground(strip: object, x: int) -> tuple[int, int, int]:
    cell = next(iter(strip.crop(x, x + 1)))  # type: ignore[attr-defined]
    return tuple(cell.style.bgcolor.triplet)
