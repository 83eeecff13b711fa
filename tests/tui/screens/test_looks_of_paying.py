"""How paying, receiving, activity and contacts look at the three sizes, drawn on Python 3.11."""

import sys
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tests.tui.bank import Bank
from tests.tui.conftest import SIZES, settle
from tui.app import wallet
from tui.session import Session

ELSEWHERE = sys.version_info[:2] != (3, 11)
pytestmark = pytest.mark.skipif(ELSEWHERE, reason="the pictures were drawn on Python 3.11")

Steps = Callable[[Pilot[None]], Awaitable[None]]
SMALL = SIZES[:2]


async def form(pilot: Pilot[None]) -> None:
    await at("pay", pilot)
    await pilot.press(*"rav", "enter", *"250.5")
    await settle(pilot)


async def question(pilot: Pilot[None]) -> None:
    await form(pilot)
    await pilot.press("f7")
    await settle(pilot)


async def receipt(pilot: Pilot[None]) -> None:
    await question(pilot)
    await pilot.press("y", *"493817", "enter")
    await settle(pilot)


async def refused(pilot: Pilot[None]) -> None:
    await question(pilot)
    await pilot.press("y", *"111111", "enter")
    await settle(pilot)


async def request(pilot: Pilot[None]) -> None:
    await at("receive", pilot)
    await pilot.press("f7")
    await settle(pilot)


async def activity(pilot: Pilot[None]) -> None:
    await at("activity", pilot)


async def contacts(pilot: Pilot[None]) -> None:
    await at("contacts", pilot)


async def at(mode: str, pilot: Pilot[None]) -> None:
    await settle(pilot)
    await pilot.app.switch_mode(mode)
    await settle(pilot)


LOOKS: list[tuple[Steps, tuple[int, int]]] = [
    *((form, size) for size in SIZES),
    *((question, size) for size in SMALL),
    (refused, SMALL[0]),
    *((receipt, size) for size in SMALL),
    *((request, size) for size in SMALL),
    *((activity, size) for size in SIZES),
    *((contacts, size) for size in SMALL),
]


@pytest.mark.parametrize(
    ("steps", "size"), LOOKS, ids=[f"{steps.__name__}-{size[0]}" for steps, size in LOOKS]
)
def test_it_looks_as_agreed(
    steps: Steps,
    size: tuple[int, int],
    signed_in: Session,
    bank: Bank,
    snap_compare: Callable[..., bool],
) -> None:
    assert snap_compare(wallet(signed_in), terminal_size=size, run_before=steps)
