"""The primitives of XDR, packed."""

from __future__ import annotations

from struct import Struct

pack_int = Struct(">i").pack
pack_uint = Struct(">I").pack
pack_long = Struct(">q").pack
pack_ulong = Struct(">Q").pack

ZERO = b"\x00\x00\x00\x00"  # also: nothing there, an empty list, version 0
ONE = b"\x00\x00\x00\x01"
_PRESENT_ACCOUNT = ONE + ZERO  # an optional AccountID that is there


def pack_opaque(value: bytes) -> bytes:
    """Variable-length opaque or string: length, bytes, padding."""
    return pack_uint(len(value)) + value + b"\x00" * (-len(value) % 4)


def pack_optional_account(account: bytes | None) -> bytes:
    return ZERO if account is None else _PRESENT_ACCOUNT + account
