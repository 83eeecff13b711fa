"""The chain: takes envelopes, closes ledgers, remembers what happened."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from server.localnet.ledger.headers import Header
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger, Submission
from server.localnet.ledger.state import State


class MalformedEnvelopeError(ValueError):
    """The bytes are no TransactionEnvelope."""


class Chain:
    """A network of one node. All ledgers are kept. Raises ValueError for a data folder of another
    network."""

    def __init__(
        self, passphrase: str, *, ledger_operations: int = 1_000, data: Path | None = None
    ) -> None:
        self.passphrase = passphrase
        self.network_id = sha256(passphrase.encode()).digest()
        self.ledger_operations = ledger_operations
        self.state = State()
        self._ledgers: list[ClosedLedger] = []
        self._transactions: dict[bytes, AppliedTransaction] = {}
        self._listeners: list[Callable[[ClosedLedger], None]] = []

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
        raise NotImplementedError

    def submit(self, envelope: bytes) -> Submission:
        """Raises MalformedEnvelopeError."""
        raise NotImplementedError

    def close(self, close_time: int) -> ClosedLedger:
        """Closes a ledger at `close_time` (seconds since 1970; at least one after the last)."""
        raise NotImplementedError

    def on_close(self, callback: Callable[[ClosedLedger], None]) -> None:
        """`callback` is called with each closed ledger, once it is stored."""
        self._listeners.append(callback)

    def stop(self) -> None:
        """Closes the data folder."""
