"""Envelopes: a secret under a random data key, the data key wrapped by the current KEK.

Layout: format 1 | KEK id 8 | length of the wrapped key 2 | wrapped key | nonce 12 | secret and tag.
What the secret is and whose (`bound`) is authenticated with it, so rows cannot be swapped.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from core.errors import hold
from core.ids import Random
from server.vault.keks import ID_BYTES, KEY_BYTES, CannotOpen, Kek, decrypt_into

FORMAT = 1
_LENGTH_AT = 1 + ID_BYTES
_WRAPPED_AT = _LENGTH_AT + 2
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Envelope(Struct, frozen=True):
    """The parts of sealed bytes, not yet opened."""

    kek_id: bytes
    wrapped: bytes
    sealed: bytes

    @classmethod
    def read(cls, raw: bytes) -> "Envelope":
        wrapped_end = _WRAPPED_AT + int.from_bytes(raw[_LENGTH_AT:_WRAPPED_AT])
        if raw[:1] != bytes([FORMAT]) or len(raw) < wrapped_end + _NONCE_BYTES + _TAG_BYTES:
            raise CannotOpen("sealed bytes are of no known format")
        return cls(raw[1:_LENGTH_AT], raw[_WRAPPED_AT:wrapped_end], raw[wrapped_end:])

    def packed(self) -> bytes:
        length = len(self.wrapped).to_bytes(2)
        return bytes([FORMAT]) + self.kek_id + length + self.wrapped + self.sealed


class Sealing:
    def __init__(self, kek: Kek, random: Random) -> None:
        self._kek = kek
        self._random = random

    def seal(self, secret: bytes | bytearray, bound: bytes) -> bytes:
        data_key = bytearray(self._random(KEY_BYTES))
        nonce = self._random(_NONCE_BYTES)
        try:
            sealed = nonce + AESGCM(data_key).encrypt(nonce, secret, _versioned(bound))
            wrapped = self._kek.wrap(data_key, _versioned(bound))
        finally:
            zero(data_key)
        return Envelope(self._kek.id, wrapped, sealed).packed()

    @contextmanager
    def opened(self, raw: bytes, bound: bytes) -> Iterator[bytearray]:
        """The secret, for as long as the block lasts; zeroed after it. Raises `CannotOpen`."""
        envelope = Envelope.read(raw)
        if envelope.kek_id != self._kek.id:
            raise CannotOpen("sealed under another key than the one that is set")
        secret = bytearray(len(envelope.sealed) - _NONCE_BYTES - _TAG_BYTES)
        try:
            data_key = self._kek.unwrap(envelope.wrapped, _versioned(bound))
            try:
                decrypt_into(AESGCM(data_key), envelope.sealed, _versioned(bound), secret)
            finally:
                zero(data_key)
            yield secret
        finally:
            zero(secret)


def bound_to(purpose: str, *names: str | bytes) -> bytes:
    """What is authenticated beside a secret: its purpose, its owner, its public side."""
    parts = [purpose, *names]
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(2) + part for part in raw)


def _versioned(bound: bytes) -> bytes:
    return bytes([FORMAT]) + bound


def zero(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))
    hold(not any(secret), "a secret is zeroed after use")
