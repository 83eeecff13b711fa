"""The one question before money moves: payee, amount, fee, what remains; then the PIN."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from core import wire
from core.money import NATIVE
from tui.api import ApiError, ApiProblem, Away, OutcomeUnknown
from tui.payments import Payment
from tui.problems import sentence
from tui.text import _, amount, asset_code, cut, marked, money
from tui.widgets.figures import Amount, Fact, Facts
from tui.widgets.forms import PIN_LENGTH, Action, Entry, PinField
from tui.widgets.frame import Dialog
from tui.widgets.glass import Row, Sheet, Text
from tui.widgets.keys import KeyBar
from tui.words import party_name

Outcome = wire.Transaction | OutcomeUnknown


class Confirm(Dialog[Outcome | None]):
    """Ends with what became of the payment, or None for a No. The request runs as a worker of the
    App, so that it outlives this dialog."""

    CSS_PATH = "confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,f8", "close", marked("No"), id="confirm.no"),
        Binding("y,f7", "yes", marked("Yes, pay"), id="confirm.yes"),
        Binding("escape", "close", marked("No"), id="dialog.close", show=False),
        *(Binding(digit, f"digit('{digit}')", show=False) for digit in "0123456789"),
    ]

    class Answered(Message):
        def __init__(self, outcome: Outcome) -> None:
            self.outcome = outcome
            super().__init__()

    class Refused(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def __init__(self, payment: Payment, prepared: wire.Initiated, left_after: str | None) -> None:
        super().__init__()
        self._payment = payment
        self._prepared = prepared
        self._left_after = left_after
        self._paying = False

    def compose(self) -> ComposeResult:
        prepared = self._prepared
        with Sheet(title=_("Check before you pay"), id="sheet"):
            yield Text(_("You pay"), classes="muted centre")
            yield Text(cut(_name(prepared.payee), 56), classes="strong centre")
            yield Text(_who(prepared.payee), classes="centre")
            yield Amount(amount(prepared.amount), asset_code(prepared.asset), id="sum")
            yield Facts(self._facts(), id="facts")
            yield Entry(PinField(), _("PIN"), hint=_("Your six digits, then Yes."), id="pin")
            with Row(id="ways"):
                yield Action(_("No, go back"), id="no")
                yield Action(self._yes(), id="yes")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def _yes(self) -> str:
        return _("Yes, pay {amount}").format(amount=amount(self._prepared.amount))

    @on(Input.Changed)
    def light_yes(self, event: Input.Changed) -> None:
        """Yes is the main button only once there is a PIN: before that No outranks it."""
        self.query_one("#yes").set_class(len(event.value) == PIN_LENGTH, "-main")

    def _facts(self) -> list[Fact]:
        prepared, request = self._prepared, self._payment.request
        facts: list[Fact] = [(_("Fee"), _("none"))]
        if self._left_after is not None:
            facts.append((_("Left after it"), money(self._left_after, prepared.asset), "bold $ink"))
        facts.append((_("Can then be sent today"), money(prepared.limits.day_left, NATIVE)))
        if request.note:
            facts.append((_("Note"), request.note))
        if request.memo is not None:
            facts.append((_("Reference"), request.memo.value))
        return facts

    # answering

    @on(Action.Pressed, "#no")
    def action_close(self) -> None:
        if self._paying:
            self._say(_("Finishing your payment."))
        else:
            self.dismiss(None)

    @on(Action.Pressed, "#yes")
    @on(Input.Submitted)
    def action_yes(self) -> None:
        pin = self.query_one("#pin", Entry)
        if self._paying:
            return
        if len(pin.value) < PIN_LENGTH:
            pin.hint = _("Enter your PIN to pay: six digits.")
            pin.accept()
            pin.field.focus()
            return
        self._busy(True)
        self.app.run_worker(self._pay(pin.value), group="pay", exit_on_error=False)

    def action_digit(self, digit: str) -> None:
        """A digit typed while a button has the focus is meant for the PIN."""
        if not self._paying:
            pin = self.query_one("#pin", Entry).field
            pin.focus()
            pin.insert_text_at_cursor(digit)

    async def _pay(self, pin: str) -> None:
        try:
            outcome: Outcome = await self._payment.confirm(pin)
        except OutcomeUnknown as unknown:
            outcome = unknown
        except (ApiProblem, Away) as problem:
            self.post_message(self.Refused(problem))
            return
        self.post_message(self.Answered(outcome))

    @on(Answered)
    def end(self, event: Answered) -> None:
        outcome = event.outcome
        if isinstance(outcome, wire.Transaction) and outcome.status == "pending":
            self._busy(False)
            self._refuse(_("This did not get through. Nothing was paid; please try again."))
        else:
            self.dismiss(outcome)

    @on(Refused)
    def show_refusal(self, event: Refused) -> None:
        problem = event.problem
        locked = isinstance(problem, ApiProblem) and problem.code == "auth.pin_locked"
        self._busy(False)
        self._refuse(sentence(problem))
        if locked:
            self.query_one("#yes", Action).disabled = True
            self.query_one("#no").focus()

    def _busy(self, busy: bool) -> None:
        self._paying = busy
        self.query_one("#pin", Entry).field.disabled = busy
        for button in self.query(Action):
            button.disabled = busy
        self.query_one("#yes", Action).rename(_("Paying…") if busy else self._yes())
        if busy:
            self._say(_("One moment…"))

    def _refuse(self, words: str) -> None:
        pin = self.query_one("#pin", Entry)
        with pin.field.prevent(Input.Changed):  # a change would take the refusal back
            pin.field.value = ""
        self.query_one("#yes").remove_class("-main")
        pin.hint = _("Your six digits, then Yes.")
        pin.field.focus()
        pin.refuse(words)

    def _say(self, words: str) -> None:
        pin = self.query_one("#pin", Entry)
        pin.hint = words
        pin.accept()


def _name(payee: wire.Party) -> str:
    """Nobody's name is known outside LumenPay: the address below says who it is."""
    unknown = payee.kind == "external" and not payee.handle
    return _("Somebody outside LumenPay") if unknown else party_name(payee)


def _who(payee: wire.Party) -> Content:
    """Who it is beyond the name, and whether anybody has checked that."""
    if payee.kind == "external":
        return Content.assemble((payee.address, "$ink-muted"))
    handle = f"@{payee.handle}, " if payee.handle else ""
    if payee.verified:
        return Content.assemble((handle, "$ink-muted"), (_("name checked ✓"), "$success"))
    return Content.assemble((handle, "$ink-muted"), (_("name not checked"), "$warning"))
