"""The ledger that a transaction goes into, as far as the rules ask for it."""

from __future__ import annotations

from typing import NamedTuple


class Rules(NamedTuple):
    """`ledger` is its sequence number, `close_time` in seconds since 1970, fees in stroops."""

    ledger: int
    close_time: int
    base_fee: int
    base_reserve: int
