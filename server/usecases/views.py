"""What reads answer with. Money in stroops, times in milliseconds, sealed bytes as stored."""

from msgspec import Struct

from core.books import Contact, Payment, PaymentRequest, Profile


class SignedInAs(Struct, frozen=True):
    """The session behind an access token."""

    session_id: str
    user_id: str
    handle: str
    expires_ms: int


class Credentials(Struct, frozen=True):
    user_id: str
    handle: str
    password_hash: str


class PersonView(Struct, frozen=True):
    """Somebody with a wallet here, as seen by others and by himself."""

    user_id: str
    handle: str
    level: int
    sealed: bytes
    public_key: str
    wallet_state: str


class PaymentView(Struct, frozen=True):
    """A payment, its counterparty if ours, and the owner's own name for him if he gave one."""

    payment: Payment
    counterparty: PersonView | None
    contact_sealed_name: bytes | None
    is_contact: bool


class ProfileView(Struct, frozen=True):
    profile: Profile
    level: int
    public_key: str
    wallet_state: str


class ContactView(Struct, frozen=True):
    contact: Contact
    person: PersonView | None


class PayeeView(Struct, frozen=True):
    """Whoever is at an address: somebody here, the payer's contact, both, or nobody known."""

    person: PersonView | None
    contact: ContactView | None


class RequestView(Struct, frozen=True):
    request: PaymentRequest
    payee: PersonView


class EventView(Struct, frozen=True):
    """A row of the outbox; ids grow with time, across users."""

    id: int
    user_id: str
    kind: str
    subject: str
    created_ms: int


class PaymentFilter(Struct, frozen=True):
    """`person` is a user id or an address; `from_ms` inclusive, `to_ms` exclusive."""

    kind: str | None = None
    asset: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    person: str | None = None


class Waiting(Struct, frozen=True):
    """Payments that wait for their lane, oldest first, at most 100."""

    lane: str
    payment_ids: tuple[str, ...]


class House(Struct, frozen=True):
    """An account of the treasury."""

    user_id: str
    role: str
    public_key: str
    state: str
