"""Tags of PINs. Six digits fall to any offline guess, however slow the hash: what protects them
is the key, which is not in the database."""

import hashlib
import hmac
from collections.abc import Callable

from core.ids import Random
from server.vault.sealing import bound_to

_SALT_BYTES = 16


class PinTags:
    def __init__(self, key: bytes, random: Random) -> None:
        self._key = key
        self._random = random

    def new_tag(self, owner: str, pin: str) -> tuple[bytes, bytes]:
        """Salt and tag, for the owner's row; copied into another's row they open nothing."""
        salt = self._random(_SALT_BYTES)
        return salt, self._tag(owner, salt, pin)

    def check(self, owner: str, pin: str) -> Callable[[bytes, bytes], bool]:
        """Whether salt and tag of a row are this PIN's, told in constant time."""
        return lambda salt, tag: hmac.compare_digest(tag, self._tag(owner, salt, pin))

    def _tag(self, owner: str, salt: bytes, pin: str) -> bytes:
        return hmac.digest(self._key, bound_to("pin", owner, salt, pin), hashlib.sha256)
