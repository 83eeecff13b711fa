"""Table, fields, facts, meters and the QR code."""

import pytest
from textual.app import App, ComposeResult

from core.links import request_link
from tests.tui.fake_server import ADDRESS
from tui.theme import NIGHT
from tui.widgets.choice import Choice
from tui.widgets.figures import Facts, pair
from tui.widgets.forms import PinField
from tui.widgets.meters import bar
from tui.widgets.pixels import LETTERS, Wordmark, half_blocks
from tui.widgets.qr import drawn
from tui.widgets.table import Cell, Column, Line, Table


class Holder(App[None]):
    """One widget, in the night's colours."""

    def __init__(self, widget: object) -> None:
        super().__init__()
        self.register_theme(NIGHT)
        self.theme = NIGHT.name
        self._widget = widget
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield self._widget  # type: ignore[misc]

    def on_table_chosen(self, event: Table.Chosen) -> None:
        self.heard.append(event.key)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        self.heard.append(event.value)


def lines(app: App[None]) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def rows(count: int) -> list[Line]:
    return [Line(f"k{n}", [Cell(f"name {n}"), Cell(f"{n}.00")]) for n in range(count)]


async def test_a_table_gives_one_column_the_rest_and_cuts_by_cells() -> None:
    table = Table([Column("Who"), Column("Sum", 8, right=True)], header=True)
    async with Holder(table).run_test(size=(30, 8)) as pilot:
        table.show([Line("a", [Cell("寿司" * 20), Cell("5.00")]), *rows(2)])
        await pilot.pause()
        shown = lines(pilot.app)
        assert shown[0] == "Who" + " " * 24 + "Sum"
        assert shown[1].endswith("…      5.00") or shown[1].endswith("…       5.00")
        assert shown[2] == "name 0" + " " * 20 + "0.00"


async def test_the_cursor_stays_on_its_row_when_rows_come_above() -> None:
    table = Table([Column("Who"), Column("Sum", 8)])
    async with Holder(table).run_test(size=(30, 8)) as pilot:
        table.show(rows(5))
        table.focus()
        await pilot.press("down", "down")
        assert table.chosen_key == "k2"
        table.show([Line("new", [Cell("new"), Cell("1")]), *rows(5)])
        assert table.chosen_key == "k2"
        table.show(rows(2))
        assert table.chosen_key == "k0"


async def test_all_rows_are_reached_by_keys() -> None:
    table = Table([Column("Who"), Column("Sum", 8)])
    async with Holder(table).run_test(size=(30, 8)) as pilot:
        table.show(rows(200))
        table.focus()
        await pilot.press("end", "enter", "home", "enter", "pagedown", "enter", "up", "enter")
        assert pilot.app.heard == ["k199", "k0", "k7", "k6"]  # type: ignore[attr-defined]
        await pilot.press("end")
        await pilot.pause()
        assert "name 199" in "\n".join(lines(pilot.app))


async def test_a_tap_on_no_row_chooses_nothing() -> None:
    table = Table([Column("Who"), Column("Sum", 8)], header=True, empty="Nobody yet.")
    async with Holder(table).run_test(size=(30, 8)) as pilot:
        await pilot.pause()
        assert "Nobody yet." in lines(pilot.app)[0]
        await pilot.click(table, offset=(2, 3))
        table.show(rows(1))
        await pilot.pause()
        await pilot.click(table, offset=(2, 0))
        await pilot.click(table, offset=(2, 5))
        assert pilot.app.heard == []  # type: ignore[attr-defined]


async def test_a_pin_is_drawn_as_dots_and_never_shown() -> None:
    field = PinField()
    async with Holder(field).run_test(size=(40, 5)) as pilot:
        field.focus()
        await pilot.press(*"49a3-8")
        shown = "\n".join(lines(pilot.app))
        assert "● ● ● ● ○ ○  4 of 6" in shown
        assert "4938" not in shown
        await pilot.press(*"1799")
        assert field.value == "493817"


async def test_a_choice_goes_round_by_arrows_enter_and_tap() -> None:
    choice = Choice("Language", {"en": "English", "de": "Deutsch"}, "en", id="language")
    async with Holder(choice).run_test(size=(40, 3)) as pilot:
        choice.focus()
        await pilot.press("right", "right", "left", "enter")
        await pilot.click(choice, offset=(36, 0))
        assert pilot.app.heard == ["de", "en", "de", "en", "de"]  # type: ignore[attr-defined]


def test_a_pair_keeps_its_value_whole_and_cuts_its_label() -> None:
    assert pair("Name", "Asha", 12).plain == "Name    Asha"
    assert pair("A very long label", "25.50 XLM", 15).plain == "A ve… 25.50 XLM"


async def test_a_fact_too_long_for_its_line_takes_the_next_whole() -> None:
    facts = Facts([("Receipt number", "ab" * 32), ("Fee", "none")])
    async with Holder(facts).run_test(size=(40, 8)) as pilot:
        shown = lines(pilot.app)
        assert shown[0] == "Receipt number"
        assert "".join(shown[1:3]) == "ab" * 32
        assert shown[3].split() == ["Fee", "none"]


@pytest.mark.parametrize(("share", "full"), [(0, 0), (0.5, 5), (1, 10), (2, 10), (-1, 0)])
def test_a_bar_is_never_longer_than_its_line(share: float, full: int) -> None:
    drawn_bar = bar(share, 10).plain
    assert drawn_bar == "━" * full + "─" * (10 - full)


@pytest.mark.parametrize(
    ("payload", "size"),
    [(ADDRESS, (33, 17)), (request_link("https://lumenpay.example", "ABCDEFGH23"), (29, 15))],
)
def test_a_code_fits_a_small_screen(payload: str, size: tuple[int, int]) -> None:
    code = drawn(payload)
    assert (len(code[0]), len(code)) == size
    assert set("".join(code)) <= set(" ▀▄█")
    assert code[0].strip() == ""


def test_half_blocks_put_two_rows_into_one() -> None:
    assert half_blocks(["##  ", "# # "]) == ["█▀▄ "]
    assert all(len(set(map(len, rows))) == 1 for rows in LETTERS.values())
    assert set(Wordmark.NAME) == set(LETTERS)
