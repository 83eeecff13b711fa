"""Whatever people do, in whatever order, Horizon's lists agree with its balances."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from stellar_sdk import Asset, Claimant, Keypair, Price
from stellar_sdk import Network as Passphrases
from stellar_sdk.operation import (
    ChangeTrust,
    ClaimClaimableBalance,
    Clawback,
    CreateClaimableBalance,
    CreatePassiveSellOffer,
    ManageBuyOffer,
    ManageData,
    ManageSellOffer,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    SetOptions,
)
from stellar_sdk.operation.operation import Operation
from stellar_sdk.operation.set_options import AuthorizationFlag

from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver, person
from tests.localnet.horizon.explorer import Explorer
from tests.localnet.horizon.sums import balances, sums_of_effects

ISSUER = person("issuer")
PEOPLE = [person(f"somebody {number}") for number in range(5)]
ASSETS = [Asset.native(), Asset("USD", ISSUER.public_key), Asset("LONGCODE", ISSUER.public_key)]
TRANSACTIONS = 150


class Chance:
    """Draws operations that may well succeed."""

    def __init__(self, seed: int, driver: Driver) -> None:
        self._random = Random(seed)
        self._driver = driver

    def operations(self) -> tuple[Keypair, list[Operation]]:
        actor = self._random.choice([*PEOPLE, ISSUER])
        count = self._random.choice([1, 1, 1, 2, 3])
        return actor, [self._random.choice(self._drawings())(actor) for _ in range(count)]

    def _drawings(self) -> list[Callable[[Keypair], Operation]]:
        return [
            lambda _: Payment(self._person(), self._asset(), self._amount()),
            lambda _: PathPaymentStrictReceive(
                self._person(), self._asset(), "900", self._asset(), self._amount(), self._path()
            ),
            lambda _: PathPaymentStrictSend(
                self._person(), self._asset(), self._amount(), self._asset(), "0.0000001", []
            ),
            lambda _: ManageSellOffer(*self._pair(), self._amount(), self._price()),
            lambda _: ManageBuyOffer(*self._pair(), self._amount(), self._price()),
            lambda _: CreatePassiveSellOffer(*self._pair(), self._amount(), self._price()),
            lambda _: ManageData(self._random.choice("abc"), self._random.choice([None, "x", "y"])),
            lambda _: ChangeTrust(
                self._random.choice(ASSETS[1:]), self._random.choice(["0", "500", "5000"])
            ),
            lambda _: CreateClaimableBalance(
                self._asset(), self._amount(), [Claimant(self._person())]
            ),
            self._claim,
            lambda _: Clawback(ASSETS[1], self._person(), self._amount()),
        ]

    def _claim(self, actor: Keypair) -> Operation:
        waiting = [balance.id for balance in self._driver.chain.state.claimable_balances()]
        chosen = self._random.choice(waiting) if waiting else bytes(32)
        return ClaimClaimableBalance("00000000" + chosen.hex())

    def _person(self) -> str:
        return self._random.choice([*PEOPLE, ISSUER]).public_key

    def _asset(self) -> Asset:
        return self._random.choice(ASSETS)

    def _pair(self) -> tuple[Asset, Asset]:
        one, other = self._random.sample(ASSETS, 2)
        return one, other

    def _path(self) -> list[Asset]:
        return self._random.sample(ASSETS, self._random.choice([0, 0, 1]))

    def _amount(self) -> str:
        return f"{self._random.choice([1, 7, 30, 90])}.{self._random.randrange(10**7):07d}"

    def _price(self) -> Price:
        return Price(self._random.randint(1, 9), self._random.randint(1, 9))


@pytest.fixture(scope="module", params=range(3))
def told(request: pytest.FixtureRequest) -> tuple[Driver, Explorer]:
    chain = Chain(Passphrases.STANDALONE_NETWORK_PASSPHRASE)
    driver = Driver(chain)
    chain.close(1_700_000_000)
    driver.fund(ISSUER, *PEOPLE)
    driver.do(
        ISSUER,
        SetOptions(
            set_flags=AuthorizationFlag.AUTHORIZATION_REVOCABLE
            | AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED
        ),
    )
    for one in PEOPLE:
        lines = [ChangeTrust(asset) for asset in ASSETS[1:]]
        gifts = [
            Payment(one.public_key, asset, "400", source=ISSUER.public_key) for asset in ASSETS[1:]
        ]
        driver.do(one, *lines, *gifts, signers=(ISSUER,))
    chance = Chance(request.param, driver)
    for _ in range(TRANSACTIONS):
        actor, operations = chance.operations()
        chain.submit(driver.build(actor, *operations).to_xdr_object().to_xdr_bytes())
        driver.close()
    driver.check()
    return driver, Explorer(chain)


def test_effects_and_fees_add_up_to_the_balances(told: tuple[Driver, Explorer]) -> None:
    driver, horizon = told
    applied = [
        one
        for number in range(1, driver.chain.head.sequence + 1)
        for ledger in [driver.chain.ledger(number)]
        if ledger is not None
        for one in ledger.transactions
    ]
    assert sum(one.successful for one in applied) > TRANSACTIONS / 4
    assert not all(one.successful for one in applied)
    assert horizon.every("Trade", "/trades?limit=200")
    for one in (*PEOPLE, ISSUER):
        address = one.public_key
        assert sums_of_effects(horizon, address) == balances(horizon, address)


def test_assets_sum_up_what_is_held(told: tuple[Driver, Explorer]) -> None:
    _, horizon = told
    for asset in horizon.every("AssetStat", "/assets"):
        name = f"{asset['asset_code']}:{asset['asset_issuer']}"
        held = sum(balances(horizon, one.public_key).get(name, 0) for one in PEOPLE)
        shown = sum(int(text.replace(".", "")) for text in asset["balances"].values())
        assert shown == held
