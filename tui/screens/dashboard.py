"""Home: what one has, one's LumenPay ID with its code, quick actions, what happened last."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Sparkline

from core import wire
from tui import holdings
from tui.holdings import stroops
from tui.problems import problem_sentence
from tui.recipients import Person, known_people
from tui.session import RECENT, Change
from tui.text import _, amount, asset_code, clock_time, cut, marked, ngettext
from tui.widgets.figures import Amount
from tui.widgets.forms import Action
from tui.widgets.frame import Page
from tui.widgets.glass import Column, OnGlass, Panel, Row, Text
from tui.widgets.qr import QR
from tui.widgets.table import Cell, Line, Table
from tui.widgets.table import Column as TableColumn
from tui.widgets.transactions import transaction_columns, transaction_line

BIG_NUMBER_CHARACTERS_MAX = 12
PEOPLE_MAX = 8


class Trend(Sparkline, OnGlass):
    DEFAULT_CSS = """
    Trend {
        height: 3; background: transparent;
        & > .sparkline--max-color { color: $accent; }
        & > .sparkline--min-color { color: $track; }
    }
    """


class Dashboard(Page):
    HERE = "home"
    CSS_PATH = "dashboard.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "app.go('pay')", marked("Pay"), id="go.pay"),
        Binding("r", "app.go('receive')", marked("Receive"), id="go.receive"),
        Binding("a", "app.go('activity')", marked("Activity"), id="go.activity"),
        Binding("y", "copy_id", marked("Copy ID"), id="home.copy_id"),
    ]

    def body(self) -> ComposeResult:
        with Row(classes="page"):
            with Column(id="left"):
                yield Text(id="hello", classes="soft")
                with Panel(title=_("Balance"), id="balance"), Row():
                    yield from self._money()
                with Row(id="actions"):
                    yield Action(_("Pay"), id="pay", main=True)
                    yield Action(_("Receive"), id="receive")
                    yield Action(_("Activity"), id="activity")
                    yield Action(_("Contacts"), id="contacts")
                with Panel(title=_("Recent activity"), id="recent"):
                    yield Table(transaction_columns(), empty=_("Loading…"), id="latest")
            with Column(id="right"):
                with Panel(title=_("Your LumenPay ID"), id="code"):
                    with Row(id="paper"):
                        yield QR(id="qr")
                    yield Text(id="my-id", classes="strong")
                with Panel(title=_("People you paid"), id="people"):
                    yield Table(
                        [TableColumn(""), TableColumn("", 16)], empty=_("Loading…"), id="paid"
                    )

    def _money(self) -> ComposeResult:
        with Column(id="total"):
            yield Text(_("All your money"), classes="muted air")
            yield Amount("0.00", "XLM", id="sum")
            yield Text(id="today")
            yield Text(id="note", classes="muted")
        with Column(id="holdings"):
            yield Text(id="each")
            yield Trend(id="trend")
            yield Text(id="trend-words", classes="muted")

    def on_mount(self) -> None:
        super().on_mount()
        for change in ("info", "balances", "activity", "contacts"):
            self.model_changed(change)
        self.query_one("#pay").focus()

    def on_screen_resume(self) -> None:
        self.model_changed("info")

    def on_resize(self) -> None:
        self._greet()

    # the model

    def model_changed(self, change: Change) -> None:
        with self.app.batch_update():
            if change == "info":
                self._greet()
                self._show_id()
            if change in {"balances", "activity"}:
                self._show_money()
            if change == "activity":
                self._show_activity()
            if change in {"contacts", "activity"}:
                self._show_people()

    def _greet(self) -> None:
        info = self.app.session.model.info
        name = cut(info.name.partition(" ")[0], 24) if info else ""
        hello = greeting(clock_time(self.app.session.clock()))
        line = f"{hello}, {name}" if name else hello
        short = self.has_class("-short")
        balance = self.query_one("#balance", Panel)
        balance.rename(line if short else _("Balance"))
        balance.border_subtitle = Content(f"@{info.handle}" if info and short else "")
        self.query_one("#hello", Text).update(Content(line))

    def _show_id(self) -> None:
        info = self.app.session.model.info
        if info is None:
            return
        self.query_one("#my-id", Text).update(Content(f"@{info.handle}"))
        self.query_one("#qr", QR).show(info.public_key)
        note = self.query_one("#note", Text)
        note.update(Content(state_of(info)))
        note.display = bool(state_of(info))

    def _show_money(self) -> None:
        model = self.app.session.model
        balances = model.balances
        if balances is None:
            return
        shown = big(holdings.total(balances))
        self.query_one("#sum", Amount).show(shown, asset_code(balances.value_asset))
        self.query_one("#each", Text).update(holding_lines(balances))
        self.query_one("#today", Text).update(self._today(balances))
        points = holdings.trend(balances, model.recent)
        trend = self.query_one("#trend", Trend)
        trend.data = points
        trend.display = bool(points)
        words = ngettext("XLM, last payment", "XLM, last {n} payments", len(points) - 1)
        said = words.format(n=len(points) - 1) if points else ""
        self.query_one("#trend-words", Text).update(Content(said))

    def _today(self, balances: wire.Balances) -> Content:
        if missing := holdings.unpriced(balances):
            names = ", ".join(map(asset_code, missing))
            words = _("without {currencies}: no price now").format(currencies=names)
            return Content.styled(words, "$warning")
        recent = self.app.session.model.recent
        more = len(recent) >= RECENT
        flows = holdings.today(recent, self.app.session.clock(), more)
        return today_words(flows) if flows else Content("")

    def _show_activity(self) -> None:
        now_ms, table = self.app.session.clock(), self.query_one("#latest", Table)
        recent = self.app.session.model.recent
        table.show([transaction_line(one, now_ms) for one in recent])
        if self.app.session.model.balances_read_ms is not None or recent:
            table.explain(_("Nothing yet. What you pay and receive shows here at once."))

    def _show_people(self) -> None:
        table = self.query_one("#paid", Table)
        table.show([_person_line(person) for person in self._people()])
        table.explain(_("Nobody yet."))

    def _people(self) -> list[Person]:
        model = self.app.session.model
        return known_people(model.contacts or [], model.recent)[:PEOPLE_MAX]

    # acting

    @on(Action.Pressed)
    async def go(self, event: Action.Pressed) -> None:
        await self.app.action_go(event.button.id or "home")

    @on(Table.Chosen, "#latest")
    def open_payment(self, event: Table.Chosen) -> None:
        recent = self.app.session.model.recent
        self.app.open_payment(next(one for one in recent if one.transaction_id == event.key))

    @on(Table.Chosen, "#paid")
    async def pay_again(self, event: Table.Chosen) -> None:
        person = next(one for one in self._people() if one.target.recipient == event.key)
        await self.app.open_pay(person.target)

    def action_copy_id(self) -> None:
        if info := self.app.session.model.info:
            self.app.copy(f"@{info.handle}", _("Your LumenPay ID"))


def greeting(clock: str) -> str:
    """By the hour of "14:02"."""
    hour = int(clock[:2])
    if 5 <= hour < 12:
        return _("Good morning")
    return _("Good afternoon") if 12 <= hour < 18 else _("Good evening")


def big(decimal: str) -> str:
    """For the one big number: two decimals, the rest cut off, none where it is very large. Each
    currency's exact amount stands beside it."""
    whole, _point, part = decimal.partition(".")
    exact = amount(f"{whole}.{part[:2] or '00'}")
    return exact if len(exact) <= BIG_NUMBER_CHARACTERS_MAX else exact[:-3]


def today_words(flows: list[holdings.Flow]) -> Content:
    """Under the word a line for each currency: what came in, what went out."""
    lines = [
        Content.assemble(
            (f"+ {amount(flow.received)}  ", "$success") if stroops(flow.received) else "",
            (f"− {amount(flow.paid)} ", "$ink") if stroops(flow.paid) else "",
            (asset_code(flow.asset), "$ink-muted"),
        )
        for flow in flows
    ]
    return Content("\n").join([Content.styled(_("Today"), "$ink-muted"), *lines])


def holding_lines(balances: wire.Balances) -> Content:
    """A line for each currency: code, exact amount, about what it is worth."""
    unit = asset_code(balances.value_asset)
    return Content("\n").join(_holding_line(one, unit) for one in balances.balances)


def _holding_line(balance: wire.Balance, unit: str) -> Content:
    code = asset_code(balance.asset)
    worth = f"≈ {big(balance.value)} {unit}" if balance.value and code != unit else ""
    return Content.assemble(
        (f"{code:<6}", "$ink-muted"),
        (f"{amount(balance.total):>14}", "bold $ink"),
        (f"{worth:>18}", "$ink-muted"),
    )


def state_of(info: wire.WalletInfo) -> str:
    """What there is to say of an account that is not open yet."""
    if info.wallet_state in {"opening", "failed"}:
        return problem_sentence(f"account.{info.wallet_state}", {}, "")
    return ""


def _person_line(person: Person) -> Line:
    recipient = person.target.recipient
    return Line(recipient, [Cell(person.name), Cell(cut(recipient, 16), "ink-muted")])
