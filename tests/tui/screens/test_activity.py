"""Activity: found, filtered, opened, saved."""

import csv
from pathlib import Path

import httpx
import msgspec
import pytest

from core import wire
from tests.tui.bank import Bank
from tests.tui.conftest import settle, shown
from tests.tui.fake_server import transaction
from tests.tui.screens.conftest import Page
from tui.screens.receipt import ReceiptSheet
from tui.widgets.forms import Entry
from tui.widgets.table import Table


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DOWNLOAD_DIR", raising=False)
    return tmp_path


async def test_all_is_listed_with_sign_and_word(page: Page) -> None:
    async with page("activity") as pilot:
        words = shown(pilot)
        assert "12 entries" in words
        for line in ("Received        +     250.00  USDC", "Paid            −      42.50  USDC"):
            assert line in words
        assert "Failed" in words


async def test_filters(page: Page) -> None:
    async with page("activity") as pilot:
        await pilot.press("slash", *"ravi")
        await settle(pilot)
        assert "2 entries" in shown(pilot)
        await pilot.press("f6")
        await settle(pilot)
        assert "1 entry" in shown(pilot)
        assert "◂ Paid ▸" in shown(pilot)
        await pilot.press(*"zzz")
        await settle(pilot)
        assert "Nothing found." in shown(pilot)
        await pilot.press("f8")
        await settle(pilot)
        assert "12 entries" in shown(pilot)


async def test_what_can_be_searched(page: Page) -> None:
    async with page("activity") as pilot:
        for search in ("42.5", "7c1f90ab", "@meera", "MEERA"):
            pilot.app.screen.query_one("#search", Entry).field.value = search
            await settle(pilot)
            assert pilot.app.screen.query_one(Table).row_count >= 1


async def test_one_is_opened_and_its_number_copied(page: Page, bank: Bank) -> None:
    async with page("activity") as pilot:
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReceiptSheet)
        assert "Corner Bakery" in shown(pilot)
        await pilot.press("n")
        assert pilot.app.clipboard == bank.history[1].hash
        await pilot.press("escape", "f4")
        await settle(pilot)
        assert bank.history[1].transaction_id in shown(pilot)


async def test_a_tap_opens_at_once(page: Page) -> None:
    async with page("activity") as pilot:
        await pilot.click(Table, offset=(5, 3))
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReceiptSheet)
        assert "Meera Iyer" in shown(pilot)


async def test_older_ones_come_page_by_page(
    page: Page, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = [transaction(f"Old {number}", "1", at="2026-10-01T00:00:00.000Z") for number in (1, 2)]

    original = Bank._answer

    def answer(self: Bank, call: str, body: dict[str, str]) -> object:
        if call == "GET transactions":
            more = self.query.get("cursor") == "older"
            page_of = wire.Transactions(
                items=older if more else self.history, next=None if more else "older"
            )
            return httpx.Response(200, content=msgspec.json.encode(page_of))
        return original(self, call, body)

    monkeypatch.setattr(Bank, "_answer", answer)
    async with page("activity") as pilot:
        assert "12 entries, and older ones" in shown(pilot)
        await pilot.press("m")
        await settle(pilot)
        assert "14 entries" in shown(pilot)
        assert "older ones" not in shown(pilot)


async def test_saved_as_a_private_file(page: Page, bank: Bank, home: Path) -> None:
    bank.history[1].note = "=cmd()"
    async with page("activity", (120, 40)) as pilot:
        await pilot.press("f6", "f7")
        await settle(pilot)
        assert "Saved" in shown(pilot)
    text = (home / "lumenpay-2026-11-24.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 7
    assert {row["direction"] for row in rows} == {"out"}
    assert rows[0]["note"] == "'=cmd()"


async def test_a_file_that_cannot_be_saved_is_said(
    page: Page, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.screens.activity.save_new", full)
    async with page("activity", (120, 40)) as pilot:
        await pilot.press("f7")
        await settle(pilot)
        assert "No space left on device" in shown(pilot)
        assert list(home.glob("*.csv")) == []


async def test_without_a_server_the_reason_is_said(page: Page, bank: Bank) -> None:
    bank.history = []
    async with page("activity", (120, 40)) as pilot:
        assert "Nothing has come or gone yet." in shown(pilot)
        bank.refuse("GET transactions", "server.busy", status=503)
        await pilot.press("f7")
        await settle(pilot)
        assert "LumenPay is busy" in shown(pilot)
