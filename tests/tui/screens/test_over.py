"""What lies over a screen: help, the menu, jump mode, technical details."""

import pytest
from textual.screen import ModalScreen

from tests.tui.conftest import opened, settle, shown
from tests.tui.fake_server import ADDRESS, FakeServer
from tui.screens.menu import Command, matching
from tui.session import Session
from tui.widgets.keys import working_keys


async def test_help_is_made_from_the_bindings_of_the_screen_below(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        expected = [key for key in working_keys(pilot.app.screen) if key.id]
        await pilot.press("question_mark")
        await settle(pilot)
        for key in expected:
            assert f"{key.display}  {key.words}" in shown(pilot)
        await pilot.press("escape")
        await pilot.press("o", "f1")
        await settle(pilot)
        assert "F8  Sign out" in shown(pilot)


async def test_help_keeps_what_was_said_lately(signed_in: Session) -> None:
    async with opened(signed_in, (120, 40)) as pilot:
        pilot.app.notify("Saved 12 entries")
        await pilot.press("f1")
        await settle(pilot)
        assert "What was said lately" in shown(pilot)


async def test_the_keymap_changes_the_key_and_what_is_said_of_it(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        pilot.app.set_keymap({"go.pay": "x"})
        await settle(pilot)
        assert "X Pay" in shown(pilot).splitlines()[-1]
        await pilot.press("x")
        await settle(pilot)
        assert pilot.app.current_mode == "pay"


def commands(*words: str) -> list[Command]:
    return [Command(one, "", lambda: None) for one in words]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["Pay", "Repay loan", "Help"]),
        ("pay", ["Pay", "Repay loan"]),
        ("loan RE", ["Repay loan"]),
        ("zzz", []),
    ],
)
def test_the_menu_finds_by_words_in_any_order(typed: str, found: list[str]) -> None:
    all_of_them = commands("Pay", "Repay loan", "Help")
    assert [one.words for one in matching(all_of_them, typed)] == found


async def test_the_menu_does_what_is_chosen(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("f2")
        await settle(pilot)
        assert "Help" in shown(pilot).splitlines()[3]
        await pilot.press(*"profile", "enter")
        await settle(pilot)
        assert pilot.app.current_mode == "profile"
        assert not isinstance(pilot.app.screen, ModalScreen)


async def test_the_menu_finds_people_and_payments(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("f2", *"meera")
        await settle(pilot)
        assert "Pay Meera Iyer" in shown(pilot)
        assert "Meera Iyer: Paid 120.00 XLM" in shown(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "Receipt" in shown(pilot)


async def test_the_menu_of_the_landing_knows_nobody(session: Session) -> None:
    async with opened(session) as pilot:
        await pilot.press("f2", *"sign")
        await settle(pilot)
        assert "Sign in" in shown(pilot)
        assert "Sign out" not in shown(pilot)


async def test_jump_mode_focuses_or_goes(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("f3", "h")
        await settle(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "receive"
        await pilot.press("f3", "f")
        await settle(pilot)
        assert pilot.app.current_mode == "profile"


async def test_jump_mode_works_from_inside_a_field(session: Session) -> None:
    async with opened(session) as pilot:
        await pilot.press("s")
        await settle(pilot)
        await pilot.press("f3", "b")
        await settle(pilot)
        assert pilot.app.focused is pilot.app.screen.query("Field").last()


async def test_details_are_exact_and_copied_whole(server: FakeServer, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        server.refuse("GET balance", "server.busy", status=503)
        await pilot.press("f5")
        await settle(pilot)
        await pilot.press("f4")
        await settle(pilot)
        for fact in (ADDRESS, "http://127.0.0.1:9", "52115", "server.busy", "req-0001"):
            assert fact in shown(pilot), fact
        await pilot.click("#copy")
        await settle(pilot)
        assert ADDRESS in pilot.app.clipboard
        assert "token-1" not in pilot.app.clipboard
