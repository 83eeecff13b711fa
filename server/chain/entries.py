"""Ledger entries in XDR: accounts and trustlines are kept, all others walked over.

Layouts: the protocol's Stellar-ledger-entries.x.
"""

from collections.abc import Callable

from msgspec import Struct

from core.money import NATIVE
from server.chain.xdr import Reader
from server.usecases.network import Unreadable

INT64_MAX = 2**63 - 1
AUTHORIZED = 1


class AccountEntry(Struct, frozen=True):
    """`selling` and `buying` are liabilities of open offers; amounts in stroops."""

    account: bytes
    balance: int
    sequence: int
    subentries: int
    sponsored: int = 0
    sponsoring: int = 0
    buying: int = 0
    selling: int = 0

    @property
    def asset(self) -> str:
        return NATIVE


class TrustlineEntry(Struct, frozen=True):
    account: bytes
    asset: str
    balance: int
    limit: int
    flags: int
    buying: int = 0

    @property
    def room(self) -> int:
        """How much more of the asset the account can take."""
        return self.limit - self.balance - self.buying


class DataEntry(Struct, frozen=True):
    name: str
    value: bytes


Holding = AccountEntry | TrustlineEntry


class Removed(Struct, frozen=True):
    """The key of an account or trustline that is gone."""

    account: bytes
    asset: str


def read_entry(reader: Reader) -> Holding | None:
    """A LedgerEntry; None for kinds that hold no balance of an account."""
    reader.uint32()
    entry = read_entry_data(reader)
    if reader.uint32():
        reader.maybe(reader.account)
        reader.uint32()
    return None if isinstance(entry, DataEntry) else entry


def read_entry_data(reader: Reader) -> Holding | DataEntry | None:
    """A LedgerEntryData, as getLedgerEntries gives it."""
    kind = reader.uint32()
    if kind not in _ENTRIES:
        raise Unreadable(f"a ledger entry of the unknown type {kind}")
    return _ENTRIES[kind](reader)


def read_key(reader: Reader) -> Removed | None:
    """A LedgerKey."""
    kind = reader.uint32()
    if kind not in _KEYS:
        raise Unreadable(f"a ledger key of the unknown type {kind}")
    return _KEYS[kind](reader)


def _account(reader: Reader) -> AccountEntry:
    account, balance, sequence = reader.account(), reader.int64(), reader.int64()
    subentries = reader.uint32()
    reader.maybe(reader.account)
    reader.uint32()
    reader.opaque()
    reader.take(4)
    reader.each(lambda: _signer(reader))
    buying, selling, sponsored, sponsoring = _account_extension(reader)
    return AccountEntry(
        account, balance, sequence, subentries, sponsored, sponsoring, buying, selling
    )


def _signer(reader: Reader) -> None:
    kind = reader.uint32()
    reader.take(32)
    if kind == 3:
        reader.opaque()
    reader.uint32()


def _account_extension(reader: Reader) -> tuple[int, int, int, int]:
    if not reader.uint32():
        return 0, 0, 0, 0
    buying, selling = reader.int64(), reader.int64()
    if not reader.uint32():
        return buying, selling, 0, 0
    sponsored, sponsoring = reader.uint32(), reader.uint32()
    reader.each(lambda: reader.maybe(reader.account))
    if reader.uint32():
        reader.take(16)
    return buying, selling, sponsored, sponsoring


def _trustline(reader: Reader) -> TrustlineEntry | None:
    account, asset, balance = reader.account(), reader.asset(), reader.int64()
    limit, flags, buying = reader.int64(), reader.uint32(), 0
    if reader.uint32():
        buying = reader.int64()
        reader.take(8)
        if reader.uint32():
            reader.take(8)
    return TrustlineEntry(account, asset, balance, limit, flags, buying) if asset else None


def _offer(reader: Reader) -> None:
    reader.account()
    reader.take(8)
    reader.asset()
    reader.asset()
    reader.take(24)


def _data(reader: Reader) -> DataEntry:
    reader.account()
    name, value = reader.opaque(), reader.opaque()
    reader.uint32()
    return DataEntry(name.decode("utf-8", "replace"), value)


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
    reader.take(36)


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


def _account_key(reader: Reader) -> Removed:
    return Removed(reader.account(), NATIVE)


def _trustline_key(reader: Reader) -> Removed | None:
    account, asset = reader.account(), reader.asset()
    return Removed(account, asset) if asset else None


def _data_key(reader: Reader) -> None:
    reader.account()
    reader.opaque()


def _contract_data_key(reader: Reader) -> None:
    reader.contract_address()
    reader.value()
    reader.uint32()


_ENTRIES: dict[int, Callable[[Reader], Holding | DataEntry | None]] = {
    0: _account,
    1: _trustline,
    2: _offer,
    3: _data,
    4: _claimable_balance,
    5: _liquidity_pool,
    6: _contract_data,
    7: _contract_code,
    9: _skip(36),
}
"""By LedgerEntryType; configuration settings (8) never change in a transaction."""

_KEYS: dict[int, Callable[[Reader], Removed | None]] = {
    0: _account_key,
    1: _trustline_key,
    2: _skip(44),
    3: _data_key,
    4: _skip(36),
    5: _skip(32),
    6: _contract_data_key,
    7: _skip(32),
    8: _skip(4),
    9: _skip(32),
}
