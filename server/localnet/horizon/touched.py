"""Whose entries a transaction changed, read straight from its packed meta.

Indexing needs no more of a meta than the owners of the entries in it. Building all its objects for
that made indexing four times slower.
"""

from collections.abc import Callable, Mapping
from struct import Struct

_UINT = Struct(">I").unpack_from
_STATE_LIKE = (0, 1, 3, 4)  # created, updated, state, restored: a whole entry; 2 is a key
_ACCOUNT, _TRUSTLINE, _OFFER, _DATA, _CLAIMABLE_BALANCE = range(5)
_ACCOUNT_ID = 36
_ASSET_SIZES = (4, 44, 52, 36)  # native, alphanum4, alphanum12, pool share
_SCALAR_SIZES = (4, 0, 8, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32)  # of SCVal by type: bool to int256
_ADDRESS_SIZES = (40, 36, 44, 40, 36)  # account, contract, muxed account, balance, pool


def operation_owners(meta: bytes) -> list[set[bytes]]:
    """For each operation of a packed TransactionMeta of version 4, the accounts that hold an entry
    which it changed."""
    walk = _Walk(meta)
    walk.at = 8  # the version, and an extension that is empty
    walk.changes()
    owners = []
    for _ in range(walk.uint()):
        walk.at += 4
        walk.owners = set()
        walk.changes()
        owners.append(walk.owners)
        for _ in range(walk.uint()):
            walk.event()
    return owners


class _Walk:
    """A place in packed bytes that moves over one thing after the other."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self.at = 0
        self.owners: set[bytes] = set()

    def uint(self) -> int:
        value: int = _UINT(self._packed, self.at)[0]
        self.at += 4
        return value

    def opaque(self) -> None:
        size = self.uint()
        self.at += size + -size % 4

    def optional(self, size: int) -> None:
        if self.uint():
            self.at += size

    def asset(self) -> None:
        self.at += _ASSET_SIZES[_UINT(self._packed, self.at)[0]]

    def changes(self) -> None:
        for _ in range(self.uint()):
            if self.uint() in _STATE_LIKE:
                self._entry()
            else:
                self._key()

    def _entry(self) -> None:
        self.at += 4  # the ledger of the last change
        kind = self.uint()
        self._note_owner(kind)
        _BODIES[kind](self)
        if self.uint():
            self.optional(_ACCOUNT_ID)  # the sponsor
            self.at += 4

    def _key(self) -> None:
        kind = self.uint()
        self._note_owner(kind)
        _KEYS[kind](self)

    def _note_owner(self, kind: int) -> None:
        """All kinds but claimable balances begin with the account that holds them."""
        if kind != _CLAIMABLE_BALANCE:
            self.owners.add(self._packed[self.at + 4 : self.at + _ACCOUNT_ID])

    def account(self) -> None:
        self.at += _ACCOUNT_ID + 20  # balance, sequence, sub-entries
        self.optional(_ACCOUNT_ID)  # inflation destination
        self.at += 4  # flags
        self.opaque()  # home domain
        self.at += 4  # thresholds
        for _ in range(self.uint()):
            self.signer_key()
            self.at += 4  # weight
        if self.uint():
            self.at += 16  # liabilities
            self._account_sponsorships()

    def _account_sponsorships(self) -> None:
        if not self.uint():
            return
        self.at += 8  # sponsored, sponsoring
        for _ in range(self.uint()):
            self.optional(_ACCOUNT_ID)
        if self.uint():
            self.at += 16  # extension, ledger and time of the sequence

    def signer_key(self) -> None:
        is_payload = self.uint() == 3
        self.at += 32
        if is_payload:
            self.opaque()

    def trustline(self) -> None:
        self.at += _ACCOUNT_ID
        self.asset()
        self.at += 20  # balance, limit, flags
        if self.uint():
            self.at += 16  # liabilities
            if self.uint():
                self.at += 8  # uses in pools, extension

    def offer(self) -> None:
        self.at += _ACCOUNT_ID + 8
        self.asset()
        self.asset()
        self.at += 24  # amount, price, flags, extension

    def data(self) -> None:
        self.at += _ACCOUNT_ID
        self.opaque()
        self.opaque()
        self.at += 4

    def claimable_balance(self) -> None:
        self.at += 36
        for _ in range(self.uint()):
            self.at += 4 + _ACCOUNT_ID
            self.predicate()
        self.asset()
        self.at += 8
        if self.uint():
            self.at += 8  # extension, flags

    def predicate(self) -> None:
        kind = self.uint()
        if kind in (1, 2):  # and, or
            for _ in range(self.uint()):
                self.predicate()
        elif kind == 3:
            for _ in range(self.uint()):  # not: an optional one
                self.predicate()
        elif kind:
            self.at += 8  # a time

    def trustline_key(self) -> None:
        self.at += _ACCOUNT_ID
        self.asset()

    def data_key(self) -> None:
        self.at += _ACCOUNT_ID
        self.opaque()

    def event(self) -> None:
        self.at += 4
        self.optional(32)  # the contract
        self.at += 8  # type, version of the body
        for _ in range(self.uint()):
            self.value()
        self.value()

    def value(self) -> None:
        """An SCVal; of contracts' own instances and keys there are none in events."""
        kind = self.uint()
        if kind < len(_SCALAR_SIZES):
            self.at += _SCALAR_SIZES[kind]
        elif kind in (13, 14, 15):  # bytes, string, symbol
            self.opaque()
        elif kind in (16, 17):  # vector, map: optional ones
            values = kind - 15
            if self.uint():
                for _ in range(self.uint() * values):
                    self.value()
        elif kind == 18:
            self.at += _ADDRESS_SIZES[_UINT(self._packed, self.at)[0]]
        else:
            raise ValueError(f"an event holds a value of type {kind}")


def _skip(size: int) -> Callable[[_Walk], None]:
    def skip(walk: _Walk) -> None:
        walk.at += size

    return skip


_BODIES: Mapping[int, Callable[[_Walk], None]] = {
    _ACCOUNT: _Walk.account,
    _TRUSTLINE: _Walk.trustline,
    _OFFER: _Walk.offer,
    _DATA: _Walk.data,
    _CLAIMABLE_BALANCE: _Walk.claimable_balance,
}
_KEYS: Mapping[int, Callable[[_Walk], None]] = {
    _ACCOUNT: _skip(_ACCOUNT_ID),
    _TRUSTLINE: _Walk.trustline_key,
    _OFFER: _skip(_ACCOUNT_ID + 8),
    _DATA: _Walk.data_key,
    _CLAIMABLE_BALANCE: _skip(36),
}
