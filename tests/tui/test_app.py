"""The App: where one may go, lock and sign-out, practice, notices, quitting, keys."""

import asyncio
from pathlib import Path

import pytest
from textual.screen import ModalScreen

from tests.tui.conftest import SERVER, Clock, opened, settle, shown, wallet_of
from tests.tui.fake_server import FakeServer
from tui.api import Api
from tui.app import PLACES, LumenPay, wallet
from tui.idle import LOCK_AFTER_SECONDS, SIGN_OUT_AFTER_SECONDS
from tui.profile import Profile
from tui.session import Session
from tui.theme import LOOKS
from tui.widgets.forms import Field


async def test_the_wallet_opens_at_the_landing_without_a_session(session: Session) -> None:
    async with opened(session) as pilot:
        assert pilot.app.current_mode == "welcome"
        assert "LumenPay" not in shown(pilot)  # the wordmark is drawn, not written
        assert "Sign in" in shown(pilot)


async def test_the_wallet_opens_at_home_with_a_session(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        assert pilot.app.current_mode == "home"


async def test_nothing_is_asked_of_the_network_before_the_first_paint(
    server: FakeServer, signed_in: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    ready = LumenPay.on_ready

    def watched(app: LumenPay) -> None:
        asked.append(len(server.requests))
        ready(app)

    monkeypatch.setattr(LumenPay, "on_ready", watched)
    async with opened(signed_in):
        assert asked == [0]
        assert server.requests


async def test_nobody_goes_anywhere_before_signing_in(server: FakeServer, session: Session) -> None:
    async with opened(session) as pilot:
        for key in ("h", "p", "r", "a", "c", "o", "f9", "f5"):
            await pilot.press(key)
            await settle(pilot)
            assert pilot.app.current_mode == "welcome"
        assert not [call for call, _body in server.requests if call != "GET /readyz"]


@pytest.mark.parametrize(
    ("key", "mode"),
    [("p", "pay"), ("r", "receive"), ("a", "activity"), ("c", "contacts"), ("o", "profile")],
)
async def test_every_place_is_one_letter_away(key: str, mode: str, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press(key)
        await settle(pilot)
        assert pilot.app.current_mode == mode


async def test_a_tap_on_a_place_goes_there(signed_in: Session) -> None:
    from tui.widgets.frame import Place

    async with opened(signed_in) as pilot:
        places = {place.mode: place for place in pilot.app.screen.query(Place)}
        assert list(places) == list(PLACES)
        await pilot.click(places["profile"])
        await settle(pilot)
        assert pilot.app.current_mode == "profile"


# lock and sign-out


async def test_the_wallet_locks_after_two_idle_minutes(
    clock: Clock, server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        app = wallet_of(pilot)
        clock.pass_seconds(LOCK_AFTER_SECONDS - 1)
        await app._keep_watch()
        assert not app.locked
        await pilot.press("tab")
        clock.pass_seconds(LOCK_AFTER_SECONDS - 1)
        await app._keep_watch()
        assert not app.locked
        clock.pass_seconds(1)
        await app._keep_watch()
        await settle(pilot)
        assert app.locked
        assert app.clipboard == ""


async def test_focus_timers_and_resizes_are_no_activity(clock: Clock, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        clock.pass_seconds(LOCK_AFTER_SECONDS)
        await pilot.resize_terminal(120, 40)
        pilot.app.app_focus = False
        pilot.app.app_focus = True
        await wallet_of(pilot)._keep_watch()
        assert wallet_of(pilot).locked


async def test_a_locked_wallet_shows_nothing_and_obeys_little(
    server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        pilot.app.notify("Paid Ravi Menon")
        pilot.app.copy_to_clipboard("@asha")
        await pilot.press("f9")
        await settle(pilot)
        words = shown(pilot)
        for secret in ("Asha", "Ravi", "asha", "9,001", "5,301", "XLM"):
            assert secret not in words
        assert not isinstance(pilot.app.screen, ModalScreen)
        assert pilot.app.clipboard == ""
        before = len(server.requests)
        for key in ("f2", "f3", "f4", "f5", "escape"):
            await pilot.press(key)
            await settle(pilot)
        for mode in PLACES:
            assert not await pilot.app.run_action(f"go('{mode}')")
        assert pilot.app.current_mode == "lock"
        assert len(pilot.app.screen_stack) == 1
        assert len(server.requests) == before


async def test_the_right_password_goes_back_where_one_was(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("o")
        await settle(pilot)
        await pilot.press("f9")
        await settle(pilot)
        await pilot.press(*"wrong", "enter")
        await settle(pilot)
        assert wallet_of(pilot).locked
        assert "! The name or the password is not" in shown(pilot)
        await pilot.press(*"correct horse battery", "enter")
        await settle(pilot)
        assert pilot.app.current_mode == "profile"
        assert signed_in.model.balances is not None


async def test_a_lock_cannot_be_opened_while_the_server_is_away(
    server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("f9")
        await settle(pilot)
        server.away = True
        await pilot.press(*"correct horse battery", "enter")
        await settle(pilot)
        assert wallet_of(pilot).locked
        assert "cannot be reached" in shown(pilot)


async def test_ten_idle_minutes_sign_out_and_leave_nothing(
    clock: Clock, server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        app = wallet_of(pilot)
        await pilot.press("f9")
        await settle(pilot)
        clock.pass_seconds(SIGN_OUT_AFTER_SECONDS)
        await app._keep_watch()
        await settle(pilot)
        assert app.current_mode == "welcome"
        assert not signed_in.signed_in
        assert signed_in.model.balances is None
        assert ("POST signOut", {"action": "signOut"}) in server.requests
        server.name, server.handle = "Ravi Menon", "ravi"
        await pilot.press("s")
        await settle(pilot)
        await pilot.press(*"ravi", "enter", *"correct horse battery", "enter")
        await settle(pilot)
        assert app.current_mode == "home"
        assert "Asha" not in shown(pilot)
        assert "Ravi" in shown(pilot)


async def test_a_session_that_the_server_ended_leads_to_the_landing(
    server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        for call in ("GET info", "POST refresh"):
            server.refuse(call, "auth.session_expired", status=401)
        await pilot.press("f5")
        await settle(pilot)
        assert pilot.app.current_mode == "welcome"
        assert not signed_in.signed_in


# practice


async def test_practice_money_wears_a_badge_on_every_screen(signed_in: Session) -> None:
    async with opened(signed_in, (120, 40)) as pilot:
        for mode in PLACES:
            await pilot.app.run_action(f"go('{mode}')")
            await settle(pilot)
            assert "PRACTICE MONEY" in shown(pilot), mode
        await pilot.press("f9")
        await settle(pilot)
        assert "PRACTICE MONEY" in shown(pilot)


async def test_real_money_wears_none(server: FakeServer, signed_in: Session) -> None:
    server.network = "public"
    async with opened(signed_in, (120, 40)) as pilot:
        assert "PRACTICE" not in shown(pilot)


async def test_the_landing_learns_of_practice_from_the_server(session: Session) -> None:
    async with opened(session, (120, 40)) as pilot:
        assert "PRACTICE" not in shown(pilot)
        await pilot.pause(1.2)
        await settle(pilot)
        assert "PRACTICE MONEY" in shown(pilot)


# looks, notices, quitting


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("no_colour", [False, True])
async def test_every_look_is_worn_and_remembered(
    look: str, no_colour: bool, signed_in: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    async with opened(signed_in) as pilot:
        wallet_of(pilot).wear(look)
        await settle(pilot)
        assert "Recent activity" in shown(pilot)
    assert wallet(signed_in).theme == look


async def test_an_unknown_look_falls_back(signed_in: Session) -> None:
    signed_in.profile.prefer("theme", "no such look")
    async with opened(signed_in) as pilot:
        assert pilot.app.theme == "night"


async def test_a_payment_on_its_way_is_waited_for(signed_in: Session) -> None:
    done = asyncio.Event()
    async with opened(signed_in) as pilot:
        pilot.app.run_worker(done.wait(), group="pay", exit_on_error=False)
        await pilot.press("f10")
        await settle_but_pay(pilot)
        assert "Finishing your payment" in shown(pilot)
        assert pilot.app.is_running
        done.set()
        await pilot.pause(0.5)
    assert pilot.app.return_code == 0


async def settle_but_pay(pilot: object) -> None:
    await pilot.pause(0.2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("owner", ["app", "page"])
async def test_a_fault_in_a_worker_is_told_and_written_down_without_values(
    owner: str, signed_in: Session, tmp_path: Path
) -> None:
    async def faulty() -> None:
        raise ValueError("the PIN was 493817")

    async with opened(signed_in, log=tmp_path) as pilot:
        node = pilot.app if owner == "app" else pilot.app.screen
        node.run_worker(faulty(), exit_on_error=False)
        await settle(pilot)
        (log,) = tmp_path.glob("fault-*.log")
        assert "faulty" in log.read_text()
        assert "493817" not in log.read_text()
        assert log.stem.removeprefix("fault-") in wallet_of(pilot).notices[-1]
        assert pilot.app.is_running


async def test_f10_quits_at_once_otherwise(signed_in: Session) -> None:
    app = wallet(signed_in)
    async with app.run_test() as pilot:
        await pilot.press("f10")
        await pilot.pause(0.1)
        assert not app.is_running


async def test_a_lost_server_is_told_with_the_age_of_the_data_and_found_again(
    clock: Clock, server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in, (120, 40)) as pilot:
        assert "● Connected" in shown(pilot)
        server.away = True
        clock.pass_seconds(75)
        await pilot.press("f5")
        await settle(pilot)
        await pilot.pause(1.1)
        assert "● Not connected: LumenPay cannot be reached." in shown(pilot)
        assert "Balances 1 min old" in shown(pilot)
        assert "9,001" not in shown(pilot)  # drawn as big digits
        assert "5,301.44" in shown(pilot)
        server.away = False
        await pilot.press("f5")
        await settle(pilot)
        assert "● Connected" in shown(pilot)


async def test_the_balances_are_read_again_once_a_minute(
    clock: Clock, server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        server.requests.clear()
        clock.pass_seconds(59)
        await wallet_of(pilot)._keep_watch()
        await settle(pilot)
        assert ("GET balance", {}) not in server.requests
        clock.pass_seconds(1)
        await wallet_of(pilot)._keep_watch()
        await settle(pilot)
        assert server.requests.count(("GET balance", {})) == 1
        assert signed_in.data_age_seconds == 0


# keys


@pytest.mark.parametrize("mode", [*PLACES, "lock", "welcome"])
async def test_the_last_line_fits_and_has_help_and_quit(mode: str, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.app.switch_mode(mode)
        await settle(pilot)
        last = shown(pilot).splitlines()[-1]
        assert "F1 Help" in last
        assert "F10 Quit" in last
        assert len(last) <= 80
        assert len(last.strip().split("  ")) <= 7


async def test_letters_that_a_field_takes_are_not_offered(session: Session) -> None:
    async with opened(session) as pilot:
        assert "S Sign in" in shown(pilot)
        await pilot.press("s")
        await settle(pilot)
        assert isinstance(pilot.app.focused, Field)
        last = shown(pilot).splitlines()[-1]
        assert all(len(key) > 1 for key in last.split()[::2])
        await pilot.press("?")
        assert isinstance(pilot.app.focused, Field)


def test_every_key_has_an_id_of_its_own() -> None:
    ids = [binding.id for binding in LumenPay.BINDINGS]  # type: ignore[union-attr]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_a_profile_of_another_server_is_no_session(
    tmp_path: Path, server: FakeServer
) -> None:
    profile = Profile("default", tmp_path)
    other = Session(Api("http://127.0.0.1:10", profile, transport=server), profile)
    assert not other.signed_in
    assert other.api.server != SERVER
