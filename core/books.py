"""The rows that decisions read and change, and the books that hold them for one batch.

A struct is a row, its fields are the table's columns. A decision changes these objects, adds new
ones to the books or deletes them; the store compares with what it loaded and writes the
difference. Money is in stroops, times in milliseconds since 1970, `address` is a G- or M-address,
an `asset` is its wire name, an `owner` is a user or a treasury account (or `OUTSIDE`).
"""

from msgspec import Struct

OUTSIDE = "outside"
"""The owner of everything that is not ours: each transfer that crosses our border posts to it."""

USER = "user"
"""The role of a person's wallet; other roles are the treasury's (fee, sponsor, channel, …)."""


LEDGER = "ledger"
"""The name of the one cursor."""


class Cursor(Struct, gc=False):
    """The last ledger followed; `passphrase` says of which network."""

    name: str
    passphrase: str
    sequence: int
    close_ms: int


class Remembered(Struct, gc=False):
    """The first reply to an idempotency key; `scope` is a user id, or the call for newcomers,
    `subject` what was made."""

    scope: str
    key: str
    body_hash: bytes
    reply: bytes
    subject: str
    created_ms: int


class Tries(Struct, gc=False):
    """When a counted thing was done: 8-byte big-endian milliseconds, oldest first."""

    key: str
    times: bytes


class Payment(Struct, gc=False):
    """Money that moves, as its owner sees it: a row of `transactions`.

    `value` is what the limits counted (XLM stroops) on the calendar day `day` (20261124).
    `hash` is the inner hash of the current attempt and `position` the operation's index in it;
    a processing payment without a hash waits to be signed. `tries` counts attempts that died.
    """

    id: str
    user_id: str
    kind: str
    direction: str
    status: str
    reason: str | None
    counterparty_id: str | None
    address: str
    amount: int
    asset: str
    memo_type: str | None
    memo: str | None
    note: str | None
    value: int
    day: int
    request_id: str | None
    idempotency_key: str | None
    hash: bytes | None
    position: int
    ledger: int | None
    tries: int
    created_ms: int
    expires_ms: int | None
    confirmed_ms: int | None
    settled_ms: int | None


class Hold(Struct, gc=False):
    """What one live payment keeps back from its owner's available money."""

    payment_id: str
    user_id: str
    asset: str
    amount: int


class Attempt(Struct, gc=False):
    """One signed transaction: its bytes are stored before they are first sent (I1).

    `kind`: payment, opening, or treasury. `lane` is the source account's owner. `worker` alone
    sends it; once `max_ledger` has passed without it, any may bury it. `next_ms` is when to send
    again.
    """

    hash: bytes
    outer_hash: bytes
    kind: str
    lane: str
    sequence: int
    max_ledger: int
    state: str
    envelope: bytes
    fee_payer: str
    worker: str
    code: str | None
    sends: int
    next_ms: int
    created_ms: int
    sent_ledger: int | None


class Lane(Struct, gc=False):
    """A source account: at most one transaction in flight. `sequence` is the last one allotted.
    `state`: free, taken or review (nothing is signed until an operator has looked)."""

    user_id: str
    sequence: int
    state: str
    in_flight: bytes | None


class Wallet(Struct, gc=False):
    """An account of ours. `state`: opening, open or failed; `hash` is its opening attempt's."""

    user_id: str
    role: str
    public_key: str
    encrypted_keys: bytes
    state: str
    hash: bytes | None
    tries: int
    created_ms: int


class Balance(Struct, gc=False):
    """available + held is the network's balance at the cursor's ledger."""

    user_id: str
    asset: str
    available: int
    held: int


class Payer(Struct, gc=False):
    """What decides whether a person may pay: PIN, freeze, cooling, and what is used up."""

    user_id: str
    pin_salt: bytes
    pin_tag: bytes
    pin_wrong: int
    pin_locked_until_ms: int
    frozen: int
    cooling_until_ms: int
    day: int
    day_used: int
    day_count: int
    month: int
    month_used: int


class Limits(Struct, gc=False, frozen=True):
    """XLM stroops of one payment, a day, a month; and how many payments a day."""

    per_payment: int
    per_day: int
    per_month: int
    payments_a_day: int


class Level(Struct, gc=False, frozen=True):
    """A dated row of `limit_levels`: read only."""

    level: int
    valid_from_ms: int
    limits: Limits


class Standing(Struct, gc=False, frozen=True):
    """A person's level, and the override of the limits if an operator set one: read only."""

    user_id: str
    level: int
    override_from_ms: int | None = None
    override: Limits | None = None


class Profile(Struct, gc=False):
    """Who somebody is. `sealed` holds name, e-mail and phone, closed to all but the vault."""

    user_id: str
    handle: str
    handle_changed_ms: int | None
    sealed: bytes
    password_hash: str
    language: str
    timezone: str
    display_currency: str
    referral_code: str
    referred_by: str | None
    created_ms: int


class Kyc(Struct, gc=False):
    """The row of `kyc_status`: the level reached."""

    user_id: str
    level: int
    updated_ms: int


class Identifier(Struct, gc=False):
    """The keyed hash of an e-mail address or a phone number: nobody else may have it."""

    hash: bytes
    user_id: str
    kind: str


class TakenHandle(Struct, gc=False):
    """A handle, for ever: it is never given to a second person."""

    handle: str
    user_id: str


class Session(Struct, gc=False):
    """One sign-in. Both tokens are known by their SHA-256 only; a refresh replaces both."""

    id: str
    user_id: str
    token_hash: bytes
    refresh_hash: bytes
    expires_ms: int
    refresh_expires_ms: int
    created_ms: int


class Contact(Struct, gc=False):
    """Somebody whom `user_id` pays. `sealed_name` None: shown under the contact's own name."""

    id: str
    user_id: str
    address: str
    contact_user_id: str | None
    sealed_name: bytes | None
    favourite: int
    blocked: int
    last_paid_ms: int | None
    created_ms: int


class PaymentRequest(Struct, gc=False):
    """A link that asks for money. `status`: open or paid (an ended one is open and too old)."""

    id: str
    user_id: str
    amount: int | None
    asset: str | None
    note: str | None
    status: str
    expires_ms: int
    created_ms: int


class Price(Struct, gc=False):
    """The last known price of one unit of `asset`, in XLM stroops."""

    asset: str
    stroops: int
    seen_ms: int


class Posting(Struct, gc=False, frozen=True):
    """One side of a transfer; the sides of a transfer sum to zero per asset."""

    transfer: str
    ledger: int
    owner: str
    asset: str
    amount: int
    created_ms: int


class AuditEntry(Struct, gc=False, frozen=True):
    """Ids and keyed hashes only, so that erasing a person never breaks the chain."""

    at_ms: int
    action: str
    user_id: str
    subject: str
    detail: str


class Event(Struct, gc=False, frozen=True):
    """A row of the outbox: `kind` is an event's name on the wire, `subject` what it is about."""

    user_id: str
    kind: str
    subject: str
    created_ms: int


class Quarantined(Struct, gc=False, frozen=True):
    """A transaction of a ledger that touches us and whose effect is not understood."""

    ledger: int
    hash: bytes
    reason: str
    raw: bytes
    created_ms: int


class Needs:
    """The keys of the rows that a batch must load; one set a way of asking."""

    __slots__ = (
        "attempts",
        "balances",
        "contact_pairs",
        "contacts",
        "cursor",
        "handles",
        "holds",
        "identifiers",
        "lanes",
        "payers",
        "payments",
        "payments_of",
        "prices",
        "profiles",
        "remembered",
        "requests",
        "sessions",
        "sessions_of",
        "standings",
        "tries",
        "wallets",
        "wallets_of",
    )

    def __init__(self) -> None:
        self.cursor = False
        self.remembered: set[tuple[str, str]] = set()
        self.tries: set[str] = set()
        self.identifiers: set[bytes] = set()
        self.handles: set[str] = set()
        self.requests: set[str] = set()
        self.prices: set[str] = set()
        self.sessions: set[str] = set()
        self.sessions_of: set[str] = set()
        """users, all of whose sessions are wanted"""
        self.contacts: set[str] = set()
        self.attempts: set[bytes] = set()
        self.payments: set[str] = set()
        self.payments_of: set[bytes] = set()
        """attempts, whose processing payments are wanted"""
        self.wallets_of: set[bytes] = set()
        """opening attempts, whose wallets are wanted"""
        self.holds: set[str] = set()
        self.contact_pairs: set[tuple[str, str]] = set()
        """(user id, address)"""
        self.profiles: set[str] = set()
        self.payers: set[str] = set()
        self.standings: set[str] = set()
        self.wallets: set[str] = set()
        self.balances: set[str] = set()
        """owners, all of whose balances are wanted"""
        self.lanes: set[str] = set()

    def release_of(self, payment: Payment) -> None:
        """All that changes when a live payment ends without having moved money."""
        self.holds.add(payment.id)
        self.balances.add(payment.user_id)
        self.payers.add(payment.user_id)


class Books:
    """The rows of one batch, by key, and what is only ever appended."""

    def __init__(self) -> None:
        self.cursors: dict[str, Cursor] = {}
        self.remembered: dict[tuple[str, str], Remembered] = {}
        self.tries: dict[str, Tries] = {}
        self.identifiers: dict[bytes, Identifier] = {}
        self.handles: dict[str, TakenHandle] = {}
        self.requests: dict[str, PaymentRequest] = {}
        self.prices: dict[str, Price] = {}
        self.sessions: dict[str, Session] = {}
        self.contacts: dict[str, Contact] = {}
        self.attempts: dict[bytes, Attempt] = {}
        self.payments: dict[str, Payment] = {}
        self.holds: dict[str, Hold] = {}
        self.profiles: dict[str, Profile] = {}
        self.kyc: dict[str, Kyc] = {}
        self.payers: dict[str, Payer] = {}
        self.levels: list[Level] = []
        self.standings: dict[str, Standing] = {}
        self.wallets: dict[str, Wallet] = {}
        self.balances: dict[tuple[str, str], Balance] = {}
        self.lanes: dict[str, Lane] = {}
        self._contacts_at: dict[tuple[str, str], str] | None = None
        self.postings: list[Posting] = []
        self.audit: list[AuditEntry] = []
        self.outbox: list[Event] = []
        self.quarantine: list[Quarantined] = []

    @property
    def cursor(self) -> Cursor | None:
        return self.cursors.get(LEDGER)

    def balance(self, owner: str, asset: str) -> Balance:
        """The owner's balance; an asset that was never held starts at zero."""
        found = self.balances.get((owner, asset))
        if found is None:
            found = self.balances[owner, asset] = Balance(owner, asset, 0, 0)
        return found

    def contact(self, user_id: str, address: str) -> Contact | None:
        if self._contacts_at is None:
            self._contacts_at = {(c.user_id, c.address): c.id for c in self.contacts.values()}
        return self.contacts.get(self._contacts_at.get((user_id, address), ""))

    def add_contact(self, contact: Contact) -> None:
        self.contacts[contact.id] = contact
        if self._contacts_at is not None:
            self._contacts_at[contact.user_id, contact.address] = contact.id

    def record(self, at_ms: int, action: str, user_id: str, subject: str, detail: str = "") -> None:
        self.audit.append(AuditEntry(at_ms, action, user_id, subject, detail))

    def tell(self, at_ms: int, user_id: str, kind: str, subject: str = "") -> None:
        self.outbox.append(Event(user_id, kind, subject, at_ms))
