"""The ledger that a transaction goes into, as far as the rules ask for it."""

from __future__ import annotations

from typing import NamedTuple


class Rules(NamedTuple):
    """`ledger` is its sequence number; times are seconds since 1970, amounts stroops. Before it is
    closed its close time is known only as a span: lower time bounds must hold at its beginning,
    upper ones at its end."""

    ledger: int
    close_time: int
    latest_close_time: int
    base_fee: int
    base_reserve: int
