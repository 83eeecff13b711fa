"""Signing in, staying signed in, signing out. Tokens are known by their SHA-256 only.

A refresh token names its session and works once. One that was used before shows that somebody
else has it too: the session ends for both.
"""

from hmac import compare_digest
from typing import ClassVar

from msgspec.structs import replace

from core.books import Books, Needs, Session
from core.commands import Command
from core.errors import NotSignedIn, Problem

TOKEN_MS = 15 * 60 * 1000
REFRESH_MS = 30 * 24 * 60 * 60 * 1000


class OpenSession(Command[None], frozen=True, kw_only=True):
    """Begin a session, or refuse with `auth.wrong_credentials`.

    `session` is None when the password did not fit; `user_id` is then whom it was tried on, or
    empty. `tries_key` names the counter of the account's tries, which starts again.
    """

    action: ClassVar[str] = "session.open"
    user_id: str
    session: Session | None
    tries_key: str | None = None

    @property
    def actor(self) -> str:
        return self.user_id

    def need(self, needs: Needs) -> None:
        if self.tries_key is not None:
            needs.tries.add(self.tries_key)

    def decide(self, books: Books) -> None:
        if self.session is None:
            raise NotSignedIn("auth.wrong_credentials")
        begin(books, self.session, self.now_ms)
        if self.tries_key is not None:
            books.tries.pop(self.tries_key, None)


def begin(books: Books, session: Session, now_ms: int) -> None:
    books.sessions[session.id] = replace(session)
    books.record(now_ms, "session.opened", session.user_id, session.id)


class RefreshSession(Command[Session], frozen=True, kw_only=True):
    """Exchange both tokens for new ones.

    Refusals: `auth.session_expired`; `auth.refresh_reused`, after which the session is ended.
    """

    action: ClassVar[str] = "session.refresh"
    session_id: str
    refresh_hash: bytes
    new_token_hash: bytes
    new_refresh_hash: bytes

    def need(self, needs: Needs) -> None:
        needs.sessions.add(self.session_id)

    def decide(self, books: Books) -> Session | Problem:
        session = books.sessions.get(self.session_id)
        if session is None or session.refresh_expires_ms <= self.now_ms:
            raise NotSignedIn("auth.session_expired")
        if not compare_digest(session.refresh_hash, self.refresh_hash):
            _end(books, session, self.now_ms, "session.refresh_reused")
            return NotSignedIn("auth.refresh_reused")
        session.token_hash, session.refresh_hash = self.new_token_hash, self.new_refresh_hash
        session.expires_ms = self.now_ms + TOKEN_MS
        session.refresh_expires_ms = self.now_ms + REFRESH_MS
        books.record(self.now_ms, "session.refreshed", session.user_id, session.id)
        return session


class EndSessions(Command[int], frozen=True, kw_only=True):
    """End one session of a person, or all when `session_id` is None; how many there were."""

    action: ClassVar[str] = "session.end"
    user_id: str
    session_id: str | None

    @property
    def actor(self) -> str:
        return self.user_id

    def need(self, needs: Needs) -> None:
        needs.sessions_of.add(self.user_id)

    def decide(self, books: Books) -> int:
        ended = [
            session
            for session in books.sessions.values()
            if session.user_id == self.user_id and self.session_id in {None, session.id}
        ]
        for session in ended:
            _end(books, session, self.now_ms, "session.ended")
        return len(ended)


class PurgeSessions(Command[int], frozen=True, kw_only=True):
    """Forget those of the named sessions that nobody can refresh any more; how many were."""

    action: ClassVar[str] = "session.purge"
    session_ids: tuple[str, ...]

    def need(self, needs: Needs) -> None:
        needs.sessions.update(self.session_ids)

    def decide(self, books: Books) -> int:
        over = [
            key
            for key in self.session_ids
            if (session := books.sessions.get(key)) and session.refresh_expires_ms <= self.now_ms
        ]
        for key in over:
            del books.sessions[key]
        return len(over)


def _end(books: Books, session: Session, now_ms: int, action: str) -> None:
    del books.sessions[session.id]
    books.record(now_ms, action, session.user_id, session.id)
    books.tell(now_ms, session.user_id, "session.ended", session.id)
