"""Envelopes against the world: each code of a transaction, and each way to authorize one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stellar_sdk import (
    Account,
    FeeBumpTransactionEnvelope,
    Keypair,
    MuxedAccount,
    Network,
    SignedPayloadSigner,
    SignerKey,
    SorobanDataBuilder,
    TransactionBuilder,
    TransactionEnvelope,
    xdr,
)
from stellar_sdk.operation import (
    BeginSponsoringFutureReserves,
    EndSponsoringFutureReserves,
    ManageData,
    Operation,
    Payment,
    RevokeSponsorship,
    SetOptions,
)

from tests.localnet.world import (
    ALICE,
    BANK,
    BOB,
    CAROL,
    COUNCIL,
    NOBODY,
    POOR,
    PREIMAGE,
    SECRET,
    SPONSOR,
    START,
    WARD,
    XLM,
    World,
)

LATER = START + 1_000_000
PAYLOAD = b"signed elsewhere"


class Case(NamedTuple):
    """`status` is the submission's. The codes are those of the transaction (the inner one's, where
    that decides) and of its operations: at once when it is refused, else once it is in a ledger."""

    name: str
    envelope: str
    status: str
    transaction: str
    operations: list[str]


class Draft:
    """A transaction before it is signed: the builder, with what the cases change."""

    def __init__(self, world: World, source: Keypair, *operations: Operation, fee: int = 100):
        self.world = world
        self.source = source
        self.builder = TransactionBuilder(
            Account(source.public_key, world.sequence(source)), world.chain.passphrase, fee
        ).add_time_bounds(0, 0)
        for operation in operations or (ManageData("name", "value"),):
            self.builder.append_operation(operation)

    def signed(self, *signers: Keypair) -> TransactionEnvelope:
        envelope = self.builder.build()
        for one in signers or (self.source,):
            envelope.sign(one)
        return envelope


def transaction_cases(world: World) -> Iterator[Case]:
    yield from _preconditions(world)
    yield from _numbers(world)
    yield from _signatures(world)
    yield from _other_signers(world)
    yield from _fees(world)
    yield from _fee_bumps(world)
    yield from _together(world)
    yield from _forms(world)


def _landed(
    name: str, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope, *codes: str
) -> Case:
    done = all(code.endswith("_SUCCESS") for code in codes)
    code = "txSUCCESS" if done else "txFAILED"
    return Case(name, envelope.to_xdr(), "PENDING", code, list(codes))


def _stored(name: str, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope) -> Case:
    return _landed(name, envelope, "MANAGE_DATA_SUCCESS")


def _refused(
    name: str, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope, code: str, *codes: str
) -> Case:
    return Case(name, envelope.to_xdr(), "ERROR", code, list(codes))


def _preconditions(world: World) -> Iterator[Case]:
    ledger = world.chain.head.sequence
    for name, change, code in (
        ("open in time", lambda b: b.add_time_bounds(START, LATER), None),
        ("too early", lambda b: b.add_time_bounds(LATER, 0), "txTOO_EARLY"),
        ("too late", lambda b: b.add_time_bounds(0, START), "txTOO_LATE"),
        ("open by ledger", lambda b: b.set_ledger_bounds(1, ledger + 2), None),
        ("ledger too early", lambda b: b.set_ledger_bounds(ledger + 9, 0), "txTOO_EARLY"),
        ("ledger too late", lambda b: b.set_ledger_bounds(0, ledger + 1), "txTOO_LATE"),
        ("old enough", lambda b: b.set_min_sequence_age(1), None),
        ("too young", lambda b: b.set_min_sequence_age(10**6), "txBAD_MIN_SEQ_AGE_OR_GAP"),
        ("ledgers apart", lambda b: b.set_min_sequence_ledger_gap(1), None),
        (
            "too close",
            lambda b: b.set_min_sequence_ledger_gap(10**6),
            "txBAD_MIN_SEQ_AGE_OR_GAP",
        ),
    ):
        one = Draft(world, CAROL)
        change(one.builder)
        yield _refused(name, one.signed(), code) if code else _stored(name, one.signed())


def _numbers(world: World) -> Iterator[Case]:
    for name, step in (("used number", -1), ("number too high", 1)):
        one = Draft(world, ALICE)
        one.builder.source_account.sequence += step
        yield _refused(name, one.signed(), "txBAD_SEQ")
    gap = Draft(world, ALICE)
    gap.builder.set_min_sequence_number(0)
    gap.builder.source_account.sequence += 5
    yield _stored("a gap that is allowed", gap.signed())
    tight = Draft(world, ALICE)
    tight.builder.set_min_sequence_number(world.sequence(ALICE) + 1)
    tight.builder.source_account.sequence += 5
    yield _refused("a gap that is not", tight.signed(), "txBAD_SEQ")
    stranger = TransactionBuilder(Account(NOBODY.public_key, 1), world.chain.passphrase)
    stranger.append_operation(ManageData("x", "y")).add_time_bounds(0, 0)
    envelope = stranger.build()
    envelope.sign(NOBODY)
    yield _refused("no such source", envelope, "txNO_ACCOUNT")


def _signatures(world: World) -> Iterator[Case]:
    unsigned = Draft(world, ALICE).builder.build()
    yield _refused("unsigned", unsigned, "txBAD_AUTH")
    yield _refused("signed by another", Draft(world, ALICE).signed(BOB), "txBAD_AUTH")
    yield _refused("signed twice", Draft(world, ALICE).signed(ALICE, BOB), "txBAD_AUTH_EXTRA")
    foreign = Draft(world, ALICE)
    foreign.builder.network_passphrase = Network.PUBLIC_NETWORK_PASSPHRASE
    yield _refused("signed for another network", foreign.signed(), "txBAD_AUTH")
    payment, options = Payment(BOB.public_key, XLM, "1"), SetOptions(high_threshold=3)
    for signers, operation, codes in (
        ((COUNCIL,), payment, ["opBAD_AUTH"]),
        ((COUNCIL, ALICE), payment, ["PAYMENT_SUCCESS"]),
        ((COUNCIL, ALICE), options, ["opBAD_AUTH"]),
        ((ALICE, BOB, COUNCIL), options, ["SET_OPTIONS_SUCCESS"]),
    ):
        envelope = Draft(world, COUNCIL, operation).signed(*signers)
        name = f"{len(signers)} of 3, {type(operation).__name__}"
        if codes == ["opBAD_AUTH"]:
            yield _refused(name, envelope, "txFAILED", *codes)
        else:
            yield _landed(name, envelope, *codes)
    theirs = ManageData("a", "b", source=NOBODY.public_key)
    envelope = Draft(world, ALICE, theirs).signed(ALICE, NOBODY)
    yield _landed("a source that does not exist", envelope, "opNO_ACCOUNT")
    both = [ManageData("a", "b"), ManageData("a", "b", source=BOB.public_key)]
    yield _landed(
        "two sources",
        Draft(world, ALICE, *both).signed(ALICE, BOB),
        "MANAGE_DATA_SUCCESS",
        "MANAGE_DATA_SUCCESS",
    )


def _other_signers(world: World) -> Iterator[Case]:
    envelope = Draft(world, SECRET).builder.build()
    envelope.sign_hashx(PREIMAGE)
    yield _stored("a preimage", envelope)
    envelope = Draft(world, SECRET).builder.build()
    envelope.sign_hashx(b"open rye")
    yield _refused("a wrong preimage", envelope, "txBAD_AUTH")

    payload = SignedPayloadSigner(BOB.public_key, PAYLOAD)
    extra = Draft(world, ALICE)
    extra.builder.add_extra_signer(payload)
    envelope = extra.signed(ALICE)
    envelope.signatures.append(BOB.sign_payload_decorated(PAYLOAD))
    yield _stored("an extra signer", envelope)
    missing = Draft(world, ALICE)
    missing.builder.add_extra_signer(payload)
    yield _refused("an extra signer who did not", missing.signed(ALICE), "txBAD_AUTH")
    twice = Draft(world, ALICE)
    for _ in range(2):
        twice.builder.add_extra_signer(SignerKey.ed25519_public_key(BOB.public_key))
    yield _refused("an extra signer named twice", twice.signed(ALICE, BOB), "txMALFORMED")


def _fees(world: World) -> Iterator[Case]:
    cheap = Draft(world, ALICE, fee=99)
    yield _refused("below the base fee", cheap.signed(), "txINSUFFICIENT_FEE")
    dear = Draft(world, POOR, Payment(ALICE.public_key, XLM, "0.0000001"), fee=20_000)
    yield _refused("more than there is", dear.signed(), "txINSUFFICIENT_BALANCE")
    empty = Draft(world, ALICE)
    empty.builder.operations.clear()
    yield _refused("no operation", empty.signed(), "txMISSING_OPERATION")


def _fee_bumps(world: World) -> Iterator[Case]:
    def bump(
        inner: TransactionEnvelope, payer: Keypair = CAROL, fee: int = 200, by: Keypair = CAROL
    ) -> FeeBumpTransactionEnvelope:
        envelope = TransactionBuilder.build_fee_bump_transaction(
            payer, fee, inner, world.chain.passphrase
        )
        envelope.sign(by)
        return envelope

    free = Draft(world, ALICE).signed()
    yield _stored("a fee paid by another", bump(free))
    lowered = bump(free)
    lowered.transaction.base_fee = lowered.transaction.fee = 199
    lowered.signatures.clear()
    lowered.sign(CAROL)
    yield _refused("too low for a bump", lowered, "txINSUFFICIENT_FEE")
    yield _refused("bump by a stranger", bump(free, by=BOB), "txBAD_AUTH")
    yield _refused("bump of nobody's", bump(free, NOBODY, by=NOBODY), "txNO_ACCOUNT")
    late = Draft(world, ALICE)
    late.builder.add_time_bounds(0, START)
    yield _refused("bump of a late one", bump(late.signed()), "txTOO_LATE")
    used = Draft(world, ALICE)
    used.builder.source_account.sequence -= 1
    yield _refused("bump of a used number", bump(used.signed()), "txBAD_SEQ")
    poor = Draft(world, BOB, Payment(ALICE.public_key, XLM, "5000")).signed()
    yield _landed("bump of one that fails", bump(poor), "PAYMENT_UNDERFUNDED")


def _together(world: World) -> Iterator[Case]:
    pay = Payment(BOB.public_key, XLM, "1")
    too_much = Payment(BOB.public_key, XLM, "5000")
    envelope = Draft(world, ALICE, pay, too_much, pay).signed()
    yield _landed(
        "all or nothing", envelope, "PAYMENT_SUCCESS", "PAYMENT_UNDERFUNDED", "PAYMENT_SUCCESS"
    )
    begin = BeginSponsoringFutureReserves(BOB.public_key)
    started, done = "BEGIN_SPONSORING_FUTURE_RESERVES_SUCCESS", "MANAGE_DATA_SUCCESS"
    own = ManageData("sponsored", "x", source=BOB.public_key)
    end = EndSponsoringFutureReserves(source=BOB.public_key)
    ended = "END_SPONSORING_FUTURE_RESERVES_SUCCESS"
    envelope = Draft(world, ALICE, begin, own, end).signed(ALICE, BOB)
    yield _landed("a sponsored entry", envelope, started, done, ended)
    open_ended = Draft(world, ALICE, begin).signed()
    yield Case(
        "sponsoring that never ends", open_ended.to_xdr(), "PENDING", "txBAD_SPONSORSHIP", []
    )
    again = "BEGIN_SPONSORING_FUTURE_RESERVES_ALREADY_SPONSORED"
    envelope = Draft(world, ALICE, begin, begin, end).signed(ALICE, BOB)
    yield _landed("sponsored twice", envelope, started, again, ended)
    back = BeginSponsoringFutureReserves(ALICE.public_key, source=BOB.public_key)
    recursive = "BEGIN_SPONSORING_FUTURE_RESERVES_RECURSIVE"
    envelope = Draft(world, ALICE, begin, back, end).signed(ALICE, BOB)
    yield _landed("each the other's sponsor", envelope, started, recursive, ended)
    spend = Payment(BANK.public_key, XLM, "999", source=WARD.public_key)
    leave = RevokeSponsorship.revoke_data_sponsorship(WARD.public_key, "sponsored")
    envelope = Draft(world, SPONSOR, spend, leave).signed(SPONSOR, WARD)
    yield _landed(
        "left with a reserve to pay", envelope, "PAYMENT_SUCCESS", "REVOKE_SPONSORSHIP_LOW_RESERVE"
    )


def _forms(world: World) -> Iterator[Case]:
    muxed = MuxedAccount(ALICE.public_key, 2**64 - 1)
    to_muxed = Payment(MuxedAccount(BOB.public_key, 7), XLM, "1", source=muxed)
    yield _landed("muxed accounts", Draft(world, ALICE, to_muxed).signed(), "PAYMENT_SUCCESS")
    old = Draft(world, ALICE)
    old.builder.v1 = False
    yield _stored("an envelope of version 0", old.signed())
    yield _refused("a contract call without its data", _call(world).signed(), "txMALFORMED")
    call = _call(world)
    call.builder.set_soroban_data(SorobanDataBuilder().set_resource_fee(1).build())
    yield _refused("a contract call", call.signed(), "txFAILED", "opNOT_SUPPORTED")
    backwards = Draft(world, ALICE).signed().to_xdr_object()
    bump = xdr.BumpSequenceOp(xdr.SequenceNumber(xdr.Int64(-1)))
    body = xdr.OperationBody(xdr.OperationType.BUMP_SEQUENCE, bump_sequence_op=bump)
    assert backwards.v1 is not None
    backwards.v1.tx.operations[0].body = body
    packed = world.sign(backwards, ALICE)
    yield Case(
        "a sequence that goes back",
        xdr.TransactionEnvelope.from_xdr_bytes(packed).to_xdr(),
        "ERROR",
        "txFAILED",
        ["BUMP_SEQUENCE_BAD_SEQ"],
    )


def _call(world: World) -> Draft:
    draft = Draft(world, ALICE)
    draft.builder.operations.clear()
    contract = XLM.contract_id(world.chain.passphrase)
    draft.builder.append_invoke_contract_function_op(contract, "decimals")
    return draft
