"""getEvents: the asset events of closed ledgers, filtered, in the order in which they happened.

An event's place is `<toid>-<index>`: the fee events of a ledger come first, under transaction 0;
then those of each operation, whose number counts from 0 here.
"""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType
from stellar_sdk import StrKey, xdr

from server.localnet.horizon import toid
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.events import Event
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger
from server.localnet.rpc.codec import xdr_json
from server.localnet.rpc.filters import Filter, matcher
from server.localnet.rpc.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, RpcError
from server.localnet.rpc.params import Page, Uint32, parse_decimal, parse_params

_LIMIT_DEFAULT, _LIMIT_MAX = 100, 10_000
_SCANNED_LEDGERS_MAX = 10_000
_SCANNED_TRANSACTIONS_MAX = 20_000  # a search ends early rather than hold up the network
_INDEX_MAX = 2**32 - 1
_CURSOR_LENGTHS = [19, 10]


class _Query(Page):
    end_ledger: Uint32 | None = None
    filters: list[Filter] | None = None


class _Event(msgspec.Struct, rename="camel"):
    type: str
    ledger: int
    ledger_closed_at: str
    contract_id: str
    id: str
    operation_index: int
    transaction_index: int
    tx_hash: str
    in_successful_contract_call: bool
    topic: list[str] | UnsetType = UNSET
    value: str | UnsetType = UNSET
    topic_json: list[Raw] | UnsetType = UNSET
    value_json: Raw | UnsetType = UNSET


class _Events(msgspec.Struct, rename="camel"):
    events: list[_Event]
    cursor: str
    latest_ledger: int
    oldest_ledger: int
    latest_ledger_close_time: str
    oldest_ledger_close_time: str


class _Cursor(NamedTuple):
    """Compares in the order of events."""

    toid: int
    number: int

    def __str__(self) -> str:
        return f"{self.toid:019d}-{self.number:010d}"


class _Found(NamedTuple):
    cursor: _Cursor
    event: Event
    applied: AppliedTransaction
    ledger: ClosedLedger


def get_events(network: Chain, params: Raw) -> bytes:
    query = parse_params(params, _Query)
    wants_json = query.wants_json
    start, limit = _check_start(query), query.limit(_LIMIT_DEFAULT, _LIMIT_MAX)
    matches = matcher(query.filters or [])
    first = start.toid >> 32
    head, oldest = network.head, network.oldest
    if not oldest.sequence <= first <= head.sequence:
        within = f"{oldest.sequence} - {head.sequence}"
        raise RpcError(INVALID_REQUEST, f"startLedger must be within the ledger range: {within}")
    end = _end_of_search(network, first, query.end_ledger or head.sequence + 1)
    scanned = chain.from_iterable(_events_of(ledger) for ledger in _ledgers(network, first, end))
    wanted = (one for one in scanned if one.cursor > start and matches(one.event))
    found = [_tell(one, wants_json=wants_json) for one in islice(wanted, limit)]
    last = _Cursor(toid.after_ledger(end - 1), _INDEX_MAX)
    return msgspec.json.encode(
        _Events(
            found,
            found[-1].id if len(found) == limit else str(last),
            head.sequence,
            oldest.sequence,
            str(head.close_time),
            str(oldest.close_time),
        )
    )


def _check_start(query: _Query) -> _Cursor:
    """The place after which to read."""
    if query.cursor:
        if query.start_ledger or query.end_ledger:
            raise RpcError(INVALID_PARAMS, "ledger ranges and cursor cannot both be set")
        return _parse_cursor(query.cursor)
    if not query.start_ledger:
        raise RpcError(INVALID_PARAMS, "startLedger must be positive")
    return _Cursor(toid.of(query.start_ledger), -1)


def _parse_cursor(text: str) -> _Cursor:
    parts = text.split("-")
    try:
        if [len(part) for part in parts] != _CURSOR_LENGTHS:
            raise ValueError("not <19 digits>-<10 digits>")
        return _Cursor(parse_decimal(parts[0], 2**63 - 1), parse_decimal(parts[1], _INDEX_MAX))
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, f"invalid event id '{text}'", str(error)) from error


def _end_of_search(network: Chain, first: int, end: int) -> int:
    """Exclusive. A page that is not full tells by its cursor how far the search went; the first
    ledger does not count, as a cursor may stand at its end."""
    end = min(end, network.head.sequence + 1, first + _SCANNED_LEDGERS_MAX)
    scanned = 0
    for ledger in _ledgers(network, first + 1, end):
        scanned += len(ledger.transactions)
        if scanned > _SCANNED_TRANSACTIONS_MAX:
            return ledger.sequence + 1
    return end


def _ledgers(network: Chain, first: int, end: int) -> Iterator[ClosedLedger]:
    return (one for n in range(first, end) if (one := network.ledger(n)) is not None)


def _events_of(ledger: ClosedLedger) -> Iterator[_Found]:
    fees = ((fee, applied) for applied in ledger.transactions for fee in applied.events.fees)
    for index, (fee, applied) in enumerate(fees):
        yield _Found(_Cursor(toid.of(ledger.sequence), index), fee, applied, ledger)
    for applied in ledger.transactions:
        for number, events in enumerate(applied.events.operations):
            place = toid.of(ledger.sequence, applied.order, number)
            for index, event in enumerate(events):
                yield _Found(_Cursor(place, index), event, applied, ledger)


def _tell(found: _Found, *, wants_json: bool) -> _Event:
    ledger = found.ledger
    place = toid.parse(found.cursor.toid)
    told = _Event(
        "contract",
        ledger.sequence,
        datetime.fromtimestamp(ledger.close_time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        StrKey.encode_contract(found.event.contract),
        str(found.cursor),
        place.operation,
        place.transaction,
        found.applied.hash.hex(),
        found.applied.successful,
    )
    if wants_json:
        told.topic_json = [_value_json(topic) for topic in found.event.topics]
        told.value_json = _value_json(found.event.data)
    else:
        told.topic = [b64encode(topic).decode() for topic in found.event.topics]
        told.value = b64encode(found.event.data).decode()
    return told


def _value_json(value: bytes) -> Raw:
    return xdr_json(xdr.SCVal.from_xdr_bytes(value))
