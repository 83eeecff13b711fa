"""Ledger headers, and a closed ledger as one LedgerCloseMeta."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from stellar_sdk import xdr

PROTOCOL = 27
BASE_FEE = 100  # stroops an operation
BASE_RESERVE = 5_000_000  # stroops
_UINT = Struct(">I").pack
_LONG = Struct(">q").pack
_ULONG = Struct(">Q").pack
_ZERO = b"\x00\x00\x00\x00"
_TAIL = Struct(">IqqIQIII").pack
_NO_HASH = bytes(32)
_STEPS = (50, 5_000, 50_000, 500_000)

Skips = tuple[bytes, bytes, bytes, bytes]


class Header(NamedTuple):
    """A ledger header; `state_hash` stands where core has the hash of its bucket list."""

    sequence: int
    previous_hash: bytes
    close_time: int
    transaction_set_hash: bytes
    result_set_hash: bytes
    state_hash: bytes
    total_coins: int
    fee_pool: int
    id_pool: int
    max_operations: int
    skips: Skips = (_NO_HASH,) * 4
    base_fee: int = BASE_FEE
    base_reserve: int = BASE_RESERVE
    protocol: int = PROTOCOL

    def pack(self) -> bytes:
        """The bytes of XDR LedgerHeader."""
        return b"".join(
            (
                _UINT(self.protocol),
                self.previous_hash,
                self.transaction_set_hash,
                _ULONG(self.close_time),
                _ZERO,  # no upgrades
                _ZERO,  # a plain value: nobody signs it, as there is one node
                self.result_set_hash,
                self.state_hash,
                _UINT(self.sequence),
                _LONG(self.total_coins),
                _LONG(self.fee_pool),
                _ZERO,  # inflation stopped with protocol 12
                _ULONG(self.id_pool),
                _UINT(self.base_fee),
                _UINT(self.base_reserve),
                _UINT(self.max_operations),
                *self.skips,
                _ZERO,
            )
        )


def read_header(packed: bytes) -> Header:
    """The reverse of `Header.pack`."""
    source = xdr.LedgerHeader.from_xdr_bytes(packed)
    first, second, third, fourth = (entry.hash for entry in source.skip_list)
    return Header(
        sequence=source.ledger_seq.uint32,
        previous_hash=source.previous_ledger_hash.hash,
        close_time=source.scp_value.close_time.time_point.uint64,
        transaction_set_hash=source.scp_value.tx_set_hash.hash,
        result_set_hash=source.tx_set_result_hash.hash,
        state_hash=source.bucket_list_hash.hash,
        total_coins=source.total_coins.int64,
        fee_pool=source.fee_pool.int64,
        id_pool=source.id_pool.uint64,
        max_operations=source.max_tx_set_size.uint32,
        skips=(first, second, third, fourth),
        base_fee=source.base_fee.uint32,
        base_reserve=source.base_reserve.uint32,
        protocol=source.ledger_version.uint32,
    )


def next_skips(skips: Skips, sequence: int, state_hash: bytes) -> Skips:
    """The skip list of the ledger `sequence`: state hashes of ever older ledgers, each slot taking
    over from the one before it at its own step."""
    first, second, third, fourth = skips
    if sequence % _STEPS[0]:
        return skips
    if _is_step(sequence - _STEPS[0], _STEPS[1]):
        if _is_step(sequence - _STEPS[0] - _STEPS[1], _STEPS[2]):
            if _is_step(sequence - sum(_STEPS[:3]), _STEPS[3]):
                fourth = third
            third = second
        second = first
    return state_hash, second, third, fourth


def _is_step(sequence: int, step: int) -> bool:
    return sequence > 0 and sequence % step == 0


def pack_transaction_set(previous_hash: bytes, envelopes: Sequence[bytes], fee: int) -> bytes:
    """The bytes of XDR GeneralizedTransactionSet: a classic phase at one base fee, sorted by hash,
    and an empty Soroban phase."""
    classic = [_ZERO, _ZERO]
    if envelopes:
        in_order = sorted(envelopes, key=lambda envelope: sha256(envelope).digest())
        classic = [_ZERO, _UINT(1), _ZERO, _UINT(1), _LONG(fee), _UINT(len(envelopes)), *in_order]
    no_contracts = (_UINT(1), _ZERO, _ZERO)
    return b"".join((_UINT(1), previous_hash, _UINT(2), *classic, *no_contracts))


def hash_results(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """`pairs`: (transaction hash, packed TransactionResult), in the order of application."""
    parts = [_UINT(len(pairs))]
    for transaction_hash, result in pairs:
        parts += (transaction_hash, result)
    return sha256(b"".join(parts)).digest()
