"""What is known of a person: sealed per field, found again by keyed hashes."""

import hashlib
import hmac

from server.vault.sealing import Sealing, bound_to


class PersonalData:
    """`field` is email, phone or name; `owner` the person's id."""

    def __init__(self, sealing: Sealing, lookups: bytes) -> None:
        self._sealing = sealing
        self._lookups = lookups

    def seal(self, owner: str, field: str, value: str) -> bytes:
        return self._sealing.seal(value.encode(), bound_to("personal", owner, field))

    def open(self, owner: str, field: str, sealed: bytes) -> str:
        with self._sealing.opened(sealed, bound_to("personal", owner, field)) as value:
            return value.decode()

    def lookup(self, field: str, value: str) -> bytes:
        """The same for the same value, and of no use to whoever holds only the database."""
        return hmac.digest(self._lookups, bound_to(field, value), hashlib.sha256)
