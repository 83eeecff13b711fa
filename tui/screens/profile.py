"""Profile: who one is here, language, time zone and look, signing out."""

from collections.abc import Coroutine
from typing import ClassVar
from zoneinfo import available_timezones

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input

from core import wire
from core.errors import Problem
from core.links import check_handle
from tui.api import ApiError, ApiProblem, Away
from tui.idle import LOCK_AFTER_SECONDS, SIGN_OUT_AFTER_SECONDS
from tui.problems import problem_sentence, sentence
from tui.screens.question import Question
from tui.session import Change
from tui.text import LANGUAGES, _, age, date, language, marked
from tui.theme import LOOKS
from tui.widgets.choice import Choice
from tui.widgets.figures import Fact, Facts
from tui.widgets.forms import Action, Entry, Field
from tui.widgets.frame import Page
from tui.widgets.glass import Column, Panel, Row, Text

ENTRIES = {"handle": "#handle", "timezone": "#timezone"}


class ProfilePage(Page):
    HERE = "profile"
    CSS_PATH = "profile.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_id", marked("Copy ID"), id="profile.copy_id"),
        Binding("f8", "app.sign_out", marked("Sign out"), id="profile.sign_out"),
        Binding("f9", "app.lock", marked("Lock"), id="app.lock"),
    ]

    class Loaded(Message):
        def __init__(self, profile: wire.Profile) -> None:
            self.profile = profile
            super().__init__()

    class Failed(Message):
        def __init__(self, problem: ApiError) -> None:
            self.problem = problem
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._profile: wire.Profile | None = None

    def body(self) -> ComposeResult:
        with Row(classes="page"):
            with Column(id="left"), Panel(title=_("You"), id="you"):
                yield Facts(id="facts")
                yield Text(_("Loading…"), id="note", classes="muted gap")
                yield Entry(Field(max_length=30), _("New LumenPay ID"), id="handle")
                yield Action(_("Change ID"), id="rename")
            with Column(id="right"):
                with Panel(title=_("Language, time, look"), id="settings"):
                    yield Choice(_("Language"), LANGUAGES, language(), id="language")
                    looks = {name: _(look) for name, look in LOOKS.items()}
                    yield Choice(_("Look"), looks, self.app.theme, id="look")
                    zone = Field(placeholder="Europe/Berlin")
                    zone.suggester = SuggestFromList(
                        sorted(available_timezones()), case_sensitive=False
                    )
                    yield Entry(zone, _("Time zone"), hint=_("Enter saves it."), id="timezone")
                with Panel(title=_("This device"), id="device", classes="air"):
                    yield Facts(_device_facts(self.app.session.api.server))
                with Panel(title=_("Leaving"), id="leaving"), Row():
                    yield Action(_("Lock"), id="lock")
                    yield Action(_("Sign out"), id="sign-out")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#language").focus()
        self._load()

    def _load(self) -> None:
        self._ask(self.app.session.api.profile())

    def _ask(self, call: Coroutine[None, None, wire.Profile]) -> None:
        self.app.run_worker(self._answer(call), group="profile", exit_on_error=False)

    async def _answer(self, call: Coroutine[None, None, wire.Profile]) -> None:
        try:
            profile = await call
        except (ApiProblem, Away) as problem:
            self.post_message(self.Failed(problem))
        else:
            self.post_message(self.Loaded(profile))

    def model_changed(self, change: Change) -> None:
        connected = self.app.session.model.connection.state == "connected"
        if change == "connection" and connected and self._profile is None:
            self._load()

    # showing

    @on(Loaded)
    def show(self, event: Loaded) -> None:
        first, self._profile = self._profile is None, event.profile
        self.query_one("#facts", Facts).show(_facts(event.profile))
        changeable = event.profile.handle_changeable
        self.query_one("#note", Text).update(
            _("You can change your LumenPay ID once.")
            if changeable
            else _("Your LumenPay ID stays as it is from now on.")
        )
        for part in ("#handle", "#rename"):
            self.query_one(part).display = changeable
        zone = self.query_one("#timezone", Entry)
        if first or not zone.field.has_focus:
            zone.field.value = event.profile.timezone
        if not first:
            self.app.notify(_("Saved."))
        self.app.adopt(event.profile)

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        problem = event.problem
        field = problem.field if isinstance(problem, ApiProblem) else None
        self.query_one("#language", Choice).value = language()
        if field is not None and field in ENTRIES:
            self.query_one(ENTRIES[field], Entry).refuse(sentence(problem))
        elif self._profile is None:
            self.query_one("#note", Text).update(f"! {sentence(problem)}")
        else:
            self.app.notify(sentence(problem), severity="error")

    # changing

    @on(Choice.Changed, "#language")
    def change_language(self, event: Choice.Changed) -> None:
        self._change(wire.ChangedProfile(language=event.value))

    @on(Choice.Changed, "#look")
    def change_look(self, event: Choice.Changed) -> None:
        self.app.wear(event.value)

    @on(Input.Submitted, "#timezone Field")
    def change_timezone(self, event: Input.Submitted) -> None:
        self._change(wire.ChangedProfile(timezone=event.value.strip()))

    @on(Action.Pressed, "#rename")
    @on(Input.Submitted, "#handle Field")
    def rename(self) -> None:
        entry = self.query_one("#handle", Entry)
        try:
            handle = check_handle(entry.value.strip())
        except Problem as problem:
            entry.refuse(problem_sentence(problem.code, problem.params, ""))
            return
        words = _("From now on people pay you as @{handle}. This can be done only once.")
        question = Question(
            _("Change your LumenPay ID?"), words.format(handle=handle), _("Yes, change it")
        )
        self.app.push_screen(question, lambda yes: self._rename(handle) if yes else None)

    def _rename(self, handle: str) -> None:
        self._change(wire.ChangedProfile(handle=handle))

    def _change(self, change: wire.ChangedProfile) -> None:
        self._ask(self.app.session.api.change_profile(change))

    # leaving, copying

    @on(Action.Pressed, "#lock")
    async def lock_now(self) -> None:
        await self.app.action_lock()

    @on(Action.Pressed, "#sign-out")
    async def sign_out_now(self) -> None:
        await self.app.action_sign_out()

    def action_copy_id(self) -> None:
        if self._profile is not None:
            self.app.copy(f"@{self._profile.handle}", _("Your LumenPay ID"))

    def details(self) -> list[Fact]:
        if self._profile is None:
            return []
        return [
            (_("User"), self._profile.user_id),
            (_("Federation address"), self._profile.federation),
        ]


def _device_facts(server: str) -> list[Fact]:
    return [
        (_("Locks when idle for"), age(LOCK_AFTER_SECONDS)),
        (_("Signs out when idle for"), age(SIGN_OUT_AFTER_SECONDS)),
        (_("Connected to"), server),
    ]


def _facts(profile: wire.Profile) -> list[Fact]:
    contact = profile.email or profile.phone or ""
    return [
        (_("Name"), profile.name, "bold $ink"),
        (_("LumenPay ID"), f"@{profile.handle}", "bold $accent"),
        (_("E-mail") if profile.email else _("Phone"), contact),
        (_("Level"), str(profile.level)),
        (_("Here since"), date(profile.created_at)),
        (_("Invitation code"), profile.referral_code),
    ]
