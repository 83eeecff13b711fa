"""Sign-up, sign-in and the practice people, through the keys and against a scripted server."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import opened, settle, shown
from tests.tui.fake_server import FakeServer
from tui.practice import practice_people
from tui.screens.entrance import identity
from tui.session import Session
from tui.widgets.forms import Action, Entry
from tui.widgets.table import Table

GOOD = {
    "name": "Asha Rao",
    "contact": "asha@example.org",
    "password": "correct horse battery",
    "pin": "493817",
    "again": "493817",
    "handle": "asha_rao",
}


async def fill(pilot: Pilot[None], **values: str) -> None:
    for entry, value in values.items():
        pilot.app.screen.query_one(f"#{entry}", Entry).field.value = value


def refusal(pilot: Pilot[None], entry: str) -> str:
    words = pilot.app.screen.query_one(f"#{entry} .words")
    return str(words.render()) if words.has_class("-refused") else ""


def posted(server: FakeServer, call: str) -> list[object]:
    return [body for asked, body in server.requests if asked == call]


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("asha@example.org", "email", "asha@example.org"),
        ("+49 170 123", "phone", "+49170123"),
        ("@asha", "handle", "asha"),
        (" asha ", "handle", "asha"),
    ],
)
def test_what_one_types_says_what_it_is(typed: str, name: str, value: str) -> None:
    assert identity(typed) == (name, value)


async def test_a_newcomer_signs_up_by_keys_alone_and_lands_at_home(
    server: FakeServer, session: Session
) -> None:
    async with opened(session) as pilot:
        await pilot.press("n")
        await settle(pilot)
        await fill(pilot, **GOOD | {"name": ""})
        await pilot.press(*"Asha Rao", *(["enter"] * len(GOOD)))
        await settle(pilot)
        assert pilot.app.current_mode == "home"
        (sent,) = posted(server, "POST signup")
        assert sent == {
            "action": "signup",
            "email": "asha@example.org",
            "password": "correct horse battery",
            "fullName": "Asha Rao",
            "pin": "493817",
            "handle": "asha_rao",
            "language": "en",
            "timezone": sent["timezone"],  # type: ignore[index]
        }
        assert session.signed_in


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        ("name", "  ", "Please enter your name."),
        ("contact", "asha", "e-mail address or a phone number"),
        ("contact", "asha@x", "not an e-mail address"),
        ("contact", "0170 123", "country code"),
        ("password", "short", "12 or more characters"),
        ("pin", "12345", "six digits"),
        ("again", "493818", "The two PINs differ."),
        ("handle", "9lives", "3 to 30 characters"),
        ("handle", "admin", "taken"),
    ],
)
async def test_a_bad_field_is_told_under_it_and_nothing_is_sent(
    entry: str, value: str, words: str, server: FakeServer, session: Session
) -> None:
    async with opened(session) as pilot:
        await pilot.press("n")
        await settle(pilot)
        await fill(pilot, **(GOOD | {entry: value}))
        await pilot.press("f7")
        await settle(pilot)
        assert words in refusal(pilot, entry)
        assert pilot.app.focused is pilot.app.screen.query_one(f"#{entry}", Entry).field
        assert not posted(server, "POST signup")
        assert not session.signed_in


@pytest.mark.parametrize(
    ("code", "field", "entry"),
    [
        ("account.contact_taken", "email", "contact"),
        ("account.pin_weak", "pin", "pin"),
        ("account.password_weak", "password", "password"),
        ("handle.taken", "handle", "handle"),
    ],
)
async def test_a_refusal_of_the_server_stands_under_its_field(
    code: str, field: str, entry: str, server: FakeServer, session: Session
) -> None:
    async with opened(session) as pilot:
        await pilot.press("n")
        await settle(pilot)
        await fill(pilot, **GOOD)
        server.refuse("POST signup", code, field=field)
        await pilot.press("f7")
        await settle(pilot)
        assert refusal(pilot, entry)
        assert not session.signed_in
        await pilot.press("x", "backspace")
        assert not refusal(pilot, entry)


async def test_the_same_form_sent_again_keeps_its_key(
    server: FakeServer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    sign_up = session.api.sign_up

    async def watched(request: object, key: str) -> object:
        keys.append(key)
        return await sign_up(request, key)  # type: ignore[arg-type]

    monkeypatch.setattr(session.api, "sign_up", watched)
    async with opened(session) as pilot:
        await pilot.press("n")
        await settle(pilot)
        await fill(pilot, **GOOD)
        server.away = True
        await pilot.press("f7")
        await settle(pilot)
        assert "cannot be reached" in shown(pilot)
        await pilot.press("f7")
        await settle(pilot)
        await fill(pilot, name="Asha R.")
        server.away = False
        await pilot.press("f7")
        await settle(pilot)
    assert keys[0] == keys[1] != keys[2]


async def test_a_wrong_password_is_told_and_changes_nothing(
    server: FakeServer, session: Session
) -> None:
    async with opened(session) as pilot:
        await pilot.press("s")
        await settle(pilot)
        await pilot.press(*"asha", "enter", *"not it", "enter")
        await settle(pilot)
        assert "not right" in refusal(pilot, "password")
        assert not session.signed_in
        assert not pilot.app.screen.query_one("#submit", Action).disabled


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.json"
    person = {
        "name": "Asha Rao",
        "handle": "asha",
        "email": "asha@example.org",
        "password": "correct horse battery",
        "pin": "493817",
        "note": "9,874 XLM",
        "publicKey": "G",
    }
    other = person | {"handle": "ravi", "name": "[/red]\x1b[2J", "password": "another one here"}
    file.write_text(json.dumps({"people": [person, other]}))
    monkeypatch.setenv("LUMENPAY_PRACTICE", str(file))
    practice_people.cache_clear()


@pytest.mark.usefixtures("people")
async def test_choosing_a_practice_person_fills_the_form(session: Session) -> None:
    async with opened(session) as pilot:
        assert "PRACTICE" in shown(pilot)
        assert "2 practice people" in shown(pilot)
        await pilot.press("s")
        await settle(pilot)
        for words in ("@asha", "correct horse battery", "493817", "9,874 XLM"):
            assert words in shown(pilot)
        pilot.app.screen.query_one(Table).focus()
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert pilot.app.current_mode == "home"
        assert session.signed_in


async def test_a_missing_or_broken_practice_file_is_no_practice(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"people": 7}')
    for path in (broken, tmp_path / "none.json"):
        practice_people.cache_clear()
        monkeypatch.setenv("LUMENPAY_PRACTICE", str(path))
        assert practice_people() == ()


async def test_back_and_across(session: Session) -> None:
    async with opened(session) as pilot:
        await pilot.press("s")
        await settle(pilot)
        await pilot.click("#other")
        await settle(pilot)
        assert "Create an account" in shown(pilot)
        assert pilot.app.screen.query("#handle")
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen.query("#sign-up")
