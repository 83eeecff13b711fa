"""getLedgerEntries: the live entries of given keys."""

from base64 import b64encode

import msgspec
from msgspec import UNSET, Raw, UnsetType
from stellar_sdk import xdr

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.entries import Entry
from server.localnet.rpc.codec import parse_base64, parse_xdr, xdr_json
from server.localnet.rpc.jsonrpc import INVALID_PARAMS, RpcError
from server.localnet.rpc.params import Formatted, parse_params

_KEYS_MAX = 200


class _Keys(Formatted):
    keys: list[str] | None = None


class _Entry(msgspec.Struct, rename="camel"):
    last_modified_ledger_seq: int
    key: str | UnsetType = UNSET
    xdr: str | UnsetType = UNSET
    ext_xdr: str | UnsetType = UNSET
    key_json: Raw | UnsetType = UNSET
    data_json: Raw | UnsetType = UNSET
    ext_json: Raw | UnsetType = UNSET


class _Entries(msgspec.Struct, rename="camel"):
    entries: list[_Entry]
    latest_ledger: int


def get_ledger_entries(chain: Chain, params: Raw) -> bytes:
    """In the order of the keys; a key without an entry is left out."""
    asked = parse_params(params, _Keys)
    wants_json = asked.wants_json
    texts = asked.keys or []
    if len(texts) > _KEYS_MAX:
        problem = f"key count ({len(texts)}) exceeds maximum supported ({_KEYS_MAX})"
        raise RpcError(INVALID_PARAMS, problem)
    tell = _tell_json if wants_json else _tell
    entries: list[_Entry] = []
    for index, text in enumerate(texts):
        key = _parse_key(text, index)
        entry = chain.state.get(key)
        if entry is not None:
            entries.append(tell(key, entry))
        else:
            _check_key(key, text, index)
    return msgspec.json.encode(_Entries(entries, chain.head.sequence))


def _parse_key(text: str, index: int) -> bytes:
    try:
        return parse_base64(text)
    except ValueError as error:
        raise _bad_key(text, index, error) from error


def _check_key(key: bytes, text: str, index: int) -> None:
    """Why there is no entry: well-formed but absent, or no key at all. A live key needs no look."""
    try:
        kind = parse_xdr(xdr.LedgerKey, key).type
    except ValueError as error:
        raise _bad_key(text, index, error) from error
    if kind == xdr.LedgerEntryType.TTL:
        raise RpcError(INVALID_PARAMS, "ledger ttl entries cannot be queried directly")


def _bad_key(text: str, index: int, error: ValueError) -> RpcError:
    problem = f"cannot unmarshal key value {text[:200]} at index {index}"
    return RpcError(INVALID_PARAMS, problem, str(error))


def _tell(key: bytes, entry: Entry) -> _Entry:
    data, extension = _split(entry)
    return _Entry(
        entry.modified,
        b64encode(key).decode(),
        b64encode(data).decode(),
        b64encode(extension).decode(),
    )


def _tell_json(key: bytes, entry: Entry) -> _Entry:
    whole = xdr.LedgerEntry.from_xdr_bytes(entry.pack())
    return _Entry(
        entry.modified,
        key_json=xdr_json(xdr.LedgerKey.from_xdr_bytes(key)),
        data_json=xdr_json(whole.data),
        ext_json=xdr_json(whole.ext),
    )


def _split(entry: Entry) -> tuple[bytes, bytes]:
    data = entry.pack_data()
    return data, entry.pack()[4 + len(data) :]
