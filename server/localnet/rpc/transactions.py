"""getTransaction and getTransactions: applied transactions as JSON, made once each.

The JSON is put together from pieces that need no escaping (base64, hex, numbers): a follower reads
hundreds of transactions a ledger.
"""

from base64 import b64encode
from binascii import unhexlify
from collections import OrderedDict

import msgspec
from msgspec import Raw
from stellar_sdk import xdr

from server.localnet.horizon import toid
from server.localnet.ledger.assets import arm
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.events import TransactionEvents
from server.localnet.ledger.records import AppliedTransaction
from server.localnet.rpc.codec import xdr_json
from server.localnet.rpc.jsonrpc import INVALID_PARAMS, RpcError
from server.localnet.rpc.params import Formatted, Page, parse_decimal, parse_params

_LIMIT_DEFAULT, _LIMIT_MAX = 50, 200
_LEDGERS_KEPT = 8  # as JSON; followers read the newest ones, each page once
_HASH_HEX_LENGTH = 64


class _ByHash(Formatted):
    hash: str = ""


class Transactions:
    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._told: OrderedDict[int, dict[int, bytes]] = OrderedDict()

    def get_one(self, params: Raw) -> bytes:
        """By outer or inner hash; not found is an answer, not an error."""
        asked = parse_params(params, _ByHash)
        wants_json = asked.wants_json
        applied = self._chain.find(_parse_hash(asked.hash))
        head, oldest = self._chain.head, self._chain.oldest
        return b"".join(
            (
                b'{"latestLedger":%d,"latestLedgerCloseTime":"%d",'
                b'"oldestLedger":%d,"oldestLedgerCloseTime":"%d",'
                % (head.sequence, head.close_time, oldest.sequence, oldest.close_time),
                b'"txHash":"%b",' % asked.hash.encode(),
                _NOT_FOUND if applied is None else self._tell(applied, wants_json=wants_json),
                b',"createdAt":"%d"}' % (0 if applied is None else self._close_time(applied)),
            )
        )

    def get_page(self, params: Raw) -> bytes:
        """In order of application, from a ledger on or after a cursor (the toid of the last
        transaction read; of the ledger itself when that was empty)."""
        page = parse_params(params, Page)
        head, oldest = self._chain.head, self._chain.oldest
        page.check_start(oldest.sequence, head.sequence)
        limit, wants_json = page.limit(_LIMIT_DEFAULT, _LIMIT_MAX), page.wants_json
        place = toid.Toid(page.start_ledger or 0, 0, 0)
        if page.cursor:
            place = _parse_cursor(page.cursor, oldest.sequence)
        found, place = self._read(place, limit)
        transactions = b",".join(
            b'{"txHash":"%b",%b,"createdAt":%d}'
            % (
                applied.hash.hex().encode(),
                self._tell(applied, wants_json=wants_json),
                self._close_time(applied),
            )
            for applied in found
        )
        return b"".join(
            (
                b'{"transactions":[%b],' % transactions,
                b'"latestLedger":%d,"latestLedgerCloseTimestamp":%d,'
                b'"oldestLedger":%d,"oldestLedgerCloseTimestamp":%d,'
                % (head.sequence, head.close_time, oldest.sequence, oldest.close_time),
                b'"cursor":"%d"}' % toid.of(place.ledger, place.transaction, 1),
            )
        )

    def _read(self, place: toid.Toid, limit: int) -> tuple[list[AppliedTransaction], toid.Toid]:
        """The transactions after `place`, and the place that was reached."""
        found: list[AppliedTransaction] = []
        while (ledger := self._chain.ledger(place.ledger)) is not None:
            found += ledger.transactions[place.transaction : place.transaction + limit - len(found)]
            reached = found[-1].order if found and found[-1].ledger == ledger.sequence else 0
            place = toid.Toid(ledger.sequence, max(place.transaction, reached), 0)
            if len(found) == limit or ledger is self._chain.head:
                break
            place = toid.Toid(ledger.sequence + 1, 0, 0)
        return found, place

    def _close_time(self, applied: AppliedTransaction) -> int:
        ledger = self._chain.ledger(applied.ledger)
        return 0 if ledger is None else ledger.close_time

    def _tell(self, applied: AppliedTransaction, *, wants_json: bool) -> bytes:
        if wants_json:
            return _tell_json(applied)
        ledger = self._told.get(applied.ledger)
        if ledger is None:
            ledger = self._told[applied.ledger] = {}
            if len(self._told) > _LEDGERS_KEPT:
                self._told.popitem(last=False)
        told = ledger.get(applied.order)
        if told is None:
            told = ledger[applied.order] = _tell_xdr(applied)
        return told


_NOT_FOUND = b'"status":"NOT_FOUND","applicationOrder":0,"feeBump":false,"events":{},"ledger":0'


def _tell_head(applied: AppliedTransaction) -> bytes:
    return b'"status":"%b","applicationOrder":%d,"feeBump":%b,"ledger":%d,' % (
        b"SUCCESS" if applied.successful else b"FAILED",
        applied.order,
        b"false" if applied.inner_hash is None else b"true",
        applied.ledger,
    )


def _tell_xdr(applied: AppliedTransaction) -> bytes:
    return _tell_head(applied) + (
        b'"envelopeXdr":"%b","resultXdr":"%b","resultMetaXdr":"%b","events":%b'
        % (
            b64encode(applied.envelope),
            b64encode(applied.result),
            b64encode(applied.meta),
            _tell_events(applied.events),
        )
    )


def _tell_events(events: TransactionEvents) -> bytes:
    lists: list[bytes] = []
    if events.fees:
        fees = b",".join([b'"%b"' % b64encode(fee.pack_before_all()) for fee in events.fees])
        lists.append(b'"transactionEventsXdr":[%b]' % fees)
    if events.operations:
        operations = b",".join(
            [
                b"[%b]" % b",".join([b'"%b"' % b64encode(event.pack()) for event in operation])
                for operation in events.operations
            ]
        )
        lists.append(b'"contractEventsXdr":[%b]' % operations)
    return b"{%b}" % b",".join(lists)


def _tell_json(applied: AppliedTransaction) -> bytes:
    meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta)
    told = {
        "envelopeJson": xdr_json(xdr.TransactionEnvelope.from_xdr_bytes(applied.envelope)),
        "resultJson": xdr_json(xdr.TransactionResult.from_xdr_bytes(applied.result)),
        "resultMetaJson": xdr_json(meta),
        "events": _events_json(meta),
    }
    return _tell_head(applied) + msgspec.json.encode(told)[1:-1]


def _events_json(meta: xdr.TransactionMeta) -> dict[str, object]:
    v4 = arm(meta.v4)
    told: dict[str, object] = {}
    if v4.events:
        told["transactionEventsJson"] = [xdr_json(event) for event in v4.events]
    if v4.operations:
        told["contractEventsJson"] = [
            [xdr_json(event) for event in operation.events] for operation in v4.operations
        ]
    return told


def _parse_hash(text: str) -> bytes:
    if len(text) != _HASH_HEX_LENGTH:
        raise RpcError(INVALID_PARAMS, f"unexpected hash length ({len(text)})")
    try:
        return unhexlify(text)
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, "incorrect hash", str(error)) from error


def _parse_cursor(text: str, oldest: int) -> toid.Toid:
    try:
        place = toid.parse(parse_decimal(text, 2**63 - 1))
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, f"invalid cursor '{text}'", str(error)) from error
    if place.ledger < oldest:
        problem = f"database does not contain metadata for ledger: {place.ledger}"
        raise RpcError(INVALID_PARAMS, problem)
    return place
