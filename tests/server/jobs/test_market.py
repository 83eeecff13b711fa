"""Prices and fees, as the network tells them."""

import pytest

from core.errors import Unavailable
from server.jobs.expire import Expire
from server.jobs.market import UNCHANGED_MS, Market
from tests.server.jobs.network import BankClock
from tests.server.store.bank import XLM

USDC = "USDC:GISSUER"


@pytest.fixture
def offers() -> list[int]:
    return []


@pytest.fixture
def market(bank, node, offers) -> Market:
    node.prices[USDC] = 2 * XLM
    return Market(
        bank.engine, bank.reads, node, assets=[USDC], offer=offers.append, clock=BankClock(bank)
    )


def known(bank) -> list[tuple[object, ...]]:
    return bank.rows("SELECT asset, stroops, seen_ms FROM prices")


def test_a_price_is_noted_when_it_moves_and_now_and_then(bank, node, market, offers):
    node.rate_told = 250
    bank.run(market.step())
    seen_ms = bank.now_ms
    assert known(bank) == [(USDC, 2 * XLM, seen_ms)]
    bank.now_ms += 5_000
    bank.run(market.step())
    assert known(bank) == [(USDC, 2 * XLM, seen_ms)]
    node.prices[USDC] = 3 * XLM
    bank.run(market.step())
    assert known(bank) == [(USDC, 3 * XLM, bank.now_ms)]
    bank.now_ms += UNCHANGED_MS
    bank.run(market.step())
    assert known(bank) == [(USDC, 3 * XLM, bank.now_ms)]
    assert offers == [250] * 4


def test_an_empty_book_leaves_the_last_known_price(bank, node, market):
    bank.run(market.step())
    before = known(bank)
    node.prices[USDC] = None
    bank.now_ms += 2 * UNCHANGED_MS
    bank.run(market.step())
    assert known(bank) == before


def test_without_the_network_nothing_is_noted(bank, node, market):
    node.away = True
    with pytest.raises(Unavailable):
        bank.run(market.step())
    assert known(bank) == []


def test_an_unconfirmed_payment_expires_and_gives_everything_back(bank):
    asha, ben = bank.person("asha"), bank.person("ben")
    expire = Expire(bank.engine, bank.reads, BankClock(bank))
    payment_id = bank.initiate(asha, ben, 25 * XLM)
    kept = bank.initiate(asha, ben, XLM)
    bank.confirm(asha, kept)
    bank.now_ms += 599_999
    bank.run(expire.step())
    assert bank.payment(asha, payment_id).status == "pending"
    bank.now_ms += 1
    bank.run(expire.step())
    assert bank.payment(asha, payment_id).status == "expired"
    assert bank.payment(asha, kept).status == "processing"
    assert bank.balance(asha) == (9_999 * XLM, XLM)
    _, payer = bank.run(bank.reads.limits(asha, bank.now_ms))
    assert payer.day_used == XLM


def test_sessions_that_nobody_can_refresh_are_forgotten(bank):
    bank.person("asha")
    expire = Expire(bank.engine, bank.reads, BankClock(bank))
    bank.run(expire.step())
    assert len(bank.rows("SELECT 1 FROM sessions")) == 1
    bank.now_ms += 2_592_000_000
    bank.run(expire.step())
    assert bank.rows("SELECT 1 FROM sessions") == []
