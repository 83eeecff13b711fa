"""What is refused on arrival: the codes, and that nothing has changed."""

from collections.abc import Callable

from stellar_sdk import (
    Account,
    FeeBumpTransactionEnvelope,
    Keypair,
    TransactionBuilder,
    TransactionEnvelope,
    xdr,
)
from stellar_sdk.operation.operation import Operation

from tests.localnet.driver import Driver, codes

Envelope = TransactionEnvelope | FeeBumpTransactionEnvelope
Change = Callable[[xdr.Transaction], None]


def turned_away(driver: Driver, envelope: Envelope | bytes) -> list[str]:
    """The codes of the operations, or of the transaction alone, of a submission that is refused
    and leaves neither the queue nor the state other than it was."""
    packed = envelope if isinstance(envelope, bytes) else envelope.to_xdr_object().to_xdr_bytes()
    before = driver.entries()
    submission = driver.chain.submit(packed)
    assert submission.status == "ERROR", submission
    assert submission.result is not None
    assert xdr.TransactionResult.from_xdr_bytes(submission.result).to_xdr_bytes() == (
        submission.result
    )
    assert driver.entries() == before
    return codes(submission.result)


def fee_named(driver: Driver, envelope: Envelope) -> int:
    """The fee that a refusal names as enough."""
    submission = driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    assert submission.result is not None
    return xdr.TransactionResult.from_xdr_bytes(submission.result).fee_charged.int64


def altered(driver: Driver, source: Keypair, operation: Operation, change: Change) -> bytes:
    """A transaction that the SDK's own classes would not build, signed by its source."""
    envelope = driver.build(source, operation).to_xdr_object()
    assert envelope.v1 is not None
    change(envelope.v1.tx)
    return driver.sign(envelope, source)


def bumped(
    driver: Driver, inner: TransactionEnvelope, payer: Keypair, *, rate: int = 200
) -> FeeBumpTransactionEnvelope:
    """A fee-bump that offers `rate` stroops an operation, the one more included."""
    bump = TransactionBuilder.build_fee_bump_transaction(
        payer, rate, inner, driver.chain.passphrase
    )
    bump.sign(payer)
    return bump


def builder(
    driver: Driver, source: Keypair, *, ahead: int = 0, fee: int = 100
) -> TransactionBuilder:
    """For transactions with preconditions; `ahead`: how far past the next sequence number."""
    account = Account(source.public_key, driver.sequence(source) + ahead)
    return TransactionBuilder(account, driver.chain.passphrase, base_fee=fee)
