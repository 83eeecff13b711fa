"""Keys of ledger entries, as getLedgerEntries wants them: XDR in base 64."""

import base64
from struct import Struct as Layout

from server.chain.transactions import account_key, pack_asset

_KEY = Layout(">II32s")  # the entry's type, an ed25519 key
_LENGTH = Layout(">I")
_ACCOUNT, _TRUSTLINE, _DATA = 0, 1, 3


def account_entry_key(address: str) -> str:
    return _encoded(_KEY.pack(_ACCOUNT, 0, account_key(address)))


def trustline_entry_key(address: str, asset: str) -> str:
    """`asset` is the wire name of a credit asset."""
    return _encoded(_KEY.pack(_TRUSTLINE, 0, account_key(address)) + pack_asset(asset))


def data_entry_key(address: str, name: str) -> str:
    text = name.encode()
    padded = _LENGTH.pack(len(text)) + text + bytes(-len(text) % 4)
    return _encoded(_KEY.pack(_DATA, 0, account_key(address)) + padded)


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()
