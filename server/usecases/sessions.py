"""Signing in, staying signed in, signing out."""

import hashlib
from base64 import urlsafe_b64encode
from typing import NamedTuple, TypeVar

from core import wire
from core.books import Session
from core.clock import rfc3339
from core.commands import Command
from core.errors import Malformed, NotSignedIn, Problem
from core.ids import is_ulid
from core.links import Handle, malformed, read_recipient
from core.sessions import REFRESH_MS, TOKEN_MS, EndSessions, OpenSession, RefreshSession
from core.tries import CountTry, Rate
from server.usecases import credentials
from server.usecases.views import Credentials, SignedInAs
from server.usecases.world import World

TRIES = 10
TRIES_OF_ADDRESS = 100
TRIES_WINDOW_MS = 15 * 60 * 1000
TOKEN_BYTES = 32
RECENT_MS = 500
RECENT_MAX = 10_000


Changed = TypeVar("Changed")


class NewSession(NamedTuple):
    """A session to write, and what its owner is told of it, once."""

    row: Session
    reply: wire.Session


class _Seen(NamedTuple):
    session: SignedInAs
    until_ms: int


class Sessions:
    def __init__(self, world: World) -> None:
        self._world = world
        self._recent: dict[bytes, _Seen] = {}

    async def authenticate(self, token: str | None) -> SignedInAs:
        """Whose access token this is; raises `auth.required` or `auth.session_expired`.

        A session just seen is not looked up again: a payment is three calls in a row. One that
        is ended by another process may so live on for `RECENT_MS`, less than the second in
        which signing out everywhere has to take effect.
        """
        if token is None:
            raise NotSignedIn("auth.required")
        token_hash, now = _hash(token), self._world.now_ms()
        seen = self._recent.get(token_hash)
        if seen is None or seen.until_ms <= now:
            seen = await self._look(token_hash, now)
        if seen is None or seen.session.expires_ms <= now:
            raise NotSignedIn("auth.session_expired")
        return seen.session

    async def _look(self, token_hash: bytes, now_ms: int) -> _Seen | None:
        self._recent.pop(token_hash, None)
        session = await self._world.accounts.session(token_hash)
        if session is None:
            return None
        seen = self._recent[token_hash] = _Seen(session, now_ms + RECENT_MS)
        if len(self._recent) > RECENT_MAX:
            del self._recent[next(iter(self._recent))]
        return seen

    async def sign_in(self, request: wire.SignIn, address: str) -> wire.SignedIn:
        """Every try is counted before the password is looked at: on the account, by whichever of
        its names, or on a name that nobody has."""
        kind, value = _named(request)
        known = await self._credentials(kind, value)
        nobody = self._world.vault.keyed_hash(kind, value).hex()
        tries_key = f"sign-in:{known.user_id if known else nobody}"
        await self._count_try(tries_key, address)
        fits = await self._world.passwords.fits(
            request.password, known.password_hash if known else None
        )
        session = await self.open(known.user_id if known else "", fits=fits, tries_key=tries_key)
        return wire.SignedIn(
            user_id=session.row.user_id, handle=known.handle if known else "", session=session.reply
        )

    async def open(
        self, user_id: str, *, fits: bool = True, tries_key: str | None = None
    ) -> NewSession:
        """Raises `auth.wrong_credentials` when the password did not fit; that is recorded too."""
        session = self.new(user_id)
        await self._world.engine.run(
            OpenSession(
                now_ms=self._world.now_ms(),
                user_id=user_id,
                session=session.row if fits else None,
                tries_key=tries_key,
            )
        )
        return session

    async def refresh(self, request: wire.Refresh) -> wire.SignedIn:
        session_id, _, secret = request.refresh_token.partition(".")
        if not is_ulid(session_id) or not secret:
            raise NotSignedIn("auth.session_expired")
        token, refresh_token = self._token(), self._refresh_token(session_id)
        self._recent.clear()
        session = await self._change(
            RefreshSession(
                now_ms=self._world.now_ms(),
                session_id=session_id,
                refresh_hash=_hash(request.refresh_token),
                new_token_hash=_hash(token),
                new_refresh_hash=_hash(refresh_token),
            )
        )
        person = await self._world.accounts.person(session.user_id)
        return wire.SignedIn(
            user_id=session.user_id,
            handle=person.handle if person else "",
            session=wire.Session(
                token=token, refresh_token=refresh_token, expires_at=rfc3339(session.expires_ms)
            ),
        )

    async def sign_out(self, user: SignedInAs, *, everywhere: bool) -> None:
        await self._change(
            EndSessions(
                now_ms=self._world.now_ms(),
                user_id=user.user_id,
                session_id=None if everywhere else user.session_id,
            )
        )

    async def _change(self, command: Command[Changed]) -> Changed:
        """Here at least, a session that has changed is not taken for what it was."""
        try:
            return await self._world.engine.run(command)
        finally:
            self._recent.clear()

    def new(self, user_id: str) -> NewSession:
        now = self._world.now_ms()
        session_id = self._world.new_id()
        token, refresh_token = self._token(), self._refresh_token(session_id)
        row = Session(
            id=session_id,
            user_id=user_id,
            token_hash=_hash(token),
            refresh_hash=_hash(refresh_token),
            expires_ms=now + TOKEN_MS,
            refresh_expires_ms=now + REFRESH_MS,
            created_ms=now,
        )
        reply = wire.Session(
            token=token, refresh_token=refresh_token, expires_at=rfc3339(row.expires_ms)
        )
        return NewSession(row, reply)

    async def _count_try(self, tries_key: str, address: str) -> None:
        """An account's tries start again with a success, an address's do not."""
        await self._world.engine.run(
            CountTry(
                now_ms=self._world.now_ms(),
                rates=(
                    Rate(tries_key, TRIES, TRIES_WINDOW_MS),
                    Rate(f"sign-in-from:{address}", TRIES_OF_ADDRESS, TRIES_WINDOW_MS),
                ),
            )
        )

    async def _credentials(self, kind: str, value: str) -> Credentials | None:
        if kind == "handle":
            return await self._world.accounts.credentials(handle=value)
        return await self._world.accounts.credentials(
            identifier=self._world.vault.keyed_hash(kind, value)
        )

    def _token(self) -> str:
        return urlsafe_b64encode(self._world.random(TOKEN_BYTES)).decode().rstrip("=")

    def _refresh_token(self, session_id: str) -> str:
        """Names its session, so that one used before is known for what it is."""
        return f"{session_id}.{self._token()}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _named(request: wire.SignIn) -> tuple[str, str]:
    """Which one of e-mail, phone and handle is given, and its stored form."""
    given = {
        "email": (request.email, credentials.email),
        "phone": (request.phone, credentials.phone),
        "handle": (request.handle, _handle),
    }
    named = [(kind, text, read) for kind, (text, read) in given.items() if text is not None]
    if len(named) != 1:
        raise Malformed("account.contact_missing")
    kind, text, read = named[0]
    try:
        return kind, read(text)
    except Problem:
        raise NotSignedIn("auth.wrong_credentials") from None


def _handle(text: str) -> str:
    recipient = read_recipient(text)
    if not isinstance(recipient, Handle):
        raise malformed()
    return recipient.handle
