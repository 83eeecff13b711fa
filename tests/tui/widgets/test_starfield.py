"""The stars: the same in every picture, single cells at a tick, still when they should be."""

import pytest

from tests.tui.conftest import opened, settle
from tui.session import Session
from tui.widgets.starfield import IDLE_TICKS, Starfield


def field(pilot: object) -> Starfield:
    return pilot.app.screen.query_one(Starfield)  # type: ignore[attr-defined]


def running(stars: Starfield) -> bool:
    assert stars._timer is not None
    return stars._timer._active.is_set()


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMENPAY_STARS", "on")


@pytest.mark.usefixtures("moving")
async def test_a_tick_changes_a_twentieth_and_repaints_single_cells(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(session) as pilot:
        stars = field(pilot)
        assert running(stars)
        painted: list[int] = []
        monkeypatch.setattr(stars, "refresh", lambda *regions, **_: painted.append(regions[0].area))
        stars._twinkle()
        count = sum(len(row) for row in stars._stars.values())
        assert painted == [1] * (count // 20)


async def test_two_skies_of_a_size_are_the_same(session: Session) -> None:
    async with opened(session) as pilot:
        first = dict(field(pilot)._stars)
        await pilot.press("n")
        await settle(pilot)
        assert field(pilot)._stars == first


@pytest.mark.usefixtures("moving")
async def test_they_stand_still_without_focus_and_while_covered(session: Session) -> None:
    async with opened(session) as pilot:
        stars = field(pilot)
        pilot.app.app_focus = False
        await settle(pilot)
        assert not running(stars)
        pilot.app.app_focus = True
        await settle(pilot)
        assert running(stars)
        await pilot.press("f1")
        await settle(pilot)
        assert not running(stars)
        await pilot.press("escape")
        await settle(pilot)
        assert running(stars)


@pytest.mark.usefixtures("moving")
async def test_they_stop_after_five_minutes_and_go_on_with_a_key(session: Session) -> None:
    async with opened(session) as pilot:
        stars = field(pilot)
        for _ in range(IDLE_TICKS + 1):
            stars._twinkle()
        assert not running(stars)
        await pilot.press("tab")
        await settle(pilot)
        assert running(stars)


@pytest.mark.usefixtures("moving")
@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("LUMENPAY_STARS", "still")])
async def test_they_never_move_when_asked_to_be_still(
    name: str, value: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    async with opened(session) as pilot:
        assert not running(field(pilot))


@pytest.mark.usefixtures("moving")
async def test_they_never_move_without_animations(session: Session) -> None:
    async with opened(session) as pilot:
        pilot.app.animation_level = "none"
        field(pilot).stop()
        field(pilot).go()
        assert not running(field(pilot))
