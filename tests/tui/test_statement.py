"""CSV that a spreadsheet reads as text and numbers, never as formulas."""

import csv
import io

import pytest

from core import wire
from tests.tui.fake_server import person, transaction
from tests.tui.hostile import HOSTILE
from tui.statement import COLUMNS, csv_of, text_cell


def rows_of(*transactions: wire.Transaction) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_of(transactions))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_only_text(start: str) -> None:
    (row,) = rows_of(transaction(person(f"{start}1+1", "a"), "5", note=f"{start}cmd"))
    assert row["name"] == f"'{start}1+1"
    assert row["note"] == f"'{start}cmd"


def test_numbers_stay_numbers() -> None:
    paid, received = rows_of(
        transaction("A", "25.5"), transaction("B", "0.0000001", direction="in")
    )
    assert (paid["amount"], received["amount"]) == ("-25.5", "0.0000001")
    assert paid["fee"] == "0"


def test_quotes_commas_and_lines_stay_in_their_cell() -> None:
    note = 'say "yes", then\nno'
    (row,) = rows_of(transaction("A", "1", note=note))
    assert row["note"] == note
    assert tuple(row) == COLUMNS


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_names_make_one_row(hostile: str) -> None:
    rows = rows_of(transaction(person(hostile, "a"), "1"), transaction("B", "2"))
    assert len(rows) == 2
    assert text_cell(text_cell("plain")) == "plain"
