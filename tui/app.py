"""The App: modes, looks, global keys, lock and sign-out. Screens are imported on first use."""

import contextlib
import os
import select
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import ClassVar, Literal

from rich.segment import Segments
from textual import events, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.signal import Signal
from textual.worker import Worker, WorkerState

from core import wire
from tui import crash
from tui.api import ApiProblem, Away
from tui.idle import Idle
from tui.keymap import BadKeymap, read_keymap
from tui.practice import practice_people
from tui.recipients import Target
from tui.session import Change, Session
from tui.text import _, language, marked, use_language, use_timezone
from tui.theme import DEFAULT, LOOKS, THEMES

WATCH_SECONDS = 5.0
ASK_NETWORK_SECONDS = 1.0
"""Loading HTTP takes 0.1 s of the processor: not while the first keys come."""
READ_AGAIN_SECONDS = 60
NOTICES_MAX = 200
PLACES = {
    "home": marked("Home"),
    "pay": marked("Pay"),
    "receive": marked("Receive"),
    "activity": marked("Activity"),
    "contacts": marked("Contacts"),
    "profile": marked("Profile"),
}
"""The signed-in modes, in the order of the top line."""

WHILE_LOCKED = frozenset({"focus_next", "focus_previous", "help", "quit", "sign_out"})
"""The App's own actions that a locked wallet still obeys."""


def lazy(module: str, name: str) -> Callable[[], Screen[None]]:
    """A screen whose module is imported when it is first shown."""

    def make() -> Screen[None]:
        screen: Screen[None] = getattr(import_module(f"tui.screens.{module}"), name)()
        return screen

    return make


class LumenPay(App[None]):
    """The wallet of one profile, nobody signed in at its start."""

    TITLE = "LumenPay"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # the menu is an own one, with people and payments in it
    DEFAULT_MODE = "welcome"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "welcome": lazy("landing", "Landing"),
        "home": lazy("dashboard", "Dashboard"),
        "pay": lazy("pay", "Pay"),
        "receive": lazy("receive", "Receive"),
        "activity": lazy("activity", "Activity"),
        "contacts": lazy("contacts", "Contacts"),
        "profile": lazy("profile", "ProfilePage"),
        "lock": lazy("lock", "Lock"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        # priority: in a burst of keys, what follows a tab belongs to the next field, not to one
        # that has not come to the tab yet (a password would show in the field before it)
        Binding("tab", "focus_next", show=False, id="focus.next", priority=True),
        Binding("shift+tab", "focus_previous", show=False, id="focus.previous", priority=True),
        Binding("h", "go('home')", marked("Home"), id="go.home", show=False),
        Binding("p", "go('pay')", marked("Pay"), id="go.pay", show=False),
        Binding("r", "go('receive')", marked("Receive"), id="go.receive", show=False),
        Binding("a", "go('activity')", marked("Activity"), id="go.activity", show=False),
        Binding("c", "go('contacts')", marked("Contacts"), id="go.contacts", show=False),
        Binding("o", "go('profile')", marked("Profile"), id="go.profile", show=False),
        Binding("f2,ctrl+p", "menu", marked("Menu"), id="app.menu"),
        Binding("f3", "jump", marked("Jump"), id="app.jump", show=False),
        Binding("f4", "details", marked("Technical details"), id="app.details", show=False),
        Binding("f5", "refresh", marked("Refresh"), id="app.refresh", show=False),
        Binding("f9", "lock", marked("Lock"), id="app.lock", show=False),
        Binding("f1,question_mark", "help", marked("Help"), id="app.help"),
        Binding("f10,ctrl+q", "quit", marked("Quit"), id="app.quit"),
    ]

    def __init__(self, session: Session, log_folder: Path | None = None) -> None:
        super().__init__()
        self.session = session
        self.model_changed: Signal[Change] = Signal(self, "model_changed")
        self.touched: Signal[None] = Signal(self, "touched")
        self.notices: list[str] = []
        self.practice = False
        self._log_folder = log_folder
        self._idle = Idle(session.clock)
        self._mode_before_lock = "home"
        for theme in THEMES:
            self.register_theme(theme)
        look = session.profile.preference("theme", DEFAULT)
        self._put_on(look if look in LOOKS else DEFAULT)

    def _put_on(self, look: str) -> None:
        """Before the style sheets are read: they need the tokens. The usual look goes past the
        theme's watcher, which would have them all read once more."""
        if look == DEFAULT:
            self.set_reactive(LumenPay.theme, look)
            self.stylesheet.set_variables(self.get_css_variables())
        else:
            self.theme = look

    # starting

    def on_mount(self) -> None:
        self.session.watch(self._changed)
        self.set_interval(WATCH_SECONDS, self._keep_watch)
        try:
            self.set_keymap(read_keymap(self.session.profile.path.parent.parent))
        except BadKeymap as problem:
            self.notify(str(problem), severity="warning")

    def on_ready(self) -> None:
        """The first network of a start, after the first paint."""
        if self.session.signed_in:
            self.follow()
        elif practice_people():
            self._set_practice("local")
        else:
            self.set_timer(ASK_NETWORK_SECONDS, self._ask_network)

    def _ask_network(self) -> None:
        self.run_worker(self._learn_network(), group="network", exit_on_error=False)

    async def _learn_network(self) -> None:
        """Before anybody is signed in only the server can tell that the money is for practice."""
        with contextlib.suppress(ApiProblem, Away):
            self._set_practice((await self.session.api.readiness()).network)

    def _set_practice(self, network: str) -> None:
        self.practice = network not in {"", "public"}
        self.set_class(self.practice, "-practice")

    def wear(self, look: str) -> None:
        """Put on one of `LOOKS` and remember it."""
        self.theme = look
        self.session.profile.prefer("theme", look)

    async def _learn_profile(self) -> None:
        with contextlib.suppress(ApiProblem, Away):
            self.adopt(await self.session.api.profile())

    def adopt(self, profile: wire.Profile) -> None:
        """Speak the language and tell the time of the person who is signed in."""
        stored = self.session.profile
        stored.prefer("timezone", profile.timezone)
        stored.prefer("language", profile.language)
        use_timezone(profile.timezone)
        if profile.language != language():
            use_language(profile.language)
            self.call_later(self._say_all_anew)

    async def _say_all_anew(self) -> None:
        """Every screen is made again, in the language that is spoken now."""
        here = self.current_mode
        elsewhere = "home" if here != "home" else "profile"
        await self.rebuild(*(mode for mode in self.MODES if mode != here))
        await self.switch_mode(elsewhere)
        await self.rebuild(here)
        await self.switch_mode(here)

    # the model

    def follow(self) -> None:
        """Keep the model true until sign-out; a lock does not stop it."""
        self.run_worker(self.session.follow(), group="follow", exclusive=True, exit_on_error=False)

    def _changed(self, change: Change) -> None:
        if change == "info" and (info := self.session.model.info):
            self._set_practice(info.network)
        if change == "found":
            self.notify(_("A payment that was under way is finished: see Activity."))
        if change == "ended":
            self.run_worker(self._leave(), group="leave", exclusive=True, exit_on_error=False)
        self.model_changed.publish(change)

    # going somewhere

    async def enter(self) -> None:
        """Somebody has just signed in or up."""
        self._idle.touch()
        self.follow()
        await self.switch_mode("home")
        self.call_later(self.rebuild, "welcome")
        self.run_worker(self._learn_profile(), group="profile", exit_on_error=False)

    async def _leave(self) -> None:
        """Nobody is signed in any more: nothing of the last person stays on any screen."""
        self.workers.cancel_group(self, "follow")
        self.forget_copies()
        await self.switch_mode("welcome")
        await self.rebuild(*PLACES, "lock")

    async def rebuild(self, *modes: str) -> None:
        """Forget the screens of these modes, none of them the current one. Waits until they are
        gone, so a screen never awaits it: it would wait for itself."""
        for mode in modes:
            await self.remove_mode(mode)
            self.add_mode(mode, self.MODES[mode])

    async def action_go(self, mode: str) -> None:
        await self.switch_mode(mode)

    async def open_pay(self, target: Target) -> None:
        """Pay, with the recipient filled in."""
        from tui.screens.pay import Pay

        await self.switch_mode("pay")
        if isinstance(screen := self.screen_stack[0], Pay):
            screen.begin(target)

    def open_payment(self, payment: wire.Transaction) -> None:
        from tui.screens.receipt import ReceiptSheet

        self.push_screen(ReceiptSheet(payment))

    async def action_lock(self) -> None:
        self._mode_before_lock = self.current_mode
        self.forget_copies()
        await self.switch_mode("lock")

    async def unlock(self) -> None:
        self._idle.touch()
        await self.switch_mode(self._mode_before_lock)
        self.call_later(self.rebuild, "lock")

    async def action_sign_out(self) -> None:
        await self.session.sign_out()

    @property
    def locked(self) -> bool:
        return self.current_mode == "lock"

    def forget_copies(self) -> None:
        self.clear_notifications()
        self.notices.clear()
        self.copy_to_clipboard("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.locked:
            return action in WHILE_LOCKED
        if action in {"go", "lock", "refresh", "sign_out"}:
            return self.session.signed_in
        return True

    # what every screen can do

    async def action_quit(self) -> None:
        """A payment on its way is waited for: its outcome must be known or written down."""
        if self.paying:
            from tui.screens.finishing import Finishing

            self.push_screen(Finishing())
        else:
            self.exit()

    @property
    def paying(self) -> bool:
        """Whether a payment is on its way from here."""
        return any(one.group == "pay" and not one.is_finished for one in self.workers)

    def action_help(self) -> None:
        from tui.screens.help import Help

        self.push_screen(Help(self.screen))

    def action_menu(self) -> None:
        from tui.screens.menu import Menu, obey

        self.push_screen(Menu(), obey)

    def action_jump(self) -> None:
        from tui.screens.jump import Jump, land

        self.push_screen(Jump(self.screen), land)

    def action_details(self) -> None:
        from tui.screens.details import Details

        self.push_screen(Details(self.screen))

    def action_refresh(self) -> None:
        self.run_worker(self._refresh(), group="refresh", exclusive=True, exit_on_error=False)

    async def _refresh(self) -> None:
        from tui.problems import sentence

        try:
            await self.session.refresh()
        except (ApiProblem, Away) as problem:
            self.notify(sentence(problem), severity="error")
        else:
            self.notify(_("All is up to date."))

    def copy(self, text: str, what: str) -> None:
        """Through the terminal, which may or may not pass it on: say no more than that."""
        self.copy_to_clipboard(text)
        self.notify(_("{what}: sent to the terminal's clipboard.").format(what=what))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Literal["information", "warning", "error"] = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A toast, kept in `notices`; never markup, whoever asks. No amount belongs in one."""
        self.notices = [*self.notices, message][-NOTICES_MAX:]
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def get_key_display(self, binding: Binding) -> str:
        """Keys as they are printed on a keyboard: P, not p."""
        names = {"question_mark": "?", "escape": "Esc", "enter": "Enter"}
        key = binding.key.split(",")[0]
        return binding.key_display or names.get(key, key.upper())

    # watching

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseEvent | events.Paste):
            self._idle.touch()
            self.touched.publish(None)
        await super().on_event(event)

    async def _keep_watch(self) -> None:
        if _terminal_is_gone():
            self.exit()
        due = self._idle.due() if self.session.signed_in else "nothing"
        if due == "sign_out":
            await self.session.sign_out()
        elif due == "lock" and not self.locked:
            await self.action_lock()
        elif due == "nothing" and (self.session.data_age_seconds or 0) >= READ_AGAIN_SECONDS:
            self._read_again()

    @work(group="balance", exclusive=True, exit_on_error=False)
    async def _read_again(self) -> None:
        """Events tell what changes; this proves, once a minute, that nothing was missed."""
        with contextlib.suppress(ApiProblem, Away):
            await self.session.read_balances()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault in a worker ends that work, not the wallet; it is written down and told. Screens
        pass theirs on to here."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            number, _path = crash.record(event.worker.error, self._log_folder_used)
            words = _("That did not work: a fault of LumenPay's own, number {number}.")
            self.notify(words.format(number=number), severity="error")

    @property
    def _log_folder_used(self) -> Path:
        return self._log_folder or crash.default_folder()

    def _fatal_error(self) -> None:
        """The framework's own prints a traceback with the values of all variables."""
        error = self._exception or RuntimeError()
        number, path = crash.record(error, self._log_folder_used)
        sentence = _(
            "LumenPay had to stop: a fault of its own, number {number}. Your money is safe on the "
            "server. Where it happened is written down, without any of your data, in {path}"
        ).format(number=number, path=path)
        self.bell()
        rendered = self.console.render(sentence, self.console.options.update(markup=False))
        self._exit_renderables.append(Segments(rendered))
        self._close_messages_no_wait()


class ReturningLumenPay(LumenPay):
    """The profile remembers who is signed in: the wallet starts at home."""

    DEFAULT_MODE = "home"


def wallet(session: Session) -> LumenPay:
    return ReturningLumenPay(session) if session.signed_in else LumenPay(session)


def _terminal_is_gone() -> bool:
    """With SIGHUP ignored an app whose terminal closed would spin on its dead input."""
    if sys.platform == "win32" or sys.__stdin__ is None or not os.isatty(sys.__stdin__.fileno()):
        return False
    poll = select.poll()
    poll.register(sys.__stdin__.fileno(), select.POLLHUP)
    return any(what & select.POLLHUP for _file, what in poll.poll(0))
