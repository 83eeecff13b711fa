"""Double entry: what is held, what moves, and the postings that prove it.

`available + held` of an owner mirrors the network. A transfer's postings sum to zero per asset;
what crosses our border is posted against `OUTSIDE`, which has no balance of its own.
"""

from collections import defaultdict
from collections.abc import Iterable

from core.books import OUTSIDE, Books, Hold, Payment, Posting
from core.errors import Refused, hold
from core.money import format_stroops


def refuse_if_short(books: Books, owner: str, asset: str, amount: int) -> None:
    """Raises `payment.balance_too_low` with what is available."""
    balance = books.balances.get((owner, asset))
    available = balance.available if balance else 0
    if available < amount:
        raise Refused(
            "payment.balance_too_low",
            field="amount",
            params={"available": format_stroops(available)},
        )


def place_hold(books: Books, payment: Payment) -> None:
    """Keep the payment's amount back from what is available."""
    balance = books.balances[payment.user_id, payment.asset]
    hold(balance.available >= payment.amount, "a hold never exceeds what is available")
    balance.available -= payment.amount
    balance.held += payment.amount
    books.holds[payment.id] = Hold(payment.id, payment.user_id, payment.asset, payment.amount)


def release_hold(books: Books, payment: Payment) -> None:
    """The payment moved nothing: its amount is available again."""
    balance = books.balances[payment.user_id, payment.asset]
    balance.available += _drop_hold(books, payment)


def spend_hold(books: Books, payment: Payment) -> None:
    """The payment landed: its amount has left the payer."""
    _drop_hold(books, payment)


def _drop_hold(books: Books, payment: Payment) -> int:
    kept = books.holds.pop(payment.id, None)
    hold(kept is not None and kept.amount == payment.amount, "a live payment has its hold")
    balance = books.balances[payment.user_id, payment.asset]
    hold(balance.held >= payment.amount, "what is held covers each hold")
    balance.held -= payment.amount
    return payment.amount


class Transfer:
    """The postings of one transaction of a ledger; `close` proves that they sum to zero."""

    def __init__(self, books: Books, transfer: str, ledger: int, at_ms: int) -> None:
        self._books = books
        self._id, self._ledger, self._at_ms = transfer, ledger, at_ms
        self._sides: defaultdict[tuple[str, str], int] = defaultdict(int)

    def post(self, source: str, destination: str, asset: str, amount: int) -> None:
        """`amount` goes from one owner to the other; balances are the caller's."""
        hold(amount > 0, "a posting moves something")
        self._sides[source, asset] -= amount
        self._sides[destination, asset] += amount

    def close(self) -> None:
        postings = [
            Posting(self._id, self._ledger, owner, asset, amount, self._at_ms)
            for (owner, asset), amount in self._sides.items()
            if amount
        ]
        hold(sums_to_zero(postings), "the postings of a transfer sum to zero")
        self._books.postings.extend(postings)


def sums_to_zero(postings: Iterable[Posting]) -> bool:
    sums: defaultdict[str, int] = defaultdict(int)
    for posting in postings:
        sums[posting.asset] += posting.amount
    return not any(sums.values())


def credit(books: Books, owner: str, asset: str, amount: int) -> None:
    """More (or, from outside our control, less) of what an owner may spend."""
    if owner == OUTSIDE:
        return
    balance = books.balance(owner, asset)
    hold(balance.available + amount >= 0, "an available balance is never negative")
    balance.available += amount
