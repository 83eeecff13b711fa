"""Receive: the code, the ID, a link for an amount, and the money that comes."""

import pytest

from tests.tui.bank import LINK, Bank
from tests.tui.conftest import settle, shown, wallet_of
from tests.tui.fake_server import ADDRESS, transaction
from tests.tui.screens.conftest import Page
from tui.screens.receive import Receive
from tui.widgets.forms import Entry
from tui.widgets.qr import QR, drawn


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_code_is_whole(page: Page, size: tuple[int, int]) -> None:
    async with page("receive", size) as pilot:
        words = shown(pilot)
        assert "@asha" in words
        code = pilot.app.screen.query_one(QR)
        lines = drawn(ADDRESS)
        assert code.region.size == (len(lines[0]), len(lines))
        assert pilot.app.screen.region.contains_region(code.region)
        for line in lines[1:-1]:
            assert line.strip() in words


async def test_a_link_for_an_amount(page: Page, bank: Bank) -> None:
    async with page("receive") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, Receive)
        screen.query_one("#amount", Entry).field.focus()
        await pilot.press(*"12.5", "f7")
        await settle(pilot)
        assert screen.payload == LINK
        assert LINK in shown(pilot)
        assert "Asking for" in shown(pilot)
        await pilot.press("l")
        assert pilot.app.clipboard == LINK
        await pilot.press("v")
        await settle(pilot)
        assert drawn(LINK, 4)[5].strip() in shown(pilot)


async def test_another_amount_is_another_link(page: Page, bank: Bank) -> None:
    async with page("receive") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, Receive)
        await pilot.press("f7")
        await settle(pilot)
        assert screen.payload == LINK
        screen.query_one("#amount", Entry).field.focus()
        await pilot.press("5")
        await settle(pilot)
        assert screen.payload == ADDRESS


async def test_a_lost_answer_makes_no_second_request(page: Page, bank: Bank) -> None:
    keys: list[str] = []
    answer = bank._request

    def count(body: dict[str, str]) -> object:
        keys.append(bank.key)
        return answer(body)

    bank._request = count  # type: ignore[method-assign, assignment]
    bank.lose = ["POST /api/requests"]
    async with page("receive", (120, 40)) as pilot:
        await pilot.press("f7")
        await settle(pilot)
        assert "did not answer" in shown(pilot)
        await pilot.press("f7")
        await settle(pilot)
        assert LINK in shown(pilot)
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_bad_amount_is_said_under_the_field(page: Page, bank: Bank) -> None:
    async with page("receive", (120, 40)) as pilot:
        pilot.app.screen.query_one("#amount", Entry).field.value = "0.0"
        await settle(pilot)
        await pilot.press("f7")
        await settle(pilot)
        assert "! Please enter an amount above zero." in shown(pilot)
        assert not [call for call, _body in bank.requests if call == "POST /api/requests"]


async def test_money_that_comes_is_told(page: Page, bank: Bank) -> None:
    async with page("receive") as pilot:
        came = transaction("Ravi Menon", "12.5", direction="in", at="2026-11-24T14:31:30.000Z")
        wallet_of(pilot).session.heard(came)
        await settle(pilot)
        assert "✓ Received 12.50 XLM from Ravi" in shown(pilot)
