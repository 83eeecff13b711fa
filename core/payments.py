"""The states of a payment, the only legal moves between them, and what each move does to money.

    pending ──► processing ──► success
       │             └───────► failed
       ├──► cancelled   (by the user)
       └──► expired     (not confirmed in time)

Why a payment waits (queued, checking, pending_trust, review) is its `reason`, not a state.
`processing` ends by evidence only: ledger data, or the refusal of bytes that were sent nowhere
before. Cancelling, expiring and failing give back the hold and what the limits had counted.
"""

from typing import Literal, get_args

from core.books import Books, Payment
from core.errors import hold
from core.ledger import release_hold
from core.limits import give_back

Status = Literal["pending", "processing", "success", "failed", "cancelled", "expired"]
STATUSES: tuple[Status, ...] = get_args(Status)

LEGAL_MOVES = frozenset(
    {
        ("pending", "processing"),
        ("pending", "cancelled"),
        ("pending", "expired"),
        ("processing", "success"),
        ("processing", "failed"),
    }
)
LIVE = frozenset({"pending", "processing"})

QUEUED = "queued"
CHECKING = "checking"
PENDING_TRUST = "pending_trust"
REVIEW = "review"


def move(books: Books, payment: Payment, status: Status, at_ms: int, reason: str = "") -> None:
    """The one way to another state: checked, recorded, told to the owner."""
    hold((payment.status, status) in LEGAL_MOVES, f"no move {payment.status} -> {status}")
    payment.status = status
    payment.reason = reason or None
    books.record(at_ms, f"payment.{status}", payment.user_id, payment.id, reason)
    books.tell(at_ms, payment.user_id, "transaction.updated", payment.id)


def end_unpaid(
    books: Books,
    payment: Payment,
    status: Literal["cancelled", "expired", "failed"],
    at_ms: int,
    reason: str = "",
) -> None:
    """End a live payment that moved no money: hold and limits are free again."""
    move(books, payment, status, at_ms, reason)
    if status == "failed":
        payment.settled_ms = at_ms
    release_hold(books, payment)
    give_back(books.payers[payment.user_id], payment)
    books.tell(at_ms, payment.user_id, "balance.updated", payment.asset)


def waits(payment: Payment) -> bool:
    """Confirmed and in no living attempt: to be signed when the lane is free."""
    return payment.status == "processing" and payment.hash is None and payment.reason != REVIEW
