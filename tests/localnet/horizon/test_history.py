"""The index catches up in slices; whoever goes or comes meanwhile does it no harm."""

import asyncio

import pytest
from stellar_sdk import Asset
from stellar_sdk.operation import Payment

from server.localnet.horizon.history import History, Kind, Scope
from tests.localnet.driver import Driver
from tests.localnet.market import ALICE, BOB, fresh_driver


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A history of some transactions, of which a slice of indexing takes one."""
    monkeypatch.setattr("server.localnet.horizon.history._SLICE_SECONDS", 0.0)
    driver = fresh_driver()
    for _ in range(8):
        pay(driver)
    return driver


def pay(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, Asset.native(), "1"))


async def whole(history: History) -> dict[Kind, list[int]]:
    owner = Scope(ALICE.raw_public_key())
    return {kind: list(await history.ids(kind, owner)) for kind in Kind}


def test_one_who_goes_in_the_middle_leaves_the_index_whole(driver: Driver) -> None:
    async def go_and_ask_again() -> None:
        history = History(driver.chain)
        for steps in range(1, 6):
            asking = asyncio.create_task(whole(history))
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        assert await whole(history) == await whole(History(driver.chain))

    asyncio.run(go_and_ask_again())


def test_all_who_ask_at_once_get_the_same(driver: Driver) -> None:
    async def ask() -> None:
        history = History(driver.chain)
        answers = await asyncio.gather(*(whole(history) for _ in range(5)))
        expected = await whole(History(driver.chain))
        assert all(answer == expected for answer in answers)

    asyncio.run(ask())


def test_ledgers_close_while_it_catches_up(driver: Driver) -> None:
    async def close_meanwhile() -> None:
        history = History(driver.chain)
        asking = asyncio.create_task(whole(history))
        for _ in range(3):
            await asyncio.sleep(0)
            pay(driver)
        await asking
        found = await whole(history)
        assert found == await whole(History(driver.chain))
        assert len(found[Kind.PAYMENT]) == 1 + 8 + 3

    asyncio.run(close_meanwhile())
