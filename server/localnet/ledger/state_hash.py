"""One hash over all live entries that follows each change, whatever the number of entries."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from server.localnet.ledger.entries import Entry
from server.localnet.ledger.meta import Change

_MODULUS = 2**256


class StateHash:
    """The sum of the entries' own hashes: order does not matter, and an entry can be taken out.
    Core's bucket list serves the same purpose; nobody outside can compute either from the API."""

    def __init__(self, total: int) -> None:
        self._total = total % _MODULUS

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> StateHash:
        return cls(sum(_number(entry) for entry in entries))

    def after(self, changes: Iterable[Change]) -> StateHash:
        total = self._total
        for before, after in changes:
            if before is not None:
                total -= _number(before)
            if after is not None:
                total += _number(after)
        return StateHash(total)

    def digest(self) -> bytes:
        return sha256(self._total.to_bytes(32)).digest()


def _number(entry: Entry) -> int:
    return int.from_bytes(sha256(entry.pack()).digest())
