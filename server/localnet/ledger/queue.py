"""The transaction queue: one transaction a source account, bids for limited room, bans. The rules
are core's."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stellar_sdk.xdr import TransactionResultCode

from server.localnet.ledger.records import Submission
from server.localnet.ledger.reserves import spendable
from server.localnet.ledger.results import TransactionRefusal, fee_bump_result, transaction_result
from server.localnet.ledger.rules import Rules
from server.localnet.ledger.state import State
from server.localnet.ledger.transactions import FeeBump, Transaction
from server.localnet.ledger.validity import check, is_too_late, least_fee

Code = TransactionResultCode
Envelope = Transaction | FeeBump

MAX_AGE = 4  # ledgers that a transaction may wait
BAN_LEDGERS = 10
LEDGERS_HELD = 2  # the queue holds this many ledgers' worth of operations
REPLACEMENT_FACTOR = 10  # a fee-bump must offer this many times the queued rate
_RATE_SCALE = 2**32  # keeps rates of up to 101 operations apart in whole numbers


class Choice(NamedTuple):
    """What goes into the next ledger; `base_fee` is what each operation pays, in stroops."""

    transactions: Sequence[Envelope]
    base_fee: int


class _Queued:
    __slots__ = ("age", "rate", "transaction")

    def __init__(self, transaction: Envelope) -> None:
        self.transaction = transaction
        self.rate = _rate(transaction)
        self.age = 0


class TransactionQueue:
    def __init__(self, ledger_operations: int) -> None:
        self._limit = ledger_operations * LEDGERS_HELD
        self._by_source: dict[bytes, _Queued] = {}
        self._by_hash: dict[bytes, Envelope] = {}  # outer and inner
        self._fees: dict[bytes, int] = {}  # what each fee source has promised
        self._operations = 0
        self._banned: deque[set[bytes]] = deque((set() for _ in range(BAN_LEDGERS)), BAN_LEDGERS)
        self._fee_to_beat: Envelope | None = None  # the best one evicted since the last ledger

    def holds(self, transaction_hash: bytes) -> bool:
        """By outer or inner hash."""
        return transaction_hash in self._by_hash

    def add(self, transaction: Envelope, state: State, rules: Rules) -> Submission:
        if any(transaction.full_hash in banned for banned in self._banned):
            return Submission("TRY_AGAIN_LATER", transaction.hash)
        queued = self._by_source.get(transaction.source)
        current = None if queued is None else queued.transaction
        if current is not None and _is_duplicate(transaction, current):
            return Submission("DUPLICATE", transaction.hash)
        try:
            if current is not None and not _may_replace(transaction, current):
                return Submission("TRY_AGAIN_LATER", transaction.hash)
            evicted = self._make_room(transaction, current)
            check(transaction, state, rules)
            self._check_promises(transaction, current, state, rules)
        except _NoRoom:
            self._ban(transaction)
            return Submission("TRY_AGAIN_LATER", transaction.hash)
        except TransactionRefusal as refusal:
            result = _pack_refusal(transaction, refusal, rules)
            return Submission("ERROR", transaction.hash, result)
        self._replace(current, transaction, evicted)
        return Submission("PENDING", transaction.hash)

    def choose(self, rules: Rules, ledger_operations: int) -> Choice:
        """All that wait, or the best bids if there is no room for all. They were valid on this
        very state when they came, or after the last close; only time can have run out since."""
        self._ban_late(rules)
        waiting = list(self._by_source.values())
        if self._operations <= ledger_operations:
            return Choice([queued.transaction for queued in waiting], rules.base_fee)
        # among equal bids the hash decides, as chance would
        waiting.sort(key=lambda queued: (-queued.rate, queued.transaction.full_hash))
        chosen: list[Envelope] = []
        room = ledger_operations
        for queued in waiting:
            if queued.transaction.operation_count <= room:
                room -= queued.transaction.operation_count
                chosen.append(queued.transaction)
        lowest = min((bid.fee // bid.operation_count for bid in chosen), default=rules.base_fee)
        return Choice(chosen, lowest)

    def close_ledger(self, applied: Iterable[Envelope], state: State, rules: Rules) -> None:
        """`rules` are those of the ledger after the one that closed."""
        for transaction in applied:
            queued = self._by_source.get(transaction.source)
            if queued is not None and queued.transaction.sequence <= transaction.sequence:
                self._drop(queued.transaction)
            self._banned[0].add(transaction.full_hash)
        self._banned.appendleft(set())
        self._fee_to_beat = None
        self._age()
        self._ban_invalid(state, rules)

    def _age(self) -> None:
        for queued in list(self._by_source.values()):
            queued.age += 1
            if queued.age >= MAX_AGE:
                self._ban(queued.transaction)

    def _ban_late(self, rules: Rules) -> None:
        for queued in list(self._by_source.values()):
            if is_too_late(queued.transaction.innermost, rules):
                self._ban(queued.transaction)

    def _ban_invalid(self, state: State, rules: Rules) -> None:
        for queued in list(self._by_source.values()):
            try:
                check(queued.transaction, state, rules)
            except TransactionRefusal:
                self._ban(queued.transaction)

    def _ban(self, transaction: Envelope) -> None:
        self._banned[0].add(transaction.full_hash)
        queued = self._by_source.get(transaction.source)
        if queued is not None and queued.transaction is transaction:
            self._drop(transaction)

    def _make_room(self, transaction: Envelope, current: Envelope | None) -> list[Envelope]:
        """Whom to put out so that it fits; only for a better bid."""
        beaten = self._fee_to_beat
        if beaten is not None and _rate(transaction) <= _rate(beaten):
            self._refuse_bid(transaction, beaten)
        needed = transaction.operation_count - (0 if current is None else current.operation_count)
        excess = self._operations + needed - self._limit
        if excess <= 0:
            return []
        evicted: list[Envelope] = []
        for queued in sorted(self._by_source.values(), key=lambda queued: queued.rate):
            if queued.transaction is current:
                continue
            if queued.rate >= _rate(transaction):
                self._refuse_bid(transaction, queued.transaction)
            evicted.append(queued.transaction)
            excess -= queued.transaction.operation_count
            if excess <= 0:
                return evicted
        raise _NoRoom

    def _refuse_bid(self, transaction: Envelope, better: Envelope) -> None:
        self._ban(transaction)
        enough = better.fee * transaction.operation_count // better.operation_count + 1
        raise TransactionRefusal(Code.txINSUFFICIENT_FEE, fee=enough)

    def _check_promises(
        self, transaction: Envelope, current: Envelope | None, state: State, rules: Rules
    ) -> None:
        """The fee source must be able to pay all that it has queued, not this one alone."""
        payer = state.account(transaction.fee_source)
        promised = self._fees.get(transaction.fee_source, 0)
        if current is not None and current.fee_source == transaction.fee_source:
            promised -= current.fee
        if payer is None or spendable(payer, rules.base_reserve) - transaction.fee < promised:
            raise TransactionRefusal(Code.txINSUFFICIENT_BALANCE)

    def _replace(
        self, current: Envelope | None, transaction: Envelope, evicted: Sequence[Envelope]
    ) -> None:
        for other in evicted:
            self._ban(other)
            self._fee_to_beat = other
        queued = _Queued(transaction)
        if current is not None:
            queued.age = self._by_source[current.source].age
            self._drop(current)
        self._by_source[transaction.source] = queued
        self._by_hash[transaction.hash] = transaction
        if transaction.inner is not None:
            self._by_hash[transaction.inner.hash] = transaction
        self._operations += transaction.operation_count
        payer = transaction.fee_source
        self._fees[payer] = self._fees.get(payer, 0) + transaction.fee

    def _drop(self, transaction: Envelope) -> None:
        del self._by_source[transaction.source]
        del self._by_hash[transaction.hash]
        if transaction.inner is not None:
            del self._by_hash[transaction.inner.hash]
        self._operations -= transaction.operation_count
        payer = transaction.fee_source
        self._fees[payer] -= transaction.fee
        if not self._fees[payer]:
            del self._fees[payer]


class _NoRoom(Exception):
    """Even an empty queue would not hold it."""


def _rate(transaction: Envelope) -> int:
    return transaction.fee * _RATE_SCALE // max(1, transaction.operation_count)


def _is_duplicate(transaction: Envelope, current: Envelope) -> bool:
    """The queued bytes again, or the inner transaction of a queued fee-bump."""
    if transaction.full_hash == current.full_hash:
        return True
    return current.inner is not None and current.inner.full_hash == transaction.full_hash


def _may_replace(transaction: Envelope, current: Envelope) -> bool:
    """Only a fee-bump of the same sequence number may replace what is queued, and only for ten
    times its rate; raises TransactionRefusal with the fee that would be enough."""
    if transaction.sequence < current.sequence:
        raise TransactionRefusal(Code.txBAD_SEQ, inner=transaction.inner is not None)
    if transaction.inner is None or transaction.sequence != current.sequence:
        return False
    wanted = REPLACEMENT_FACTOR * current.fee * transaction.operation_count
    if transaction.fee * current.operation_count < wanted:
        enough = -(-wanted // current.operation_count)
        raise TransactionRefusal(Code.txINSUFFICIENT_FEE, fee=enough)
    return True


def _pack_refusal(transaction: Envelope, refusal: TransactionRefusal, rules: Rules) -> bytes:
    fee = least_fee(rules, transaction) if refusal.fee is None else refusal.fee
    if refusal.inner and transaction.inner is not None:
        inner_hash = transaction.inner.hash
        return fee_bump_result(fee, inner_hash, refusal.code, refusal.operations)
    return transaction_result(fee, refusal.code, refusal.operations)
