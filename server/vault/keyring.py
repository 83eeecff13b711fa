"""The house's own secrets: random, made once, sealed under the KEK, kept in one row.

They are not derived from the KEK, so that rotating it changes no PIN tag and no lookup hash.
"""

from msgspec import Struct

from core.errors import hold
from core.ids import Random
from server.vault.keks import KEY_BYTES
from server.vault.sealing import Sealing, bound_to

_BOUND = bound_to("keyring")


class Secrets(Struct, frozen=True):
    """HMAC keys, 32 bytes each. `audit` keys the chain of audit rows."""

    pins: bytes
    lookups: bytes
    audit: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"


def new_keyring(sealing: Sealing, random: Random) -> bytes:
    """Fresh secrets, sealed, for the row that the first process to start writes."""
    return sealing.seal(random(3 * KEY_BYTES), _BOUND)


def open_keyring(sealing: Sealing, sealed: bytes) -> Secrets:
    """Raises `CannotOpen` when the KEK is not the one that sealed: the server must not start."""
    with sealing.opened(sealed, _BOUND) as raw:
        hold(len(raw) == 3 * KEY_BYTES, "the keyring holds three secrets")
        keys = [bytes(raw[at : at + KEY_BYTES]) for at in range(0, len(raw), KEY_BYTES)]
    return Secrets(*keys)
