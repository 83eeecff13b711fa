"""The words for a transaction: its state, its kind, and who is on its other side."""

from core import wire
from tui.text import _


def status_word(transaction: wire.Transaction) -> str:
    """The state as people say it; a state of a newer server is shown by its own word."""
    words = {
        "pending": _("To confirm"),
        "processing": _("On its way"),
        "failed": _("Failed"),
        "cancelled": _("Cancelled"),
        "expired": _("Expired"),
    }
    if transaction.status == "success":
        return _("Received") if transaction.direction == "in" else _("Paid")
    return words.get(transaction.status, transaction.status)


def kind_word(kind: str) -> str:
    words = {
        "payment": _("Payment"),
        "incoming": _("Payment"),
        "loan": _("Loan"),
        "emi": _("Installment"),
        "conversion": _("Exchange"),
        "reward": _("Reward"),
        "friendbot": _("Practice money"),
    }
    return words.get(kind, kind)


def party_name(party: wire.Party) -> str:
    """The name, else the handle, else the code that was paid."""
    return party.name or (f"@{party.handle}" if party.handle else party.address)


def counterparty_name(transaction: wire.Transaction) -> str:
    if transaction.kind == "friendbot":
        return _("Practice money")
    return party_name(transaction.counterparty)
