"""Receive: the code to scan, the LumenPay ID, and a link that asks for an amount."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from core import wire
from core.errors import Problem
from core.money import NATIVE
from tui.api import ApiError, ApiProblem, Away
from tui.problems import problem_sentence, sentence
from tui.session import Change
from tui.text import _, amount, asset_code, cut, marked, money, plain_amount
from tui.widgets.figures import Amount
from tui.widgets.forms import Action, Entry, Field, MoneyField
from tui.widgets.frame import Page
from tui.widgets.glass import Column, Panel, Row, Text
from tui.widgets.qr import QR
from tui.words import counterparty_name

NOTE_MAX = 140


class Receive(Page):
    CSS_PATH = "receive.tcss"
    HERE = "receive"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "ask", marked("Make link"), id="receive.ask"),
        Binding("f6", "currency", marked("Currency"), id="receive.currency"),
        Binding("f8", "any_amount", marked("Clear"), id="receive.clear"),
        Binding("l", "copy_link", marked("Copy link"), id="receive.copy_link"),
        Binding("i", "copy_id", marked("Copy ID"), id="receive.copy_id"),
        Binding("v", "enlarge", marked("Large code"), id="receive.enlarge", show=False),
    ]

    class Made(Message):
        def __init__(self, request: wire.NewRequest, made: wire.PaymentRequest) -> None:
            self.request, self.made = request, made
            super().__init__()

    class Failed(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._asset = NATIVE
        self._made: wire.PaymentRequest | None = None
        self._unanswered: tuple[wire.NewRequest, str] | None = None
        self._seen: set[str] = set()

    def body(self) -> ComposeResult:
        with Row(classes="page"):
            with Column(id="code"):
                yield QR(id="qr")
            with Panel(title=_("Receive money"), id="ask"):
                yield Text(_("Your LumenPay ID"), classes="muted")
                yield Text(id="my-id", classes="strong")
                yield Text(id="asking", classes="muted gap")
                yield Amount(amount("0"), NATIVE, id="sum")
                yield Text(id="pay-link", classes="soft")
                with Row(id="money"):
                    yield Entry(MoneyField(placeholder=_("any")), _("Amount"), id="amount")
                    yield Action(NATIVE, id="currency")
                yield Entry(Field(max_length=NOTE_MAX), _("For what"), id="note")
                yield Action(_("Make a link"), main=True, id="make")
                with Row(id="ways"):
                    yield Action(_("Copy ID"), id="copy-id")
                    yield Action(_("Large code"), id="enlarge")
                yield Text(id="waiting", classes="muted gap")

    def on_mount(self) -> None:
        super().on_mount()
        self._seen = {one.transaction_id for one in self.app.session.model.recent}
        self.query_one("#make").focus()
        self._show()

    # what is shown

    def model_changed(self, change: Change) -> None:
        if change == "info":
            self._show()
        if change == "activity":
            self._show_arrived()

    @property
    def payload(self) -> str:
        """What the code says: the link, else the account that is paid."""
        info = self.app.session.model.info
        return self._made.link if self._made else (info.public_key if info else "")

    def _show(self) -> None:
        info = self.app.session.model.info
        if info is not None:
            self.query_one("#my-id", Text).update(f"@{info.handle}")
            title = _("Scan to pay {name}").format(name=cut(info.name, 24))
            self.query_one("#ask", Panel).rename(title)
        self.query_one("#qr", QR).show(self.payload)
        self.query_one("#pay-link", Text).update(self._made.link if self._made else "")
        self.query_one("#make", Action).rename(_("Copy link") if self._made else _("Make a link"))
        self.query_one("#waiting", Text).update(_("A payment shows here at once."))
        asks = self._made is not None and self._wanted is not None
        self.query_one("#sum", Amount).display = asks
        words = _("Asking for") if asks else _("Any amount, in any currency you have")
        self.query_one("#asking", Text).update(words)
        self.refresh_bindings()

    @property
    def _wanted(self) -> str | None:
        try:
            return plain_amount(self.query_one("#amount", Entry).value)
        except Problem:
            return None

    def _show_arrived(self) -> None:
        """Money that came since this screen was opened."""
        for one in self.app.session.model.recent:
            if one.direction == "in" and one.transaction_id not in self._seen:
                words = _("Received {amount} from {name}.").format(
                    amount=money(one.amount, one.asset), name=counterparty_name(one)
                )
                waiting = self.query_one("#waiting", Text)
                waiting.update(f"✓ {words}")
                waiting.add_class("good")
                return

    # asking for an amount

    @on(Action.Pressed, "#currency")
    def action_currency(self) -> None:
        balances = self.app.session.model.balances
        codes = [asset_code(one.asset) for one in balances.balances] if balances else [NATIVE]
        at = codes.index(self._asset) if self._asset in codes else -1
        self._asset = codes[(at + 1) % len(codes)]
        self.query_one("#currency", Action).rename(self._asset)
        self._forget_link()

    @on(Input.Changed)
    def typed(self) -> None:
        self._forget_link()

    def _forget_link(self) -> None:
        """Another amount is another request."""
        if self._made is not None:
            self._made = None
            self._show()

    @on(Action.Pressed, "#make")
    @on(Input.Submitted)
    def action_ask(self) -> None:
        if self._made is not None:
            self.action_copy_link()
            return
        entry = self.query_one("#amount", Entry)
        try:
            wanted = plain_amount(entry.value) if entry.value.strip() else None
        except Problem as problem:
            entry.refuse(problem_sentence(problem.code))
            entry.field.focus()
            return
        note = self.query_one("#note", Entry).value.strip() or None
        asset = self._asset if wanted is not None else None
        self._ask(wire.NewRequest(amount=wanted, asset=asset, note=note))

    def _ask(self, request: wire.NewRequest) -> None:
        """The same request after a lost answer has the same key: no second one is made."""
        if self._unanswered is None or self._unanswered[0] != request:
            self._unanswered = (request, self.app.session.new_key())
        key = self._unanswered[1]
        self.query_one("#make", Action).disabled = True
        self.run_worker(self._request(request, key), group="request", exit_on_error=False)

    async def _request(self, request: wire.NewRequest, key: str) -> None:
        try:
            made = await self.app.session.api.request_money(request, key)
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))
        else:
            self.post_message(self.Made(request, made))

    @on(Made)
    def show_made(self, event: Made) -> None:
        self._made, self._unanswered = event.made, None
        make = self.query_one("#make", Action)
        make.disabled = False
        make.focus()
        if event.request.amount is not None:
            self.query_one("#sum", Amount).show(amount(event.request.amount), self._asset)
        self._show()

    @on(Failed)
    def show_failed(self, event: Failed) -> None:
        self.query_one("#make", Action).disabled = False
        problem = event.problem
        field = problem.field if isinstance(problem, ApiProblem) else None
        self.query_one("#note" if field == "note" else "#amount", Entry).refuse(sentence(problem))

    def action_any_amount(self) -> None:
        self._made = None
        for entry in self.query(Entry):
            entry.field.value = ""
            entry.accept()
        self._show()

    # sharing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy_link":
            return self._made is not None
        return super().check_action(action, parameters)

    def action_copy_link(self) -> None:
        if self._made is not None:
            self.app.copy(self._made.link, _("Link"))

    @on(Action.Pressed, "#copy-id")
    def action_copy_id(self) -> None:
        if info := self.app.session.model.info:
            self.app.copy(f"@{info.handle}", _("Your LumenPay ID"))

    @on(Action.Pressed, "#enlarge")
    def action_enlarge(self) -> None:
        from tui.screens.code import Code

        if self.payload:
            self.app.push_screen(Code(self.payload))
