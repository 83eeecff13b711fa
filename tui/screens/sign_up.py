"""Create an account: who you are, a password, a PIN for paying."""

import re
from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult

from core import wire
from core.errors import Problem
from core.links import check_handle
from tui.problems import problem_sentence
from tui.screens.entrance import Entrance, identity
from tui.text import _, language, machine_timezone
from tui.widgets.forms import PIN_LENGTH, Entry, Field, PasswordField, PinField

PASSWORD_MIN = 12


class SignUpScreen(Entrance):
    ENTRIES: ClassVar[Mapping[str, str]] = {
        "fullName": "#name",
        "email": "#contact",
        "phone": "#contact",
        "password": "#password",
        "pin": "#pin",
        "handle": "#handle",
    }

    def __init__(self) -> None:
        super().__init__()
        self._sent: tuple[wire.SignUp, str] | None = None

    def title_text(self) -> str:
        return _("Create an account")

    def entries(self) -> ComposeResult:
        yield Entry(Field(max_length=80), _("Full name"), id="name")
        yield Entry(Field(), _("E-mail or phone"), id="contact")
        password_hint = _("At least 12 characters, for you alone.")
        yield Entry(PasswordField(), _("Password"), hint=password_hint, id="password")
        yield Entry(PinField(), _("PIN for paying"), hint=_("Six digits you choose."), id="pin")
        yield Entry(PinField(), _("PIN once more"), id="again")
        hint = _("People pay you by it. Optional.")
        yield Entry(Field(), _("LumenPay ID"), hint=hint, id="handle")

    def actions(self) -> tuple[str, str]:
        return _("Create account"), _("I have an account")

    def action_other(self) -> None:
        from tui.screens.sign_in import SignInScreen

        self.app.switch_screen(SignInScreen())

    def _value(self, entry: str) -> str:
        return self.query_one(f"#{entry}", Entry).value.strip()

    def check(self) -> bool:
        wrong = {
            "name": _("Please enter your name.") if not self._value("name") else "",
            "contact": self._contact_wrong(),
            "password": self._password_wrong(),
            "pin": self._pin_wrong(),
            "again": self._again_wrong(),
            "handle": self._handle_wrong(),
        }
        for entry, words in wrong.items():
            if words:
                self.query_one(f"#{entry}", Entry).refuse(words)
        return not any(wrong.values())

    def _contact_wrong(self) -> str:
        name, value = identity(self._value("contact"))
        if name == "handle":
            return _told("account.contact_missing")
        shape = r"\S+@\S+\.\S+" if name == "email" else r"\+[\d\s()/-]{6,20}"
        return "" if re.fullmatch(shape, value) else _told(f"account.{name}_malformed")

    def _password_wrong(self) -> str:
        password = self.query_one("#password", Entry).value
        return _told("account.password_weak") if len(password) < PASSWORD_MIN else ""

    def _pin_wrong(self) -> str:
        return _told("account.pin_malformed") if len(self._value("pin")) < PIN_LENGTH else ""

    def _again_wrong(self) -> str:
        return _("The two PINs differ.") if self._value("pin") != self._value("again") else ""

    def _handle_wrong(self) -> str:
        if not (handle := self._value("handle")):
            return ""
        try:
            check_handle(handle)
        except Problem as problem:
            return problem_sentence(problem.code, problem.params, "")
        return ""

    async def send(self) -> None:
        """The same form sent again keeps its key: an account is not opened twice."""
        request = self._request()
        if self._sent is None or self._sent[0] != request:
            self._sent = request, self.app.session.new_key()
        await self.app.session.sign_up(*self._sent)

    def _request(self) -> wire.SignUp:
        name, value = identity(self._value("contact"))
        return wire.SignUp(
            password=self.query_one("#password", Entry).value,
            full_name=self._value("name"),
            pin=self._value("pin"),
            handle=self._value("handle").removeprefix("@").lower() or None,
            language=language(),
            timezone=machine_timezone(),
            **{name: value},
        )


def _told(code: str) -> str:
    return problem_sentence(code, {}, "")
