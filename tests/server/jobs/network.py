"""A scripted network for the jobs, and a bank whose transactions it understands.

It closes ledgers when a test says so, answers each send as it was told, and can lag, fall silent or
become another network.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Collection, Sequence

from core.attempts import Bounds, Signed
from core.books import Payment, Wallet
from core.errors import Unavailable
from core.settlement import StartFollowing, Verdict
from server.usecases.network import (
    AccountState,
    Answer,
    Head,
    Ledger,
    Move,
    Sighting,
    Snapshot,
    Tip,
    Unreadable,
)
from tests.server.store.bank import PASSPHRASE, Bank, digest

PENDING = Answer("pending")


class Transaction:
    """One of a ledger, as the follower sees it; `moves` None is what nobody understands."""

    def __init__(
        self,
        verdict: Verdict,
        moves: Sequence[Move] | None = (),
        head: Head | None = None,
    ) -> None:
        self.verdict = verdict
        self._moves = moves
        self._head = head or Head("GSENDER", "GSENDER", None, None)

    def moves(self) -> Sequence[Move]:
        if self._moves is None:
            raise Unreadable("an operation of the future")
        return self._moves

    def head(self) -> Head:
        return self._head

    def raw(self) -> bytes:
        return b"raw bytes"


class ScriptedNode:
    """Implements `server.usecases.network.Node`."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self.begin()
        self.passphrase_told = PASSPHRASE
        self.oldest = 1
        self.queue: dict[bytes, None] = {}
        self.sent: list[bytes] = []
        self.usual = PENDING
        self.answers: defaultdict[bytes | None, deque[Answer]] = defaultdict(deque)
        self.sequences: dict[str, int] = {}
        self.balances: dict[str, int] = {}
        self.lag = 0
        self.away = False
        self.funded: list[str] = []
        self.friendbot_says = "funded"
        self.rate_told = 100
        self.prices: dict[str, int | None] = {}

    # what a test does with it

    def begin(self) -> None:
        """At the ledger that the bank has followed."""
        cursor = self._bank.run(self._bank.reads.cursor())
        assert cursor is not None
        self.closed = {cursor.sequence: Ledger(cursor.sequence, cursor.close_ms)}

    @property
    def newest(self) -> int:
        return max(self.closed)

    def answer(self, *answers: Answer, to: bytes | None = None) -> None:
        """What the next sends are told (of one transaction, or of any) before the usual."""
        self.answers[to].extend(answers)

    def close(self, *transactions: Transaction, late: Collection[bytes] = ()) -> int:
        """The next ledger, a second later: what waits in the queue lands, but for `late`."""
        landing = [inner for inner in self.queue if inner not in late]
        for inner in landing:
            del self.queue[inner]
        landed = [Transaction(success(inner)) for inner in landing]
        self._bank.now_ms += 1_000
        sequence, before = self.newest + 1, self.closed[self.newest]
        self.closed[sequence] = Ledger(sequence, before.close_ms + 1_000, [*landed, *transactions])
        return sequence

    def close_empty(self, count: int) -> None:
        for _ in range(count):
            self.close(late=self.queue)

    # what the jobs ask

    def _answering(self) -> None:
        if self.away:
            raise Unavailable("network.unavailable")

    async def passphrase(self) -> str:
        self._answering()
        return self.passphrase_told

    async def tip(self) -> Tip:
        self._answering()
        sequence = self.newest - self.lag
        return Tip(sequence, self.closed[sequence].close_ms, self.oldest)

    async def ledgers(self, first: int) -> Sequence[Ledger]:
        self._answering()
        return [self.closed[n] for n in range(first, self.newest - self.lag + 1)][:3]

    async def close_times(self, first: int, count: int) -> Sequence[int]:
        self._answering()
        return [self.closed[n].close_ms for n in range(first, first + count)]

    async def send(self, envelope: bytes) -> Answer:
        inner = envelope[:32]
        told = self.answers[inner] or self.answers[None]
        answer = told.popleft() if told else self.usual
        if answer.status != "unsent":
            self.sent.append(envelope)
        if answer.status in {"pending", "duplicate"}:
            self.queue[inner] = None
        return answer

    async def sight(self, transaction_hash: bytes) -> Sighting:
        self._answering()
        found = any(
            one.verdict.hash == transaction_hash
            for ledger in self.closed.values()
            for one in ledger.transactions
        )
        return Sighting(found, self.oldest, self.newest - self.lag)

    async def accounts(self, addresses: Collection[str], assets: Collection[str]) -> Snapshot:
        self._answering()
        known = {
            address: AccountState(self.sequences[address], {"XLM": self.balances.get(address, 0)})
            for address in addresses
            if address in self.sequences
        }
        return Snapshot(self.newest - self.lag, known)

    async def rate(self) -> int:
        self._answering()
        return self.rate_told

    async def fund(self, address: str) -> str:
        self.funded.append(address)
        return self.friendbot_says

    async def price(self, asset: str) -> int | None:
        self._answering()
        return self.prices.get(asset)


def success(inner: bytes) -> Verdict:
    return Verdict(inner, True, 200, "tx_success")


def failure(inner: bytes, code: str = "tx_failed", *operations: str) -> Verdict:
    return Verdict(inner, False, 200, code, operations)


class JobsBank(Bank):
    """Its envelopes begin with the inner hash, so that the network knows what it gets."""

    def start_following(self) -> None:
        command = StartFollowing(
            now_ms=self.now_ms, passphrase=PASSPHRASE, sequence=1_000, close_ms=self.now_ms
        )
        self.do(command)

    def sign(
        self, payments: Sequence[Payment], wallet: Wallet, sequence: int, bounds: Bounds
    ) -> Signed:
        signed = super().sign(payments, wallet, sequence, bounds)
        return Signed(
            signed.hash, signed.outer_hash, signed.hash + signed.outer_hash, self.fee_payer
        )

    def sign_house(
        self, lane: Wallet, about: Sequence[Wallet], sequence: int, bounds: Bounds
    ) -> Signed:
        ids = tuple(wallet.user_id for wallet in about)
        self.signed.append((lane.user_id, sequence, ids))
        inner = digest("inner", f"{lane.user_id} {sequence} {bounds} {ids}")
        outer = hashlib.sha256(inner).digest()
        return Signed(inner, outer, inner + outer, self.fee_payer)

    def attempt_states(self) -> list[str]:
        return [
            str(state)
            for (state,) in self.rows("SELECT state FROM attempts ORDER BY created_ms, sequence")
        ]


class BankClock:
    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def wall_ms(self) -> int:
        return self._bank.now_ms

    def business_ms(self) -> int:
        return self._bank.now_ms
