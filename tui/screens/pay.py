"""Pay: who and how much, one confirmation, the receipt."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import ContentSwitcher

from core import wire
from core.clock import rfc3339
from core.errors import Problem
from tui.api import ApiError, ApiProblem, Away, OutcomeUnknown
from tui.payments import Payment
from tui.problems import problem_sentence, sentence
from tui.recipients import Target, known_people, read_target
from tui.screens.confirm import Confirm, Outcome
from tui.session import Change, is_final
from tui.text import _, marked
from tui.widgets.figures import Fact
from tui.widgets.forms import Action
from tui.widgets.frame import Page
from tui.widgets.glass import Column, OnGlass, Row
from tui.widgets.how_much import HowMuch
from tui.widgets.payee import Payee
from tui.widgets.receipt import Receipt, technical_facts

WATCH_SECONDS_MAX = 600.0
"""The server settles or gives up a payment long before that."""

FIELDS = {"note": "note", "memo": "reference", "amount": "amount", "asset": "amount"}
"""The wire's fields and the entries that show their refusals; all others are about the payee."""


class Steps(OnGlass, ContentSwitcher):
    DEFAULT_CSS = "Steps { height: 1fr; background: transparent; }"


class Pay(Page):
    CSS_PATH = "pay.tcss"
    HERE = "pay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "review", marked("Review"), id="pay.review"),
        Binding("f6", "currency", marked("Currency"), id="pay.currency"),
        Binding("f8", "start_again", marked("Clear"), id="pay.clear"),
        Binding("d,f7", "done", marked("Done"), id="receipt.done"),
        Binding("n", "copy", marked("Copy number"), id="receipt.copy"),
        Binding("l", "look_again", marked("Look again"), id="receipt.again"),
    ]

    class TargetRead(Message):
        def __init__(self, target: Target) -> None:
            self.target = target
            super().__init__()

    class Prepared(Message):
        def __init__(self, payment: Payment, prepared: wire.Initiated) -> None:
            self.payment, self.prepared = payment, prepared
            super().__init__()

    class Refused(Message):
        """`code` and `field` of this end or the server, and the sentence for them."""

        def __init__(self, problem: ApiError | Problem) -> None:
            self.problem = problem
            super().__init__()

    class Heard(Message):
        def __init__(self, payment: wire.Transaction) -> None:
            self.payment = payment
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._payment: Payment | None = None
        self._shown: wire.Transaction | None = None
        self._left_after: str | None = None

    def body(self) -> ComposeResult:
        session = self.app.session
        with Steps(initial="form", classes="page"):
            with Row(id="form"):
                yield Payee(_("1  Who"), session.clock())
                yield HowMuch(_("2  How much"), session)
            with Column(id="outcome"):
                yield Receipt(title=_("Receipt"), id="receipt")

    def on_mount(self) -> None:
        super().on_mount()
        self._payee.entry.field.focus()
        self._know_people()
        if self.app.session.model.contacts is None:
            self.run_worker(self._read_contacts(), group="contacts", exit_on_error=False)

    def details(self) -> list[Fact]:
        return technical_facts(self._shown) if self._shown else []

    @property
    def _payee(self) -> Payee:
        return self.query_one(Payee)

    @property
    def _how_much(self) -> HowMuch:
        return self.query_one(HowMuch)

    @property
    def _step(self) -> str:
        return self.query_one(Steps).current or "form"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        form = {"review", "currency", "start_again"}
        receipt = {"done", "copy", "look_again"}
        if action in form | receipt and self.is_mounted:
            if action == "copy":
                return bool(self._step == "outcome" and self._shown and self._shown.hash)
            if action == "look_again":
                waiting = self._shown is None or not is_final(self._shown)
                return self._step == "outcome" and waiting
            return (self._step == "outcome") == (action in receipt)
        return super().check_action(action, parameters)

    # people

    def model_changed(self, change: Change) -> None:
        if change in {"activity", "contacts"}:
            self._know_people()
        if change in {"activity", "balances"}:
            self._how_much.show_model()
        if change == "payment" and self._shown is not None:
            self._show_newest(self._shown.transaction_id)

    def _show_newest(self, transaction_id: str) -> None:
        for payment in self.app.session.model.recent:
            if payment.transaction_id == transaction_id and self._step == "outcome":
                self._show(payment)

    def _know_people(self) -> None:
        model = self.app.session.model
        self._payee.know(known_people(model.contacts or [], model.recent), model.recent)

    async def _read_contacts(self) -> None:
        try:
            await self.app.session.read_contacts()
        except (ApiProblem, Away):
            return  # the people paid lately are there anyway; the status line says what is wrong

    # who

    def begin(self, target: Target) -> None:
        """Start a payment to somebody chosen elsewhere."""
        self.action_start_again()
        self._chosen(target)

    @on(Payee.Chosen)
    def chosen(self, event: Payee.Chosen) -> None:
        self._how_much.fill(event.target)
        self._how_much.focus_amount()

    def _chosen(self, target: Target) -> None:
        self._payee.choose(target)
        self._how_much.fill(target)
        self._how_much.focus_amount()

    @on(Payee.Pasted)
    def read_code(self, event: Payee.Pasted) -> None:
        self.run_worker(
            self._read_target(event.text), group="target", exclusive=True, exit_on_error=False
        )

    async def _read_target(self, text: str) -> None:
        session = self.app.session
        try:
            target = await read_target(text, session.api, session.model.contacts or [])
        except (Problem, ApiProblem, Away) as problem:
            self.post_message(self.Refused(problem))
        else:
            self.post_message(self.TargetRead(target))

    @on(TargetRead)
    def code_read(self, event: TargetRead) -> None:
        self._chosen(event.target)

    # reviewing

    def action_currency(self) -> None:
        self._how_much.switch_currency()

    @on(HowMuch.Review)
    def action_review(self) -> None:
        if not self._payee.settle():
            self._payee.entry.field.focus()
            return
        wanted, target = self._how_much.checked_amount(), self._payee.target
        if wanted is None:
            self._how_much.focus_amount()
        elif target is not None and self._how_much.reference_fits():
            self._prepare(target, wanted)

    def _prepare(self, target: Target, wanted: str) -> None:
        request = wire.Initiate(
            recipient_address=target.recipient,
            amount=wanted,
            asset=self._how_much.asset,
            memo=self._how_much.memo,
            note=self._how_much.note,
        )
        self._how_much.busy(True)
        self._left_after = self._how_much.left_after(wanted)  # before the amount is held
        payment = Payment(self.app.session, request)
        self.app.run_worker(self._prepared(payment), group="pay", exit_on_error=False)

    async def _prepared(self, payment: Payment) -> None:
        try:
            prepared = await payment.prepare()
        except (ApiProblem, Away) as problem:
            self.post_message(self.Refused(problem))
        else:
            self.post_message(self.Prepared(payment, prepared))

    @on(Refused)
    def show_refusal(self, event: Refused) -> None:
        problem = event.problem
        self._how_much.busy(False)
        if isinstance(problem, Problem):
            self._payee.refuse(problem_sentence(problem.code))
        elif isinstance(problem, ApiProblem) and _is_about_payee(problem):
            self._payee.refuse(sentence(problem))
            self._payee.entry.field.focus()
        else:
            field = problem.field if isinstance(problem, ApiProblem) else None
            self._how_much.refuse_entry(FIELDS.get(field or "", "amount"), sentence(problem))

    # confirming

    @on(Prepared)
    def ask(self, event: Prepared) -> None:
        self._how_much.busy(False)
        self._payment = event.payment
        self.app.push_screen(
            Confirm(event.payment, event.prepared, self._left_after), self._answered
        )

    def _answered(self, outcome: Outcome | None) -> None:
        payment = self._payment
        if payment is None:
            return
        if outcome is None:
            self.app.run_worker(_cancel(payment), group="pay", exit_on_error=False)
            self._how_much.focus_amount()
            return
        unknown = isinstance(outcome, OutcomeUnknown)
        self._open_receipt(
            outcome if isinstance(outcome, wire.Transaction) else self._sent(payment),
            unknown=unknown,
        )

    def _open_receipt(self, payment: wire.Transaction, *, unknown: bool) -> None:
        self.query_one(Steps).current = "outcome"
        self._show(payment, unknown=unknown)
        self.query_one("#done").focus()
        if unknown or not is_final(payment):
            self.action_look_again()

    def _sent(self, payment: Payment) -> wire.Transaction:
        """What this end knows of a payment whose confirm was not answered."""
        prepared = payment.prepared
        if prepared is None:
            raise RuntimeError("the payment is not prepared")
        return wire.Transaction(
            transaction_id=prepared.transaction_id,
            kind="payment",
            direction="out",
            status="processing",
            counterparty=prepared.payee,
            amount=prepared.amount,
            asset=prepared.asset,
            fee=prepared.fee,
            created_at=rfc3339(self.app.session.clock()),
            note=payment.request.note,
            memo=payment.request.memo,
        )

    # the receipt

    def _show(self, payment: wire.Transaction, *, unknown: bool = False) -> None:
        self._shown = payment
        self.query_one(Receipt).show(payment, unknown=unknown)
        self.refresh_bindings()

    @on(Action.Pressed, "#again")
    def action_look_again(self) -> None:
        if self._payment is not None:
            self.run_worker(
                self._watch(self._payment), group="watch", exclusive=True, exit_on_error=False
            )

    async def _watch(self, payment: Payment) -> None:
        try:
            settled = await payment.settled(WATCH_SECONDS_MAX)
        except OutcomeUnknown:
            return  # the words on the receipt stay true
        except ApiProblem as problem:
            self.app.notify(sentence(problem), severity="error")
            return
        self.post_message(self.Heard(settled))

    @on(Heard)
    def show_heard(self, event: Heard) -> None:
        if self._shown and event.payment.transaction_id == self._shown.transaction_id:
            self._show(event.payment)

    @on(Action.Pressed, "#copy")
    def action_copy(self) -> None:
        if self._shown is not None and self._shown.hash is not None:
            self.app.copy(self._shown.hash, _("Receipt number"))

    @on(Action.Pressed, "#done")
    async def action_done(self) -> None:
        self.action_start_again()
        await self.app.action_go("home")

    def action_start_again(self) -> None:
        self._payment = self._shown = None
        self.query_one(Steps).current = "form"
        self._payee.clear()
        self._how_much.clear()
        self._payee.entry.field.focus()
        self.refresh_bindings()


def _is_about_payee(problem: ApiProblem) -> bool:
    return problem.field == "recipientAddress" or problem.code.startswith("recipient.")


async def _cancel(payment: Payment) -> None:
    try:
        await payment.cancel()
    except (ApiProblem, Away):
        return  # unconfirmed it expires by itself; its key is looked up at the next start
