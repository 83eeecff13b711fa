"""Each default of the framework that is unsafe for a wallet, proved to be closed."""

from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from core import wire
from tests.tui.conftest import opened, settle, shown, wallet_of
from tests.tui.fake_server import FakeServer, person, transaction
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tui.app import PLACES
from tui.screens.receipt import ReceiptSheet
from tui.session import Session
from tui.widgets.forms import Entry, MoneyField, PasswordField, PinField
from tui.widgets.table import Table


def fill(server: FakeServer) -> None:
    """Everything that others wrote, hostile in every way at once."""
    server.name = "".join(text[:40] for text in HOSTILE.values())
    server.history, server.contacts = [], []
    for number, text in enumerate(HOSTILE.values()):
        other = person(text, f"user_{number}")
        memo = wire.Memo(type="text", value=text)
        server.history += [
            transaction(other, "25.5", note=text, memo=memo),
            transaction(other, "5", direction="in", reason=text, status="failed"),
        ]
        server.contacts.append(
            wire.Contact(
                contact_id=str(number), name=text, address=text, favourite=False, blocked=False
            )
        )


def assert_harmless(pilot: Pilot[None]) -> None:
    for strip in pilot.app.screen._compositor.render_strips():
        for segment in strip:
            assert not set(segment.text) & set(FORBIDDEN), segment.text
            if segment.style is not None:
                assert "@click" not in segment.style.meta, segment.text


@pytest.mark.parametrize("mode", PLACES)
async def test_hostile_text_neither_crashes_nor_drives(
    mode: str, server: FakeServer, signed_in: Session
) -> None:
    fill(server)
    async with opened(signed_in, (120, 40)) as pilot:
        await pilot.app.run_action(f"go('{mode}')")
        await settle(pilot)
        assert_harmless(pilot)
        for key in ("f4", "f2", "f1", "f3"):
            await pilot.press(key)
            await settle(pilot)
            assert_harmless(pilot)
            await pilot.press("escape")
        assert pilot.app.is_running


async def test_hostile_text_opened_and_searched(server: FakeServer, signed_in: Session) -> None:
    """Each payment's details, and the menu's search through all of them."""
    fill(server)
    async with opened(signed_in) as pilot:
        for number in range(0, len(server.history), 2):
            wallet_of(pilot).open_payment(signed_in.model.recent[number])
            await settle(pilot)
            assert_harmless(pilot)
            await pilot.press("escape")
        await pilot.press("f2", *"[@cl")
        await settle(pilot)
        assert_harmless(pilot)


async def test_a_toast_is_never_markup(session: Session) -> None:
    async with opened(session) as pilot:
        for text in HOSTILE.values():
            pilot.app.notify(text, markup=True)
            pilot.app.screen.notify(text, title="note")
        await settle(pilot)
        assert pilot.app.is_running
        for strip in pilot.app.screen._compositor.render_strips():
            assert all("@click" not in s.style.meta for s in strip if s.style is not None)


async def test_a_password_is_never_copied_or_cut(session: Session) -> None:
    async with opened(session) as pilot:
        await pilot.press("s")
        await settle(pilot)
        field = pilot.app.screen.query_one(PasswordField)
        field.focus()
        await pilot.press(*"secret words", "ctrl+shift+a", "ctrl+c", "ctrl+x")
        assert field.value == "secret words"
        assert pilot.app.clipboard == ""
        assert field.suggester is None


async def test_a_crash_shows_and_keeps_no_values(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Burnt(Exception):
        pass

    def burn(_pin: str) -> None:
        password = "hunter2 is my password"
        raise Burnt(password + _pin)

    async def crash() -> None:
        async with opened(session, log=tmp_path) as pilot:
            pilot.app.call_later(burn, "493817")
            await pilot.pause(0.2)

    with pytest.raises(Burnt):
        await crash()
    printed = capsys.readouterr().err
    (log,) = tmp_path.glob("fault-*.log")
    number = log.stem.removeprefix("fault-")
    assert number in printed
    assert log.stat().st_mode & 0o077 == 0
    for text in (printed, log.read_text()):
        assert "hunter2" not in text
        assert "493817" not in text
    assert "Burnt" in log.read_text()
    assert "burn" in log.read_text()


@pytest.mark.parametrize(
    ("pasted", "value"),
    [
        ("1,234.50", "1234.5"),
        ("25.5 XLM", "25.5"),
        ("1 234.5678901", "1234.5678901"),
        ("1e5", ""),
        ("-5", ""),
        ("NaN", ""),
        ("0", ""),
        ("12345678901234567890", ""),
        ("1.12345678", ""),
        ("7\n8", "7"),
    ],
)
async def test_a_pasted_amount_is_normalised_or_refused(
    pasted: str, value: str, session: Session
) -> None:
    async with opened(session) as pilot:
        entry = Entry(MoneyField(), "Amount")
        await pilot.app.screen.mount(entry)
        entry.field.focus()
        await pilot.pause()
        entry.field.post_message(Paste(pasted))
        await settle(pilot)
        assert entry.value == value
        assert entry.field.has_class("-refused") is not bool(value)


async def test_what_is_typed_into_an_amount_stays_an_amount(session: Session) -> None:
    async with opened(session) as pilot:
        field = MoneyField()
        await pilot.app.screen.mount(field)
        field.focus()
        await pilot.press(*"1e5-+ 2,5.0x")
        assert field.value == "152.50"


async def test_a_burst_of_keys_is_taken_in_its_order(session: Session) -> None:
    async with opened(session) as pilot:
        field = MoneyField()
        await pilot.app.screen.mount(field)
        field.focus()
        await pilot.pause()
        keys = ["1", "2", "9", "backspace", "5", "left", "4", "end", "0", "home", "delete", "3"]
        for key in keys:
            pilot.app.simulate_key(key)
        await settle(pilot)
        assert field.value == "32450"


@pytest.mark.parametrize(
    ("pasted", "value"), [("493 817", "493817"), ("49-38-17", "493817"), ("49381x", "")]
)
async def test_a_pasted_pin_is_digits_or_nothing(pasted: str, value: str, session: Session) -> None:
    async with opened(session) as pilot:
        field = PinField()
        await pilot.app.screen.mount(field)
        field.focus()
        field.post_message(Paste(pasted))
        await settle(pilot)
        assert field.value == value
        assert "493817" not in shown(pilot)


async def test_one_tap_chooses_a_row(signed_in: Session) -> None:
    async with opened(signed_in, (120, 40)) as pilot:
        table = pilot.app.screen.query_one("#latest", Table)
        await pilot.click(table, offset=(3, 2))
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReceiptSheet)
        assert table.chosen_key == signed_in.model.recent[2].transaction_id


async def test_fields_do_not_blink(session: Session) -> None:
    async with opened(session) as pilot:
        await pilot.press("n")
        await settle(pilot)
        assert not any(field.cursor_blink for field in pilot.app.screen.query(Input))
