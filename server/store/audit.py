"""The audit chain: each row's MAC covers the row and the MAC before it.

One chain per writer: a global one would serialise all servers. The head lies in `audit_heads` and
moves in the same commit, guarded, so that a second writer of the same chain fails loudly and a
cut tail is seen. Heads are printed by `lumenpay verify`: kept elsewhere, they also show a tail
that was cut together with its head.
"""

import hmac
from typing import NamedTuple

from msgspec.json import encode
from msgspec.structs import astuple
from sqlalchemy import Connection

from core.books import AuditEntry
from core.errors import InvariantBroken
from server.store import tables as t
from server.store.sets import Appends, Row, Statements

AUDIT = Appends(t.audit_log, [column.name for column in t.audit_log.c])
_HEADS = Statements(t.audit_heads, ["chain_id", "seq", "mac"], guards=("seq", "mac"))


class Head(NamedTuple):
    seq: int
    mac: bytes


START = Head(0, b"")


class AuditChain:
    """Appends to one chain. The head is kept between batches; forget it when one fails."""

    def __init__(self, key: bytes, chain_id: str) -> None:
        self._key = key
        self._chain_id = chain_id
        self._head: Head | None = None
        self._next: Head | None = None

    def append(self, connection: Connection, entries: list[AuditEntry]) -> None:
        if not entries:
            return
        head = self._head or self._read_head(connection)
        rows: list[Row] = []
        seq, mac = head
        for entry in entries:
            seq += 1
            mac = seal(self._key, mac, self._chain_id, seq, entry)
            rows.append((self._chain_id, seq, *astuple(entry), mac))
        AUDIT.insert(connection, rows)
        self._move_head(connection, head, Head(seq, mac))
        self._next = Head(seq, mac)

    def committed(self) -> None:
        self._head = self._next or self._head
        self._next = None

    def forget(self) -> None:
        self._head = self._next = None

    def _read_head(self, connection: Connection) -> Head:
        rows = _HEADS.load(connection, ("chain_id",), (self._chain_id,))
        if not rows:
            _HEADS.insert(connection, [(self._chain_id, *START)])
            return START
        _, seq, mac = rows[0]
        if not isinstance(seq, int) or not isinstance(mac, bytes):
            raise InvariantBroken("an audit head is a number and a MAC")
        return Head(seq, mac)

    def _move_head(self, connection: Connection, old: Head, new: Head) -> None:
        moved = (self._chain_id, *old), (self._chain_id, *new)
        _HEADS.update(connection, [moved])


def seal(key: bytes, previous: bytes, chain_id: str, seq: int, entry: AuditEntry) -> bytes:
    """HMAC-SHA-256 over the MAC before and the row, as a JSON array: no part can run into the
    next."""
    line = encode((chain_id, seq, *astuple(entry)))
    return hmac.digest(key, previous + line, "sha256")
