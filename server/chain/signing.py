"""Complete transactions: built, signed by everyone concerned, wrapped in the treasury's fee-bump.

Implements the functions that the engine's commands carry (`core.attempts.Sign`, `SignOther`).
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from core.attempts import Bounds, Signed
from core.books import Payment, Wallet
from core.money import NATIVE, STROOPS
from server.chain.opening import Opening, opening_body
from server.chain.transactions import (
    BASE_FEE,
    Body,
    Source,
    account_key,
    decorated,
    fee_and_inner,
    fee_bump_body,
    payments_body,
)
from server.usecases.network import Bumped

SignHash = Callable[[Wallet, bytes], bytes]
"""The signature of a hash by the wallet's key, 64 bytes: the vault's."""


Assets = Sequence[str]
"""Wire names of credit assets."""

RATE_MAX = 5_000
"""Stroops an operation that are offered at first, however busy the network is."""

FEE_MAX = 1_000_000
"""Stroops: the budget of one transaction's fee."""


PRACTICE_STROOPS = 10_000 * STROOPS


class _Gift(Struct, frozen=True):
    """A payment of practice money."""

    address: str
    amount: int = PRACTICE_STROOPS
    asset: str = NATIVE
    memo_type: str | None = None
    memo: str | None = None


class Treasury(Struct, frozen=True):
    """The accounts that pay for everybody: fees, and the reserves of opened accounts."""

    fee: Wallet
    sponsor: Wallet


class Signing:
    """Fee-bumps offer what the network was last heard to ask (`offer`); opened accounts get
    trustlines to the assets last named (`trust`)."""

    def __init__(self, network: bytes, treasury: Treasury, sign_hash: SignHash) -> None:
        self._network = network
        self._treasury = treasury
        self._sign_hash = sign_hash
        self._trusted: Assets = ()
        self._rate = BASE_FEE

    def offer(self, rate: int) -> None:
        """From now on so many stroops an operation, within reason."""
        self._rate = min(max(rate, BASE_FEE), RATE_MAX)

    def trust(self, assets: Assets) -> None:
        self._trusted = assets

    def payments(
        self, payments: Sequence[Payment], payer: Wallet, sequence: int, bounds: Bounds
    ) -> Signed:
        source = Source(payer.public_key, sequence, bounds)
        body = payments_body(self._network, source, payments)
        return self._complete(body, [payer], len(payments))

    def opening(
        self, channel: Wallet, opened: Sequence[Wallet], sequence: int, bounds: Bounds
    ) -> Signed:
        source = Source(channel.public_key, sequence, bounds)
        return self._open(source, [channel, self._treasury.sponsor, *opened], self._new(opened))

    def trusting(
        self, channel: Wallet, opened: Sequence[Wallet], sequence: int, bounds: Bounds
    ) -> Signed:
        """For accounts that somebody else has made: their trustlines."""
        source = Source(channel.public_key, sequence, bounds)
        signers = [channel, self._treasury.sponsor, *opened]
        return self._open(source, signers, replace(self._new(opened), exist=True))

    def channels(
        self, sponsor: Wallet, opened: Sequence[Wallet], sequence: int, bounds: Bounds
    ) -> Signed:
        """The sponsor opens the channels itself, without trustlines."""
        source = Source(sponsor.public_key, sequence, bounds)
        return self._open(source, [sponsor, *opened], replace(self._new(opened), trusted=()))

    def gifts(
        self, payout: Wallet, poor: Sequence[Wallet], sequence: int, bounds: Bounds
    ) -> Signed:
        """Practice money from the treasury."""
        source = Source(payout.public_key, sequence, bounds)
        body = payments_body(self._network, source, [_Gift(one.public_key) for one in poor])
        return self._complete(body, [payout], len(poor))

    def bump(self, envelope: bytes, fee: int) -> Bumped | None:
        """The transaction inside that fee-bump in a new one, which offers `fee` stroops at least
        and more than the old one; None over the budget of a transaction."""
        old_fee, inner = fee_and_inner(envelope)
        if (offered := max(fee, old_fee + 1)) > FEE_MAX:
            return None
        return Bumped(*self._bumped(inner, offered))

    def _new(self, opened: Sequence[Wallet]) -> Opening:
        accounts = [wallet.public_key for wallet in opened]
        return Opening(self._treasury.sponsor.public_key, accounts, self._trusted)

    def _open(self, source: Source, signers: Sequence[Wallet], opening: Opening) -> Signed:
        body = opening_body(self._network, source, opening)
        return self._complete(body, signers, opening.operations)

    def _complete(self, inner: Body, signers: Sequence[Wallet], operations: int) -> Signed:
        """The first signer is whose transaction it is."""
        sponsor = self._treasury.sponsor
        cosigners = (sponsor.user_id,) if sponsor in signers[1:] else ()
        envelope = inner.signed(*(self._signature(signer, inner) for signer in signers))
        outer_hash, bumped = self._bumped(envelope, self._rate * (operations + 1))
        return Signed(inner.hash, outer_hash, bumped, self._treasury.fee.user_id, cosigners)

    def _bumped(self, inner: bytes, fee: int) -> tuple[bytes, bytes]:
        """Hash and envelope of the fee-bump."""
        payer = self._treasury.fee
        body = fee_bump_body(self._network, payer.public_key, inner, fee)
        return body.hash, body.signed(self._signature(payer, body))

    def _signature(self, signer: Wallet, body: Body) -> bytes:
        return decorated(account_key(signer.public_key), self._sign_hash(signer, body.hash))
