"""Payment transactions, packed by hand: the bytes of their XDR, their hashes, their fee-bumps.

The layouts are the protocol's (CAP-15 fee-bumps, CAP-21 preconditions, CAP-27 muxed accounts).
stellar-sdk gives the same bytes at seven times the cost; a property test compares them. What is
rare is built with the SDK, in `server.chain.opening`.
"""

import base64
import hashlib
from collections.abc import Sequence
from struct import Struct as Layout
from typing import Protocol

from msgspec import Struct

from core.attempts import OPERATIONS_MAX, Bounds
from core.errors import hold
from core.money import MAX_STROOPS, NATIVE

BASE_FEE = 100
"""Stroops an operation: what the network asks at least, and what every inner transaction offers
(its fee-bump decides)."""

TEXT_MEMO_BYTES = 28

_UINT32 = Layout(">I")
_UINT64 = Layout(">Q")
_HEAD = Layout(">II32sIq")  # envelope type, key type, source, fee, sequence
_TIME_BOUNDS = Layout(">IQQ")
_BOTH_BOUNDS = Layout(">IIQQIIIIQII")  # no sequence, age or gap conditions, no extra signers
_SIGNATURE = Layout(">4sI64s")
_BUMP_HEAD = Layout(">II32sq")
_BUMP_TAIL_BYTES = 4 + 4 + _SIGNATURE.size  # extension, count of signatures, one signature

_ENVELOPE_TRANSACTION = 2
_ENVELOPE_FEE_BUMP = 5
_NOTHING = _UINT32.pack(0)
_KEY_ED25519 = _UINT32.pack(0)
_KEY_MUXED = _UINT32.pack(0x100)
_PAYMENT_OF_SOURCE = _UINT32.pack(0) + _UINT32.pack(1)
_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_MEMO = {kind: _UINT32.pack(n) for n, kind in enumerate(("text", "id", "hash", "return"), 1)}


class Order(Protocol):
    """What a payment operation says: a payment's row, or the terms that it will be made of."""

    @property
    def address(self) -> str: ...

    @property
    def amount(self) -> int: ...

    @property
    def asset(self) -> str: ...

    @property
    def memo_type(self) -> str | None: ...

    @property
    def memo(self) -> str | None: ...


class Source(Struct, frozen=True):
    """Whose transaction it is, with which sequence and until when; `bounds.max_ledger` 0 leaves
    only the time as bound."""

    address: str
    sequence: int
    bounds: Bounds


class Body(Struct, frozen=True):
    """A transaction without its signatures: the envelope's bytes up to them, and its hash."""

    packed: bytes
    hash: bytes

    def unsigned(self) -> str:
        """The envelope as clients read it: base 64, no signatures yet."""
        return base64.b64encode(self.packed + _NOTHING).decode()

    def signed(self, *signatures: bytes) -> bytes:
        return b"".join((self.packed, _UINT32.pack(len(signatures)), *signatures))


def network_id(passphrase: str) -> bytes:
    return hashlib.sha256(passphrase.encode()).digest()


def account_key(address: str) -> bytes:
    """The 32 bytes in a G-address that was checked when it came in."""
    return _unpack_address(address)[1:33]


def _unpack_address(address: str) -> bytes:
    """Base 32, as a number in Python's digits: a sixth of the time of `base64.b32decode`."""
    bits = 5 * len(address)
    return (int(address.translate(_DIGITS), 32) >> bits % 8).to_bytes(bits // 8)


def payments_body(network: bytes, source: Source, payments: Sequence[Order]) -> Body:
    """Payments of one account, all with the same memo, in this order."""
    memos = {(payment.memo_type, payment.memo) for payment in payments}
    hold(len(memos) == 1, "a transaction has one memo")
    return transaction_body(
        network, source, [_pack_payment(payment) for payment in payments], _pack_memo(*memos.pop())
    )


def fee_bump_body(network: bytes, fee_source: str, inner: bytes, fee: int) -> Body:
    """`inner` is a signed envelope; `fee` in stroops pays for one operation more than it has
    (CAP-15)."""
    head = _BUMP_HEAD.pack(_ENVELOPE_FEE_BUMP, 0, account_key(fee_source), fee)
    packed = head + inner + _NOTHING
    return Body(packed, hashlib.sha256(network + packed).digest())


def fee_and_inner(envelope: bytes) -> tuple[int, bytes]:
    """The fee of a fee-bump of ours, which has one signature, and the envelope inside it."""
    kind, _, _, fee = _BUMP_HEAD.unpack_from(envelope)
    hold(kind == _ENVELOPE_FEE_BUMP, "what is bumped again is a fee-bump")
    return fee, envelope[_BUMP_HEAD.size : -_BUMP_TAIL_BYTES]


def transaction_body(
    network: bytes, source: Source, operations: Sequence[bytes], memo: bytes = _NOTHING
) -> Body:
    """`operations` and `memo` in their XDR."""
    count = len(operations)
    hold(1 <= count <= OPERATIONS_MAX, "a transaction has 1 to 100 operations")
    key, fee = account_key(source.address), BASE_FEE * count
    packed = b"".join(
        (
            _HEAD.pack(_ENVELOPE_TRANSACTION, 0, key, fee, source.sequence),
            _pack_bounds(source.bounds),
            memo,
            _UINT32.pack(count),
            *operations,
            _NOTHING,
        )
    )
    return Body(packed, hashlib.sha256(network + packed).digest())


def decorated(public_key: bytes, signature: bytes) -> bytes:
    """A signature with its hint: the last four bytes of the key that made it."""
    return _SIGNATURE.pack(public_key[-4:], len(signature), signature)


def _pack_bounds(bounds: Bounds) -> bytes:
    if not bounds.max_ledger:
        return _TIME_BOUNDS.pack(1, 0, bounds.max_time)
    return _BOTH_BOUNDS.pack(2, 1, 0, bounds.max_time, 1, 0, bounds.max_ledger, 0, 0, 0, 0)


def _pack_memo(kind: str | None, value: str | None) -> bytes:
    if kind is None or value is None:
        return _NOTHING
    if kind == "id":
        return _MEMO[kind] + _UINT64.pack(int(value))
    if kind == "text":
        return _MEMO[kind] + _pack_text(value.encode())
    raw = bytes.fromhex(value)
    hold(len(raw) == 32, "a hash memo has 32 bytes")
    return _MEMO[kind] + raw


def _pack_text(text: bytes) -> bytes:
    hold(len(text) <= TEXT_MEMO_BYTES, "a text memo has at most 28 bytes")
    return _UINT32.pack(len(text)) + text + bytes(-len(text) % 4)


def _pack_payment(payment: Order) -> bytes:
    hold(0 < payment.amount <= MAX_STROOPS, "a payment moves a positive int64 of stroops")
    return b"".join(
        (
            _PAYMENT_OF_SOURCE,
            _pack_destination(payment.address),
            pack_asset(payment.asset),
            _UINT64.pack(payment.amount),
        )
    )


def _pack_destination(address: str) -> bytes:
    """A G-address, or an M-address, whose id stands behind the key (SEP-23)."""
    if address[0] == "G":
        return _KEY_ED25519 + account_key(address)
    raw = _unpack_address(address)
    return _KEY_MUXED + raw[33:41] + raw[1:33]


def pack_asset(name: str) -> bytes:
    """`name` is the wire form, "XLM" or "CODE:ISSUER"."""
    if name == NATIVE:
        return _NOTHING
    code, _, issuer = name.partition(":")
    kind, width = (1, 4) if len(code) <= 4 else (2, 12)
    padded = code.encode().ljust(width, b"\0")
    return _UINT32.pack(kind) + padded + _KEY_ED25519 + account_key(issuer)
