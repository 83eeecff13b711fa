"""What a new network begins with: friendbot's minions and, if wanted, USDC with a market."""

from collections.abc import Sequence
from dataclasses import dataclass

from stellar_sdk import (
    Account,
    Asset,
    ChangeTrust,
    CreateAccount,
    Keypair,
    ManageSellOffer,
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
_BASE_FEE = 100
_LEDGERS = 3  # that seeding takes at most
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


def seed(chain: Chain, now: int, *, market: bool) -> None:
    """Does what is not there yet; closes a ledger for each transaction, a second apart, so that
    the network's time does not run ahead of `now`. Raises SeedError.
    """
    begin = now - _LEDGERS
    root = root_key(chain.passphrase)
    minions = [k for k in minion_keys(chain.passphrase) if not _exists(chain, k)]
    if minions:
        created = [CreateAccount(minion.public_key, MINION_XLM) for minion in minions]
        _apply(chain, begin, root, created)
    names = Market.of(chain.passphrase)
    if market and not _exists(chain, names.maker):
        _apply(chain, begin, root, _market_accounts(names), [names.issuer, names.maker])
        _apply(chain, begin, names.maker, _offers(names.usdc))


def _exists(chain: Chain, key: Keypair) -> bool:
    return chain.state.account(key.raw_public_key()) is not None


def _market_accounts(names: Market) -> list[Operation]:
    issuer, maker = names.issuer.public_key, names.maker.public_key
    return [
        CreateAccount(issuer, ISSUER_XLM),
        CreateAccount(maker, MAKER_XLM),
        SetOptions(home_domain=HOME_DOMAIN, source=issuer),
        ChangeTrust(names.usdc, source=maker),
        Payment(maker, names.usdc, MAKER_USDC, source=issuer),
    ]


def _offers(usdc: Asset) -> list[Operation]:
    xlm = Asset.native()
    asks = [ManageSellOffer(xlm, usdc, str(size), Price(milli, 1000)) for milli, size in _ASKS]
    bids = [
        ManageSellOffer(usdc, xlm, f"{size * milli // 1000}", Price(1000, milli))
        for milli, size in _BIDS
    ]
    return [*asks, *bids]


def _apply(
    chain: Chain,
    begin: int,
    source: Keypair,
    operations: Sequence[Operation],
    others: Sequence[Keypair] = (),
) -> None:
    sequence = arm(chain.state.account(source.raw_public_key())).sequence
    account = Account(source.public_key, sequence)
    builder = TransactionBuilder(account, chain.passphrase, _BASE_FEE)
    builder.add_time_bounds(0, 0)
    for operation in operations:
        builder.append_operation(operation)
    envelope = builder.build()
    for signer in (source, *others):
        envelope.sign(signer)
    submission = chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    chain.close(begin)
    applied = chain.find(submission.hash)
    if applied is None or not applied.successful:
        raise SeedError(f"{submission.status}: {(applied or submission).result!r}")
