"""Before money is held: the receiver's account if it is not ours, and the payment unsigned."""

import base64
from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from core.attempts import Bounds
from core.clock import Clock
from core.errors import Unavailable
from core.money import NATIVE
from server.chain.client import Client, RpcRefused, Unanswered, Unsent
from server.chain.entries import (
    AUTHORIZED,
    INT64_MAX,
    AccountEntry,
    DataEntry,
    TrustlineEntry,
    read_entry_data,
)
from server.chain.ledger_keys import account_entry_key, data_entry_key, trustline_entry_key
from server.chain.transactions import Order, Source, payments_body
from server.chain.xdr import Reader
from server.usecases.network import Unreadable

LOOK_SECONDS = 2.0
KEPT_MS = 30_000
KEPT_MAX = 10_000

MEMO_REQUIRED = "config.memo_required"
"""The data entry by which an account asks for memos (SEP-29)."""


class Payee(Struct, frozen=True):
    """What a foreign account can take. `rooms` by asset, in stroops; an asset without an
    authorized trustline is not in it."""

    exists: bool
    memo_required: bool
    rooms: dict[str, int]

    def room(self, asset: str) -> int | None:
        return self.rooms.get(asset)


class _Entry(Struct):
    xdr: str


class _Entries(Struct):
    entries: list[_Entry]


class Preflight:
    """`assets` are the credit assets (wire names) that people here can pay with."""

    def __init__(
        self,
        client: Client,
        rpc_url: str,
        *,
        network: bytes,
        assets: Sequence[str],
        clock: Clock,
    ) -> None:
        self._client = client
        self._network = network
        self._rpc_url = rpc_url
        self._assets = assets
        self._clock = clock
        self._kept: OrderedDict[str, tuple[int, Payee]] = OrderedDict()

    async def account(self, address: str) -> Payee:
        """At most 2 s; kept for 30 s. Raises `Unavailable("network.unavailable")`."""
        now_ms = self._clock.wall_ms()
        kept = self._kept.get(address)
        if kept is not None and now_ms - kept[0] < KEPT_MS:
            return kept[1]
        payee = await self._look(address)
        self._keep(address, payee, now_ms)
        return payee

    def unsigned(self, source: str, order: Order, sequence: int, expires_ms: int) -> str:
        """The payment as it would be sent alone, base 64; bounded by time only."""
        bounds = Bounds(max_ledger=0, max_time=expires_ms // 1000)
        return payments_body(self._network, Source(source, sequence, bounds), [order]).unsigned()

    def _keep(self, address: str, payee: Payee, now_ms: int) -> None:
        self._kept[address] = (now_ms, payee)
        self._kept.move_to_end(address)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    async def _look(self, address: str) -> Payee:
        keys = [
            account_entry_key(address),
            data_entry_key(address, MEMO_REQUIRED),
            *(trustline_entry_key(address, asset) for asset in self._assets),
        ]
        try:
            found = await self._client.rpc(
                self._rpc_url, "getLedgerEntries", {"keys": keys}, _Entries, seconds=LOOK_SECONDS
            )
            return _payee([read_entry_data(Reader(base64.b64decode(e.xdr))) for e in found.entries])
        except (Unsent, Unanswered, RpcRefused, Unreadable) as trouble:
            raise Unavailable("network.unavailable") from trouble


def _payee(entries: Sequence[AccountEntry | TrustlineEntry | DataEntry | None]) -> Payee:
    rooms: dict[str, int] = {}
    exists = memo_required = False
    for entry in entries:
        match entry:
            case AccountEntry():
                exists = True
                rooms[NATIVE] = INT64_MAX - entry.balance - entry.buying
            case TrustlineEntry() if entry.flags & AUTHORIZED:
                rooms[entry.asset] = entry.room
            case DataEntry():
                memo_required = entry.value == b"1"
            case _:
                pass
    return Payee(exists, memo_required, rooms)
