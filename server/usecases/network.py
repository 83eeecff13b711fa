"""What the background jobs may ask of the payment network, and what it answers.

Reads raise `Unavailable("network.unavailable")` when no answer comes. A send never raises: what
it tells is a hint, only ledgers give verdicts.
"""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from core.settlement import Verdict


class Unreadable(Exception):
    """Bytes of the network that this server does not understand."""


class Tip(Struct, frozen=True):
    """The node's newest ledger, when it closed, and the oldest that it still tells."""

    sequence: int
    close_ms: int
    oldest: int


class Move(Struct, frozen=True):
    """One operation changed one balance: `account` is a G-address, `asset` the wire name,
    `amount` stroops with their sign. Fees are not among the moves."""

    operation: int
    account: str
    asset: str
    amount: int


class Head(Struct, frozen=True):
    """Who sent a transaction, who paid its fee (G-addresses), under which memo (as on the wire,
    hashes in hexadecimal)."""

    source: str
    fee_source: str
    memo_type: str | None
    memo: str | None


class Landed(Protocol):
    """A transaction of a closed ledger, decoded as far as it is asked."""

    @property
    def verdict(self) -> Verdict:
        """By the inner hash if it is a fee-bump. Raises `Unreadable`."""
        ...

    def moves(self) -> Sequence[Move]:
        """In order. Raises `Unreadable`."""
        ...

    def head(self) -> Head:
        """Raises `Unreadable`."""
        ...

    def raw(self) -> bytes:
        """Envelope and result meta as they came, for the quarantine."""
        ...


class Ledger(Struct, frozen=True):
    """A complete ledger, with all its transactions in order."""

    sequence: int
    close_ms: int
    transactions: Sequence[Landed] = ()


class Answer(Struct, frozen=True):
    """What a node said of bytes sent to it.

    `pending` and `duplicate`: it has them; `later`: not now, the same bytes again; `refused`: with
    `code`, the operations' codes and, for a fee too low, `fee` (what it would have needed);
    `unknown`: no answer, they may have arrived; `unsent`: no byte left this machine.
    """

    status: Literal["pending", "duplicate", "later", "refused", "unknown", "unsent"]
    code: str = ""
    operations: tuple[str, ...] = ()
    fee: int = 0
    retry_after_ms: int = 0


class Bumped(Struct, frozen=True):
    """Another fee-bump around the same inner transaction."""

    outer_hash: bytes
    envelope: bytes


class Sighting(Struct, frozen=True):
    """Whether a node knows a transaction in the ledgers from `oldest` to `latest`."""

    found: bool
    oldest: int
    latest: int


class AccountState(Struct, frozen=True):
    """An account at one ledger: balances in stroops by asset (wire names)."""

    sequence: int
    balances: dict[str, int]


class Snapshot(Struct, frozen=True):
    """Accounts as of one ledger; those that do not exist are left out."""

    ledger: int
    accounts: dict[str, AccountState]


class Node(Protocol):
    """A node of the network: RPC, Horizon and, on practice networks, a friendbot."""

    async def passphrase(self) -> str: ...

    async def tip(self) -> Tip: ...

    async def ledgers(self, first: int) -> Sequence[Ledger]:
        """At least one complete ledger from `first` on, which must be closed."""
        ...

    async def close_times(self, first: int, count: int) -> Sequence[int]:
        """When so many ledgers from `first` on closed, in milliseconds."""
        ...

    async def send(self, envelope: bytes) -> Answer: ...

    async def sight(self, transaction_hash: bytes) -> Sighting: ...

    async def accounts(self, addresses: Collection[str], assets: Collection[str]) -> Snapshot: ...

    async def rate(self) -> int:
        """What an operation costs just now to be taken soon, in stroops."""
        ...

    async def fund(self, address: str) -> Literal["funded", "refused", "unknown"]:
        """Ask the friendbot; `refused` is its word, `unknown` that there was none."""
        ...

    async def price(self, asset: str) -> int | None:
        """XLM stroops for one unit of the asset on the order book; None when it is empty."""
        ...
