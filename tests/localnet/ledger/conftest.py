from collections.abc import Iterator

import pytest

from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver, person

PASSPHRASE = "Standalone Network ; February 2017"


@pytest.fixture
def driver() -> Iterator[Driver]:
    """A network with alice, bob and carol, 1,000 XLM each; coherent after the test too."""
    driver = Driver(Chain(PASSPHRASE))
    driver.close(1_800_000_000)
    driver.fund(person("alice"), person("bob"), person("carol"))
    yield driver
    driver.check()
