"""What a new network begins with: friendbot's minions and, if wanted, USDC with a market."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stellar_sdk import (
    Account,
    Asset,
    ChangeTrust,
    CreateAccount,
    Keypair,
    ManageSellOffer,
    MuxedAccount,
    Operation,
    Payment,
    Price,
    SetOptions,
    TransactionBuilder,
)

from server.localnet.friendbot import minion_keys
from server.localnet.keys import known_key, root_key
from server.localnet.ledger.assets import arm
from server.localnet.ledger.chain import Chain

ISSUER_XLM = "1000"
MAKER_XLM = "100000000"
MAKER_USDC = "1000000000"
MINION_XLM = "10000"
HOME_DOMAIN = "usdc.localnet"
MAX_OPERATIONS = 100  # of a transaction
_BASE_FEE = 100
# thousandths of a USDC for one XLM, and the XLM offered at that price; around 0.500
_ASKS = ((505, 50_000), (510, 100_000), (520, 250_000), (550, 1_000_000), (600, 5_000_000))
_BIDS = ((495, 50_000), (490, 100_000), (480, 250_000), (450, 1_000_000), (400, 5_000_000))


class SeedError(RuntimeError):
    """The network refused what it should begin with."""


@dataclass(frozen=True, slots=True)
class Market:
    """The key pairs of the asset's issuer and of the market maker; both are public knowledge."""

    issuer: Keypair
    maker: Keypair

    @classmethod
    def of(cls, passphrase: str) -> "Market":
        return cls(known_key("USDC issuer", passphrase), known_key("market maker", passphrase))

    @property
    def usdc(self) -> Asset:
        return Asset("USDC", self.issuer.public_key)


class _Step(NamedTuple):
    """An operation and whose it is."""

    actor: Keypair
    operation: Operation


def seed(chain: Chain, now: int, *, market: bool) -> None:
    """Does what is not there yet, in ledgers a second apart that end by `now`, so that the
    network's time does not run ahead. Raises SeedError."""
    root = root_key(chain.passphrase)
    minions = [k for k in minion_keys(chain.passphrase) if not _exists(chain, k)]
    steps = [_Step(root, CreateAccount(minion.public_key, MINION_XLM)) for minion in minions]
    names = Market.of(chain.passphrase)
    if market and not _exists(chain, names.maker):
        steps += _market_accounts(root, names) + _offers(names)
    size = min(chain.ledger_operations, MAX_OPERATIONS)
    batches = [steps[begin : begin + size] for begin in range(0, len(steps), size)]
    for number, batch in enumerate(batches):
        _apply(chain, now - len(batches) + number, root, batch)


def _exists(chain: Chain, key: Keypair) -> bool:
    return chain.state.account(key.raw_public_key()) is not None


def _market_accounts(root: Keypair, names: Market) -> list[_Step]:
    issuer, maker = names.issuer, names.maker
    return [
        _Step(root, CreateAccount(issuer.public_key, ISSUER_XLM)),
        _Step(root, CreateAccount(maker.public_key, MAKER_XLM)),
        _Step(issuer, SetOptions(home_domain=HOME_DOMAIN)),
        _Step(maker, ChangeTrust(names.usdc)),
        _Step(issuer, Payment(maker.public_key, names.usdc, MAKER_USDC)),
    ]


def _offers(names: Market) -> list[_Step]:
    xlm, usdc = Asset.native(), names.usdc
    asks = [ManageSellOffer(xlm, usdc, str(size), Price(milli, 1000)) for milli, size in _ASKS]
    bids = [
        ManageSellOffer(usdc, xlm, f"{size * milli // 1000}", Price(1000, milli))
        for milli, size in _BIDS
    ]
    return [_Step(names.maker, offer) for offer in (*asks, *bids)]


def _apply(chain: Chain, close_time: int, root: Keypair, steps: Sequence[_Step]) -> None:
    """One transaction of the root account in one ledger."""
    sequence = arm(chain.state.account(root.raw_public_key())).sequence
    builder = TransactionBuilder(Account(root.public_key, sequence), chain.passphrase, _BASE_FEE)
    builder.add_time_bounds(0, 0)
    for actor, operation in steps:
        operation.source = MuxedAccount(actor.public_key)
        builder.append_operation(operation)
    envelope = builder.build()
    for signer in {root.public_key: root, **{s.actor.public_key: s.actor for s in steps}}.values():
        envelope.sign(signer)
    submission = chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    chain.close(close_time)
    applied = chain.find(submission.hash)
    if applied is None or not applied.successful:
        raise SeedError(f"{submission.status}: {(applied or submission).result!r}")
