"""Home: the sums, the ID and its code, what changes by events, where its rows lead."""

import msgspec
import pytest

from core import wire
from core.money import format_stroops
from tests.tui.conftest import opened, settle, shown
from tests.tui.fake_server import ADDRESS, USDC, FakeServer, person, transaction
from tui import holdings
from tui.screens.dashboard import big, greeting
from tui.screens.receipt import ReceiptSheet
from tui.session import Session
from tui.widgets.qr import drawn


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_home_has_what_one_came_for_at_every_size(
    size: tuple[int, int], signed_in: Session
) -> None:
    async with opened(signed_in, size) as pilot:
        words = shown(pilot)
        for fact in ("5,301.44", "1,850.00", "≈ 3,700.00 XLM", "@asha", "Ravi Menon", "Asha"):
            assert fact in words, fact
        assert "+ 250.00  − 42.50 USDC" in words
        if size[0] >= 120:
            assert drawn(ADDRESS)[4] in words


async def test_an_incoming_payment_shows_by_itself(server: FakeServer, signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        came = transaction(
            person("Lena Fischer", "lena"), "77.7", direction="in", at="2026-11-24T14:30:59.000Z"
        )
        server.balances[0] = msgspec.structs.replace(server.balances[0], total="5379.14")
        server.push("transaction.updated", came)
        for _ in range(100):
            await pilot.pause(0.02)
            if "5,379.14" in shown(pilot):
                break
        assert "5,379.14" in shown(pilot)
        assert "77.70" in shown(pilot)
        assert "Lena Fischer" in shown(pilot)


async def test_an_account_that_is_being_opened_says_so(
    server: FakeServer, signed_in: Session
) -> None:
    server.wallet_state, server.history = "opening", []
    server.balances = [wire.Balance(asset="XLM", total="0", available="0", held="0", value="0")]
    async with opened(signed_in) as pilot:
        assert "being opened" in shown(pilot).replace("\n", " ")
        assert "Nothing yet." in shown(pilot)


async def test_enter_on_a_payment_opens_its_receipt(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        pilot.app.screen.query_one("#latest").focus()
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReceiptSheet)
        assert "Corner Bakery" in shown(pilot)


async def test_choosing_somebody_one_paid_fills_pay(signed_in: Session) -> None:
    async with opened(signed_in, (120, 40)) as pilot:
        pilot.app.screen.query_one("#paid").focus()
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.current_mode == "pay"
        assert "Corner Bakery" in shown(pilot)


async def test_the_id_is_copied_by_a_key(signed_in: Session) -> None:
    async with opened(signed_in) as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard == "@asha"


# the sums behind it


def balances(*values: tuple[str, str, str | None]) -> wire.Balances:
    return wire.Balances(
        balances=[
            wire.Balance(asset=asset, total=total, available=total, held="0", value=value)
            for asset, total, value in values
        ],
        value_asset="XLM",
        ledger=7,
        as_of="2026-11-24T14:30:59.000Z",
    )


def test_the_total_adds_whole_stroops() -> None:
    held = balances(("XLM", "0.1", "0.1"), (USDC, "0.2", "0.2000001"), ("EURC:G", "3", None))
    assert holdings.total(held) == "0.3000001"
    assert holdings.unpriced(held) == ["EURC:G"]


def test_today_adds_finished_payments_by_currency() -> None:
    now_ms = 1_795_530_660_000
    today = [
        transaction("A", "1.5", at="2026-11-24T01:00:00.000Z"),
        transaction("B", "2", direction="in", at="2026-11-24T02:00:00.000Z"),
        transaction("C", "9", status="failed", at="2026-11-24T03:00:00.000Z"),
    ]
    before = transaction("D", "100", at="2026-11-23T23:59:59.000Z")
    assert holdings.today([*today, before], now_ms, more=True) == [holdings.Flow("XLM", "2", "1.5")]
    assert holdings.today(today, now_ms, more=True) is None
    assert holdings.today(today, now_ms, more=False) is not None
    assert holdings.today([before], now_ms, more=False) == []


def test_the_trend_walks_back_from_the_balance_of_now() -> None:
    recent = [
        transaction("A", "1"),
        transaction("B", "10", direction="in"),
        transaction("C", "5", asset=USDC),
        transaction("D", "2", status="failed"),
        transaction("E", "4"),
        transaction("F", "8", direction="in"),
        transaction("First money", "7", direction="in"),
    ]
    points = holdings.trend(balances(("XLM", "12", "12")), recent)
    assert [format_stroops(point) for point in points] == ["7", "3", "13", "12"]
    assert holdings.trend(balances(("XLM", "12", "12")), recent[:1]) == []


@pytest.mark.parametrize(
    ("decimal", "shown_as"),
    [
        ("10000", "10,000.00"),
        ("0.0000001", "0.00"),
        ("1.999", "1.99"),
        ("922337203685.4775807", "922,337,203,685"),
    ],
)
def test_the_big_number_cuts_and_never_rounds_up(decimal: str, shown_as: str) -> None:
    assert big(decimal) == shown_as


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ("05:00", "Good morning"),
        ("12:00", "Good afternoon"),
        ("17:59", "Good afternoon"),
        ("18:00", "Good evening"),
        ("04:59", "Good evening"),
    ],
)
def test_the_greeting_goes_by_the_hour(clock: str, words: str) -> None:
    assert greeting(clock) == words
