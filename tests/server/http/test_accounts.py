"""Signing up, in and out; the profile."""

import re
from collections.abc import Callable

import pytest

from tests.server.http.office import PASSWORD, PIN, Office, Person, signing_up

SESSION = "/api/auth/session"


def signing_in(**who: str) -> dict[str, str]:
    return {"action": "signIn", "password": PASSWORD} | who


def test_signing_up_makes_a_person_with_a_wallet_to_open(office: Office) -> None:
    reply = office.post("/api/auth/signup", signing_up("carl", language="de"))
    assert reply.status == 201
    made = reply.json
    assert (made["handle"], made["walletState"]) == ("carl", "opening")
    assert re.fullmatch("G[A-Z2-7]{55}", made["publicKey"])
    assert made["session"]["expiresAt"] == "2025-11-24T16:15:00.000Z"
    token = made["session"]["token"]
    info = office.get("/api/wallet?action=info", token).json
    assert info == {
        "publicKey": made["publicKey"],
        "handle": "carl",
        "name": "Name of carl",
        "level": 0,
        "walletState": "opening",
        "network": "local",
    }
    profile = office.get("/api/profile", token).json
    assert re.fullmatch("[0-9A-Z]{8}", profile.pop("referralCode"))
    assert profile == {
        "userId": made["userId"],
        "handle": "carl",
        "name": "Name of carl",
        "level": 0,
        "language": "de",
        "timezone": "UTC",
        "displayCurrency": "XLM",
        "handleChangeable": False,
        "publicKey": made["publicKey"],
        "federation": "carl*pay.example.org",
        "createdAt": "2025-11-24T16:00:00.000Z",
        "email": "carl@example.org",
    }


def test_nothing_personal_and_no_secret_lies_open_in_the_database(office: Office) -> None:
    person = office.sign_up("carl", phone="+919812345678", email=None)
    stored = repr(office.everything()) + repr(office.rows("SELECT * FROM audit_log"))
    for secret in (
        "Name of carl", "9812345678", PASSWORD, PIN, person.token, person.refresh_token,
        person.refresh_token.partition(".")[2],
    ):  # fmt: skip
        assert secret not in stored
    assert "'carl'" in stored


def test_the_same_sign_up_twice_is_one_person(office: Office) -> None:
    body = signing_up("carl")
    first = office.post("/api/auth/signup", body, key="sign-up-key")
    again = office.post("/api/auth/signup", body, key="sign-up-key")
    assert (first.status, again.status) == (201, 201)
    one, two = first.json, again.json
    assert one.pop("session") != two.pop("session")
    assert one == two
    assert office.rows("SELECT count(*) FROM profiles") == [(1,)]
    token = again.json["session"]["token"]
    assert office.get("/api/profile", token).json["handle"] == "carl"
    other = office.post("/api/auth/signup", signing_up("dora"), key="sign-up-key")
    assert (other.status, other.code) == (409, "idempotency.conflict")
    assert office.rows("SELECT count(*) FROM profiles") == [(1,)]


def test_a_reply_that_is_kept_holds_no_token(office: Office) -> None:
    reply = office.post("/api/auth/signup", signing_up("carl"), key="sign-up-key")
    ((kept,),) = office.rows("SELECT reply FROM idempotency")
    assert isinstance(kept, bytes)
    assert reply.json["userId"].encode() in kept
    assert reply.json["session"]["token"].encode() not in kept


@pytest.mark.parametrize(
    ("name", "handles"),
    [
        ("Asha Rao", ["asha_rao", "asha_rao_2"]),
        ("Zoë", ["zoe", "zoe_2"]),
        ("李雷", ["user_2"]),
        ("Admin", ["user_admin", "user_admin_2"]),
    ],
)
def test_a_handle_is_derived_and_may_be_changed_once(
    office: Office, name: str, handles: list[str]
) -> None:
    for number, handle in enumerate(handles):
        body = signing_up(f"x{number}", fullName=name)
        del body["handle"]
        reply = office.post("/api/auth/signup", body)
        assert (reply.status, reply.json["handle"]) == (201, handle)
    token = reply.json["session"]["token"]
    assert office.get("/api/profile", token).json["handleChangeable"] is True
    changed = office.call("PATCH", "/api/profile", {"handle": "@Chosen_1"}, by=token)
    assert (changed.json["handle"], changed.json["handleChangeable"]) == ("chosen_1", False)
    again = office.call("PATCH", "/api/profile", {"handle": "other"}, by=token)
    assert (again.status, again.code) == (422, "handle.changed_before")
    taken = office.post("/api/auth/signup", signing_up(handles[-1], email="new@example.org"))
    assert (taken.status, taken.code) == (409, "handle.taken")


def test_a_former_handle_still_finds_its_owner(office: Office, anna: Person) -> None:
    body = signing_up("x", fullName="Old Name")
    del body["handle"]
    made = office.post("/api/auth/signup", body).json
    token = made["session"]["token"]
    office.call("PATCH", "/api/profile", {"handle": "fresh"}, by=token)
    for handle in ("old_name", "fresh"):
        found = office.get(f"/federation?type=name&q={handle}*pay.example.org").json
        assert found["account_id"] == made["publicKey"]
        assert found["stellar_address"] == "fresh*pay.example.org"


WRONG: dict[str, tuple[dict[str, object], int, str, str | None]] = {
    "no contact": ({"email": None}, 400, "account.contact_missing", "email"),
    "two contacts": ({"phone": "+919812345678"}, 400, "account.contact_missing", "email"),
    "email": ({"email": "carl"}, 422, "account.email_malformed", "email"),
    "phone": ({"email": None, "phone": "12"}, 422, "account.phone_malformed", "phone"),
    "weak": ({"password": "password1234"}, 422, "account.password_weak", "password"),
    "own name": ({"password": "nameofcarl-carl"}, 422, "account.password_weak", "password"),
    "name": ({"fullName": "\u202e"}, 422, "account.name_malformed", "fullName"),
    "pin": ({"pin": "12345"}, 422, "account.pin_malformed", "pin"),
    "easy pin": ({"pin": "123456"}, 422, "account.pin_weak", "pin"),
    "handle": ({"handle": "1a"}, 422, "handle.malformed", "handle"),
    "reserved": ({"handle": "Admin"}, 422, "handle.reserved", "handle"),
    "language": ({"language": "xx"}, 422, "account.language_unknown", "language"),
    "timezone": ({"timezone": "Mars/X"}, 422, "account.timezone_unknown", "timezone"),
    "referral": ({"referralCode": "NOBODY00"}, 422, "account.referral_unknown", "referralCode"),
    "taken handle": ({"handle": "ANNA"}, 409, "handle.taken", "handle"),
    "taken email": ({"email": "ANNA@example.org"}, 409, "account.contact_taken", "email"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_sign_up_that_is_refused_leaves_nothing(office: Office, anna: Person, case: str) -> None:
    changes, status, code, field = WRONG[case]
    before = office.everything()
    reply = office.post("/api/auth/signup", signing_up("carl") | changes)
    assert (reply.status, reply.code, reply.json.get("field")) == (status, code, field)
    assert office.everything() == before


def test_a_referral_is_remembered(office: Office, anna: Person) -> None:
    code = office.get("/api/profile", anna).json["referralCode"]
    carl = office.sign_up("carl", referralCode=code.lower())
    sql = "SELECT referred_by FROM profiles WHERE user_id = ?"
    assert office.rows(sql, carl.user_id) == [(anna.user_id,)]


def test_signing_up_is_counted_per_address(open_office: Callable[..., Office]) -> None:
    office = open_office(signups_per_hour=2)
    office.sign_up("carl")
    office.sign_up("dora")
    before = office.everything()
    reply = office.post("/api/auth/signup", signing_up("eve"))
    assert (reply.status, reply.code) == (429, "auth.too_many")
    assert int(reply.headers["retry-after"]) == 3600
    assert office.everything() == before


@pytest.mark.parametrize(
    "who",
    [{"email": " Anna@Example.org"}, {"handle": "anna"}, {"handle": "@ANNA"}],
)
def test_signing_in_by_any_name(office: Office, anna: Person, who: dict[str, str]) -> None:
    reply = office.post(SESSION, signing_in(**who))
    assert (reply.status, reply.json["userId"], reply.json["handle"]) == (
        200,
        anna.user_id,
        "anna",
    )
    assert office.get("/api/profile", reply.json["session"]["token"]).status == 200
    assert office.get("/api/profile", anna).status == 200


def test_signing_in_by_phone(office: Office) -> None:
    carl = office.sign_up("carl", phone="+91 98123 45678", email=None)
    reply = office.post(SESSION, signing_in(phone="+919812345678"))
    assert (reply.status, reply.json["userId"]) == (200, carl.user_id)


def test_unknown_and_wrong_are_told_in_the_same_words(office: Office, anna: Person) -> None:
    before = office.everything()
    replies = [
        office.post(SESSION, {"action": "signIn", "password": "wrong", **who})
        for who in (
            {"email": "anna@example.org"},
            {"email": "nobody@example.org"},
            {"email": "no address"},
            {"handle": "anna"},
            {"handle": "nobody"},
            {"handle": "!"},
            {"phone": "+919812345678"},
        )
    ]
    for reply in replies:
        assert (reply.status, reply.code) == (401, "auth.wrong_credentials")
        told = reply.json
        del told["requestId"]
        assert told == {k: v for k, v in replies[0].json.items() if k != "requestId"}
    assert office.everything() == before
    refusals = office.rows("SELECT action, user_id FROM audit_log WHERE action LIKE '%refused%'")
    assert len([row for row in refusals if row[1] == anna.user_id]) == 2


def test_one_name_is_needed(office: Office, anna: Person) -> None:
    for who in ({}, {"email": anna.email, "handle": "anna"}):
        reply = office.post(SESSION, signing_in(**who))
        assert (reply.status, reply.code) == (400, "account.contact_missing")


def test_tries_are_counted_whoever_they_are_for(office: Office, anna: Person) -> None:
    for who in ({"email": anna.email}, {"email": "nobody@example.org"}):
        for _ in range(10):
            wrong = {"action": "signIn", "password": "wrong", **who}
            assert office.post(SESSION, wrong).code == "auth.wrong_credentials"
        reply = office.post(SESSION, signing_in(**who))
        assert (reply.status, reply.code) == (429, "auth.too_many")
        assert reply.headers["retry-after"] == "900"
    assert office.post(SESSION, signing_in(handle="anna")).code == "auth.too_many"
    office.clock.now_ms += 900_000
    assert office.post(SESSION, signing_in(email=anna.email)).status == 200


def test_success_starts_the_count_again(office: Office, anna: Person) -> None:
    for _ in range(3):
        for _ in range(6):
            office.post(SESSION, {"action": "signIn", "password": "x", "email": anna.email})
        assert office.post(SESSION, signing_in(email=anna.email)).status == 200


def test_an_address_that_tries_many_people_is_stopped(office: Office) -> None:
    codes = [
        office.post(SESSION, signing_in(handle=f"person_{number}")).code for number in range(101)
    ]
    assert codes == ["auth.wrong_credentials"] * 100 + ["auth.too_many"]


def test_a_session_ends_and_is_refreshed(office: Office, anna: Person) -> None:
    office.clock.now_ms += 15 * 60_000 + 1
    late = office.get("/api/profile", anna)
    assert (late.status, late.code) == (401, "auth.session_expired")
    body = {"action": "refresh", "refreshToken": anna.refresh_token}
    fresh = office.post(SESSION, body).json
    assert fresh["userId"] == anna.user_id
    assert office.get("/api/profile", fresh["session"]["token"]).status == 200
    assert office.get("/api/profile", anna).code == "auth.session_expired"


def test_a_refresh_token_used_twice_ends_its_session(office: Office, anna: Person) -> None:
    other = office.sign_in(anna)
    body = {"action": "refresh", "refreshToken": anna.refresh_token}
    fresh = office.post(SESSION, body).json["session"]
    stolen = office.post(SESSION, body)
    assert (stolen.status, stolen.code) == (401, "auth.refresh_reused")
    assert office.get("/api/profile", fresh["token"]).code == "auth.session_expired"
    body = {"action": "refresh", "refreshToken": fresh["refreshToken"]}
    assert office.post(SESSION, body).code == "auth.session_expired"
    assert office.get("/api/profile", other).status == 200


@pytest.mark.parametrize("token", ["", "x", "x.y", "01KAV9FT00TJGR7T268K1JM3JV.", "🐎" * 40])
def test_what_is_no_refresh_token(office: Office, anna: Person, token: str) -> None:
    before = office.everything()
    reply = office.post(SESSION, {"action": "refresh", "refreshToken": token})
    assert (reply.status, reply.code) == (401, "auth.session_expired")
    assert office.everything() == before


def test_a_refresh_token_ends_after_thirty_days(office: Office, anna: Person) -> None:
    body = {"action": "refresh", "refreshToken": anna.refresh_token}
    office.clock.now_ms += 30 * 86_400_000
    assert office.post(SESSION, body).code == "auth.session_expired"


def test_signing_out_here_and_everywhere(office: Office, anna: Person, ben: Person) -> None:
    second, third = office.sign_in(anna), office.sign_in(anna)
    out = office.post(SESSION, {"action": "signOut"}, anna)
    assert (out.status, out.body) == (204, b"")
    assert office.get("/api/profile", anna).code == "auth.session_expired"
    body = {"action": "refresh", "refreshToken": anna.refresh_token}
    assert office.post(SESSION, body).code == "auth.session_expired"
    assert office.get("/api/profile", second).status == 200
    assert office.post(SESSION, {"action": "signOutEverywhere"}, second).status == 204
    for session in (second, third):
        assert office.get("/api/profile", session).code == "auth.session_expired"
    assert office.get("/api/profile", ben).status == 200


def test_a_session_ended_elsewhere_lives_on_for_less_than_a_second(
    office: Office, anna: Person
) -> None:
    assert office.get("/api/profile", anna).status == 200
    office.change("DELETE FROM sessions")
    assert office.get("/api/profile", anna).status == 200
    office.clock.now_ms += 500
    assert office.get("/api/profile", anna).code == "auth.session_expired"


@pytest.mark.parametrize("action", ["signOut", "signOutEverywhere"])
def test_signing_out_needs_a_session(office: Office, anna: Person, action: str) -> None:
    for token in (None, "nonsense"):
        reply = office.post(SESSION, {"action": action}, token)
        assert reply.status == 401
    assert office.get("/api/profile", anna).status == 200


def test_the_profile_changes_only_what_is_given(office: Office, anna: Person) -> None:
    before = office.get("/api/profile", anna).json
    changed = office.call("PATCH", "/api/profile", {"timezone": "Asia/Kolkata"}, by=anna).json
    assert changed == before | {"timezone": "Asia/Kolkata"}
    assert office.call("PATCH", "/api/profile", {}, by=anna).json == changed


REFUSED_CHANGES: dict[str, tuple[dict[str, str], str]] = {
    "language": ({"language": "xx", "timezone": "UTC"}, "account.language_unknown"),
    "timezone": ({"timezone": ""}, "account.timezone_unknown"),
    "currency": ({"displayCurrency": "EUR"}, "account.currency_unknown"),
    "handle": ({"handle": "a"}, "handle.malformed"),
    "reserved": ({"handle": "root"}, "handle.reserved"),
    "again": ({"handle": "ben", "language": "de"}, "handle.changed_before"),
}


@pytest.mark.parametrize("case", REFUSED_CHANGES)
def test_a_change_that_is_refused_changes_nothing(
    office: Office, anna: Person, ben: Person, case: str
) -> None:
    change, code = REFUSED_CHANGES[case]
    before = office.everything()
    reply = office.call("PATCH", "/api/profile", change, by=anna)
    assert (reply.status, reply.code) == (422, code)
    assert office.everything() == before
