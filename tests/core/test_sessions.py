"""Sessions: begun, refreshed once a token, ended, forgotten."""

import pytest
from msgspec.structs import replace

from core.books import Session, Tries
from core.errors import Problem
from core.sessions import (
    REFRESH_MS,
    TOKEN_MS,
    EndSessions,
    OpenSession,
    PurgeSessions,
    RefreshSession,
)
from tests.core.town import NOW, Town


@pytest.fixture
def town() -> Town:
    town = Town("asha", "ben")
    for key, user_id in (("one", "asha"), ("two", "asha"), ("three", "ben")):
        town.do(opening(session(key, user_id)))
    town.books.outbox.clear()
    town.books.audit.clear()
    return town


def session(key: str, user_id: str) -> Session:
    return Session(
        key, user_id, b"token", f"refresh {key}".encode(), NOW + TOKEN_MS, NOW + REFRESH_MS, NOW
    )


def opening(of: Session | None, tries_key: str | None = None) -> OpenSession:
    return OpenSession(now_ms=NOW, user_id="asha", session=of, tries_key=tries_key)


def refreshing(key: str, refresh_hash: bytes, now_ms: int = NOW) -> RefreshSession:
    return RefreshSession(
        now_ms=now_ms,
        session_id=key,
        refresh_hash=refresh_hash,
        new_token_hash=b"new token",
        new_refresh_hash=b"new refresh",
    )


def test_a_session_that_fits_begins_and_the_tries_begin_again(town: Town) -> None:
    town.books.tries["key"] = Tries("key", b"12345678")
    town.do(opening(session("new", "asha"), "key"))
    assert town.books.sessions["new"].user_id == "asha"
    assert "key" not in town.books.tries
    assert [entry.action for entry in town.books.audit] == ["session.opened"]


def test_one_that_does_not_fit_is_refused_and_recorded_on_whom_it_was_tried(town: Town) -> None:
    town.books.tries["key"] = Tries("key", b"12345678")
    command = opening(None, "key")
    assert town.refusal(command).code == "auth.wrong_credentials"
    assert command.actor == "asha"
    assert "key" in town.books.tries


def test_a_refresh_replaces_both_tokens(town: Town) -> None:
    later = NOW + 5_000
    fresh = town.do(refreshing("one", b"refresh one", later))
    assert (fresh.token_hash, fresh.refresh_hash) == (b"new token", b"new refresh")
    assert (fresh.expires_ms, fresh.refresh_expires_ms) == (later + TOKEN_MS, later + REFRESH_MS)
    assert town.books.sessions["two"].token_hash == b"token"


def test_a_token_used_before_ends_the_session_for_both(town: Town) -> None:
    town.do(refreshing("one", b"refresh one"))
    answer = refreshing("one", b"refresh one").decide(town.books)
    assert isinstance(answer, Problem)  # returned, so that the end is committed
    assert answer.code == "auth.refresh_reused"
    assert sorted(town.books.sessions) == ["three", "two"]
    (told,) = town.books.outbox
    assert (told.user_id, told.kind, told.subject) == ("asha", "session.ended", "one")


def test_a_session_that_is_gone_or_over_is_not_refreshed(town: Town) -> None:
    assert town.refusal(refreshing("none", b"x")).code == "auth.session_expired"
    over = refreshing("one", b"refresh one", NOW + REFRESH_MS)
    assert town.refusal(over).code == "auth.session_expired"
    assert town.do(refreshing("one", b"refresh one", NOW + REFRESH_MS - 1)).id == "one"


def test_one_or_all_sessions_of_a_person_end(town: Town) -> None:
    end = EndSessions(now_ms=NOW, user_id="asha", session_id="one")
    assert town.do(end) == 1
    assert sorted(town.books.sessions) == ["three", "two"]
    assert town.do(end) == 0
    assert town.do(replace(end, session_id="three")) == 0
    assert town.do(replace(end, session_id=None)) == 1
    assert sorted(town.books.sessions) == ["three"]
    assert [event.subject for event in town.books.outbox] == ["one", "two"]


def test_only_what_nobody_can_refresh_is_forgotten(town: Town) -> None:
    purge = PurgeSessions(now_ms=NOW + REFRESH_MS, session_ids=("one", "gone"))
    assert town.do(replace(purge, now_ms=NOW + REFRESH_MS - 1)) == 0
    assert town.do(purge) == 1
    assert sorted(town.books.sessions) == ["three", "two"]
