"""What a transaction's result meta says of accounts: whose balance moved, by how much.

Balances are compared between the first and the last state of an entry inside one operation, so
fees (charged before the operations) are not among the moves.
"""

from collections.abc import Iterator

from msgspec import Struct

from core.links import account_address
from server.chain.entries import Holding, Removed, read_entry, read_key
from server.chain.xdr import Reader
from server.usecases.network import Move, Unreadable

_REMOVED, _STATE = 2, 3
_WITH_ENTRY = frozenset({0, 1, _STATE, 4})  # created, updated, state, restored


class _Change(Struct, frozen=True):
    kind: int
    what: Holding | Removed | None


def read_moves(meta: bytes) -> list[Move]:
    """All balances that the operations moved, in order. Raises `Unreadable`."""
    return [
        move
        for operation, changes in enumerate(_operations(Reader(meta)))
        for move in _moves_of(operation, changes)
    ]


def _operations(reader: Reader) -> Iterator[list[_Change]]:
    version = reader.uint32()
    if version > 4:
        raise Unreadable(f"a result meta of the unknown version {version}")
    if version >= 3:
        reader.uint32()
    if version >= 1:
        _changes(reader)
    for _ in range(reader.uint32()):
        if version == 4:
            reader.uint32()
        yield _changes(reader)
        if version == 4:
            reader.each(lambda: _event(reader))


def _event(reader: Reader) -> None:
    reader.uint32()
    reader.maybe(lambda: reader.take(32))
    reader.uint32()
    if reader.uint32() != 0:
        raise Unreadable("an event of an unknown version")
    reader.each(reader.value)
    reader.value()


def _moves_of(operation: int, changes: list[_Change]) -> Iterator[Move]:
    """A removed entry is told by its key alone; its balance was the last state before it."""
    before: dict[tuple[bytes, str], int] = {}
    after: dict[tuple[bytes, str], int] = {}
    for change in changes:
        if (what := change.what) is None:
            continue
        key = (what.account, what.asset)
        balance = 0 if isinstance(what, Removed) else what.balance
        before.setdefault(key, balance if change.kind == _STATE else 0)
        after[key] = balance
    for (account, asset), balance in after.items():
        if amount := balance - before[account, asset]:
            yield Move(operation, account_address(account), asset, amount)


def _changes(reader: Reader) -> list[_Change]:
    return [_change(reader) for _ in range(reader.uint32())]


def _change(reader: Reader) -> _Change:
    kind = reader.uint32()
    if kind == _REMOVED:
        return _Change(kind, read_key(reader))
    if kind in _WITH_ENTRY:
        return _Change(kind, read_entry(reader))
    raise Unreadable(f"a ledger change of the unknown type {kind}")
