"""What an operation may see and touch while it is applied."""

from __future__ import annotations

from server.localnet.ledger.events import OperationEvents
from server.localnet.ledger.rules import Rules
from server.localnet.ledger.state import State


class Context:
    """One for each operation that is applied. `sponsorships` (sponsored id to sponsor id) are
    those begun and not yet ended in this transaction; `index` is the operation's place in it."""

    __slots__ = (
        "events",
        "index",
        "network_id",
        "rules",
        "source",
        "sponsorships",
        "state",
        "transaction_sequence",
        "transaction_source",
    )

    def __init__(
        self,
        state: State,
        rules: Rules,
        *,
        network_id: bytes,
        transaction_source: bytes,
        transaction_sequence: int,
        sponsorships: dict[bytes, bytes],
        source: bytes,
        index: int,
        events: OperationEvents,
    ) -> None:
        self.state = state
        self.rules = rules
        self.network_id = network_id
        self.transaction_source = transaction_source
        self.transaction_sequence = transaction_sequence
        self.sponsorships = sponsorships
        self.source = source
        self.index = index
        self.events = events
