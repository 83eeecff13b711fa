from hashlib import sha256

import pytest
from stellar_sdk import Asset, Keypair, TransactionEnvelope, xdr
from stellar_sdk.decorated_signature import DecoratedSignature
from stellar_sdk.operation import BumpSequence, Payment, SetOptions
from stellar_sdk.operation.operation import Operation
from stellar_sdk.signer import Signer
from stellar_sdk.signer_key import SignedPayloadSigner, SignerKey

from tests.localnet.driver import STROOPS, Driver, codes, person
from tests.localnet.ledger.doors import builder, bumped, turned_away

ALICE, BOB, CAROL, DAVE, EVE = (person(n) for n in ("alice", "bob", "carol", "dave", "eve"))
XLM = Asset.native()
PAY = Payment(BOB.public_key, XLM, "1")


def _sent(driver: Driver, operation: Operation, *signers: Keypair) -> list[str]:
    """The codes of a transaction of alice's that exactly these have signed."""
    envelope = driver.build(ALICE, operation)
    envelope.signatures.clear()
    for signer in signers:
        envelope.sign(signer)
    submission = driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    if submission.result is not None:
        return codes(submission.result)
    assert submission.status == "PENDING"
    driver.close()
    applied = driver.chain.find(envelope.hash())
    assert applied is not None
    return codes(applied.result)


def _weights(driver: Driver, low: int, medium: int, high: int, **signers: int) -> None:
    driver.do(
        ALICE,
        *[
            SetOptions(signer=Signer.ed25519_public_key(person(name).public_key, weight))
            for name, weight in signers.items()
        ],
        SetOptions(low_threshold=low, med_threshold=medium, high_threshold=high),
    )


def test_thresholds_and_weights(driver: Driver) -> None:
    _weights(driver, 1, 2, 4, bob=1, carol=2)
    bump = BumpSequence(0)
    change = SetOptions(home_domain="a.b")
    lock = SetOptions(master_weight=1)
    assert _sent(driver, bump, ALICE) == ["BUMP_SEQUENCE_SUCCESS"]
    assert _sent(driver, PAY, ALICE) == ["opBAD_AUTH"]
    assert _sent(driver, PAY, ALICE, BOB) == ["PAYMENT_SUCCESS"]
    assert _sent(driver, PAY, CAROL) == ["PAYMENT_SUCCESS"]
    assert _sent(driver, change, ALICE, BOB) == ["SET_OPTIONS_SUCCESS"]
    assert _sent(driver, lock, ALICE, CAROL) == ["opBAD_AUTH"]
    assert _sent(driver, lock, ALICE, BOB, CAROL) == ["SET_OPTIONS_SUCCESS"]


def test_signatures_that_are_of_no_use(driver: Driver) -> None:
    assert _sent(driver, PAY) == ["txBAD_AUTH"]
    assert _sent(driver, PAY, BOB) == ["txBAD_AUTH"]
    assert _sent(driver, PAY, ALICE, BOB) == ["txBAD_AUTH_EXTRA"]
    twice = driver.build(ALICE, PAY)
    twice.signatures.append(twice.signatures[0])
    assert turned_away(driver, twice) == ["txBAD_AUTH_EXTRA"]
    assert _sent(driver, PAY, ALICE) == ["PAYMENT_SUCCESS"]


def test_a_signature_for_another_network_is_none(driver: Driver) -> None:
    envelope = driver.build(ALICE, PAY)
    foreign = TransactionEnvelope(envelope.transaction, "another network")
    foreign.sign(ALICE)
    assert turned_away(driver, foreign) == ["txBAD_AUTH"]


def test_a_master_key_without_weight_signs_nothing(driver: Driver) -> None:
    _weights(driver, 0, 0, 0, bob=1)
    driver.do(ALICE, SetOptions(master_weight=0))
    assert _sent(driver, PAY, ALICE) == ["txBAD_AUTH"]
    assert _sent(driver, PAY, BOB) == ["PAYMENT_SUCCESS"]


@pytest.mark.parametrize("length", [0, 63, 64])
def test_a_damaged_signature_is_none(driver: Driver, length: int) -> None:
    envelope = driver.build(ALICE, PAY)
    (signature,) = envelope.signatures
    damaged = DecoratedSignature(signature.signature_hint, bytes(length))
    envelope.signatures = [damaged]
    assert turned_away(driver, envelope) == ["txBAD_AUTH"]


def test_a_wrong_hint_hides_a_signature(driver: Driver) -> None:
    envelope = driver.build(ALICE, PAY)
    (signature,) = envelope.signatures
    envelope.signatures = [DecoratedSignature(b"\x00" * 4, signature.signature)]
    assert turned_away(driver, envelope) == ["txBAD_AUTH"]


def test_a_preimage_signs_and_is_then_known(driver: Driver) -> None:
    preimage = b"open sesame"
    lock = Signer.sha256_hash(sha256(preimage).digest(), 1)
    driver.do(ALICE, SetOptions(signer=lock))
    envelope = driver.build(ALICE, PAY)
    envelope.signatures.clear()
    envelope.sign_hashx(preimage)
    assert driver.land(envelope).successful
    wrong = driver.build(ALICE, PAY)
    wrong.signatures.clear()
    wrong.sign_hashx(b"open barley")
    assert turned_away(driver, wrong) == ["txBAD_AUTH"]


def test_a_transaction_authorized_in_advance_needs_no_signature_once(driver: Driver) -> None:
    later = builder(driver, ALICE, ahead=1).append_operation(PAY).add_time_bounds(0, 0).build()
    driver.do(ALICE, SetOptions(signer=Signer.pre_auth_tx(later.hash(), 1)))
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert account.sub_entries == 1
    applied = driver.land(later)
    assert applied.successful
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert (account.signers, account.sub_entries) == ((), 0)


def test_a_failed_one_is_used_up_all_the_same(driver: Driver) -> None:
    much = Payment(BOB.public_key, XLM, "5000")
    later = builder(driver, ALICE, ahead=1).append_operation(much).add_time_bounds(0, 0).build()
    driver.do(ALICE, SetOptions(signer=Signer.pre_auth_tx(later.hash(), 1)))
    assert codes(driver.land(later).result) == ["PAYMENT_UNDERFUNDED"]
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert account.signers == ()


def test_a_fee_bump_can_be_authorized_in_advance(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY)
    bump = bumped(driver, inner, BOB)
    bump.signatures.clear()
    driver.do(BOB, SetOptions(signer=Signer.pre_auth_tx(bump.hash(), 1)))
    assert driver.land(bump).successful
    payer = driver.chain.state.account(BOB.raw_public_key())
    assert payer is not None
    assert payer.signers == ()


@pytest.mark.parametrize("payload", [b"p", b"four", b"a longer payload", b"\x00" * 64])
def test_a_signed_payload_signs(driver: Driver, payload: bytes) -> None:
    key = SignerKey.ed25519_signed_payload(SignedPayloadSigner(DAVE.public_key, payload))
    driver.do(ALICE, SetOptions(signer=Signer(key, 1)))
    envelope = driver.build(ALICE, PAY)
    envelope.signatures.clear()
    envelope.signatures.append(DAVE.sign_payload_decorated(payload))
    assert driver.land(envelope).successful


def test_extra_signers_must_sign_too(driver: Driver) -> None:
    key = SignerKey.ed25519_public_key(EVE.public_key)
    made = builder(driver, ALICE).append_operation(PAY).add_time_bounds(0, 0)
    envelope = made.add_extra_signer(key).build()
    envelope.sign(ALICE)
    assert turned_away(driver, envelope) == ["txBAD_AUTH"]
    envelope.sign(EVE)
    assert driver.land(envelope).successful


def test_extra_signers_can_be_payloads_and_hashes(driver: Driver) -> None:
    payload = SignedPayloadSigner(EVE.public_key, b"contract 7")
    made = builder(driver, ALICE).append_operation(PAY).add_time_bounds(0, 0)
    made.add_extra_signer(SignerKey.ed25519_signed_payload(payload))
    made.add_extra_signer(SignerKey.sha256_hash(sha256(b"x").digest()))
    envelope = made.build()
    envelope.sign(ALICE)
    envelope.signatures.append(EVE.sign_payload_decorated(b"contract 7"))
    assert turned_away(driver, envelope) == ["txBAD_AUTH"]
    envelope.sign_hashx(b"x")
    assert driver.land(envelope).successful


def test_malformed_extra_signers(driver: Driver) -> None:
    key = SignerKey.ed25519_public_key(EVE.public_key)
    twice = builder(driver, ALICE).append_operation(PAY).add_time_bounds(0, 0)
    envelope = twice.add_extra_signer(key).add_extra_signer(key).build()
    envelope.sign(ALICE)
    envelope.sign(EVE)
    assert turned_away(driver, envelope) == ["txMALFORMED"]
    made = builder(driver, ALICE).append_operation(PAY).add_time_bounds(0, 0)
    made.add_extra_signer(key)
    packed = made.build().to_xdr_object()
    assert packed.v1 is not None
    assert packed.v1.tx.cond.v2 is not None
    packed.v1.tx.cond.v2.extra_signers = [
        xdr.SignerKey(
            xdr.SignerKeyType.SIGNER_KEY_TYPE_ED25519_SIGNED_PAYLOAD,
            ed25519_signed_payload=xdr.SignerKeyEd25519SignedPayload(
                xdr.Uint256(EVE.raw_public_key()), b""
            ),
        )
    ]
    assert turned_away(driver, driver.sign(packed, ALICE)) == ["txMALFORMED"]


def test_an_operation_s_own_source_signs_at_its_own_threshold(driver: Driver) -> None:
    other = Payment(CAROL.public_key, XLM, "5", source=BOB.public_key)
    assert turned_away(driver, driver.build(ALICE, PAY, other)) == [
        "PAYMENT_SUCCESS",
        "opBAD_AUTH",
    ]
    driver.do(ALICE, PAY, other, signers=(BOB,))
    assert driver.lumens(BOB) == 996 * STROOPS


def test_a_source_that_is_nowhere(driver: Driver) -> None:
    envelope = driver.build(ALICE, Payment(BOB.public_key, XLM, "1", source=EVE.public_key))
    envelope.sign(EVE)
    assert driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes()).status == "PENDING"
    driver.close()
    applied = driver.chain.find(envelope.hash())
    assert applied is not None
    assert codes(applied.result) == ["opNO_ACCOUNT"]


def test_signers_lost_within_a_ledger_fail_the_later_transaction(driver: Driver) -> None:
    """Two transactions of one ledger: bob's takes away what carol's needs."""
    driver.do(ALICE, SetOptions(signer=Signer.ed25519_public_key(CAROL.public_key, 1)))
    takes = driver.build(
        BOB,
        SetOptions(signer=Signer.ed25519_public_key(CAROL.public_key, 0), source=ALICE.public_key),
    )
    takes.sign(ALICE)
    needs = driver.build(CAROL, Payment(BOB.public_key, XLM, "1", source=ALICE.public_key))
    for envelope in (takes, needs):
        packed = envelope.to_xdr_object().to_xdr_bytes()
        assert driver.chain.submit(packed).status == "PENDING"
    driver.close()
    first, second = driver.chain.head.transactions
    assert first.fee_charged == second.fee_charged == 100
    outcome = {one.hash: codes(one.result) for one in (first, second)}
    assert outcome[takes.hash()] == ["SET_OPTIONS_SUCCESS"]
    late = second.hash == needs.hash()
    assert outcome[needs.hash()] == ["opBAD_AUTH" if late else "PAYMENT_SUCCESS"]
    assert driver.sequence(CAROL) == needs.transaction.sequence
