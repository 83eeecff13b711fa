"""Keys that come faster than a slow terminal works: each belongs where it was meant to go."""

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.conftest import opened, settle
from tui.session import Session


def _burst(pilot: Pilot[object], text: str) -> None:
    """All keys at once, as a password manager types them."""
    for character in text:
        key = "tab" if character == "\t" else character
        pilot.app.post_message(events.Key(key, None if key == "tab" else character))


async def test_a_password_typed_after_a_tab_never_shows_in_the_field_before_it(
    session: Session,
) -> None:
    async with opened(session) as pilot:
        await pilot.press("s")
        await settle(pilot)
        _burst(pilot, "ab\tsecret")
        await settle(pilot)
        values = [field.value for field in pilot.app.screen.query(Input)]
        assert values == ["ab", "secret"]


async def test_focus_moves_on_a_locked_wallet(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("f9")
        await settle(pilot)
        before = pilot.app.focused
        await pilot.press("tab")
        assert pilot.app.focused is not before
        await pilot.press("shift+tab")
        assert pilot.app.focused is before
