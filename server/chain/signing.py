"""Complete transactions: built, signed by everyone concerned, wrapped in the treasury's fee-bump.

Implements the functions that the engine's commands carry (`core.attempts.Sign`, `SignOther`).
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from core.attempts import Bounds, Signed
from core.books import Payment, Wallet
from server.chain.opening import Opening, opening_body
from server.chain.transactions import (
    BASE_FEE,
    Body,
    Source,
    account_key,
    decorated,
    fee_bump_body,
    payments_body,
)

SignHash = Callable[[Wallet, bytes], bytes]
"""The signature of a hash by the wallet's key, 64 bytes: the vault's."""


class Treasury(Struct, frozen=True):
    """The accounts that pay for everybody: fees, and the reserves of opened accounts."""

    fee: Wallet
    sponsor: Wallet


class Signing:
    """`rate` is what fee-bumps offer, in stroops an operation; it follows the network's fees."""

    def __init__(
        self, network: bytes, treasury: Treasury, sign_hash: SignHash, trusted: Sequence[str]
    ) -> None:
        self._network = network
        self._treasury = treasury
        self._sign_hash = sign_hash
        self._trusted = trusted
        self.rate = BASE_FEE

    def payments(
        self, payments: Sequence[Payment], payer: Wallet, sequence: int, bounds: Bounds
    ) -> Signed:
        source = Source(payer.public_key, sequence, bounds)
        return self._complete(payments_body(self._network, source, payments), [payer])

    def opening(
        self, channel: Wallet, opened: Sequence[Wallet], sequence: int, bounds: Bounds
    ) -> Signed:
        sponsor = self._treasury.sponsor
        body = opening_body(
            self._network,
            Source(channel.public_key, sequence, bounds),
            Opening(sponsor.public_key, [wallet.public_key for wallet in opened], self._trusted),
        )
        return self._complete(body, [channel, sponsor, *opened])

    def _complete(self, inner: Body, signers: Sequence[Wallet]) -> Signed:
        fee = self._treasury.fee
        bump = fee_bump_body(
            self._network,
            fee.public_key,
            inner.signed(*(self._signature(signer, inner) for signer in signers)),
            inner.operations,
            self.rate,
        )
        envelope = bump.signed(self._signature(fee, bump))
        return Signed(inner.hash, bump.hash, envelope, fee.user_id)

    def _signature(self, signer: Wallet, body: Body) -> bytes:
        return decorated(account_key(signer.public_key), self._sign_hash(signer, body.hash))
