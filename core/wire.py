"""What travels between server, wallet, twin and outside clients: the only source of the shapes.

Requests refuse unknown fields; replies may gain fields, so clients ignore unknown ones and take
an unknown word (kind, status, reason) as "other". An absent optional field is left out, not null.
Money is a decimal string, times are RFC 3339 in UTC with milliseconds, ids are ULIDs.
"""

from msgspec import Struct

API_VERSION = 1
MEMO_TYPES = ("text", "id", "hash", "return")


class Request(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A body that a client sends."""


class Reply(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A body that the server sends."""


class Problem(Reply):
    """RFC 9457 problem details; `params` says what would help."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str | None = None
    params: dict[str, str | int | list[str] | None] | None = None
    retry_after: int | None = None


# accounts and sessions


class SignUp(Request, tag_field="action", tag="signup"):
    password: str
    full_name: str
    pin: str
    email: str | None = None
    phone: str | None = None
    handle: str | None = None
    referral_code: str | None = None
    language: str | None = None
    timezone: str | None = None


class SignIn(Request, tag_field="action", tag="signIn"):
    password: str
    email: str | None = None
    phone: str | None = None
    handle: str | None = None


class Refresh(Request, tag_field="action", tag="refresh"):
    refresh_token: str


class SignOut(Request, tag_field="action", tag="signOut"):
    pass


class SignOutEverywhere(Request, tag_field="action", tag="signOutEverywhere"):
    pass


class Session(Reply):
    token: str
    refresh_token: str
    expires_at: str


class SignedUp(Reply):
    user_id: str
    handle: str
    public_key: str
    wallet_state: str
    session: Session


class SignedIn(Reply):
    user_id: str
    handle: str
    session: Session


# the wallet


class WalletInfo(Reply):
    public_key: str
    handle: str
    name: str
    level: int
    wallet_state: str
    network: str


class Balance(Reply):
    """`value` is in `value_asset`, None while there is no price."""

    asset: str
    total: str
    available: str
    held: str
    value: str | None = None


class Balances(Reply):
    balances: list[Balance]
    value_asset: str
    ledger: int
    as_of: str


class Party(Reply):
    """The other side of a payment. `kind`: user, contact or external."""

    name: str
    address: str
    verified: bool
    kind: str
    handle: str | None = None


class Memo(Request):
    """Sent and received alike. `type`: text, id, hash or return; hashes in hexadecimal."""

    type: str
    value: str


class Transaction(Reply):
    """`kind`: payment, incoming, loan, emi, conversion, reward, friendbot. `direction`: in, out.
    `status`: pending, processing, success, failed, cancelled, expired."""

    transaction_id: str
    kind: str
    direction: str
    status: str
    counterparty: Party
    amount: str
    asset: str
    fee: str
    created_at: str
    reason: str | None = None
    memo: Memo | None = None
    note: str | None = None
    hash: str | None = None
    ledger: int | None = None
    confirmed_at: str | None = None
    settled_at: str | None = None
    idempotency_key: str | None = None


class Transactions(Reply):
    items: list[Transaction]
    next: str | None = None


# paying


class Initiate(Request, tag_field="action", tag="initiate"):
    recipient_address: str
    amount: str
    asset: str
    memo: Memo | None = None
    note: str | None = None


class Confirm(Request, tag_field="action", tag="confirm"):
    transaction_id: str
    pin: str


class Cancel(Request, tag_field="action", tag="cancel"):
    transaction_id: str


class LimitsLeft(Reply):
    """Counted in XLM: what one payment may be, and what is left of the day and the month."""

    per_payment: str
    day_left: str
    month_left: str


class Initiated(Reply):
    """`fee` is always "0": LumenPay pays it. `xdr` is the unsigned payment as sent alone."""

    transaction_id: str
    status: str
    payee: Party
    amount: str
    asset: str
    fee: str
    limits: LimitsLeft
    xdr: str
    expires_at: str


# contacts, requests, profile


class NewContact(Request):
    name: str
    recipient: str


class ChangedContact(Request):
    contact_id: str
    name: str | None = None
    favourite: bool | None = None
    blocked: bool | None = None


class GoneContact(Request):
    contact_id: str


class Contact(Reply):
    contact_id: str
    name: str
    address: str
    favourite: bool
    blocked: bool
    handle: str | None = None
    last_paid_at: str | None = None


class Contacts(Reply):
    items: list[Contact]
    next: str | None = None


class NewRequest(Request):
    """A request for money; without an amount the payer chooses it."""

    amount: str | None = None
    asset: str | None = None
    note: str | None = None
    expires_at: str | None = None


class PaymentRequest(Reply):
    request_id: str
    link: str
    sep7: str


class PublicRequest(Reply):
    """What `/p/{id}` shows to whoever holds the link. `status`: open, paid or expired."""

    request_id: str
    status: str
    payee: Party
    sep7: str
    link: str
    amount: str | None = None
    asset: str | None = None
    note: str | None = None
    expires_at: str | None = None


class ChangedProfile(Request):
    language: str | None = None
    timezone: str | None = None
    handle: str | None = None
    display_currency: str | None = None


class Profile(Reply):
    user_id: str
    handle: str
    name: str
    level: int
    language: str
    timezone: str
    display_currency: str
    handle_changeable: bool
    public_key: str
    federation: str
    referral_code: str
    created_at: str
    email: str | None = None
    phone: str | None = None


# operations


class Federation(Struct, omit_defaults=True, kw_only=True):
    """SEP-2's own names."""

    stellar_address: str
    account_id: str
    memo_type: str | None = None
    memo: str | None = None


class Health(Reply):
    status: str


class Readiness(Reply):
    """`network_age_seconds`: since the close of the last ledger followed."""

    status: str
    database: bool
    network: str
    ledger: int
    network_age_seconds: int | None = None
