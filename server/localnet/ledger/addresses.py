"""Addresses and texts as operations name them."""

from __future__ import annotations

from typing import NamedTuple

from stellar_sdk import xdr

from server.localnet.ledger.assets import arm

_FIRST_PRINTABLE, _LAST_PRINTABLE = 0x20, 0x7E


class Address(NamedTuple):
    """`account` is the raw id; `muxed_id` the id inside an M-address."""

    account: bytes
    muxed_id: int | None


def read_address(source: xdr.MuxedAccount) -> Address:
    if source.ed25519 is not None:
        return Address(source.ed25519.uint256, None)
    muxed = arm(source.med25519)
    return Address(muxed.ed25519.uint256, muxed.id.uint64)


def is_text(value: bytes) -> bool:
    """Printable ASCII only: what the network takes for home domains and names of data."""
    return all(_FIRST_PRINTABLE <= octet <= _LAST_PRINTABLE for octet in value)
