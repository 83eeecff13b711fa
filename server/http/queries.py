"""The queries of GET calls. Their reply shapes, and all bodies, are `core.wire`'s."""

from typing import Annotated, Literal

from msgspec import Meta

from core.clock import parse_rfc3339
from core.errors import Malformed
from core.ids import is_ulid
from core.wire import Request

LIMIT = 50
LIMIT_MAX = 200
Kind = Literal["payment", "incoming", "loan", "emi", "conversion", "reward", "friendbot"]
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]


class WalletInfo(Request, tag_field="action", tag="info"):
    pass


class WalletBalance(Request, tag_field="action", tag="balance"):
    pass


class WalletTransactions(Request, tag_field="action", tag="transactions"):
    """`from` is inclusive, `to` exclusive; `person` is a handle or an account's address."""

    cursor: str | None = None
    limit: Limit = LIMIT
    kind: Kind | None = None
    asset: str | None = None
    from_: str | None = None
    to: str | None = None
    person: str | None = None


class PaymentStatus(Request, tag_field="action", tag="status"):
    """One of the two."""

    transaction_id: str | None = None
    idempotency_key: str | None = None


class ContactList(Request):
    cursor: str | None = None
    limit: Limit = LIMIT


class Statement(Request, tag_field="kind", tag="statement"):
    format: str
    from_: str | None = None
    to: str | None = None
    asset: str | None = None


class Receipt(Request, tag_field="kind", tag="receipt"):
    format: str
    transaction_id: str


class FederationName(Request):
    q: str
    type: str


def cursor(text: str | None) -> str | None:
    if text is not None and not is_ulid(text):
        raise Malformed("request.bad_cursor", field="cursor")
    return text


def moment(text: str | None, field: str) -> int | None:
    """Milliseconds of an RFC 3339 time."""
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except (ValueError, OverflowError):
        raise Malformed("request.bad_range", field=field) from None
