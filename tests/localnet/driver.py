"""Drives a chain in the process: people by name, signed transactions, results as code names."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

from stellar_sdk import (
    Account,
    Asset,
    FeeBumpTransactionEnvelope,
    Keypair,
    TransactionBuilder,
    TransactionEnvelope,
    xdr,
)
from stellar_sdk.memo import Memo
from stellar_sdk.operation import CreateAccount
from stellar_sdk.operation.operation import Operation

from server.localnet.ledger.assets import NATIVE, asset_from_xdr
from server.localnet.ledger.assets import Asset as LedgerAsset
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.entries import Account as LedgerAccount
from server.localnet.ledger.entries import Offer, TrustLine
from server.localnet.ledger.exchange import sell_liabilities
from server.localnet.ledger.records import AppliedTransaction

STROOPS = 10_000_000
_ENVELOPE_TYPE_TX = b"\x00\x00\x00\x02"


def person(name: str) -> Keypair:
    return Keypair.from_raw_ed25519_seed(sha256(name.encode()).digest())


class Driver:
    """Closes one ledger for each call that changes something, a second apart."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.root = Keypair.from_raw_ed25519_seed(sha256(chain.passphrase.encode()).digest())

    def sequence(self, of: Keypair) -> int:
        account = self.chain.state.account(of.raw_public_key())
        assert account is not None
        return account.sequence

    def build(
        self,
        source: Keypair,
        *operations: Operation,
        signers: tuple[Keypair, ...] = (),
        memo: Memo | None = None,
        fee: int = 100,
    ) -> TransactionEnvelope:
        """Signed by the source and `signers`, with the source's next sequence number."""
        account = Account(source.public_key, self.sequence(source))
        builder = TransactionBuilder(account, self.chain.passphrase, base_fee=fee)
        builder.add_time_bounds(0, 0)
        for operation in operations:
            builder.append_operation(operation)
        if memo is not None:
            builder.add_memo(memo)
        envelope = builder.build()
        for signer in (source, *signers):
            envelope.sign(signer)
        return envelope

    def sign(self, envelope: xdr.TransactionEnvelope, *signers: Keypair) -> bytes:
        """The packed envelope with new signatures: for what the SDK's own classes refuse."""
        assert envelope.v1 is not None
        signed = sha256(self.chain.network_id + _ENVELOPE_TYPE_TX + envelope.v1.tx.to_xdr_bytes())
        envelope.v1.signatures = [
            one.sign_decorated(signed.digest()).to_xdr_object() for one in signers
        ]
        return envelope.to_xdr_bytes()

    def land(
        self, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope
    ) -> AppliedTransaction:
        """Submits, closes a ledger, and gives what was applied."""
        submission = self.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
        assert submission.status == "PENDING", (submission.status, codes(submission.result or b""))
        self.close()
        applied = self.chain.find(envelope.hash())
        assert applied is not None
        return applied

    def close(self, seconds: int = 1) -> None:
        self.chain.close(self.chain.head.close_time + seconds)

    def apply(
        self,
        source: Keypair,
        *operations: Operation,
        signers: tuple[Keypair, ...] = (),
        memo: Memo | None = None,
    ) -> AppliedTransaction:
        return self.land(self.build(source, *operations, signers=signers, memo=memo))

    def do(
        self, source: Keypair, *operations: Operation, signers: tuple[Keypair, ...] = ()
    ) -> AppliedTransaction:
        """Must succeed."""
        applied = self.apply(source, *operations, signers=signers)
        assert applied.successful, codes(applied.result)
        return applied

    def refuse(
        self, source: Keypair, *operations: Operation, signers: tuple[Keypair, ...] = ()
    ) -> list[str]:
        """Must fail when applied and leave all but the fee and the sequence of the source as it
        was; gives the codes of the operations."""
        before = self.entries(without=source)
        applied = self.apply(source, *operations, signers=signers)
        assert not applied.successful
        assert self.entries(without=source) == before
        assert not any(applied.events.operations)
        return codes(applied.result)

    def entries(self, without: Keypair | None = None) -> dict[bytes, bytes]:
        """All live entries as XDR, but for one account's own."""
        own = None if without is None else without.raw_public_key()
        return {e.key: e.pack() for e in self.chain.state if getattr(e, "id", None) != own}

    def check(self) -> None:
        """The whole ledger is coherent: no lumen was made, every claim has its offer, every entry
        its reserve."""
        state = self.chain.state
        accounts = [entry for entry in state if isinstance(entry, LedgerAccount)]
        held = [entry for entry in state.claimable_balances() if entry.asset.is_native]
        total = sum(one.balance for one in accounts) + sum(one.amount for one in held)
        assert total + self.chain.header.fee_pool == self.chain.header.total_coins
        for account in accounts:
            self._check_account(account)
        assert sum(one.sponsoring for one in accounts) == sum(
            one.sponsored for one in accounts
        ) + sum(len(balance.claimants) for balance in state.claimable_balances())
        for selling, buying in state.pairs():
            prices = [Fraction(*offer.price) for offer in state.book(selling, buying)]
            assert prices == sorted(prices)

    def _check_account(self, account: LedgerAccount) -> None:
        owned = list(self.chain.state.owned(account.id))
        offers = [entry for entry in owned if isinstance(entry, Offer)]
        assert account.sub_entries == len(owned) + len(account.signers)
        lines = [entry for entry in owned if isinstance(entry, TrustLine)]
        for asset, holding in [(NATIVE, account), *((line.asset, line) for line in lines)]:
            sold = [sell_liabilities(o.price, o.amount) for o in offers if o.selling == asset]
            bought = [sell_liabilities(o.price, o.amount) for o in offers if o.buying == asset]
            assert holding.selling_liabilities == sum(one.selling for one in sold)
            assert holding.buying_liabilities == sum(one.buying for one in bought)
            assert 0 <= holding.selling_liabilities <= holding.balance
        for line in lines:
            assert line.balance + line.buying_liabilities <= line.limit
        for offer in offers:
            assert offer.amount > 0

    def fund(self, *people: Keypair, lumens: str = "1000") -> None:
        self.do(self.root, *(CreateAccount(one.public_key, lumens) for one in people))

    def lumens(self, of: Keypair) -> int:
        account = self.chain.state.account(of.raw_public_key())
        assert account is not None
        return account.balance

    def holding(self, of: Keypair, asset: Asset) -> int:
        line = self.chain.state.trustline(of.raw_public_key(), ledger_asset(asset))
        assert line is not None
        return line.balance


def ledger_asset(asset: Asset) -> LedgerAsset:
    return asset_from_xdr(asset.to_xdr_object())


def result_of(applied: AppliedTransaction, place: int = 0) -> xdr.OperationResultTr:
    """The inner result of one operation of a transaction that was applied."""
    result = xdr.TransactionResult.from_xdr_bytes(applied.result).result
    if result.inner_result_pair is not None:
        result = result.inner_result_pair.result.result  # type: ignore[assignment]
    assert result.results is not None
    inner = result.results[place].tr
    assert inner is not None
    return inner


def codes(result: bytes) -> list[str]:
    """The codes of the operations by name, or the transaction's alone when it has none."""
    body = xdr.TransactionResult.from_xdr_bytes(result).result
    if body.inner_result_pair is not None:
        body = body.inner_result_pair.result.result  # type: ignore[assignment]
    return [_code(one) for one in body.results] if body.results else [body.code.name]


def _code(result: xdr.OperationResult) -> str:
    if result.tr is None:
        return result.code.name
    (arm,) = [v for k, v in vars(result.tr).items() if k.endswith("_result") and v is not None]
    name: str = arm.code.name
    return name
