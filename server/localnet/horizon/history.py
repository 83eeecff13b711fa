"""The indexes over closed ledgers: which ids each account, balance, offer or pair has.

The ids of transactions are kept as ledgers close. The rest is indexed when somebody first asks by
it; then the index catches up with the head in short slices, so that closing ledgers and other
requests go on between them.
"""

import asyncio
import operator
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from time import perf_counter
from typing import NamedTuple, Protocol, TypeVar

from stellar_sdk import xdr

from server.localnet.horizon import toid
from server.localnet.horizon.decoded import DecodedOperation, DecodedTransaction, decode
from server.localnet.horizon.participants import participants
from server.localnet.horizon.query import PageQuery, Position
from server.localnet.horizon.touched import operation_owners
from server.localnet.horizon.trades import Trade, operation_trades, trade_owners
from server.localnet.ledger.assets import Asset, arm
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger

_SLICE_SECONDS = 0.005
_PAYMENTS = frozenset(
    {
        xdr.OperationType.CREATE_ACCOUNT,
        xdr.OperationType.PAYMENT,
        xdr.OperationType.PATH_PAYMENT_STRICT_RECEIVE,
        xdr.OperationType.PATH_PAYMENT_STRICT_SEND,
        xdr.OperationType.ACCOUNT_MERGE,
    }
)


class Kind(Enum):
    """What an id stands for: a transaction, or an operation that is, has or did something."""

    TRANSACTION = auto()
    OPERATION = auto()
    PAYMENT = auto()
    EFFECTS = auto()
    TRADES = auto()


class Scope(NamedTuple):
    """The part of history that a request is about: an owner's, or that of a ledger, transaction or
    operation, whose ids lie within `low` and `high`."""

    owner: bytes | None = None
    low: int = 0
    high: int = 2**63 - 1

    @property
    def is_small(self) -> bool:
        return self.low > 0


class Ids:
    """Ids in ascending order: all of one kind, and those of each owner."""

    def __init__(self) -> None:
        self.all = array("q")
        self._owned: dict[bytes, array[int]] = {}

    def add(self, value: int, owners: Iterable[bytes]) -> None:
        self.all.append(value)
        for owner in owners:
            if owner not in self._owned:
                self._owned[owner] = array("q")
            self._owned[owner].append(value)

    def of(self, owner: bytes) -> Sequence[int]:
        return self._owned.get(owner, ())


class History:
    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._next = chain.oldest.sequence  # the ledger to index next
        self._order = 1  # and the transaction within it
        self._busy = asyncio.Lock()
        self._ids = {kind: Ids() for kind in Kind}
        self._transactions = array("q")
        self._trades: dict[int, list[Trade]] = {}  # by operation
        self._traded: set[Asset] = set()
        for sequence in range(chain.oldest.sequence, chain.head.sequence + 1):
            self._note(arm(chain.ledger(sequence)))
        chain.on_close(self._note)

    def _note(self, ledger: ClosedLedger) -> None:
        self._transactions.extend(
            toid.of(ledger.sequence, transaction.order) for transaction in ledger.transactions
        )

    async def ids(self, kind: Kind, scope: Scope) -> Sequence[int]:
        """The ids of the scope, ascending."""
        if scope.is_small:
            return self._ids_within(kind, scope)
        if scope.owner is None and kind is Kind.TRANSACTION:
            return self._transactions
        await self._catch_up()
        return self._ids[kind].all if scope.owner is None else self._ids[kind].of(scope.owner)

    async def knows(self, owner: bytes) -> bool:
        """Whether the owner ever took part in a transaction."""
        return bool(await self.ids(Kind.TRANSACTION, Scope(owner)))

    async def was_traded(self, asset: Asset) -> bool:
        await self._catch_up()
        return asset in self._traded

    def _ids_within(self, kind: Kind, scope: Scope) -> list[int]:
        first, last = toid.parse(scope.low), toid.parse(scope.high)
        ledger = self._chain.ledger(first.ledger)
        transactions = ledger.transactions if ledger is not None else ()
        chosen = transactions[max(first.transaction - 1, 0) : last.transaction]
        if kind is Kind.TRANSACTION:
            return [toid.of(first.ledger, applied.order) for applied in chosen]
        operations = (operation for t in chosen for operation in decode(t).operations)
        return [
            operation.id
            for operation in operations
            if scope.low <= operation.id <= scope.high and _is(kind, operation)
        ]

    async def _catch_up(self) -> None:
        async with self._busy:
            since = perf_counter()
            for transaction in self._unindexed():
                self._add(transaction)
                if perf_counter() - since > _SLICE_SECONDS:
                    await asyncio.sleep(0)
                    since = perf_counter()

    def _unindexed(self) -> Iterator[DecodedTransaction]:
        """Moves on before it gives a transaction: whoever asked may be gone before it asks on."""
        while (ledger := self._chain.ledger(self._next)) is not None:
            while self._order <= len(ledger.transactions):
                self._order += 1
                yield DecodedTransaction(ledger.transactions[self._order - 2])
            self._next, self._order = self._next + 1, 1

    def _add(self, transaction: DecodedTransaction) -> None:
        applied = transaction.applied
        owners = {applied.source, applied.fee_source}
        # a failed transaction changed nothing by its operations
        changed = operation_owners(applied.meta) if applied.successful else ()
        for operation in transaction.operations:
            named = participants(operation)
            owners |= named
            affected = changed[operation.index] if changed else set()
            self._add_operation(operation, named, affected)
        self._ids[Kind.TRANSACTION].add(transaction.id, owners)

    def _add_operation(
        self, operation: DecodedOperation, named: set[bytes], affected: set[bytes]
    ) -> None:
        self._ids[Kind.OPERATION].add(operation.id, named)
        if _is(Kind.PAYMENT, operation):
            self._ids[Kind.PAYMENT].add(operation.id, named)
        if _is(Kind.EFFECTS, operation):
            self._ids[Kind.EFFECTS].add(operation.id, named | affected)
        trades = operation_trades(operation)
        if trades:
            traders = {owner for trade in trades for owner in trade_owners(trade)}
            self._ids[Kind.TRADES].add(operation.id, traders)
            self._trades[operation.id] = trades
            self._traded.update(asset for trade in trades for asset in (trade.sold, trade.bought))

    def transaction(self, value: int) -> AppliedTransaction:
        """The transaction that the id of itself, or of one of its operations, belongs to."""
        place = toid.parse(value)
        return arm(self._chain.ledger(place.ledger)).transactions[place.transaction - 1]

    def trades(self, operation: int) -> list[Trade]:
        """Of an operation that `ids` named."""
        return self._trades[operation]

    def operation(self, value: int) -> DecodedOperation:
        return decode(self.transaction(value)).operations[toid.parse(value).operation - 1]


def _is(kind: Kind, operation: DecodedOperation) -> bool:
    match kind:
        case Kind.PAYMENT:
            return operation.type in _PAYMENTS
        case Kind.EFFECTS:
            return operation.successful
        case Kind.TRADES:
            return bool(operation_trades(operation))
        case _:
            return kind is Kind.OPERATION


class Numbered(Protocol):
    """A record that shares its id with others."""

    @property
    def number(self) -> int: ...


N = TypeVar("N", bound=Numbered)


def walk(ids: Sequence[int], page: PageQuery, position: Position | None) -> Iterator[int]:
    """The ids after the position, in the page's order."""
    if page.ascending:
        start = bisect_right(ids, position.id) if position else 0
        return map(ids.__getitem__, range(start, len(ids)))
    end = bisect_left(ids, position.id) if position else len(ids)
    return map(ids.__getitem__, range(end - 1, -1, -1))


def walk_numbered(
    ids: Sequence[int],
    page: PageQuery,
    position: Position | None,
    records: Callable[[int], list[N]],
) -> Iterator[N]:
    """The records of each id after the position; of the id it is within, only those after it."""
    if position is not None and _contains(ids, position.id):
        comes_after = operator.gt if page.ascending else operator.lt
        for record in _ordered(records(position.id), page):
            if comes_after(record.number, position.number):
                yield record
    for value in walk(ids, page, position):
        yield from _ordered(records(value), page)


def _ordered(records: list[N], page: PageQuery) -> list[N]:
    return records if page.ascending else records[::-1]


def _contains(ids: Sequence[int], value: int) -> bool:
    place = bisect_left(ids, value)
    return place < len(ids) and ids[place] == value
