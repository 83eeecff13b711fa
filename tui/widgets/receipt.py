"""A receipt: what became of a payment, with its number whole."""

from textual.app import ComposeResult
from textual.content import Content

from core import wire
from tui.problems import reason_sentence
from tui.text import _, amount, asset_code, clock_time, cut, date_time
from tui.widgets.figures import Amount, Fact, Facts
from tui.widgets.forms import Action
from tui.widgets.glass import Column, Panel, Row, Text
from tui.words import counterparty_name

NUMBER_LINE = 32

STATE_STYLES = {"success": "$success", "processing": "$warning", "pending": "$warning"}


class Receipt(Panel):
    """`show` it at each step of the payment. Buttons: #done, #copy, #again."""

    DEFAULT_CSS = """
    Receipt {
        height: auto;
        #headline { height: auto; }
        #sign { width: 14; height: 4; margin-right: 3; }
        #receipt-ways { height: auto; margin-top: 1; }
        #receipt-ways Action { width: 1fr; margin-right: 1; }
    }
    """

    def compose(self) -> ComposeResult:
        with Row(id="headline"):
            yield Text(id="sign")
            with Column():
                yield Amount("0.00", "XLM", id="paid")
                yield Text(id="whom")
        yield Facts(id="receipt-facts", classes="gap")
        yield Text(_("Receipt number"), id="number-title", classes="muted gap")
        yield Text(id="number")
        yield Text(id="advice", classes="soft gap")
        with Row(id="receipt-ways"):
            yield Action(_("Done"), main=True, id="done")
            yield Action(_("Copy number"), id="copy")
            yield Action(_("Look again"), id="again")

    def show(self, payment: wire.Transaction, *, unknown: bool = False) -> None:
        """`unknown`: it was sent, and the server has not said yet what became of it."""
        state = "unknown" if unknown else payment.status
        self.query_one("#paid", Amount).show(amount(payment.amount), asset_code(payment.asset))
        self.query_one("#whom", Text).update(_whom(payment))
        self.query_one("#sign", Text).update(_sign(state))
        self.query_one("#receipt-facts", Facts).show(facts(payment, unknown=unknown))
        self._show_number(payment.hash)
        advice = self.query_one("#advice", Text)
        advice.update(_advice(payment, state))
        advice.display = bool(_advice(payment, state))
        self.query_one("#copy", Action).disabled = payment.hash is None
        self.query_one("#again", Action).display = state in {"unknown", "processing", "pending"}

    def _show_number(self, number: str | None) -> None:
        self.query_one("#number-title", Text).display = number is not None
        lines = [
            number[start : start + NUMBER_LINE]
            for start in range(0, len(number or ""), NUMBER_LINE)
            if number
        ]
        self.query_one("#number", Text).update("\n".join(lines))


def facts(payment: wire.Transaction, *, unknown: bool = False) -> list[Fact]:
    """State, people, time, note: the lines of a receipt."""
    other = payment.counterparty
    label = _("From") if payment.direction == "in" else _("To")
    found: list[Fact] = [
        (_("State"), _state(payment, unknown=unknown), STATE_STYLES.get(payment.status, "$error")),
        (label, f"@{other.handle}" if other.handle else other.address),
        (_("Date"), date_time(payment.created_at)),
    ]
    if payment.note:
        found.append((_("Note"), payment.note))
    if payment.memo is not None:
        found.append((_("Reference"), payment.memo.value))
    return [*found, (_("Fee"), _("none"))]


def technical_facts(payment: wire.Transaction) -> list[Fact]:
    """What stands behind the words: for the technical details alone."""
    return [
        (_("Payment"), payment.transaction_id),
        (_("Address"), payment.counterparty.address),
        (_("Hash"), payment.hash or "–"),
        (_("Ledger"), str(payment.ledger or "–")),
        (_("Currency"), payment.asset),
    ]


def _state(payment: wire.Transaction, *, unknown: bool) -> str:
    if unknown:
        return _("Sent. Outcome not known yet.")
    match payment.status:
        case "success":
            word = _("Received") if payment.direction == "in" else _("Paid")
            at = clock_time(payment.settled_at or payment.created_at)
            return _("{state}, confirmed at {time}").format(state=word, time=at)
        case "processing":
            return _("On its way")
        case "pending":
            return _("Not confirmed")
        case "failed":
            return _("Failed")
        case "cancelled":
            return _("Cancelled")
        case "expired":
            return _("Expired")
        case other:
            return other


def _whom(payment: wire.Transaction) -> Content:
    name = cut(counterparty_name(payment), 40)
    words = {
        "success": _("Received from") if payment.direction == "in" else _("Paid to"),
        "failed": _("Not paid to"),
        "cancelled": _("Not paid to"),
        "expired": _("Not paid to"),
    }.get(payment.status, _("To"))
    return Content.assemble((f"{words} ", "$ink-soft"), (name, "bold $ink"))


SIGNS = {
    "success": ("          ▄▀", "▄       ▄▀  ", " ▀▄   ▄▀    ", "   ▀▄▀      "),
    "failed": ("   ▀▄   ▄▀  ", "     ▀▄▀    ", "     ▄▀▄    ", "   ▄▀   ▀▄  "),
}
WAITING = ("            ", "  ▄   ▄   ▄ ", "  ▀   ▀   ▀ ", "            ")


def _sign(state: str) -> Content:
    """A tick, a cross, or three dots; the words beside it say the same."""
    ended = {"failed", "cancelled", "expired"}
    lines = SIGNS["failed"] if state in ended else SIGNS.get(state, WAITING)
    style = STATE_STYLES.get(state, "$error" if state in ended else "$warning")
    return Content.assemble(("\n".join(lines), style))


def _advice(payment: wire.Transaction, state: str) -> str:
    match state:
        case "unknown":
            return _(
                "The connection broke while it was sent. LumenPay keeps asking. "
                "Please do not pay again: it cannot happen twice this way."
            )
        case "processing":
            return _("It usually takes a few seconds. You may go on; it is sent.")
        case "failed":
            return reason_sentence(payment.reason or "") or _("Nothing was taken.")
        case "cancelled" | "expired":
            return _("Nothing was taken.")
        case _:
            return ""
