"""How much is paid, in which currency, and what it is for."""

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from core import wire
from core.errors import Problem
from core.money import NATIVE
from tui.problems import problem_sentence
from tui.recipients import Target
from tui.session import Session
from tui.text import _, amount, asset_code, money, plain_amount, remainder
from tui.widgets.figures import Amount, Fact, Facts
from tui.widgets.forms import Action, Entry, Field, MoneyField
from tui.widgets.glass import Panel, Row, Text

NOTE_MAX = 140
REFERENCE_BYTES_MAX = 28


class HowMuch(Panel):
    class Review(Message):
        """Everything is filled in, as far as this panel knows."""

    def __init__(self, title: str, session: Session) -> None:
        super().__init__(title=title, id="how-much")
        self._session = session
        self._asset = NATIVE
        self._memo: wire.Memo | None = None

    def compose(self) -> ComposeResult:
        yield Amount(amount("0"), "XLM", id="sum")
        with Row(id="money"):
            yield Entry(MoneyField(placeholder="0.00"), _("Amount"), id="amount")
            yield Action("XLM", id="currency")
        yield Entry(Field(max_length=NOTE_MAX), _("Note"), id="note")
        hint = _("Only if the receiver asked for one.")
        yield Entry(Field(max_length=64), _("Reference"), hint=hint, id="reference")
        yield Facts(id="facts", classes="gap")
        yield Action(_("Review payment"), main=True, id="review")
        yield Text(
            _(
                "Next you check it once more and enter your PIN.\n"
                "It arrives in seconds and costs nothing.\n"
                "Even if the line breaks, nothing is paid twice."
            ),
            id="promise",
            classes="muted air gap",
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.show_model()

    @property
    def asset(self) -> str:
        return self._asset

    @property
    def note(self) -> str | None:
        return self._entry("note").value.strip() or None

    @property
    def memo(self) -> wire.Memo | None:
        """The reference: as the link had it, or as text where somebody typed it."""
        typed = self._entry("reference").value.strip()
        if self._memo is not None and self._memo.value == typed:
            return self._memo
        return wire.Memo(type="text", value=typed) if typed else None

    def focus_amount(self) -> None:
        self._entry("amount").field.focus()

    def fill(self, target: Target) -> None:
        """What a payment link asks for."""
        if target.amount is not None:
            self._entry("amount").field.value = target.amount
        if target.asset is not None:
            self._switch(target.asset)
        if target.note is not None:
            self._entry("note").field.value = target.note[:NOTE_MAX]
        if target.memo is not None:
            self._memo = target.memo
            self._entry("reference").field.value = target.memo.value

    def clear(self) -> None:
        for name in ("amount", "note", "reference"):
            self._entry(name).field.value = ""
            self._entry(name).accept()
        self._memo = None

    def left_after(self, wanted: str) -> str | None:
        """What stays of the balance, as far as that is known."""
        balance = self._balance()
        return remainder(balance.available, wanted) if balance else None

    def checked_amount(self) -> str | None:
        """The amount as it is sent; None where it cannot be, with the reason under the field."""
        entry = self._entry("amount")
        try:
            wanted = plain_amount(entry.value)
        except Problem as problem:
            entry.refuse(problem_sentence(problem.code))
            return None
        balance = self._balance()
        if balance is not None and remainder(balance.available, wanted) is None:
            params = {"available": balance.available, "asset": balance.asset}
            entry.refuse(problem_sentence("payment.balance_too_low", params))
            return None
        return wanted

    def reference_fits(self) -> bool:
        memo = self.memo
        too_long = (
            memo is not None
            and memo.type == "text"
            and len(memo.value.encode()) > REFERENCE_BYTES_MAX
        )
        if too_long:
            self.refuse_entry("reference", problem_sentence("memo.too_long"))
        return not too_long

    def refuse_entry(self, name: str, sentence: str) -> None:
        """`name`: amount, note or reference."""
        self._entry(name).refuse(sentence)
        self._entry(name).field.focus()

    def busy(self, busy: bool) -> None:
        review = self.query_one("#review", Action)
        review.disabled = busy
        review.rename(_("One moment…") if busy else _("Review payment"))

    # showing

    def show_model(self) -> None:
        """Balances and limits as they are known now."""
        self._show_facts()

    def _show_facts(self) -> None:
        self.query_one("#facts", Facts).show(self._facts())
        self.query_one("#sum", Amount).show(amount(self._typed()), asset_code(self._asset))

    def _facts(self) -> list[Fact]:
        facts: list[Fact] = []
        if (balance := self._balance()) is not None:
            facts.append((_("You have"), money(balance.available, balance.asset)))
            left = remainder(balance.available, self._typed())
            after = money(left, balance.asset) if left is not None else _("not enough")
            facts.append((_("Left after it"), after))
        if (limits := self._session.model.limits) is not None:
            facts.append((_("Can be sent today"), money(limits.day_left, NATIVE)))
            facts.append((_("Can be sent this month"), money(limits.month_left, NATIVE)))
        return [*facts, (_("Fee"), _("none"))]

    def _typed(self) -> str:
        try:
            return plain_amount(self._entry("amount").value)
        except Problem:
            return "0"

    def _balance(self) -> wire.Balance | None:
        return next((one for one in self._balances if self._asset in _names(one)), None)

    @property
    def _balances(self) -> list[wire.Balance]:
        balances = self._session.model.balances
        return balances.balances if balances else []

    def _entry(self, name: str) -> Entry:
        return self.query_one(f"#{name}", Entry)

    # filling in

    @on(Action.Pressed, "#currency")
    def switch_currency(self) -> None:
        """The next of the currencies that one has."""
        balances = self._balances
        assets = [one.asset for one in balances] or [NATIVE]
        here = next((i for i, one in enumerate(balances) if self._asset in _names(one)), -1)
        self._switch(assets[(here + 1) % len(assets)])

    def _switch(self, asset: str) -> None:
        self._asset = asset
        self.query_one("#currency", Action).rename(asset_code(asset))
        self._show_facts()

    @on(Input.Changed, "#amount Input")
    def amount_typed(self) -> None:
        self._show_facts()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, and from the last one to the review."""
        event.stop()
        fields = [entry.field for entry in self.query(Entry)]
        index = next(i for i, one in enumerate(fields) if one is event.input)
        if index + 1 < len(fields):
            fields[index + 1].focus()
        else:
            self.post_message(self.Review())

    @on(Action.Pressed, "#review")
    def review(self) -> None:
        self.post_message(self.Review())


def _names(balance: wire.Balance) -> tuple[str, str]:
    """A balance is found by its whole asset or by its code alone."""
    return balance.asset, asset_code(balance.asset)
