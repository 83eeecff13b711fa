import pytest
from stellar_sdk import Network as Passphrases

from server.localnet.ledger.chain import Chain
from tests.localnet.horizon.explorer import Explorer
from tests.localnet.horizon.story import Story, tell


@pytest.fixture(scope="session")
def story() -> Story:
    """Shared and only read: every type of operation and effect has happened."""
    return tell(Chain(Passphrases.STANDALONE_NETWORK_PASSPHRASE))


@pytest.fixture(scope="session")
def horizon(story: Story) -> Explorer:
    return Explorer(story.chain)
