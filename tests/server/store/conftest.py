from collections.abc import Callable, Iterator

import pytest

from tests.server.store.bank import Bank


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A bank with a treasury, on each database in turn."""
    yield from opened(Bank(database_url))


@pytest.fixture
def postgresql_bank(postgresql: Callable[[], str]) -> Iterator[Bank]:
    yield from opened(Bank(postgresql()))


def opened(bank: Bank) -> Iterator[Bank]:
    bank.open()
    try:
        bank.house()
        yield bank
    finally:
        bank.close()
        bank.runner.close()


@pytest.fixture
def second_bank(bank: Bank) -> Iterator[Bank]:
    """Another server on the same database, in the same loop."""
    made = Bank(bank.url, "second", bank.runner)
    made.open()
    made.fee_payer = bank.fee_payer
    yield made
    made.close()
