"""Signing up and changing a profile, on bare books."""

import pytest
from msgspec.structs import replace

from core.accounts import SCOPE, ChangeProfile, Changes, SignUp
from core.books import Identifier, Payer, Profile, Session, Wallet
from core.errors import Problem
from tests.core.town import NOW, Town


@pytest.fixture
def town() -> Town:
    return Town("asha")


def sign_up(user_id: str, *handles: str, mail: bytes = b"mail", key: str = "key") -> SignUp:
    return SignUp(
        now_ms=NOW,
        profile=Profile(
            user_id, "", None, b"sealed", "$argon2", "en", "UTC", "XLM", f"R{user_id}", None, NOW
        ),
        identifier=Identifier(mail, user_id, "email"),
        wallet=Wallet(user_id, "user", f"G{user_id}", b"keys", "opening", None, 0, NOW),
        payer=Payer(user_id, b"salt", b"tag", 0, 0, 0, 0, 0, 0, 0, 0, 0),
        session=Session(f"S{user_id}", user_id, b"token", b"refresh", NOW + 1, NOW + 2, NOW),
        handles=handles,
        key=key,
        body_hash=user_id.encode(),
        compose=lambda handle: f"{user_id} {handle}".encode(),
    )


def test_all_rows_of_a_newcomer_are_written(town: Town) -> None:
    books = town.books
    reply = town.do(sign_up("ravi", "ravi_m"))
    assert (reply.body, reply.replayed) == (b"ravi ravi_m", False)
    assert books.profiles["ravi"].handle == "ravi_m"
    assert books.handles["ravi_m"].user_id == "ravi"
    assert books.identifiers[b"mail"].user_id == "ravi"
    assert books.kyc["ravi"].level == 0
    assert (books.wallets["ravi"].state, books.payers["ravi"].pin_tag) == ("opening", b"tag")
    assert books.sessions["Sravi"].token_hash == b"token"
    assert [entry.action for entry in books.audit] == [
        "account.signed_up",
        "wallet.opening",
        "session.opened",
    ]


def test_a_command_decided_twice_writes_the_same(town: Town) -> None:
    """Its rows are copied: what a later command of the batch changes does not reach it."""
    command = sign_up("ravi", "ravi_m")
    town.do(command)
    town.books.profiles["ravi"].handle = "changed"
    town.books.wallets["ravi"].state = "open"
    town.books.sessions["Sravi"].token_hash = b"other"
    fresh = Town("asha")
    fresh.do(command)
    assert fresh.books.profiles["ravi"].handle == "ravi_m"
    assert fresh.books.wallets["ravi"].state == "opening"
    assert fresh.books.sessions["Sravi"].token_hash == b"token"


def test_the_first_free_handle_is_taken(town: Town) -> None:
    town.do(sign_up("one", "ravi", mail=b"1", key="1"))
    assert town.do(sign_up("two", "ravi", "ravi_2", mail=b"2", key="2")).body == b"two ravi_2"
    refusal = town.refusal(sign_up("three", "ravi", "ravi_2", mail=b"3", key="3"))
    assert (refusal.code, refusal.field) == ("handle.taken", "handle")


def test_a_contact_belongs_to_one(town: Town) -> None:
    town.do(sign_up("one", "one", key="1"))
    refusal = town.refusal(sign_up("two", "two", key="2"))
    assert (refusal.code, refusal.field, refusal.status) == ("account.contact_taken", "email", 409)


def test_the_same_sign_up_again_makes_nobody(town: Town) -> None:
    first = town.do(sign_up("ravi", "ravi"))
    again = town.do(sign_up("ravi", "ravi"))
    assert (again.body, again.replayed) == (first.body, True)
    assert (SCOPE, "key") in town.books.remembered
    other = replace(sign_up("ravi", "ravi"), body_hash=b"another body")
    assert town.refusal(other).code == "idempotency.conflict"


def change(user_id: str, **changes: str) -> ChangeProfile:
    return ChangeProfile(now_ms=NOW + 5, user_id=user_id, changes=Changes(**changes))


def test_only_what_is_given_changes(town: Town) -> None:
    town.do(sign_up("ravi", "ravi"))
    profile = town.do(change("ravi", language="de"))
    assert (profile.language, profile.timezone, profile.handle) == ("de", "UTC", "ravi")
    profile = town.do(change("ravi", timezone="Asia/Kolkata", display_currency="EUR"))
    assert (profile.language, profile.timezone, profile.display_currency) == (
        "de",
        "Asia/Kolkata",
        "EUR",
    )


def test_a_handle_changes_once_and_the_old_one_stays_taken(town: Town) -> None:
    town.do(sign_up("ravi", "ravi"))
    profile = town.do(change("ravi", handle="fresh"))
    assert (profile.handle, profile.handle_changed_ms) == ("fresh", NOW + 5)
    assert {"ravi", "fresh"} <= town.books.handles.keys()
    refusal = town.refusal(change("ravi", handle="third", language="de"))
    assert (refusal.code, refusal.field) == ("handle.changed_before", "handle")
    assert town.refusal(sign_up("two", "ravi", mail=b"2", key="2")).code == "handle.taken"


def test_the_same_handle_is_no_change(town: Town) -> None:
    town.do(sign_up("ravi", "ravi"))
    assert town.do(change("ravi", handle="ravi")).handle_changed_ms is None


def test_a_handle_of_somebody_else_is_taken(town: Town) -> None:
    town.do(sign_up("ravi", "ravi"))
    town.do(sign_up("two", "two", mail=b"2", key="2"))
    refusal: Problem = town.refusal(change("two", handle="ravi"))
    assert (refusal.code, refusal.status) == ("handle.taken", 409)
