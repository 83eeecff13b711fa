from collections.abc import Iterator

import pytest
from stellar_sdk import Network as Passphrases

from server.localnet.ledger.chain import Chain
from tests.localnet.network import Network, running_network


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """A seeded network that closes five ledgers a second, shared: take people of your own."""
    with running_network("--close-seconds", "0.2") as running:
        yield running


@pytest.fixture
def chain() -> Chain:
    """A chain in this process, as it is at its genesis."""
    return Chain(Passphrases.STANDALONE_NETWORK_PASSPHRASE)
