"""Ledger headers, and a closed ledger as one LedgerCloseMeta."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from stellar_sdk import xdr

from server.localnet.ledger.packing import ZERO, pack_long, pack_uint, pack_ulong

PROTOCOL = 27
BASE_FEE = 100  # stroops an operation
BASE_RESERVE = 5_000_000  # stroops
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
                pack_uint(self.protocol),
                self.previous_hash,
                self.transaction_set_hash,
                pack_ulong(self.close_time),
                ZERO,  # no upgrades
                ZERO,  # a plain value: nobody signs it, as there is one node
                self.result_set_hash,
                self.state_hash,
                pack_uint(self.sequence),
                pack_long(self.total_coins),
                pack_long(self.fee_pool),
                ZERO,  # inflation stopped with protocol 12
                pack_ulong(self.id_pool),
                pack_uint(self.base_fee),
                pack_uint(self.base_reserve),
                pack_uint(self.max_operations),
                *self.skips,
                ZERO,
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
    classic = [ZERO, ZERO]
    if envelopes:
        in_order = sorted(envelopes, key=lambda envelope: sha256(envelope).digest())
        classic = [
            ZERO,
            pack_uint(1),
            ZERO,
            pack_uint(1),
            pack_long(fee),
            pack_uint(len(envelopes)),
            *in_order,
        ]
    no_contracts = (pack_uint(1), ZERO, ZERO)
    return b"".join((pack_uint(1), previous_hash, pack_uint(2), *classic, *no_contracts))


def hash_results(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """`pairs`: (transaction hash, packed TransactionResult), in the order of application."""
    parts = [pack_uint(len(pairs))]
    for transaction_hash, result in pairs:
        parts += (transaction_hash, result)
    return sha256(b"".join(parts)).digest()
