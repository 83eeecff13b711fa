"""Safe text, money and times as people read and write them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from core.errors import Problem
from core.money import MAX_STROOPS, format_stroops, parse_stroops
from tests.tui.fake_server import NOW_MS
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tui import text


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_calmed(hostile: str) -> None:
    calm = text.safe_text(hostile)
    assert not set(calm) & set(FORBIDDEN)
    assert text.safe_text(calm) == calm


def test_escape_stays_visible_and_lines_become_one() -> None:
    assert text.safe_text("a\x1b[31mb") == r"a\x1b[31mb"
    assert text.safe_text("one\r\ntwo\tthree") == "one  two three"


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("Zoë Ångström", "阿莎", "आशा राव", "Ḥasan", "O'Brien [Ltd.]"):
        assert text.safe_text(name) == name


@given(st.text())
def test_no_text_has_a_control_left(anything: str) -> None:
    calm = text.safe_text(anything)
    assert all(unicodedata.category(character)[0] != "C" for character in calm)
    assert text.safe_text(calm) == calm
    calm.encode()


def test_every_text_of_a_reply_is_calmed() -> None:
    dirty = {"na\x1bme": ["\u202ex", {"deep": "a\x00b"}, 5, None, True]}
    assert text.safe_values(dirty) == {r"na\x1bme": ["x", {"deep": "ab"}, 5, None, True]}


@given(st.text(max_size=60), st.integers(0, 30))
def test_a_cut_never_takes_more_cells(anything: str, cells: int) -> None:
    assert cell_len(text.cut(text.safe_text(anything), cells)) <= cells


def test_a_cut_says_that_it_cut() -> None:
    assert text.cut("Northwind Studio", 9) == "Northwin…"
    assert text.cut("寿司屋さん", 5) == "寿司…"
    assert text.cut("short", 5) == "short"


@pytest.mark.parametrize(
    ("language", "decimal", "shown"),
    [
        ("en", "0", "0.00"),
        ("en", "25.5", "25.50"),
        ("en", "1234567.1234567", "1,234,567.1234567"),
        ("en", "922337203685.4775807", "922,337,203,685.4775807"),
        ("en", "-12", "−12.00"),
        ("en", "not a number", "not a number"),
        ("de", "1234567.5", "1.234.567,50"),
    ],
)
def test_amounts_are_written_whole(language: str, decimal: str, shown: str) -> None:
    text.use_language(language)
    assert text.amount(decimal) == shown


@pytest.mark.parametrize(
    ("language", "typed", "wire"),
    [
        ("en", "25.5", "25.5"),
        ("en", " 1,234.50 ", "1234.5"),
        ("en", "1,234,567", "1234567"),
        ("en", ".5", "0.5"),
        ("en", "5.", "5"),
        ("en", "1'000", "1000"),
        ("de", "1.234,50", "1234.5"),
        ("de", "25,5", "25.5"),
        ("de", "25.5", "25.5"),
    ],
)
def test_pasted_amounts_are_read_as_the_language_writes_them(
    language: str, typed: str, wire: str
) -> None:
    text.use_language(language)
    assert text.pasted_amount(typed) == wire


@pytest.mark.parametrize(
    "typed", ["", "1e5", "-1", "+1", "NaN", "0", "1,23", "1.2.3", "0x10", "1.12345678", "１２"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Problem) as refused:
        text.pasted_amount(typed)
    assert refused.value.code.startswith("amount.")
    with pytest.raises(Problem):
        text.plain_amount(typed)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_point_of_a_field_is_a_point_in_every_language(language: str) -> None:
    text.use_language(language)
    for typed, wire in (("1.234", "1.234"), (".5", "0.5"), ("5.", "5"), ("0001", "1")):
        assert text.plain_amount(typed) == wire
    for typed in ("1,234", "1 000", "1,234.50"):
        with pytest.raises(Problem):
            text.plain_amount(typed)


@given(st.integers(1, MAX_STROOPS), st.sampled_from(["en", "de"]))
def test_what_is_written_can_be_read_again(stroops: int, language: str) -> None:
    text.use_language(language)
    written = text.amount(format_stroops(stroops))
    assert parse_stroops(text.pasted_amount(written)) == stroops


def test_what_stays_of_an_amount() -> None:
    assert text.remainder("10", "2.5") == "7.5"
    assert text.remainder("10", "10") == "0"
    assert text.remainder("10", "10.0000001") is None
    assert text.remainder("0", "0") == "0"


def test_times_are_those_of_the_person() -> None:
    time = "2026-11-24T23:30:00.000Z"
    assert text.date_time(time) == "24 Nov 2026, 23:30"
    text.use_timezone("Asia/Kolkata")
    assert text.date_time(time) == "25 Nov 2026, 05:00"
    text.use_language("de")
    assert text.date(time) == "25 Nov. 2026"
    text.use_timezone("Nowhere/At All")
    assert text.clock_time(time) == "23:30"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("2026-11-24T00:01:00.000Z", "today"),
        ("2026-11-23T23:59:00.000Z", "yesterday"),
        ("2026-11-20T12:00:00.000Z", "Friday"),
        ("2026-11-14T12:00:00.000Z", "14 Nov"),
        ("2025-11-14T12:00:00.000Z", "14 Nov 2025"),
    ],
)
def test_days_are_said_as_people_say_them(time: str, said: str) -> None:
    assert text.day(time, NOW_MS) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (200_000, "2 d")],
)
def test_ages(seconds: float, said: str) -> None:
    assert text.age(seconds) == said


def test_the_machine_says_language_and_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LC_MESSAGES", "de_AT.UTF-8")
    assert text.machine_language() == "de"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert text.machine_language() == "en"
    monkeypatch.setenv("TZ", "Europe/Vienna")
    assert text.machine_timezone() == "Europe/Vienna"
    monkeypatch.setenv("TZ", "../../etc/passwd")
    assert text.machine_timezone() == "UTC"
