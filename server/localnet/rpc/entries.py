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
    keys = [_parse_key(text, index) for index, text in enumerate(texts)]
    found = [(key, entry) for key in keys if (entry := chain.state.get(key)) is not None]
    tell = _tell_json if wants_json else _tell
    entries = [tell(key, entry) for key, entry in found]
    return msgspec.json.encode(_Entries(entries, chain.head.sequence))


def _parse_key(text: str, index: int) -> bytes:
    try:
        packed = parse_base64(text)
        key = parse_xdr(xdr.LedgerKey, packed)
    except ValueError as error:
        problem = f"cannot unmarshal key value {text[:200]} at index {index}"
        raise RpcError(INVALID_PARAMS, problem, str(error)) from error
    if key.type == xdr.LedgerEntryType.TTL:
        raise RpcError(INVALID_PARAMS, "ledger ttl entries cannot be queried directly")
    return packed


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
