"""Key-encryption keys: they wrap the random data keys, and nothing else.

Each has an id of 8 bytes, which stands in the header of whatever was sealed with its help, so that
a ring of several can be rotated and a wrong key is told from a damaged row.
"""

import hashlib
import hmac
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import InvariantBroken, hold
from core.ids import Random

KEY_BYTES = 32
ID_BYTES = 8
_NONCE_BYTES = 12


class CannotOpen(InvariantBroken):
    """Sealed bytes that were changed, moved to another row, or sealed under a key not at hand."""


class Kek(Protocol):
    @property
    def id(self) -> bytes: ...

    def wrap(self, data_key: bytes | bytearray, bound: bytes) -> bytes:
        """The data key, bound to what it will seal."""

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytearray:
        """The data key again; the caller zeroes it. Raises `CannotOpen`."""


class LocalKek:
    """The 32 bytes of WALLET_ENCRYPTION_KEY, AES-256-GCM."""

    def __init__(self, key: bytes, random: Random) -> None:
        hold(len(key) == KEY_BYTES, "a key-encryption key has 32 bytes")
        self._cipher = AESGCM(key)
        self._random = random
        self._id = hmac.digest(key, b"lumenpay key id", hashlib.sha256)[:ID_BYTES]

    @property
    def id(self) -> bytes:
        return self._id

    def wrap(self, data_key: bytes | bytearray, bound: bytes) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data_key, bound)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytearray:
        data_key = bytearray(KEY_BYTES)
        decrypt_into(self._cipher, wrapped, bound, data_key)
        return data_key


def decrypt_into(cipher: AESGCM, sealed: bytes, bound: bytes, secret: bytearray) -> None:
    """`sealed` is nonce, ciphertext and tag. A bytearray, because bytes cannot be zeroed."""
    try:
        cipher.decrypt_into(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound, secret)
    except (InvalidTag, ValueError):
        raise CannotOpen("sealed bytes were changed or moved") from None
