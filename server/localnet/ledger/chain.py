"""The chain: takes envelopes, closes ledgers, remembers what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from nacl.bindings import crypto_sign_seed_keypair

from server.localnet.ledger.application import Application, Applied, Charged, charge
from server.localnet.ledger.disk import DataError, Disk
from server.localnet.ledger.entries import Account
from server.localnet.ledger.events import AssetContracts
from server.localnet.ledger.headers import (
    BASE_FEE,
    BASE_RESERVE,
    Header,
    hash_results,
    next_skips,
    pack_transaction_set,
)
from server.localnet.ledger.meta import Change, pack_changes
from server.localnet.ledger.queue import TransactionQueue
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger, Submission
from server.localnet.ledger.rules import Rules
from server.localnet.ledger.state import State
from server.localnet.ledger.state_hash import StateHash
from server.localnet.ledger.transactions import (
    FeeBump,
    MalformedEnvelopeError,
    Transaction,
    read_envelope,
)

__all__ = ["Chain", "DataError", "MalformedEnvelopeError", "root_account"]

TOTAL_COINS = 100_000_000_000 * 10_000_000  # stroops
GENESIS = 1  # sequence number of the first ledger
_NO_HASH = bytes(32)


def root_account(passphrase: str) -> bytes:
    """The account that holds all lumens at the start; its seed is the network id."""
    public_key, _ = crypto_sign_seed_keypair(sha256(passphrase.encode()).digest())
    return public_key


class Chain:
    """A network of one node. All ledgers are kept. `now` tells the time in seconds since 1970, by
    which a submission may be too late before the next ledger closes; without it, only closing
    moves time. Raises DataError for a `data` folder that can't be used."""

    def __init__(
        self,
        passphrase: str,
        *,
        ledger_operations: int = 1_000,
        data: Path | None = None,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.passphrase = passphrase
        self.network_id = sha256(passphrase.encode()).digest()
        self.ledger_operations = ledger_operations
        self._now = now
        self.contracts = AssetContracts(self.network_id)
        self.state = State()
        self._queue = TransactionQueue(ledger_operations)
        self._ledgers: list[ClosedLedger] = []
        self._transactions: dict[bytes, AppliedTransaction] = {}
        self._listeners: list[Callable[[ClosedLedger], None]] = []
        self._disk = None if data is None else Disk(data, passphrase)
        if self._disk is not None:
            self._load(self._disk)
        if not self._ledgers:
            self._start()
        self._state_hash = StateHash.of(self.state)
        if self._state_hash.digest() != self.header.state_hash:
            raise DataError("the entries on disk are not those that the last ledger closed with")

    @property
    def head(self) -> ClosedLedger:
        """The last closed ledger."""
        return self._ledgers[-1]

    @property
    def header(self) -> Header:
        return self.head.header

    @property
    def oldest(self) -> ClosedLedger:
        return self._ledgers[0]

    def ledger(self, sequence: int) -> ClosedLedger | None:
        place = sequence - self.oldest.sequence
        return self._ledgers[place] if 0 <= place < len(self._ledgers) else None

    def find(self, transaction_hash: bytes) -> AppliedTransaction | None:
        """By outer or inner hash."""
        return self._transactions.get(transaction_hash)

    def pending(self, transaction_hash: bytes) -> bool:
        """Whether the queue holds it, by outer or inner hash."""
        return self._queue.holds(transaction_hash)

    def submit(self, envelope: bytes) -> Submission:
        """Raises MalformedEnvelopeError."""
        transaction = read_envelope(envelope, self.network_id)
        return self._queue.add(transaction, self.state, self._waiting_rules())

    def close(self, close_time: int) -> ClosedLedger:
        """`close_time`: seconds since 1970, taken if it is not before the last. Ledgers that close
        within one second share it: core would wait, but a network that closes faster than that may
        not run ahead of the clock that its clients set their time bounds by."""
        close_time = max(close_time, self.head.close_time)
        rules = self._next_rules(close_time, close_time)
        choice = self._queue.choose(rules, self.ledger_operations)
        envelopes = [transaction.envelope for transaction in choice.transactions]
        packed_set = pack_transaction_set(self.head.hash, envelopes, choice.base_fee)
        set_hash = sha256(packed_set).digest()
        in_order = _in_order_of_application(choice.transactions, set_hash)
        self.state.ledger = rules.ledger
        self.state.begin()
        try:
            closed = self._apply(in_order, rules, set_hash, choice.base_fee)
        except BaseException:  # a full disk, say: then it is as if nothing had been tried
            while self.state.depth:
                self.state.rollback()
            raise
        self.state.commit()
        self._remember(closed)
        self._queue.close_ledger(in_order, self.state, self._waiting_rules())
        for listener in self._listeners:
            listener(closed)
        return closed

    def _apply(
        self, transactions: Sequence[Transaction | FeeBump], rules: Rules, set_hash: bytes, fee: int
    ) -> ClosedLedger:
        """All fees first, then each transaction; then all of it to disk. `fee`: of an operation."""
        charged = [charge(one, self.state, fee) for one in transactions]
        application = Application(self.state, rules, self.network_id, self.contracts)
        applied = [
            _record(order, one, application.apply(one), rules.ledger)
            for order, one in enumerate(charged, 1)
        ]
        changes = self.state.changes()
        state_hash = self._state_hash.after(changes)
        header = self._next_header(rules, set_hash, state_hash, applied)
        closed = ClosedLedger(header, sha256(header.pack()).digest(), applied, fee)
        if self._disk is not None:
            self._disk.append(closed, changes)
        self._state_hash = state_hash
        return closed

    def on_close(self, callback: Callable[[ClosedLedger], None]) -> None:
        """`callback` is called with each closed ledger, once it is stored."""
        self._listeners.append(callback)

    def stop(self) -> None:
        """Closes the data folder."""
        if self._disk is not None:
            self._disk.close()

    def _load(self, disk: Disk) -> None:
        for entry in disk.entries():
            self.state.load(entry)
        for closed in disk.ledgers():
            self._remember(closed)
            self.state.id_pool = closed.header.id_pool

    def _start(self) -> None:
        root = Account(root_account(self.passphrase), TOTAL_COINS, 0, modified=GENESIS)
        self.state.load(root)
        header = Header(
            sequence=GENESIS,
            previous_hash=_NO_HASH,
            close_time=0,
            transaction_set_hash=_NO_HASH,
            result_set_hash=_NO_HASH,
            state_hash=StateHash.of(self.state).digest(),
            total_coins=TOTAL_COINS,
            fee_pool=0,
            id_pool=0,
            max_operations=self.ledger_operations,
        )
        genesis = ClosedLedger(header, sha256(header.pack()).digest(), (), BASE_FEE)
        if self._disk is not None:
            self._disk.append(genesis, [Change(None, root)])
        self._remember(genesis)

    def _waiting_rules(self) -> Rules:
        """Those of the next ledger while its close time is open."""
        last = self.head.close_time
        return self._next_rules(last, last if self._now is None else max(last, self._now()))

    def _next_rules(self, close_time: int, latest_close_time: int) -> Rules:
        sequence = self.head.sequence + 1
        return Rules(sequence, close_time, latest_close_time, BASE_FEE, BASE_RESERVE)

    def _next_header(
        self,
        rules: Rules,
        set_hash: bytes,
        state_hash: StateHash,
        applied: Sequence[AppliedTransaction],
    ) -> Header:
        last = self.head
        fees = sum(one.fee_charged for one in applied)
        return last.header._replace(
            sequence=rules.ledger,
            previous_hash=last.hash,
            close_time=rules.close_time,
            transaction_set_hash=set_hash,
            result_set_hash=hash_results([(one.hash, one.result) for one in applied]),
            state_hash=state_hash.digest(),
            fee_pool=last.header.fee_pool + fees,
            id_pool=self.state.id_pool,
            max_operations=self.ledger_operations,
            skips=next_skips(last.header.skips, rules.ledger, state_hash.digest()),
        )

    def _remember(self, closed: ClosedLedger) -> None:
        self._ledgers.append(closed)
        for applied in closed.transactions:
            self._transactions[applied.hash] = applied
            if applied.inner_hash is not None:
                self._transactions[applied.inner_hash] = applied


def _in_order_of_application(
    transactions: Sequence[Transaction | FeeBump], set_hash: bytes
) -> list[Transaction | FeeBump]:
    """Shuffled by the hash of the set, so that nobody can choose a place."""
    mask = int.from_bytes(set_hash)
    return sorted(transactions, key=lambda one: int.from_bytes(one.full_hash) ^ mask)


def _record(order: int, charged: Charged, applied: Applied, ledger: int) -> AppliedTransaction:
    transaction = charged.transaction
    inner = transaction.inner
    return AppliedTransaction(
        hash=transaction.hash,
        inner_hash=None if inner is None else inner.hash,
        envelope=transaction.envelope,
        result=applied.result,
        fee_changes=pack_changes(charged.changes),
        meta=applied.meta,
        events=applied.meta.told(),
        successful=applied.successful,
        order=order,
        source=transaction.source,
        fee_source=transaction.fee_source,
        ledger=ledger,
        operation_count=transaction.innermost.operation_count,
        fee_charged=charged.fee,
        max_fee=transaction.fee,
    )
