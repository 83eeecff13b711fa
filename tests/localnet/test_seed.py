import pytest

from server.localnet.friendbot import MINIONS, minion_keys
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.entries import Account, Offer
from server.localnet.seed import Market, SeedError, seed
from tests.localnet.driver import Driver, ledger_asset

NOW = 1_700_000_000


def accounts(chain: Chain) -> set[bytes]:
    return {entry.id for entry in chain.state if isinstance(entry, Account)}


def test_the_market_has_an_issuer_a_maker_and_offers_on_both_sides(chain: Chain) -> None:
    seed(chain, NOW, market=True)
    names = Market.of(chain.passphrase)
    driver = Driver(chain)
    offers = [entry for entry in chain.state if isinstance(entry, Offer)]
    assert {offer.seller for offer in offers} == {names.maker.raw_public_key()}
    usdc = ledger_asset(names.usdc)
    assert sorted(offer.selling == usdc for offer in offers) == [False] * 5 + [True] * 5
    assert driver.holding(names.maker, names.usdc) == 10**9 * 10**7
    driver.check()
    assert chain.head.close_time <= NOW


def test_without_a_market_there_are_friendbots_accounts_only(chain: Chain) -> None:
    before = accounts(chain)
    seed(chain, NOW, market=False)
    minions = {key.raw_public_key() for key in minion_keys(chain.passphrase)}
    assert accounts(chain) - before == minions
    assert len(minions) == MINIONS


def test_a_second_time_does_nothing(chain: Chain) -> None:
    seed(chain, NOW, market=True)
    before = chain.head.sequence
    seed(chain, NOW, market=True)
    assert chain.head.sequence == before


def test_a_market_can_be_added_later(chain: Chain) -> None:
    seed(chain, NOW, market=False)
    seed(chain, NOW, market=True)
    assert any(isinstance(entry, Offer) for entry in chain.state)


@pytest.mark.parametrize("operations", [1, 7])
def test_small_ledgers_take_the_seed_in_pieces(chain: Chain, operations: int) -> None:
    small = Chain(chain.passphrase, ledger_operations=operations)
    seed(small, NOW, market=True)
    seed(chain, NOW, market=True)
    assert len(small.state) == len(chain.state)
    assert small.head.close_time <= NOW


def test_a_network_that_refuses_the_seed_says_so(chain: Chain) -> None:
    driver = Driver(chain)
    chain.close(NOW)
    maker = Market.of(chain.passphrase).issuer
    driver.fund(maker)
    with pytest.raises(SeedError):
        seed(chain, NOW, market=True)


def test_keys_belong_to_their_network_alone() -> None:
    one, other = Market.of("one network"), Market.of("another network")
    assert one.issuer.public_key != other.issuer.public_key
    assert Market.of("one network").issuer.public_key == one.issuer.public_key
    assert one.issuer.public_key != one.maker.public_key
