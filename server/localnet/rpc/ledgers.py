"""getHealth, getLatestLedger and getLedgers."""

from base64 import b64encode

import msgspec
from msgspec import UNSET, Raw, UnsetType
from stellar_sdk import xdr

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import ClosedLedger
from server.localnet.rpc.codec import xdr_json
from server.localnet.rpc.jsonrpc import INVALID_PARAMS, RpcError
from server.localnet.rpc.params import Page, parse_decimal, parse_params

RETENTION_LEDGERS = 120_960  # what public servers keep; here nothing is ever dropped
_LIMIT_DEFAULT, _LIMIT_MAX = 50, 200
_PAGE_BYTES_MAX = 32 * 1024 * 1024  # a page of full ledgers ends early rather than grow past it


class _Health(msgspec.Struct, rename="camel"):
    status: str
    latest_ledger: int
    latest_ledger_close_time: str
    oldest_ledger: int
    oldest_ledger_close_time: str
    ledger_retention_window: int


class _LatestLedger(msgspec.Struct, rename="camel"):
    id: str
    protocol_version: int
    sequence: int
    close_time: str
    header_xdr: str
    metadata_xdr: str


class _Ledger(msgspec.Struct, rename="camel"):
    hash: str
    sequence: int
    ledger_close_time: str
    header_xdr: str
    metadata_xdr: str
    header_json: Raw | UnsetType = UNSET
    metadata_json: Raw | UnsetType = UNSET


class _Ledgers(msgspec.Struct, rename="camel"):
    ledgers: list[_Ledger]
    latest_ledger: int
    latest_ledger_close_time: int
    oldest_ledger: int
    oldest_ledger_close_time: int
    cursor: str


def get_health(chain: Chain, _params: Raw) -> bytes:
    """Always healthy: ledgers may close on demand only, so their age says nothing."""
    head, oldest = chain.head, chain.oldest
    return msgspec.json.encode(
        _Health(
            "healthy",
            head.sequence,
            str(head.close_time),
            oldest.sequence,
            str(oldest.close_time),
            RETENTION_LEDGERS,
        )
    )


def get_latest_ledger(chain: Chain) -> bytes:
    head = chain.head
    return msgspec.json.encode(
        _LatestLedger(
            head.hash.hex(),
            head.header.protocol,
            head.sequence,
            str(head.close_time),
            b64encode(head.header_xdr).decode(),
            b64encode(head.meta).decode(),
        )
    )


def get_ledgers(chain: Chain, params: Raw) -> bytes:
    """A cursor is the sequence of the last ledger that was read; at the tip the page is empty."""
    page = parse_params(params, Page)
    page.check_start(chain.oldest.sequence, chain.head.sequence)
    limit, wants_json = page.limit(_LIMIT_DEFAULT, _LIMIT_MAX), page.wants_json
    start = page.start_ledger or _after(chain, page.cursor)
    found: list[_Ledger] = []
    size = 0
    while len(found) < limit and size < _PAGE_BYTES_MAX:
        ledger = chain.ledger(start + len(found))
        if ledger is None:
            break
        found.append(_tell(ledger, wants_json=wants_json))
        size += len(found[-1].metadata_xdr)
    return msgspec.json.encode(
        _Ledgers(
            found,
            chain.head.sequence,
            chain.head.close_time,
            chain.oldest.sequence,
            chain.oldest.close_time,
            str(start + len(found) - 1),
        )
    )


def _after(chain: Chain, cursor: str) -> int:
    oldest, latest = chain.oldest.sequence, chain.head.sequence
    try:
        start = parse_decimal(cursor, 2**32 - 1) + 1
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, f"invalid cursor '{cursor}'", str(error)) from error
    if not oldest <= start <= latest + 1:
        raise RpcError(
            INVALID_PARAMS,
            f"cursor ('{cursor}') must be between the oldest ledger: {oldest} and the latest "
            f"ledger: {latest} for this rpc instance",
        )
    return start


def _tell(ledger: ClosedLedger, *, wants_json: bool) -> _Ledger:
    told = _Ledger(
        ledger.hash.hex(),
        ledger.sequence,
        str(ledger.close_time),
        "" if wants_json else b64encode(ledger.history_entry).decode(),
        "" if wants_json else b64encode(ledger.meta).decode(),
    )
    if wants_json:
        entry = xdr.LedgerHeaderHistoryEntry.from_xdr_bytes(ledger.history_entry)
        told.header_json = xdr_json(entry)
        told.metadata_json = xdr_json(xdr.LedgerCloseMeta.from_xdr_bytes(ledger.meta))
    return told
