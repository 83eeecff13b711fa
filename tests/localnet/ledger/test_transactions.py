from collections.abc import Callable
from hashlib import sha256

import pytest
from stellar_sdk import Account, Asset, MuxedAccount, TransactionBuilder, TransactionEnvelope, xdr
from stellar_sdk.operation import ManageData, Payment

from server.localnet.ledger.chain import MalformedEnvelopeError
from server.localnet.ledger.transactions import FeeBump, Transaction, read_envelope
from tests.localnet.driver import STROOPS, Driver, codes, person
from tests.localnet.ledger.doors import builder, bumped, fee_named, turned_away

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
XLM = Asset.native()
PAY = Payment(BOB.public_key, XLM, "1")


def test_hashes_are_the_sdk_s(driver: Driver) -> None:
    envelope = driver.build(ALICE, PAY)
    bump = bumped(driver, envelope, CAROL)
    network = driver.chain.network_id
    plain = read_envelope(envelope.to_xdr_object().to_xdr_bytes(), network)
    outer = read_envelope(bump.to_xdr_object().to_xdr_bytes(), network)
    assert isinstance(plain, Transaction)
    assert isinstance(outer, FeeBump)
    assert plain.hash == outer.inner.hash == envelope.hash()
    assert outer.hash == bump.hash()
    assert outer.inner.envelope == plain.envelope
    assert (plain.operation_count, outer.operation_count) == (1, 2)
    assert (outer.source, outer.fee_source) == (ALICE.raw_public_key(), CAROL.raw_public_key())


def test_the_old_form_of_envelope_is_taken_and_kept_as_the_new_one(driver: Driver) -> None:
    account = Account(ALICE.public_key, driver.sequence(ALICE))
    made = TransactionBuilder(account, driver.chain.passphrase, base_fee=100, v1=False)
    old = made.append_operation(PAY).add_time_bounds(0, 0).build()
    old.sign(ALICE)
    packed = old.to_xdr_object()
    assert packed.v0 is not None
    assert driver.chain.submit(packed.to_xdr_bytes()).status == "PENDING"
    driver.close()
    applied = driver.chain.find(old.hash())
    assert applied is not None
    assert applied.successful
    stored = xdr.TransactionEnvelope.from_xdr_bytes(applied.envelope)
    assert stored.v1 is not None
    assert TransactionEnvelope(old.transaction, driver.chain.passphrase).hash() == applied.hash


def test_muxed_sources_pay_and_are_charged_as_their_accounts(driver: Driver) -> None:
    muxed = Account(MuxedAccount(ALICE.public_key, 7), driver.sequence(ALICE))
    made = TransactionBuilder(muxed, driver.chain.passphrase, base_fee=100)
    data = ManageData("a", "b", source=MuxedAccount(ALICE.public_key, 9))
    envelope = made.append_operation(PAY).append_operation(data).add_time_bounds(0, 0).build()
    envelope.sign(ALICE)
    payer = MuxedAccount(CAROL.public_key, 2**63)
    bump = TransactionBuilder.build_fee_bump_transaction(
        payer, 100, envelope, driver.chain.passphrase
    )
    bump.sign(CAROL)
    applied = driver.land(bump)
    assert applied.successful
    assert applied.source == ALICE.raw_public_key()
    assert driver.lumens(CAROL) == 1_000 * STROOPS - 300
    assert driver.chain.state.data(ALICE.raw_public_key(), b"a") is not None


def _cut(packed: bytes) -> bytes:
    return packed[:-1]


def _longer(packed: bytes) -> bytes:
    return packed + b"\x00"


def _unknown_type(packed: bytes) -> bytes:
    return (99).to_bytes(4) + packed[4:]


def _dirty_padding(packed: bytes) -> bytes:
    """A memo text of one character, padded with something."""
    place = packed.index(b"\x00\x00\x00\x01" + b"\x00\x00\x00\x01" + b"m\x00\x00\x00")
    return packed[: place + 9] + b"xyz" + packed[place + 12 :]


@pytest.mark.parametrize("damage", [_cut, _longer, _unknown_type, _dirty_padding])
def test_malformed_bytes_are_refused(driver: Driver, damage: Callable[[bytes], bytes]) -> None:
    made = builder(driver, ALICE).append_operation(PAY).add_time_bounds(0, 0)
    envelope = made.add_text_memo("m").build()
    envelope.sign(ALICE)
    packed = envelope.to_xdr_object().to_xdr_bytes()
    before = driver.entries()
    with pytest.raises(MalformedEnvelopeError):
        driver.chain.submit(damage(packed))
    assert driver.entries() == before
    assert driver.chain.submit(packed).status == "PENDING"


@pytest.mark.parametrize("packed", [b"", b"\x00", bytes(400), b"\xff" * 400])
def test_bytes_that_are_no_envelope(driver: Driver, packed: bytes) -> None:
    with pytest.raises(MalformedEnvelopeError):
        driver.chain.submit(packed)


def test_a_transaction_needs_an_operation(driver: Driver) -> None:
    envelope = driver.build(ALICE, PAY).to_xdr_object()
    assert envelope.v1 is not None
    envelope.v1.tx.operations = []
    assert turned_away(driver, driver.sign(envelope, ALICE)) == ["txMISSING_OPERATION"]


def test_only_the_next_sequence_number(driver: Driver) -> None:
    for ahead in (-1, 1, 1_000):
        made = builder(driver, ALICE, ahead=ahead).append_operation(PAY)
        envelope = made.add_time_bounds(0, 0).build()
        envelope.sign(ALICE)
        assert turned_away(driver, envelope) == ["txBAD_SEQ"]


def test_an_unknown_source(driver: Driver) -> None:
    account = Account(DAVE.public_key, 1)
    made = TransactionBuilder(account, driver.chain.passphrase, base_fee=100)
    envelope = made.append_operation(PAY).add_time_bounds(0, 0).build()
    envelope.sign(DAVE)
    assert turned_away(driver, envelope) == ["txNO_ACCOUNT"]


def test_a_fee_below_the_minimum(driver: Driver) -> None:
    cheap = driver.build(ALICE, PAY, PAY, fee=99)
    assert turned_away(driver, cheap) == ["txINSUFFICIENT_FEE"]
    assert fee_named(driver, cheap) == 200


def test_a_fee_that_the_source_can_not_pay(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, XLM, "979"))
    left = 20 * STROOPS - 100  # above the reserve of 1 XLM
    dear = driver.build(ALICE, PAY, fee=left + 1)
    assert turned_away(driver, dear) == ["txINSUFFICIENT_BALANCE"]
    driver.land(driver.build(ALICE, PAY, fee=left))


def test_a_transaction_pays_only_what_the_ledger_asks(driver: Driver) -> None:
    applied = driver.land(driver.build(ALICE, PAY, PAY, fee=5_000))
    assert (applied.fee_charged, applied.max_fee) == (200, 10_000)
    assert driver.chain.header.fee_pool > 0


def test_a_fee_bump_pays_for_one_operation_more(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY)
    applied = driver.land(bumped(driver, inner, CAROL))
    assert (applied.fee_charged, applied.max_fee, applied.operation_count) == (200, 400, 1)
    assert driver.lumens(ALICE) == 999 * STROOPS
    assert driver.lumens(CAROL) == 1_000 * STROOPS - 200
    result = xdr.TransactionResult.from_xdr_bytes(applied.result).result
    assert result.code == xdr.TransactionResultCode.txFEE_BUMP_INNER_SUCCESS
    assert result.inner_result_pair is not None
    assert result.inner_result_pair.transaction_hash.hash == inner.hash()
    assert driver.chain.find(inner.hash()) is applied


def test_an_inner_transaction_may_offer_nothing(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY).to_xdr_object()
    assert inner.v1 is not None
    inner.v1.tx.fee = xdr.Uint32(0)
    signed = TransactionEnvelope.from_xdr_object(
        xdr.TransactionEnvelope.from_xdr_bytes(driver.sign(inner, ALICE)),
        driver.chain.passphrase,
    )
    applied = driver.land(bumped(driver, signed, CAROL, rate=100))
    assert applied.successful
    assert applied.fee_charged == 200


def _bump(driver: Driver, inner: TransactionEnvelope, fee: int, signer: str = "carol") -> bytes:
    """A fee-bump of carol's that offers `fee` in all, whatever the SDK thinks of it."""
    envelope = bumped(driver, inner, CAROL, rate=100_000).to_xdr_object()
    assert envelope.fee_bump is not None
    envelope.fee_bump.tx.fee = xdr.Int64(fee)
    payload = xdr.TransactionSignaturePayload(
        xdr.Hash(driver.chain.network_id),
        xdr.TransactionSignaturePayloadTaggedTransaction(
            xdr.EnvelopeType.ENVELOPE_TYPE_TX_FEE_BUMP, fee_bump=envelope.fee_bump.tx
        ),
    )
    signed = sha256(payload.to_xdr_bytes()).digest()
    envelope.fee_bump.signatures = [person(signer).sign_decorated(signed).to_xdr_object()]
    return envelope.to_xdr_bytes()


def test_what_a_fee_bump_must_offer(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY, fee=300)
    assert turned_away(driver, _bump(driver, inner, -1)) == ["txMALFORMED"]
    assert turned_away(driver, _bump(driver, inner, 199)) == ["txINSUFFICIENT_FEE"]
    below_inner = driver.chain.submit(_bump(driver, inner, 599))
    assert below_inner.result is not None
    assert codes(below_inner.result) == ["txINSUFFICIENT_FEE"]
    decoded = xdr.TransactionResult.from_xdr_bytes(below_inner.result)
    assert decoded.fee_charged.int64 == 600
    assert driver.chain.submit(_bump(driver, inner, 600)).status == "PENDING"
    driver.close()


def test_who_must_sign_and_pay_a_fee_bump(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY)
    assert turned_away(driver, _bump(driver, inner, 400, "bob")) == ["txBAD_AUTH"]
    assert turned_away(driver, _bump(driver, inner, 1_000 * STROOPS)) == ["txINSUFFICIENT_BALANCE"]
    extra = bumped(driver, inner, CAROL)
    extra.sign(BOB)
    assert turned_away(driver, extra) == ["txBAD_AUTH_EXTRA"]
    nobody = bumped(driver, inner, DAVE)
    assert turned_away(driver, nobody) == ["txNO_ACCOUNT"]


def test_a_bad_inner_transaction_is_named_by_its_own_code(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY)
    inner.signatures.clear()
    bump = bumped(driver, inner, CAROL)
    submission = driver.chain.submit(bump.to_xdr_object().to_xdr_bytes())
    assert submission.status == "ERROR"
    assert submission.result is not None
    result = xdr.TransactionResult.from_xdr_bytes(submission.result).result
    assert result.code == xdr.TransactionResultCode.txFEE_BUMP_INNER_FAILED
    assert codes(submission.result) == ["txBAD_AUTH"]
    assert driver.lumens(CAROL) == 1_000 * STROOPS


def test_a_failed_transaction_burns_fee_and_sequence(driver: Driver) -> None:
    before = driver.sequence(ALICE)
    inner = driver.build(ALICE, Payment(DAVE.public_key, XLM, "1"))
    applied = driver.land(bumped(driver, inner, CAROL))
    assert codes(applied.result) == ["PAYMENT_NO_DESTINATION"]
    assert not applied.successful
    assert driver.sequence(ALICE) == before + 1
    assert driver.lumens(CAROL) == 1_000 * STROOPS - 200
    assert driver.lumens(ALICE) == 1_000 * STROOPS


def test_contract_calls_are_off(driver: Driver) -> None:
    made = builder(driver, ALICE).append_upload_contract_wasm_op(b"\x00asm")
    plain = made.add_time_bounds(0, 0).build()
    plain.sign(ALICE)
    assert turned_away(driver, plain) == ["txMALFORMED"]
    data = xdr.SorobanTransactionData(
        xdr.SorobanTransactionDataExt(0),
        xdr.SorobanResources(
            xdr.LedgerFootprint([], []), xdr.Uint32(0), xdr.Uint32(0), xdr.Uint32(0)
        ),
        xdr.Int64(0),
    )
    made = builder(driver, ALICE).append_upload_contract_wasm_op(b"\x00asm")
    called = made.set_soroban_data(data).add_time_bounds(0, 0).build()
    called.sign(ALICE)
    assert turned_away(driver, called) == ["opNOT_SUPPORTED"]
    paid = builder(driver, ALICE).append_operation(PAY).set_soroban_data(data)
    carried = paid.add_time_bounds(0, 0).build()
    carried.sign(ALICE)
    assert turned_away(driver, carried) == ["txMALFORMED"]
