"""A small market on a fresh chain: an issuer of two assets, and people who hold and trade them."""

from __future__ import annotations

from stellar_sdk import Asset, Keypair, Network, Price
from stellar_sdk.operation import ChangeTrust, ManageBuyOffer, ManageSellOffer, Payment

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.entries import Offer
from server.localnet.ledger.records import AppliedTransaction
from tests.localnet.driver import Driver, person

ISSUER, ALICE, BOB, CAROL = (person(name) for name in ("issuer", "alice", "bob", "carol"))
XLM = Asset.native()
USD, EUR = Asset("USD", ISSUER.public_key), Asset("EUROPEAN", ISSUER.public_key)
START = 1_700_000_000  # close time of the first ledger made


def fresh_driver() -> Driver:
    """With the four people funded by 1,000 lumens each."""
    driver = Driver(Chain(Network.STANDALONE_NETWORK_PASSPHRASE))
    driver.chain.close(START)
    driver.fund(ISSUER, ALICE, BOB, CAROL)
    return driver


def open_market() -> Driver:
    """Alice, Bob and Carol hold 100 of each asset."""
    driver = fresh_driver()
    for one in (ALICE, BOB, CAROL):
        driver.do(
            one,
            *(ChangeTrust(asset) for asset in (USD, EUR)),
            *(
                Payment(one.public_key, asset, "100", source=ISSUER.public_key)
                for asset in (USD, EUR)
            ),
            signers=(ISSUER,),
        )
    return driver


def sell(
    selling: Asset, amount: str, price: str | Price, buying: Asset = XLM, offer_id: int = 0
) -> ManageSellOffer:
    return ManageSellOffer(selling, buying, amount, price, offer_id)


def buy(
    buying: Asset, amount: str, price: str | Price, selling: Asset = XLM, offer_id: int = 0
) -> ManageBuyOffer:
    return ManageBuyOffer(selling, buying, amount, price, offer_id)


def offers(driver: Driver, of: Keypair) -> list[Offer]:
    owned = driver.chain.state.owned(of.raw_public_key())
    return [entry for entry in owned if isinstance(entry, Offer)]


def moved(applied: AppliedTransaction, place: int = 0) -> list[bytes]:
    """The first topic of each event of an operation."""
    names = [event.topics[0] for event in applied.events.operations[place]]
    return [name[8:].rstrip(b"\x00") for name in names]
