"""All that the vault does: key pairs and signatures, PINs, what is known of people.

PINs are tagged by HMAC under a vault key. Six digits fall to any offline guess, however slow the
hash: what protects them is the key, which is not in the database.
"""

import hashlib
import hmac
from collections.abc import Callable

from core.ids import Random
from server.vault.keyring import Secrets
from server.vault.sealing import Sealing, bound_to
from server.vault.signer import Signer

_SALT_BYTES = 16


class Vault(Signer):
    def __init__(self, sealing: Sealing, secrets: Secrets, random: Random) -> None:
        super().__init__(sealing, random)
        self._secrets = secrets

    def new_pin(self, user_id: str, pin: str) -> tuple[bytes, bytes]:
        """Salt and tag, for the owner's row; in another's row they open nothing."""
        salt = self._random(_SALT_BYTES)
        return salt, self._pin_tag(user_id, salt, pin)

    def pin_check(self, user_id: str, pin: str) -> Callable[[bytes, bytes], bool]:
        """Whether salt and tag of a row are this PIN's, told in constant time."""
        return lambda salt, tag: hmac.compare_digest(tag, self._pin_tag(user_id, salt, pin))

    def _pin_tag(self, user_id: str, salt: bytes, pin: str) -> bytes:
        bound = bound_to("pin", user_id, salt, pin)
        return hmac.digest(self._secrets.pins, bound, hashlib.sha256)

    def seal(self, user_id: str, plain: bytes) -> bytes:
        """Personal data, bound to its owner."""
        return self._sealing.seal(plain, bound_to("personal", user_id))

    def open(self, user_id: str, sealed: bytes) -> bytes:
        """Raises `CannotOpen`."""
        with self._sealing.opened(sealed, bound_to("personal", user_id)) as plain:
            return bytes(plain)

    def keyed_hash(self, kind: str, value: str) -> bytes:
        """The same for the same value, and of no use to whoever holds only the database."""
        return hmac.digest(self._secrets.lookups, bound_to(kind, value), hashlib.sha256)
