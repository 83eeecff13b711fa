"""A transaction of a closed ledger, as RPC tells it; decoded as far as it is asked."""

import base64
from collections.abc import Sequence

from core.settlement import Verdict
from server.chain.envelopes import read_head
from server.chain.meta import read_moves
from server.chain.results import read_result
from server.usecases.network import Head, Move


class LandedTransaction:
    """All arguments but the hash (hexadecimal) are base 64."""

    __slots__ = ("_envelope", "_meta", "verdict")

    def __init__(self, transaction_hash: str, result: str, envelope: str, meta: str) -> None:
        """Raises `Unreadable` when the result is of no known form."""
        read = read_result(base64.b64decode(result))
        self._envelope = envelope
        self._meta = meta
        self.verdict = Verdict(
            read.inner_hash or bytes.fromhex(transaction_hash),
            succeeded=read.success,
            fee=read.fee,
            code=read.code,
            operations=read.operations,
        )

    def moves(self) -> Sequence[Move]:
        return read_moves(base64.b64decode(self._meta)) if self.verdict.succeeded else ()

    def head(self) -> Head:
        return read_head(base64.b64decode(self._envelope))

    def raw(self) -> bytes:
        return f"{self._envelope} {self._meta}".encode()
