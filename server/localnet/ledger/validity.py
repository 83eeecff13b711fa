"""Whether a transaction is valid on a state: what is asked before it is queued, before it goes
into a ledger, and again when it is applied. The order of the questions decides the code, so it is
core's."""

from __future__ import annotations

from stellar_sdk.xdr import OperationResultCode, TransactionResultCode

from server.localnet.ledger.entries import Account
from server.localnet.ledger.operations.accounts import first_sequence
from server.localnet.ledger.operations.operation import Operation, Threshold
from server.localnet.ledger.reserves import MAX_INT64, spendable
from server.localnet.ledger.results import (
    GeneralRefusal,
    Refusal,
    TransactionRefusal,
    operation_refused,
)
from server.localnet.ledger.rules import Rules
from server.localnet.ledger.signatures import SignatureCheck
from server.localnet.ledger.state import State
from server.localnet.ledger.transactions import FeeBump, Transaction

Code = TransactionResultCode


def least_fee(rules: Rules, transaction: Transaction | FeeBump) -> int:
    return rules.base_fee * max(1, transaction.operation_count)


def check(transaction: Transaction | FeeBump, state: State, rules: Rules) -> None:
    """Raises TransactionRefusal unless the transaction may be queued or put into a ledger."""
    if isinstance(transaction, Transaction):
        _check_envelope(transaction, state, rules, pays=True)
        return
    _check_fee_bump(transaction, state, rules)
    try:
        _check_envelope(transaction.inner, state, rules, pays=False)
    except TransactionRefusal as refusal:
        refusal.inner = True
        raise


def _check_envelope(transaction: Transaction, state: State, rules: Rules, *, pays: bool) -> None:
    signatures = SignatureCheck(transaction.signatures)
    source = check_before_sequence(transaction, state, rules, pays=pays)
    check_sequence(transaction, source, rules)
    check_age_and_authority(transaction, source, signatures, rules)
    if pays and spendable(source, rules.base_reserve) < transaction.fee:
        raise TransactionRefusal(Code.txINSUFFICIENT_BALANCE)
    _check_operations(transaction, state, signatures)
    if not signatures.used_all:
        raise TransactionRefusal(Code.txBAD_AUTH_EXTRA)


def _check_fee_bump(fee_bump: FeeBump, state: State, rules: Rules) -> None:
    """Everything about a fee-bump but its inner transaction."""
    if fee_bump.fee < 0:
        raise TransactionRefusal(Code.txMALFORMED)
    if fee_bump.fee < least_fee(rules, fee_bump):
        raise TransactionRefusal(Code.txINSUFFICIENT_FEE)
    inner = fee_bump.inner
    # the rate may not be lower than the inner transaction's own
    if fee_bump.fee * least_fee(rules, inner) < inner.fee * least_fee(rules, fee_bump):
        needed = -(-inner.fee * least_fee(rules, fee_bump) // least_fee(rules, inner))
        raise TransactionRefusal(Code.txINSUFFICIENT_FEE, fee=needed)
    source = state.account(fee_bump.fee_source)
    if source is None:
        raise TransactionRefusal(Code.txNO_ACCOUNT)
    signatures = SignatureCheck(fee_bump.signatures)
    if not signatures.allows(source, Threshold.LOW):
        raise TransactionRefusal(Code.txBAD_AUTH)
    if spendable(source, rules.base_reserve) < fee_bump.fee:
        raise TransactionRefusal(Code.txINSUFFICIENT_BALANCE)
    if not signatures.used_all:
        raise TransactionRefusal(Code.txBAD_AUTH_EXTRA)


def check_before_sequence(
    transaction: Transaction, state: State, rules: Rules, *, pays: bool
) -> Account:
    """What stands whatever the account's state; gives the source account."""
    bounds = transaction.preconditions
    extra = bounds.extra_signers
    if (len(extra) == 2 and extra[0] == extra[1]) or bounds.hollow_payload:
        raise TransactionRefusal(Code.txMALFORMED)
    if not transaction.operations:
        raise TransactionRefusal(Code.txMISSING_OPERATION)
    if transaction.is_inconsistent:
        raise TransactionRefusal(Code.txMALFORMED)
    if bounds.min_time > rules.close_time or bounds.min_ledger > rules.ledger:
        raise TransactionRefusal(Code.txTOO_EARLY)
    if is_too_late(transaction, rules):
        raise TransactionRefusal(Code.txTOO_LATE)
    if pays and transaction.fee < least_fee(rules, transaction):
        raise TransactionRefusal(Code.txINSUFFICIENT_FEE)
    source = state.account(transaction.source)
    if source is None:
        raise TransactionRefusal(Code.txNO_ACCOUNT)
    return source


def is_too_late(transaction: Transaction, rules: Rules) -> bool:
    bounds = transaction.preconditions
    is_past = 0 < bounds.max_time < rules.latest_close_time
    return is_past or 0 < bounds.max_ledger <= rules.ledger


def check_sequence(transaction: Transaction, source: Account, rules: Rules) -> None:
    """The next number, or any higher one where the transaction names a minimum; but never the one
    that accounts created in this very ledger start with."""
    minimum = transaction.preconditions.min_sequence
    if minimum is None:
        fits = source.sequence < MAX_INT64 and source.sequence + 1 == transaction.sequence
    else:
        fits = minimum <= source.sequence < transaction.sequence
    if not fits or transaction.sequence == first_sequence(rules.ledger):
        raise TransactionRefusal(Code.txBAD_SEQ)


def check_age_and_authority(
    transaction: Transaction, source: Account, signatures: SignatureCheck, rules: Rules
) -> None:
    bounds = transaction.preconditions
    old_enough = rules.close_time - bounds.min_sequence_age >= source.sequence_time
    far_enough = rules.ledger - bounds.min_sequence_gap >= source.sequence_ledger
    if not (old_enough and far_enough):
        raise TransactionRefusal(Code.txBAD_MIN_SEQ_AGE_OR_GAP)
    if not signatures.allows(source, Threshold.LOW) or not signatures.holds_all(
        bounds.extra_signers
    ):
        raise TransactionRefusal(Code.txBAD_AUTH)


def check_supported(operation: Operation) -> None:
    """Comes before its signature is looked at, as core has it."""
    if not operation.is_supported:
        raise GeneralRefusal(OperationResultCode.opNOT_SUPPORTED)


def check_signature(operation: Operation, state: State, signatures: SignatureCheck) -> None:
    """Raises GeneralRefusal. The source may be an account that an earlier operation creates."""
    source = state.account(operation.source)
    if source is not None:
        allowed = signatures.allows(source, operation.threshold)
    elif operation.has_own_source:
        allowed = signatures.allows_missing(operation.source)
    else:
        raise GeneralRefusal(OperationResultCode.opNO_ACCOUNT)
    if not allowed:
        raise GeneralRefusal(OperationResultCode.opBAD_AUTH)


def _check_operations(transaction: Transaction, state: State, signatures: SignatureCheck) -> None:
    """Stops at the first operation that is refused; the results of the others say success."""
    for place, operation in enumerate(transaction.operations):
        try:
            check_supported(operation)
            check_signature(operation, state, signatures)
            operation.check()
        except (Refusal, GeneralRefusal) as refusal:
            results = [other.unapplied_result() for other in transaction.operations]
            results[place] = operation_refused(operation.kind, refusal)
            raise TransactionRefusal(Code.txFAILED, results) from None
