"""When a claimant may claim (CAP-0023): predicates as XDR, checked, fixed in time, evaluated."""

from __future__ import annotations

from stellar_sdk import xdr
from stellar_sdk.xdr import ClaimPredicateType as Kind

from server.localnet.ledger.assets import arm
from server.localnet.ledger.reserves import MAX_INT64

_DEPTH_MAX = 4


def is_valid(predicate: xdr.ClaimPredicate, depth: int = 1) -> bool:
    """At most four levels, two operands to each "and" and "or", no negative time."""
    if depth > _DEPTH_MAX:
        return False
    if predicate.type == Kind.CLAIM_PREDICATE_BEFORE_ABSOLUTE_TIME:
        return arm(predicate.abs_before).int64 >= 0
    if predicate.type == Kind.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
        return arm(predicate.rel_before).int64 >= 0
    if predicate.type == Kind.CLAIM_PREDICATE_UNCONDITIONAL:
        return True
    operands = _operands(predicate)
    expected = 1 if predicate.type == Kind.CLAIM_PREDICATE_NOT else 2
    return len(operands) == expected and all(is_valid(one, depth + 1) for one in operands)


def fix_in_time(predicate: xdr.ClaimPredicate, close_time: int) -> None:
    """Makes relative times absolute, from the close time of the ledger; in place."""
    if predicate.type == Kind.CLAIM_PREDICATE_BEFORE_RELATIVE_TIME:
        before = min(close_time + arm(predicate.rel_before).int64, MAX_INT64)
        predicate.type = Kind.CLAIM_PREDICATE_BEFORE_ABSOLUTE_TIME
        predicate.abs_before, predicate.rel_before = xdr.Int64(before), None
    for operand in _operands(predicate):
        fix_in_time(operand, close_time)


def holds(predicate: xdr.ClaimPredicate, close_time: int) -> bool:
    """Whether a claim in a ledger of that close time is allowed."""
    if predicate.type == Kind.CLAIM_PREDICATE_UNCONDITIONAL:
        return True
    if predicate.type == Kind.CLAIM_PREDICATE_BEFORE_ABSOLUTE_TIME:
        return close_time < arm(predicate.abs_before).int64
    answers = [holds(operand, close_time) for operand in _operands(predicate)]
    if predicate.type == Kind.CLAIM_PREDICATE_NOT:
        return not answers[0]
    return all(answers) if predicate.type == Kind.CLAIM_PREDICATE_AND else any(answers)


def _operands(predicate: xdr.ClaimPredicate) -> list[xdr.ClaimPredicate]:
    if predicate.type == Kind.CLAIM_PREDICATE_AND:
        return arm(predicate.and_predicates)
    if predicate.type == Kind.CLAIM_PREDICATE_OR:
        return arm(predicate.or_predicates)
    return [] if predicate.not_predicate is None else [predicate.not_predicate]
