"""A wallet in front of a scripted server, its clock held still, its stars too."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core import wire
from tests.tui.fake_server import NOW_MS, FakeServer
from tui.api import Api
from tui.app import LumenPay, wallet
from tui.practice import practice_people
from tui.profile import Profile
from tui.session import Session
from tui.text import use_language, use_timezone

TEST_SECONDS_MAX = 30
SERVER = "http://127.0.0.1:9"
SIZES = [(80, 24), (120, 40), (200, 60)]


class Clock:
    """Milliseconds; a test moves them."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms

    def pass_seconds(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NO_COLOR", "LUMENPAY_PRACTICE", "LUMENPAY_SERVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUMENPAY_STARS", "still")
    practice_people.cache_clear()
    use_language("en")
    use_timezone("UTC")
    yield
    practice_people.cache_clear()
    use_language("en")


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile("default", tmp_path / "profiles")


@pytest.fixture
def session(server: FakeServer, clock: Clock, profile: Profile) -> Session:
    return Session(Api(SERVER, profile, transport=server), profile, clock=clock)


@pytest.fixture
def signed_in(session: Session) -> Session:
    tokens = wire.Session(
        token="token-1", refresh_token="refresh-1", expires_at="2026-11-25T14:31:00.000Z"
    )
    session.profile.signed_in(SERVER, "01JUSER0000000000000000000", "asha", tokens)
    return session


@asynccontextmanager
async def opened(
    session: Session, size: tuple[int, int] = (80, 24), log: Path | None = None
) -> AsyncIterator[Pilot[None]]:
    """The wallet, running and settled; toasts and tooltips are drawn for real."""
    app = wallet(session)
    app._log_folder = log
    async with asyncio.timeout(TEST_SECONDS_MAX):
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            await settle(pilot)
            yield pilot


async def settle(pilot: Pilot[None]) -> None:
    """Until the reads of the start have come, and every message is handled."""
    for _ in range(40):
        await pilot.pause(0.01)
        busy = [
            worker
            for worker in pilot.app.workers
            if worker.group != "follow" and not worker.is_finished
        ]
        if not busy and not _reading(pilot):
            break
    await pilot.pause()


def wallet_of(pilot: Pilot[None]) -> LumenPay:
    assert isinstance(pilot.app, LumenPay)
    return pilot.app


def _reading(pilot: Pilot[None]) -> bool:
    session = wallet_of(pilot).session
    return session.signed_in and session.model.connection.state == "connecting"


def shown(pilot: Pilot[None]) -> str:
    """All that stands on the screen, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip()
        for strip in pilot.app.screen._compositor.render_strips()
    )
