"""A wallet in front of a bank that moves money, on the page that a test is about."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.pilot import Pilot

from core import wire
from tests.tui.bank import Bank
from tests.tui.conftest import opened, settle
from tests.tui.fake_server import address_of
from tui.session import Session

Page = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture
def bank() -> Bank:
    contacts = [
        wire.Contact(
            contact_id=f"01JCONTACT{number:016d}",
            name=name,
            handle=handle,
            address=address_of(name),
            favourite=number == 1,
            blocked=number == 2,
        )
        for number, (name, handle) in enumerate(
            [("Ravi Menon", "ravi"), ("Meera Iyer", "meera_iyer"), ("Corner Bakery", None)]
        )
    ]
    return Bank(contacts=contacts)


@pytest.fixture
def server(bank: Bank) -> Bank:
    return bank


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.payments.LOOK_UP_PAUSES_SECONDS", (0.0, 0.0))
    monkeypatch.setattr("tui.payments.SETTLE_PAUSE_SECONDS", 0.01)


@pytest.fixture
def page(signed_in: Session) -> Page:
    """`async with page("pay", (80, 24)) as pilot`."""

    @asynccontextmanager
    async def open_page(mode: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
        async with opened(signed_in, size) as pilot:
            await pilot.app.switch_mode(mode)
            await settle(pilot)
            yield pilot
        await signed_in.api.aclose()

    return open_page
