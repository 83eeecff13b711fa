"""A reader of XDR as far as the follower needs it: it walks over what it does not keep.

The SDK's 476 classes cost 55 MiB and half a second to import, and 50 times the time to decode; the
server follows ledgers without them. Layouts: the protocol's Stellar-ledger-entries.x and
Stellar-contract.x; a test compares every walk with the SDK's own bytes.
"""

import struct
from collections.abc import Callable

from core.links import account_address
from core.money import NATIVE
from server.usecases.network import Unreadable

_UINT32 = struct.Struct(">I")
_INT32 = struct.Struct(">i")
_UINT64 = struct.Struct(">Q")
_INT64 = struct.Struct(">q")
_DEPTH_MAX = 200


class Reader:
    """A cursor over bytes. Every read raises `Unreadable` past the end."""

    __slots__ = ("_at", "_data", "_depth")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._depth = 0

    def uint32(self) -> int:
        return self._number(_UINT32)

    def int32(self) -> int:
        return self._number(_INT32)

    def uint64(self) -> int:
        return self._number(_UINT64)

    def int64(self) -> int:
        return self._number(_INT64)

    def _number(self, layout: struct.Struct) -> int:
        try:
            (number,) = layout.unpack_from(self._data, self._at)
        except struct.error:
            raise Unreadable("the bytes end early") from None
        self._at += layout.size
        return int(number)

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise Unreadable("the bytes end early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def opaque(self) -> bytes:
        """Bytes of variable length, padded to four."""
        length = self.uint32()
        value = self.take(length)
        self.take(-length % 4)
        return value

    def each(self, read: Callable[[], object]) -> None:
        for _ in range(self.uint32()):
            read()

    def maybe(self, read: Callable[[], object]) -> None:
        if self.uint32():
            read()

    def done(self) -> bool:
        return self._at == len(self._data)

    # what many entries hold

    def account(self) -> bytes:
        if self.uint32() != 0:
            raise Unreadable("an account key of an unknown type")
        return self.take(32)

    def muxed_account(self) -> bytes:
        """The key; the id of a muxed one is left out."""
        kind = self.uint32()
        if kind not in {0, 0x100}:
            raise Unreadable("an account key of an unknown type")
        if kind:
            self.take(8)
        return self.take(32)

    def asset(self) -> str | None:
        """The wire name ("XLM", "CODE:ISSUER"); None for shares of a liquidity pool."""
        kind = self.uint32()
        if kind == 0:
            return NATIVE
        if kind in {1, 2}:
            code = self.take(4 if kind == 1 else 12).rstrip(b"\0").decode("ascii", "replace")
            return f"{code}:{account_address(self.account())}"
        if kind == 3:
            self.take(32)
            return None
        raise Unreadable(f"an asset of the unknown type {kind}")

    # contract values, walked over

    def value(self) -> None:
        kind = self.uint32()
        if kind in _FIXED_VALUES:
            self.take(_FIXED_VALUES[kind])
            return
        if kind in {13, 14, 15}:
            self.opaque()
            return
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise Unreadable("a contract value is nested too deep")
        match kind:
            case 16:
                self.maybe(lambda: self.each(self.value))
            case 17:
                self.maybe(lambda: self.each(self._pair))
            case 18:
                self.contract_address()
            case 19:
                self._instance()
            case _:
                raise Unreadable(f"a contract value of the unknown type {kind}")
        self._depth -= 1

    def _pair(self) -> None:
        self.value()
        self.value()

    def _instance(self) -> None:
        if self.uint32() == 0:
            self.take(32)
        self.maybe(lambda: self.each(self._pair))

    def contract_address(self) -> None:
        kind = self.uint32()
        if kind not in _ADDRESS_BYTES:
            raise Unreadable(f"a contract address of the unknown type {kind}")
        self.take(_ADDRESS_BYTES[kind])


_FIXED_VALUES = dict(enumerate((4, 0, 8, 4, 4, 8, 8, 8, 8, 16, 16, 32, 32)))
_FIXED_VALUES |= {20: 0, 21: 8}
_ADDRESS_BYTES = {0: 36, 1: 32, 2: 40, 3: 36, 4: 32}
