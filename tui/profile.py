"""A profile: what this machine remembers of one signed-in person, in one private file.

The file is replaced whole (0600, its folder 0700); several processes may share it, so every change
is made under a lock to what the file holds now, not to what was read at the start.
"""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

import msgspec

from core import wire

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", re.ASCII)


class BadProfile(Exception):
    """The name cannot be a profile's, or its file cannot be read."""


class SignIn(msgspec.Struct, kw_only=True):
    """Who is signed in at which server, and with what."""

    server: str
    user_id: str
    handle: str
    token: str
    refresh_token: str
    expires_at: str


class Unfinished(msgspec.Struct, kw_only=True, frozen=True):
    """A payment whose outcome this machine has not seen: no payee and no amount."""

    key: str
    user_id: str
    started_at: str


class _Stored(msgspec.Struct, kw_only=True, omit_defaults=True):
    sign_in: SignIn | None = None
    unfinished: list[Unfinished] = []
    preferences: dict[str, str] = {}


def default_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("lumenpay", appauthor=False) / "profiles"


class Profile:
    """One file of the folder. Raises `BadProfile`."""

    def __init__(self, name: str, folder: Path | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise BadProfile(name)
        self.name = name
        self.path = (folder or default_folder()) / f"{name}.json"
        self._stored = self._read()

    @property
    def sign_in(self) -> SignIn | None:
        return self._stored.sign_in

    @property
    def unfinished(self) -> list[Unfinished]:
        """The unfinished payments of the person who is signed in, oldest first."""
        signed_in = self._stored.sign_in
        if signed_in is None:
            return []
        return [one for one in self._stored.unfinished if one.user_id == signed_in.user_id]

    def preference(self, name: str, default: str = "") -> str:
        return self._stored.preferences.get(name, default)

    def prefer(self, name: str, value: str) -> None:
        with self._edited() as stored:
            stored.preferences[name] = value

    def signed_in(self, server: str, user_id: str, handle: str, session: wire.Session) -> None:
        with self._edited() as stored:
            stored.sign_in = SignIn(
                server=server,
                user_id=user_id,
                handle=handle,
                token=session.token,
                refresh_token=session.refresh_token,
                expires_at=session.expires_at,
            )

    def signed_out(self) -> None:
        """The unfinished payments stay: they are found again at the next sign-in."""
        with self._edited() as stored:
            stored.sign_in = None

    def renamed(self, handle: str) -> None:
        with self._edited() as stored:
            if stored.sign_in is not None:
                stored.sign_in.handle = handle

    def begin_payment(self, key: str, user_id: str, started_at: str) -> None:
        """Remember a payment before its first byte is sent."""
        with self._edited() as stored:
            if all(one.key != key for one in stored.unfinished):
                begun = Unfinished(key=key, user_id=user_id, started_at=started_at)
                stored.unfinished.append(begun)

    def finish_payment(self, key: str) -> None:
        if all(one.key != key for one in self._stored.unfinished):
            return
        with self._edited() as stored:
            stored.unfinished = [one for one in stored.unfinished if one.key != key]

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[None]:
        """One process at a time renews a session: a refresh token used twice ends all of them."""
        lock = await asyncio.to_thread(_lock, self.path.with_suffix(".renew"))
        try:
            self._stored = self._read()
            yield
        finally:
            lock.close()

    @contextmanager
    def _edited(self) -> Iterator[_Stored]:
        with _lock(self.path.with_suffix(".lock")):
            self._stored = self._read()
            yield self._stored
            _replace(self.path, msgspec.json.format(msgspec.json.encode(self._stored)))

    def _read(self) -> _Stored:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Stored)
        except FileNotFoundError:
            return _Stored()
        except (OSError, msgspec.DecodeError) as problem:
            raise BadProfile(f"{self.path}: {problem}") from problem


def _lock(path: Path) -> IO[bytes]:
    """An open file whose lock ends when it is closed, at the latest with the process."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, mode=0o600), "r+b")
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _replace(path: Path, content: bytes) -> None:
    """After a crash at any moment the old or the new content is there, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
