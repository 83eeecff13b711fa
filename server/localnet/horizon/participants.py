"""Which accounts and claimable balances a transaction or an operation belongs to.

The lists decide what /accounts/{id}/… and /claimable_balances/{id}/… show. Owners are raw account
ids and, marked apart, ids of claimable balances.
"""

from collections.abc import Callable, Iterator, Mapping

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedOperation
from server.localnet.horizon.values import split_muxed
from server.localnet.ledger.assets import account_id_bytes, arm

_T = xdr.OperationType


def balance_owner(balance_id: bytes) -> bytes:
    """The owner key of a claimable balance; no account id has its length."""
    return b"B" + balance_id


def participants(operation: DecodedOperation) -> set[bytes]:
    """The source and whoever the operation names as its other side."""
    found = {split_muxed(operation.source)[0]}
    reader = _READERS.get(operation.type)
    if reader is not None:
        found.update(reader(operation))
    return found


def _create_account(operation: DecodedOperation) -> Iterator[bytes]:
    yield account_id_bytes(arm(operation.body.create_account_op).destination)


def _payment(operation: DecodedOperation) -> Iterator[bytes]:
    body = operation.body
    path = body.path_payment_strict_receive_op or body.path_payment_strict_send_op
    yield split_muxed((path or arm(body.payment_op)).destination)[0]


def _trustor(operation: DecodedOperation) -> Iterator[bytes]:
    flags = operation.body.set_trust_line_flags_op
    named = flags.trustor if flags else arm(operation.body.allow_trust_op).trustor
    yield account_id_bytes(named)


def _claimants(operation: DecodedOperation) -> Iterator[bytes]:
    for claimant in arm(operation.body.create_claimable_balance_op).claimants:
        yield account_id_bytes(arm(claimant.v0).destination)
    created = operation.result.create_claimable_balance_result if operation.result else None
    if created is not None and created.balance_id is not None:
        yield _balance(created.balance_id)


def _balance(balance_id: xdr.ClaimableBalanceID) -> bytes:
    return balance_owner(arm(balance_id.v0).hash)


def _named_balance(operation: DecodedOperation) -> Iterator[bytes]:
    claim = operation.body.claim_claimable_balance_op
    yield _balance(
        claim.balance_id if claim else arm(operation.body.clawback_claimable_balance_op).balance_id
    )


def _sponsored(operation: DecodedOperation) -> Iterator[bytes]:
    named = operation.body.begin_sponsoring_future_reserves_op
    if named is not None:
        yield account_id_bytes(named.sponsored_id)


def _sponsor(operation: DecodedOperation) -> Iterator[bytes]:
    beginning = sponsorship_beginning(operation)
    if beginning is not None:
        yield split_muxed(beginning.source)[0]


def sponsorship_beginning(operation: DecodedOperation) -> DecodedOperation | None:
    """The begin_sponsoring operation that the given end_sponsoring one ends."""
    ender = split_muxed(operation.source)[0]
    earlier = operation.transaction.operations[: operation.index]
    for candidate in reversed(earlier):
        if ender in _sponsored(candidate):
            return candidate
    return None


def _revoked(operation: DecodedOperation) -> Iterator[bytes]:
    named = arm(operation.body.revoke_sponsorship_op)
    if named.signer is not None:
        yield account_id_bytes(named.signer.account_id)
    key = named.ledger_key
    if key is None:
        return
    if key.account is not None:
        yield account_id_bytes(key.account.account_id)
    elif key.trust_line is not None:
        yield account_id_bytes(key.trust_line.account_id)
    elif key.offer is not None:
        yield account_id_bytes(key.offer.seller_id)
    elif key.data is not None:
        yield account_id_bytes(key.data.account_id)
    elif key.claimable_balance is not None:
        yield _balance(key.claimable_balance.balance_id)


def _clawed_back(operation: DecodedOperation) -> Iterator[bytes]:
    yield split_muxed(arm(operation.body.clawback_op).from_)[0]


def _merged(operation: DecodedOperation) -> Iterator[bytes]:
    yield split_muxed(arm(operation.body.destination))[0]


_READERS: Mapping[xdr.OperationType, Callable[[DecodedOperation], Iterator[bytes]]] = {
    _T.CREATE_ACCOUNT: _create_account,
    _T.PAYMENT: _payment,
    _T.PATH_PAYMENT_STRICT_RECEIVE: _payment,
    _T.PATH_PAYMENT_STRICT_SEND: _payment,
    _T.ALLOW_TRUST: _trustor,
    _T.SET_TRUST_LINE_FLAGS: _trustor,
    _T.ACCOUNT_MERGE: _merged,
    _T.CREATE_CLAIMABLE_BALANCE: _claimants,
    _T.CLAIM_CLAIMABLE_BALANCE: _named_balance,
    _T.CLAWBACK_CLAIMABLE_BALANCE: _named_balance,
    _T.BEGIN_SPONSORING_FUTURE_RESERVES: _sponsored,
    _T.END_SPONSORING_FUTURE_RESERVES: _sponsor,
    _T.REVOKE_SPONSORSHIP: _revoked,
    _T.CLAWBACK: _clawed_back,
}
