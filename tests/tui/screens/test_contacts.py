"""Contacts: found, paid, kept, changed, removed."""

from textual.pilot import Pilot

from tests.tui.bank import Bank
from tests.tui.conftest import settle, shown
from tests.tui.screens.conftest import Page
from tui.screens.contacts import Contacts
from tui.screens.pay import Pay
from tui.widgets.payee import Payee


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def test_listed_favourites_first(page: Page) -> None:
    async with page("contacts") as pilot:
        lines = shown(pilot).splitlines()
        rows = [line for line in lines if "★" in line or "@ravi" in line or "Blocked" in line]
        assert ["Meera" in rows[0], "Blocked" in rows[1], "Ravi" in rows[2]] == [True] * 3
        await press(pilot, "slash", *"rav")
        assert "1 person" in shown(pilot)


async def test_one_is_paid(page: Page) -> None:
    async with page("contacts") as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Pay)
        target = pilot.app.screen.query_one(Payee).target
        assert target is not None
        assert target.recipient == "@meera_iyer"
        assert "Meera Iyer" in shown(pilot)


async def test_a_blocked_person_is_not_paid(page: Page) -> None:
    async with page("contacts") as pilot:
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, Contacts)
        assert "Unblock them first" in shown(pilot)


async def test_somebody_is_kept(page: Page, bank: Bank) -> None:
    bank.people["new_friend"] = "New Friend"
    async with page("contacts") as pilot:
        await press(pilot, "n", *"new_friend", "enter", *"Friend", "enter")
        assert bank.contacts[-1].name == "Friend"
        assert "Friend" in shown(pilot)
        assert "4 people" in shown(pilot)


async def test_a_refusal_stands_under_its_field(page: Page, bank: Bank) -> None:
    async with page("contacts") as pilot:
        await press(pilot, "n", *"nobody_there", "enter", *"X", "enter")
        assert "! Nobody has this name here." in shown(pilot)
        assert len(bank.contacts) == 3
        await press(pilot, "escape", "n", "enter", "f1", "escape", "escape")
        assert len(bank.contacts) == 3


async def test_renamed_put_first_and_blocked(page: Page, bank: Bank) -> None:
    async with page("contacts") as pilot:
        await press(pilot, "e", "end", *"!", "enter")
        assert bank.contacts[1].name == "Meera Iyer!"
        await press(pilot, "f")
        assert not bank.contacts[1].favourite
        await press(pilot, "b")
        assert [one.blocked for one in bank.contacts] == [False, True, True]


async def test_removed_only_after_a_yes(page: Page, bank: Bank) -> None:
    async with page("contacts") as pilot:
        await press(pilot, "x")
        assert "Remove this contact?" in shown(pilot)
        await press(pilot, "enter")
        assert len(bank.contacts) == 3
        await press(pilot, "x", "tab", "enter")
        assert [one.name for one in bank.contacts] == ["Ravi Menon", "Corner Bakery"]


async def test_without_a_server_the_reason_is_said(page: Page, bank: Bank) -> None:
    async with page("contacts", (120, 40)) as pilot:
        bank.refuse("PATCH /api/contacts", "server.busy", status=503)
        await press(pilot, "f")
        assert "LumenPay is busy" in shown(pilot)
        assert bank.contacts[1].favourite
