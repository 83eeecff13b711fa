"""All that a use case or a job may ask of the world. Each Protocol has one maker, in wiring."""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from core.books import Attempt, Balance, Cursor, Lane, Limits, Payer, Price, Wallet
from core.commands import Command
from core.paying import PinCheck, Terms
from core.wire import Transaction
from server.usecases.views import (
    ContactView,
    Credentials,
    EventView,
    House,
    PayeeView,
    PaymentFilter,
    PaymentView,
    PersonView,
    ProfileView,
    RequestView,
    SignedInAs,
    Waiting,
)

Answer = TypeVar("Answer")


class Engine(Protocol):
    """The only writer. All commands of a batch are one commit."""

    async def run(self, command: Command[Answer]) -> Answer:
        """The decision's answer, once it is committed.

        Raises the `Problem` by which the command was refused, `Unavailable("server.busy")` when
        too many commands wait (nothing has happened), `Unavailable("server.unavailable")` when
        the database does not take it.
        """
        ...


class AccountReads(Protocol):
    """People, sessions, contacts and requests. Owners are in every question on owned rows."""

    async def session(self, token_hash: bytes) -> SignedInAs | None:
        """Hot: gathered with the others that wait. Expired ones are found too."""
        ...

    async def credentials(
        self, *, identifier: bytes | None = None, handle: str | None = None
    ) -> Credentials | None: ...

    async def person_by_handle(self, handle: str) -> PersonView | None:
        """By the present handle, or one that he had before."""
        ...

    async def person_by_address(self, public_key: str) -> PersonView | None: ...

    async def payee(
        self, user_id: str, *, handle: str | None = None, address: str = "", account: str = ""
    ) -> PayeeView:
        """Hot: somebody as `user_id` may pay him, by a handle, or by his address (G or M) with
        the account (G) in it."""
        ...

    async def person(self, user_id: str) -> PersonView | None: ...

    async def profile(self, user_id: str) -> ProfileView | None: ...

    async def referrer(self, referral_code: str) -> str | None:
        """The user id of a referral code."""
        ...

    async def contacts(self, user_id: str, *, after: str | None, limit: int) -> list[ContactView]:
        """By contact id (time of adding), newest first."""
        ...

    async def contact(self, user_id: str, contact_id: str) -> ContactView | None: ...

    async def request(self, request_id: str) -> RequestView | None: ...


class PaymentReads(Protocol):
    """Money: payments, balances, limits, prices."""

    async def payment(self, user_id: str, payment_id: str) -> PaymentView | None:
        """Hot: gathered with the others that wait."""
        ...

    async def payment_by_key(self, user_id: str, key: str) -> PaymentView | None: ...

    async def payments(
        self, user_id: str, wanted: PaymentFilter, *, before: str | None, limit: int
    ) -> list[PaymentView]:
        """Newest first; `before` is the id of the last one seen."""
        ...

    async def balances(self, user_id: str) -> list[Balance]: ...

    async def limits(self, user_id: str, at_ms: int) -> tuple[Limits, Payer] | None:
        """The limits in force, and the counters (core.limits.left combines them)."""
        ...

    async def prices(self) -> dict[str, Price]: ...

    async def cursor(self) -> Cursor | None: ...


class EventReads(Protocol):
    async def events_of(self, user_id: str, *, after: int, limit: int) -> list[EventView]: ...

    async def oldest_event(self) -> int:
        """The smallest id still kept; 0 while there is none."""
        ...

    async def newest_event(self) -> int: ...

    async def events(self, *, after: int, limit: int) -> list[EventView]:
        """For all users, in the order of ids. Rows of writers that commit late never appear
        behind: ids of unfinished commits hold back what follows them."""
        ...


class JobReads(Protocol):
    """What the background loops look for."""

    async def cursor(self) -> Cursor | None: ...

    async def attempts_due(self, worker: str, now_ms: int, limit: int) -> list[Attempt]:
        """Unfinished attempts of this worker that are to be sent now."""
        ...

    async def attempts_overdue(self, limit: int) -> list[bytes]:
        """Hashes of unfinished attempts whose max_ledger has been followed and passed."""
        ...

    async def attempts(self, hashes: Collection[bytes]) -> dict[bytes, Attempt]:
        """By inner hash; hashes that are not ours are left out."""
        ...

    async def waiting(self, limit: int) -> list[Waiting]:
        """Free lanes that have payments to sign (payees still opening left out)."""
        ...

    async def payments_late(self, now_ms: int, limit: int) -> list[str]:
        """Ids of pending payments past their expiry."""
        ...

    async def owners(self, public_keys: Collection[str]) -> dict[str, str]:
        """Owner ids by G-address; addresses that are not ours are left out."""
        ...

    async def wallets(self, owners: Collection[str]) -> dict[str, Wallet]: ...

    async def wallets_to_open(self, limit: int) -> list[Wallet]:
        """Opening wallets of people in no living attempt, oldest first."""
        ...

    async def wallets_to_fund(self, limit: int) -> list[Wallet]:
        """Opening wallets whose account exists already, oldest first."""
        ...

    async def house(self) -> list[House]:
        """All treasury accounts."""
        ...

    async def lanes(self, owners: Collection[str]) -> dict[str, Lane]: ...

    async def sessions_over(self, now_ms: int, limit: int) -> list[str]: ...

    async def prices(self) -> dict[str, Price]: ...


class Reads(AccountReads, PaymentReads, EventReads, JobReads, Protocol):
    """All of it: what the store gives."""


class Housekeeping(Protocol):
    async def sweep(self, now_ms: int) -> int:
        """Forget events older than 24 hours and tries long past, some thousands a call; how many
        rows went."""
        ...


class SealedKey(Protocol):
    """An account's key as it is stored (`core.books.Wallet` is one)."""

    @property
    def user_id(self) -> str: ...

    @property
    def public_key(self) -> str: ...

    @property
    def encrypted_keys(self) -> bytes: ...


class NewKey(Protocol):
    @property
    def public_key(self) -> str: ...

    @property
    def encrypted_keys(self) -> bytes: ...


class Vault(Protocol):
    """What use cases may ask of the vault. Signing is not among it: commands carry a `Sign`."""

    def new_key(self, user_id: str) -> NewKey: ...

    def new_pin(self, user_id: str, pin: str) -> tuple[bytes, bytes]:
        """A fresh salt and the PIN's tag under it, bound to its owner."""
        ...

    def pin_check(self, user_id: str, pin: str) -> PinCheck: ...

    def seal(self, user_id: str, plain: bytes) -> bytes:
        """Personal data, bound to its owner."""
        ...

    def open(self, user_id: str, sealed: bytes) -> bytes: ...

    def keyed_hash(self, kind: str, value: str) -> bytes:
        """For lookups of what is stored sealed: e-mail, phone."""
        ...


class Passwords(Protocol):
    """argon2id, in bounded threads."""

    async def hash(self, password: str) -> str: ...

    async def fits(self, password: str, stored: str | None) -> bool:
        """None costs the same time and never fits."""
        ...


class ForeignAccount(Protocol):
    """What a preflight read tells of an account that is not ours."""

    @property
    def exists(self) -> bool: ...

    @property
    def memo_required(self) -> bool: ...

    def room(self, asset: str) -> int | None:
        """Stroops that it can still take; None without a trustline or authorization."""
        ...


class Network(Protocol):
    async def account(self, address: str) -> ForeignAccount:
        """At most 2 s, kept for 30 s; raises `Unavailable("network.unavailable")`."""
        ...

    def unsigned(self, source: str, order: Terms, sequence: int, expires_ms: int) -> str:
        """The payment's XDR (base 64) as it would be sent alone. No network call."""
        ...


class Form(Protocol):
    """How a statement is written down."""

    @property
    def media(self) -> str: ...

    def render(self, rows: Sequence[Transaction]) -> bytes: ...
