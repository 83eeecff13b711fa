from collections.abc import Iterator

import pytest

from tests.server.store.bank import Bank


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A bank with a treasury, on each database in turn."""
    made = Bank(database_url)
    made.open()
    try:
        made.house()
        yield made
    finally:
        made.close()
        made.runner.close()


@pytest.fixture
def second_bank(bank: Bank) -> Iterator[Bank]:
    """Another server on the same database, in the same loop."""
    made = Bank(bank.url, "second", bank.runner)
    made.open()
    made.fee_payer = bank.fee_payer
    yield made
    made.close()
