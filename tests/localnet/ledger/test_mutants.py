"""Transactions that are well signed and damaged within: whatever they ask for, the ledger answers
with a code that the SDK can read, and stays coherent."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from random import Random

import pytest
from stellar_sdk import Keypair, xdr

from server.localnet.ledger.chain import Chain, MalformedEnvelopeError
from tests.localnet.driver import Driver, codes, person
from tests.localnet.ledger.conftest import PASSPHRASE
from tests.localnet.ledger.doors import Envelope
from tests.localnet.ledger.random_life import RandomLife

PEOPLE = {one.raw_public_key(): one for one in (person(f"random {n}") for n in range(10))}
_HEAD = 56  # source, fee, sequence: a change there is only a bad sequence
_WORDS = (bytes(4), b"\x00\x00\x00\x01", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff" * 4)


def _mutant(random: Random, packed: bytes) -> xdr.Transaction | None:
    changed = bytearray(packed)
    if random.random() < 0.6:
        changed[random.randrange(_HEAD, len(changed))] = random.choice((0, 1, 2, 3, 255))
    else:
        place = random.randrange(_HEAD, len(changed), 4)
        changed[place : place + 4] = random.choice(_WORDS)
    try:
        return xdr.Transaction.from_xdr_bytes(bytes(changed))
    except (ValueError, EOFError):
        return None


def _sources(transaction: xdr.Transaction) -> Iterator[Keypair]:
    muxed = [one.source_account for one in transaction.operations]
    keys = []
    for address in (transaction.source_account, *muxed):
        if address is not None:
            holder = address.ed25519 or (address.med25519 and address.med25519.ed25519)
            assert holder is not None
            keys.append(holder.uint256)
    return (PEOPLE[key] for key in dict.fromkeys(keys) if key in PEOPLE)


def _signed(driver: Driver, transaction: xdr.Transaction) -> bytes:
    envelope = xdr.TransactionEnvelope(
        xdr.EnvelopeType.ENVELOPE_TYPE_TX, v1=xdr.TransactionV1Envelope(transaction, [])
    )
    tagged = (2).to_bytes(4) + transaction.to_xdr_bytes()
    signed = sha256(driver.chain.network_id + tagged).digest()
    assert envelope.v1 is not None
    envelope.v1.signatures = [
        one.sign_decorated(signed).to_xdr_object() for one in _sources(transaction)
    ]
    return envelope.to_xdr_bytes()


def _body(envelope: Envelope) -> bytes:
    packed = envelope.to_xdr_object()
    v1 = packed.v1
    if packed.fee_bump is not None:
        v1 = packed.fee_bump.tx.inner_tx.v1
    assert v1 is not None
    return v1.tx.to_xdr_bytes()


@pytest.mark.parametrize("seed", [1, 2])
def test_signed_mutants_break_nothing(seed: int) -> None:
    driver = Driver(Chain(PASSPHRASE))
    life = RandomLife(driver, seed)
    life.begin()
    random = Random(seed)
    answers: Counter[str] = Counter()
    for _ in range(25):
        for envelope in life.transactions(6):
            for _ in range(12):
                mutant = _mutant(random, _body(envelope))
                if mutant is not None:
                    answers.update(_submit(driver, _signed(driver, mutant)))
        driver.close()
        driver.check()
        for applied in driver.chain.head.transactions:
            answers.update(codes(applied.result))
            assert xdr.TransactionMeta.from_xdr_bytes(applied.meta).to_xdr_bytes() == applied.meta
    assert "txINTERNAL_ERROR" not in answers
    assert sum(answers.values()) > 1_000
    assert sum(code.endswith("_MALFORMED") for code in answers) >= 3
    assert answers["PENDING"] > 50


def _submit(driver: Driver, envelope: bytes) -> list[str]:
    try:
        submission = driver.chain.submit(envelope)
    except MalformedEnvelopeError:
        return ["malformed"]
    if submission.result is None:
        return [submission.status]
    decoded = xdr.TransactionResult.from_xdr_bytes(submission.result)
    assert decoded.to_xdr_bytes() == submission.result
    return codes(submission.result)
