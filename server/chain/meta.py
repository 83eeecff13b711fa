"""What a transaction's result meta says of accounts: whose balance moved, by how much.

Balances are compared between the first and the last state of an entry inside one operation, so
fees (charged before the operations) are not among the moves.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from core.money import Asset
from server.chain.xdr import Reader, Unreadable

_ACCOUNT, _TRUSTLINE = 0, 1
_CREATED, _UPDATED, _REMOVED, _STATE, _RESTORED = range(5)


class Move(Struct, frozen=True):
    """One operation changed one balance; `account` is the 32-byte key, `amount` in stroops with
    its sign."""

    operation: int
    account: bytes
    asset: Asset
    amount: int


class _Holding(Struct, frozen=True):
    account: bytes
    asset: Asset
    balance: int


def moves(meta: bytes) -> list[Move]:
    """All balances that the operations moved, in order. Raises `Unreadable`."""
    reader = Reader(meta)
    return [
        move
        for operation, changes in enumerate(_operations(reader))
        for move in _moves_of(operation, changes)
    ]


def _operations(reader: Reader) -> Iterator[list[tuple[int, _Holding | None]]]:
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


def _moves_of(operation: int, changes: list[tuple[int, _Holding | None]]) -> Iterator[Move]:
    """A removed entry is told by its key alone; its balance was the last state before it."""
    before: dict[tuple[bytes, Asset], int] = {}
    after: dict[tuple[bytes, Asset], int] = {}
    for kind, holding in changes:
        if holding is None:
            continue
        key = (holding.account, holding.asset)
        balance = 0 if kind == _REMOVED else holding.balance
        before.setdefault(key, balance if kind == _STATE else 0)
        after[key] = balance
    for key, balance in after.items():
        if amount := balance - before[key]:
            yield Move(operation, *key, amount)


def _changes(reader: Reader) -> list[tuple[int, _Holding | None]]:
    return [_change(reader) for _ in range(reader.uint32())]


def _change(reader: Reader) -> tuple[int, _Holding | None]:
    kind = reader.uint32()
    if kind == _REMOVED:
        return kind, _key(reader)
    if kind in {_CREATED, _UPDATED, _STATE, _RESTORED}:
        return kind, _entry(reader)
    raise Unreadable(f"a ledger change of the unknown type {kind}")


def _entry(reader: Reader) -> _Holding | None:
    reader.uint32()
    holding = _read(reader, _ENTRIES)
    if reader.uint32():
        reader.maybe(reader.account)
        reader.uint32()
    return holding


def _key(reader: Reader) -> _Holding | None:
    return _read(reader, _KEYS)


def _read(reader: Reader, kinds: "_Kinds") -> _Holding | None:
    kind = reader.uint32()
    if kind not in kinds:
        raise Unreadable(f"a ledger entry of the unknown type {kind}")
    return kinds[kind](reader)


def _account(reader: Reader) -> _Holding:
    account, balance = reader.account(), reader.int64()
    reader.int64()
    reader.uint32()
    reader.maybe(reader.account)
    reader.uint32()
    reader.opaque()
    reader.take(4)
    reader.each(lambda: _signer(reader))
    _account_extension(reader)
    return _Holding(account, Asset("XLM"), balance)


def _signer(reader: Reader) -> None:
    kind = reader.uint32()
    reader.take(32)
    if kind == 3:
        reader.opaque()
    reader.uint32()


def _account_extension(reader: Reader) -> None:
    if not reader.uint32():
        return
    reader.take(16)
    if not reader.uint32():
        return
    reader.take(8)
    reader.each(lambda: reader.maybe(reader.account))
    if reader.uint32():
        reader.take(16)


def _trustline(reader: Reader) -> _Holding | None:
    account, asset, balance = reader.account(), reader.asset(), reader.int64()
    reader.take(12)
    if reader.uint32():
        reader.take(16)
        if reader.uint32():
            reader.take(8)
    return _Holding(account, asset, balance) if asset else None


def _offer(reader: Reader) -> None:
    reader.account()
    reader.take(8)
    reader.asset()
    reader.asset()
    reader.take(24)


def _data(reader: Reader) -> None:
    reader.account()
    reader.opaque()
    reader.opaque()
    reader.uint32()


def _claimable_balance(reader: Reader) -> None:
    reader.take(36)
    reader.each(lambda: _claimant(reader))
    reader.asset()
    reader.take(8)
    if reader.uint32():
        reader.take(8)


def _claimant(reader: Reader) -> None:
    reader.uint32()
    reader.account()
    _predicate(reader, 4)


def _predicate(reader: Reader, depth: int) -> None:
    """Predicates nest at most four deep (the protocol's rule)."""
    kind = reader.uint32()
    if kind in {1, 2, 3} and depth == 0:
        raise Unreadable("a claim predicate is nested too deep")
    match kind:
        case 0:
            return
        case 1 | 2:
            reader.each(lambda: _predicate(reader, depth - 1))
        case 3:
            reader.maybe(lambda: _predicate(reader, depth - 1))
        case 4 | 5:
            reader.take(8)
        case _:
            raise Unreadable(f"a claim predicate of the unknown type {kind}")


def _liquidity_pool(reader: Reader) -> None:
    reader.take(36)
    reader.asset()
    reader.asset()
    reader.take(40)


def _contract_data(reader: Reader) -> None:
    reader.uint32()
    reader.contract_address()
    reader.value()
    reader.uint32()
    reader.value()


def _contract_code(reader: Reader) -> None:
    if reader.uint32():
        reader.take(48)
    reader.take(32)
    reader.opaque()


def _skip(length: int) -> Callable[[Reader], None]:
    def skip(reader: Reader) -> None:
        reader.take(length)

    return skip


def _account_key(reader: Reader) -> _Holding:
    return _Holding(reader.account(), Asset("XLM"), 0)


def _trustline_key(reader: Reader) -> _Holding | None:
    account, asset = reader.account(), reader.asset()
    return _Holding(account, asset, 0) if asset else None


def _data_key(reader: Reader) -> None:
    reader.account()
    reader.opaque()


def _contract_data_key(reader: Reader) -> None:
    reader.contract_address()
    reader.value()
    reader.uint32()


_Kinds = dict[int, Callable[[Reader], _Holding | None]]
_ENTRIES: _Kinds = {
    _ACCOUNT: _account,
    _TRUSTLINE: _trustline,
    2: _offer,
    3: _data,
    4: _claimable_balance,
    5: _liquidity_pool,
    6: _contract_data,
    7: _contract_code,
    9: _skip(36),
}
_KEYS: _Kinds = {
    _ACCOUNT: _account_key,
    _TRUSTLINE: _trustline_key,
    2: _skip(44),
    3: _data_key,
    4: _skip(36),
    5: _skip(32),
    6: _contract_data_key,
    7: _skip(32),
    8: _skip(4),
    9: _skip(32),
}
