"""The frame of every signed-in screen: top line, status line, keys; and the frame of a dialog."""

from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.worker import Worker

from tui.app import PLACES, LumenPay
from tui.session import Change
from tui.text import _, age, clock_time, cut, marked
from tui.widgets.badge import Badge
from tui.widgets.figures import Fact
from tui.widgets.glass import HEIGHTS, WIDTHS, GlassScreen, Row, Text
from tui.widgets.keys import KeyBar

AGE_SECONDS = 1.0


class Place(Text):
    """A place of the top line; where one is stands in brackets."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Place { width: auto; height: 1; color: $ink-muted; }
    Place:hover { color: $ink; }
    Place.-here { color: $accent; text-style: bold; }
    """

    def __init__(self, mode: str, *, here: bool) -> None:
        name = _(PLACES[mode])
        super().__init__(f"[{name}]" if here else f" {name} ", classes="-here" if here else None)
        self.mode = mode

    async def on_click(self) -> None:
        await self.app.run_action(f"app.go('{self.mode}')")


class TopLine(Row):
    DEFAULT_CSS = """
    TopLine {
        height: 1;
        #brand { width: auto; color: $ink; text-style: bold; margin-right: 2; }
        #gap { width: 1fr; height: 1; }
    }
    """

    def __init__(self, here: str) -> None:
        super().__init__()
        self._here = here

    def compose(self) -> ComposeResult:
        yield Text(Content.assemble(("◆ ", "$accent"), "LumenPay"), id="brand")
        for mode in PLACES:
            yield Place(mode, here=mode == self._here)
        yield Text(id="gap")
        yield Badge()


class StatusLine(Row):
    """Connection state and the age of what is on screen, always in words."""

    app = getters.app(LumenPay)
    DEFAULT_CSS = """
    StatusLine {
        height: 1; color: $ink-muted;
        #link { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #age { width: auto; height: 1; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Text(id="link")
        yield Text(id="age")

    def on_mount(self) -> None:
        self.app.model_changed.subscribe(self, self._changed)
        self.set_interval(AGE_SECONDS, self._show_age)
        self._changed("connection")

    def _changed(self, change: Change) -> None:
        if change in {"connection", "info"}:
            self.query_one("#link", Text).update(self._link())
        self._show_age()

    def _link(self) -> Content:
        model = self.app.session.model
        who = cut(model.info.name, 30) if model.info else ""
        signed_in = _("{name}, signed in").format(name=who) if who else ""
        match model.connection.state:
            case "connected":
                dot, words = "$success", _("Connected")
            case "failed":
                dot, words = "$error", _("Not connected: {why}").format(why=self._why())
            case _:
                dot, words = "$warning", _("Connecting")
        return Content.assemble(("● ", dot), (words, "$ink-soft"), f"   {signed_in}")

    def _why(self) -> str:
        from tui.problems import sentence

        why = self.app.session.model.connection.why
        return sentence(why) if why else ""

    def _show_age(self) -> None:
        words, seconds = self.query_one("#age", Text), self.app.session.data_age_seconds
        old = _("Balances {age} old").format(age=age(seconds)) if seconds is not None else ""
        line = f"{old}   {clock_time(self.app.session.clock())}"
        if str(words.content) != line:
            words.update(line)


class Page(GlassScreen):
    """A signed-in screen: top line, its own `body`, status line, keys."""

    app = getters.app(LumenPay)
    HERE: ClassVar[str] = ""

    def body(self) -> ComposeResult:
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield TopLine(self.HERE)
        yield from self.body()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        self.app.model_changed.subscribe(self, self.model_changed)

    def model_changed(self, change: Change) -> None:
        """Called at every change of the session's model."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        self.app.on_worker_state_changed(event)

    def details(self) -> list[Fact]:
        """What the technical details (F4) show of this screen, besides what they show anyway."""
        return []


class Dialog(ModalScreen[ScreenResultType]):
    """A modal over a dimmed page. Escape, and a button of its own, close it without a result."""

    app = getters.app(LumenPay)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", marked("Close"), id="dialog.close"),
        Binding("f1,question_mark", "app.help", marked("Help"), id="app.help"),
        Binding("f9", "app.lock", marked("Lock"), id="app.lock", show=False),
        Binding("f10", "app.quit", marked("Quit"), id="app.quit"),
    ]
    DEFAULT_CSS = "Dialog { align: center middle; }"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        self.app.on_worker_state_changed(event)

    def action_close(self) -> None:
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.action_close()
