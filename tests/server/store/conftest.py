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
