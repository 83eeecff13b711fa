"""Profile: what the server knows of one, and each change of it."""

from textual.pilot import Pilot

from tests.tui.conftest import opened, settle, shown
from tests.tui.fake_server import FakeServer
from tui.session import Session
from tui.text import clock_time, language
from tui.widgets.choice import Choice
from tui.widgets.forms import Entry


def changes(server: FakeServer) -> list[object]:
    return [body for call, body in server.requests if call == "PATCH /api/profile"]


async def at_profile(pilot: Pilot[None]) -> None:
    await pilot.press("o")
    await settle(pilot)


async def test_it_shows_who_one_is(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        for fact in ("Asha Rao", "@asha", "asha@example.org", "14 Nov 2026", "ASHA2026"):
            assert fact in shown(pilot)


async def test_the_language_changes_at_once_and_stays(
    server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        assert isinstance(pilot.app.focused, Choice)
        await pilot.press("right")
        await settle(pilot)
        await settle(pilot)
        assert changes(server) == [{"language": "de"}]
        assert language() == "de"
        assert pilot.app.current_mode == "profile"
        assert "Deutsch" in shown(pilot)
        assert "Sprache" in shown(pilot)
        assert signed_in.profile.preference("language") == "de"


async def test_a_refused_language_goes_back(server: FakeServer, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        server.refuse("PATCH /api/profile", "account.language_unknown", field="language")
        await pilot.press("right")
        await settle(pilot)
        assert language() == "en"
        assert pilot.app.screen.query_one("#language", Choice).value == "en"
        assert server.language == "en"


async def test_the_time_zone_is_saved_by_enter(server: FakeServer, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        field = pilot.app.screen.query_one("#timezone", Entry).field
        field.value = "Asia/Tokyo"
        field.focus()
        await pilot.press("enter")
        await settle(pilot)
        assert changes(server) == [{"timezone": "Asia/Tokyo"}]
        assert clock_time("2026-11-24T14:31:00.000Z") == "23:31"
        assert signed_in.profile.preference("timezone") == "Asia/Tokyo"


async def test_a_refused_time_zone_is_told_under_its_field(
    server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        server.refuse("PATCH /api/profile", "account.timezone_unknown", field="timezone")
        entry = pilot.app.screen.query_one("#timezone", Entry)
        entry.field.value = "Mars/Olympus"
        entry.field.focus()
        await pilot.press("enter")
        await settle(pilot)
        assert entry.field.has_class("-refused")
        assert "not known" in shown(pilot)
        assert server.timezone == "UTC"
        assert clock_time("2026-11-24T14:31:00.000Z") == "14:31"


async def test_the_id_changes_once_after_a_question_that_stands_on_no(
    server: FakeServer, signed_in: Session
) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        pilot.app.screen.query_one("#handle", Entry).field.value = "asha_rao"
        await pilot.click("#rename")
        await settle(pilot)
        assert "only once" in shown(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert changes(server) == []
        await pilot.click("#rename")
        await settle(pilot)
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert changes(server) == [{"handle": "asha_rao"}]
        assert "@asha_rao" in shown(pilot)
        assert not pilot.app.screen.query_one("#rename").display
        assert signed_in.profile.sign_in is not None
        assert signed_in.profile.sign_in.handle == "asha_rao"


async def test_a_bad_id_is_told_before_any_question(server: FakeServer, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        entry = pilot.app.screen.query_one("#handle", Entry)
        entry.field.value = "9"
        await pilot.click("#rename")
        await settle(pilot)
        assert entry.field.has_class("-refused")
        assert len(pilot.app.screen_stack) == 1
        assert changes(server) == []


async def test_signing_out_by_key(server: FakeServer, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await at_profile(pilot)
        await pilot.press("f8")
        await settle(pilot)
        assert pilot.app.current_mode == "welcome"
        assert not signed_in.signed_in
        assert ("POST signOut", {"action": "signOut"}) in server.requests
