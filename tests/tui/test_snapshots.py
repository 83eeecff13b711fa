"""How the screens look: one picture each at the sizes that have a layout of their own.

The clock and the stars stand still; the baseline is made with Python 3.11 alone.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import settle
from tui.app import wallet
from tui.practice import practice_people
from tui.session import Session

Before = Callable[[Pilot[None]], Awaitable[None]]
Compare = Callable[..., bool]

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 60)


@pytest.fixture(autouse=True)
def _baseline(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--snapshot-update") and sys.version_info[:2] != (3, 11):
        pytest.fail("the pictures are made with Python 3.11")


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.json"
    names = [
        ("asha", "493817", "5,301 XLM"),
        ("ravi", "582613", "500 USDC"),
        ("meera", "718294", "new"),
    ]
    file.write_text(
        json.dumps(
            {
                "people": [
                    {
                        "name": handle.title(),
                        "handle": handle,
                        "email": f"{handle}@example.org",
                        "password": f"practice-{handle}-words",
                        "pin": pin,
                        "note": note,
                    }
                    for handle, pin, note in names
                ]
            }
        )
    )
    monkeypatch.setenv("LUMENPAY_PRACTICE", str(file))
    practice_people.cache_clear()


def keys(*pressed: str) -> Before:
    async def press(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in pressed:
            await pilot.press(key)
            await settle(pilot)

    return press


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_landing(size: tuple[int, int], session: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(session), terminal_size=size, run_before=keys())


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("size", [SMALL, MIDDLE])
def test_sign_in(size: tuple[int, int], session: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(session), terminal_size=size, run_before=keys("s"))


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("size", [SMALL, MIDDLE])
def test_sign_up(size: tuple[int, int], session: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(session), terminal_size=size, run_before=keys("n"))


@pytest.mark.usefixtures("people")
def test_sign_up_refused(session: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(session), terminal_size=SMALL, run_before=keys("n", "f7"))


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
def test_home(size: tuple[int, int], signed_in: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(signed_in), terminal_size=size, run_before=keys())


@pytest.mark.parametrize("look", ["day", "contrast", "terminal"])
def test_home_in_other_looks(look: str, signed_in: Session, snap_compare: Compare) -> None:
    signed_in.profile.prefer("theme", look)
    assert snap_compare(wallet(signed_in), terminal_size=MIDDLE, run_before=keys())


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
def test_home_without_colour(
    size: tuple[int, int],
    signed_in: Session,
    snap_compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(wallet(signed_in), terminal_size=size, run_before=keys())


@pytest.mark.parametrize("size", [SMALL, MIDDLE])
def test_profile(size: tuple[int, int], signed_in: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(signed_in), terminal_size=size, run_before=keys("o"))


@pytest.mark.parametrize("key", ["f1", "f2", "f3", "f4", "f9"])
def test_over_home(key: str, signed_in: Session, snap_compare: Compare) -> None:
    assert snap_compare(wallet(signed_in), terminal_size=SMALL, run_before=keys(key))
