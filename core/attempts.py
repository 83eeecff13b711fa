"""Attempts: the signed transactions of payments and openings, and the lanes that they occupy.

    signed ──► sent ◄──► outcome_unknown ──► landed_ok | landed_failed   (ledger data)
       │         └───────────┴─────────────► dead                        (past max_ledger, absent)
       └──► refused                                                      (first answer, never out)

A lane is a source account with at most one attempt in flight. Until that is proven dead, no other
attempt takes its sequence (I3); a dead or refused one gives the sequence back. The states and
the invariants I1 to I4 are stellar.md's.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from msgspec import Struct

from core.books import Attempt, Books, Cursor, Lane, Needs, Payment, Wallet
from core.commands import Command
from core.errors import Problem, hold
from core.payments import CHECKING, QUEUED, REVIEW, end_unpaid, waits

OPERATIONS_MAX = 100
TRIES_MAX = 5
"""So many attempts of one payment may die before it fails."""

WINDOW_LEDGERS = 10
WINDOW_SECONDS = 300
STALE_MS = 60_000
"""Nothing is signed against a ledger older than this: its bounds would be spent already."""

UNFINISHED = frozenset({"signed", "sent", "outcome_unknown"})


class Bounds(Struct, frozen=True):
    """The last ledger (exclusive on chain) and the last second (Unix) that may take it."""

    max_ledger: int
    max_time: int


class Signed(Struct, frozen=True):
    """A transaction ready to send: `envelope` is the outer one's XDR, `fee_payer` the owner of
    the treasury account that pays the fee, `cosigners` other treasury accounts that signed."""

    hash: bytes
    outer_hash: bytes
    envelope: bytes
    fee_payer: str
    cosigners: tuple[str, ...] = ()


Sign = Callable[[Sequence[Payment], Wallet, int, Bounds], Signed]
"""Sign these payments (one memo, in this order) as one transaction of the wallet's account with
that sequence. Carried by commands; deterministic; the vault's, which opens the wallet's key."""

SignOther = Callable[[Wallet, Sequence[Wallet], int, Bounds], Signed]
"""Sign anything else: the source's wallet, the wallets that it is about, sequence, bounds."""


def bounds_at(cursor: Cursor, tries: int) -> Bounds:
    """Each try has a second more, so that no two of them have the same bytes."""
    max_time = cursor.close_ms // 1000 + WINDOW_SECONDS + tries
    return Bounds(cursor.sequence + WINDOW_LEDGERS, max_time)


def fresh(cursor: Cursor | None, now_ms: int) -> Cursor | None:
    """The cursor, if the follower is up to date enough to sign by it."""
    return cursor if cursor is not None and now_ms - cursor.close_ms <= STALE_MS else None


def sign_payments(
    books: Books,
    payments: Sequence[Payment],
    sign: Sign,
    *,
    cursor: Cursor,
    worker: str,
    now_ms: int,
) -> Attempt:
    """Sign waiting payments of one free lane as its next transaction; bytes and lane change in
    the same commit, before anything is sent (I1)."""
    owner = payments[0].user_id
    hold(0 < len(payments) <= OPERATIONS_MAX, "1 to 100 operations a transaction")
    for payment in payments:
        hold(waits(payment) and payment.user_id == owner, "only waiting payments are signed")
        hold(_memo(payment) == _memo(payments[0]), "one memo a transaction")
    lane = books.lanes[owner]
    bounds = bounds_at(cursor, max(payment.tries for payment in payments))
    signed = sign(payments, books.wallets[owner], lane.sequence + 1, bounds)
    attempt = _occupy(books, lane, signed, bounds, kind="payment", worker=worker, now_ms=now_ms)
    for position, payment in enumerate(payments):
        payment.hash, payment.position, payment.reason = signed.hash, position, None
        books.tell(now_ms, owner, "transaction.updated", payment.id)
    return attempt


def _occupy(
    books: Books,
    lane: Lane,
    signed: Signed,
    bounds: Bounds,
    *,
    kind: str,
    worker: str,
    now_ms: int,
) -> Attempt:
    hold(lane.state == "free", "a lane carries one transaction at a time")
    lane.sequence += 1
    lane.state, lane.in_flight = "taken", signed.hash
    attempt = Attempt(
        hash=signed.hash,
        outer_hash=signed.outer_hash,
        kind=kind,
        lane=lane.user_id,
        sequence=lane.sequence,
        max_ledger=bounds.max_ledger,
        state="signed",
        envelope=signed.envelope,
        fee_payer=signed.fee_payer,
        worker=worker,
        code=None,
        sends=0,
        next_ms=now_ms,
        created_ms=now_ms,
        sent_ledger=None,
    )
    hold(signed.hash not in books.attempts, "no transaction is signed twice")
    books.attempts[signed.hash] = attempt
    keys = f"{kind}, with {', '.join((signed.fee_payer, *signed.cosigners))}"
    books.record(now_ms, "key.used", lane.user_id, signed.hash.hex(), keys)
    return attempt


def _memo(payment: Payment) -> tuple[str | None, str | None]:
    return payment.memo_type, payment.memo


def free_lane(books: Books, attempt: Attempt, *, spent: bool) -> None:
    """The attempt is over; `spent` when a ledger took its sequence. A lane in review stays so."""
    lane = books.lanes[attempt.lane]
    if lane.in_flight != attempt.hash:
        return
    lane.in_flight = None
    if lane.state == "taken":
        lane.state = "free"
    if not spent:
        lane.sequence -= 1


def back_to_queue(books: Books, payment: Payment, now_ms: int, *, died: bool) -> None:
    """To be signed anew; a payment whose attempts died too often fails."""
    payment.hash, payment.position = None, 0
    payment.tries += died
    if payment.tries >= TRIES_MAX:
        end_unpaid(books, payment, "failed", now_ms, "payment.not_included")
        return
    payment.reason = QUEUED
    books.tell(now_ms, payment.user_id, "transaction.updated", payment.id)


class Contents:
    """The processing payments inside each attempt, by their operation's index."""

    def __init__(self, books: Books) -> None:
        inside: defaultdict[bytes, list[Payment]] = defaultdict(list)
        for payment in books.payments.values():
            if payment.status == "processing" and payment.hash is not None:
                inside[payment.hash].append(payment)
        self._inside = {
            key: sorted(payments, key=lambda payment: payment.position)
            for key, payments in inside.items()
        }

    def of(self, attempt: Attempt) -> list[Payment]:
        return self._inside.get(attempt.hash, [])


class _OnAttempts(Command[None], frozen=True, kw_only=True):
    """What the commands on attempts need: their lanes, and all that a payment's end changes."""

    def _need_attempts(self, needs: Needs, hashes: Sequence[bytes]) -> None:
        needs.cursor = True
        needs.attempts.update(hashes)
        needs.payments_of.update(hashes)
        needs.wallets_of.update(hashes)

    def need_more(self, needs: Needs, books: Books) -> None:
        needs.lanes.update(attempt.lane for attempt in books.attempts.values())
        for payment in books.payments.values():
            needs.release_of(payment)


class Pack(Command[Attempt | None], frozen=True, kw_only=True):
    """Sign waiting payments of one lane as one transaction; None when there is nothing to sign
    (the lane was taken meanwhile, or the follower is behind). `payment_ids` oldest first; those
    that no longer wait, or whose memo differs from the first one's, are left for later."""

    action: ClassVar[str] = "attempt.pack"
    lane: str
    payment_ids: tuple[str, ...]
    sign: Sign
    worker: str

    def need(self, needs: Needs) -> None:
        needs.cursor = True
        needs.payments.update(self.payment_ids)
        needs.wallets.add(self.lane)
        needs.lanes.add(self.lane)

    def need_more(self, needs: Needs, books: Books) -> None:
        for key in self.payment_ids:
            if key in books.payments and (payee := books.payments[key].counterparty_id):
                needs.wallets.add(payee)

    def decide(self, books: Books) -> Attempt | None:
        cursor, lane = fresh(books.cursor, self.now_ms), books.lanes.get(self.lane)
        ready = [
            payment
            for key in self.payment_ids
            if (payment := books.payments.get(key))
            and waits(payment)
            and payee_open(books, payment)
        ]
        if cursor is None or lane is None or lane.state != "free" or not ready:
            return None
        packed = [payment for payment in ready if _memo(payment) == _memo(ready[0])]
        return sign_payments(
            books,
            packed[:OPERATIONS_MAX],
            self.sign,
            cursor=cursor,
            worker=self.worker,
            now_ms=self.now_ms,
        )


def payee_open(books: Books, payment: Payment) -> bool:
    """Whether the receiver's account exists, as far as it is ours to say."""
    if payment.counterparty_id is None:
        return True
    payee = books.wallets.get(payment.counterparty_id)
    return payee is not None and payee.state == "open"


class SignHouseWork(Command[Attempt | None], frozen=True, kw_only=True):
    """Sign a transaction of the house on a free lane of the treasury; None when it is not free.

    `kind`: "opening" (`wallet_ids` are the accounts it opens) or "treasury". What it does to
    balances is read from the ledger by the follower.
    """

    action: ClassVar[str] = "attempt.sign"
    kind: Literal["opening", "treasury"]
    lane: str
    wallet_ids: tuple[str, ...] = ()
    sign: SignOther
    worker: str

    def need(self, needs: Needs) -> None:
        needs.cursor = True
        needs.lanes.add(self.lane)
        needs.wallets.add(self.lane)
        needs.wallets.update(self.wallet_ids)

    def decide(self, books: Books) -> Attempt | None:
        cursor, lane = fresh(books.cursor, self.now_ms), books.lanes.get(self.lane)
        wallets = [books.wallets[key] for key in self.wallet_ids]
        if self.kind == "opening":
            wallets = [w for w in wallets if w.state == "opening" and w.hash is None]
            if not wallets:
                return None
        if cursor is None or lane is None or lane.state != "free":
            return None
        bounds = bounds_at(cursor, max((wallet.tries for wallet in wallets), default=0))
        signed = self.sign(books.wallets[self.lane], wallets, lane.sequence + 1, bounds)
        for wallet in wallets if self.kind == "opening" else ():
            wallet.hash = signed.hash
            books.record(self.now_ms, "key.used", wallet.user_id, signed.hash.hex(), self.kind)
        return _occupy(
            books, lane, signed, bounds, kind=self.kind, worker=self.worker, now_ms=self.now_ms
        )


class Mark(Struct, frozen=True):
    """What a send told: `sent` (PENDING, DUPLICATE) or `outcome_unknown` (no answer, I2)."""

    hash: bytes
    state: Literal["sent", "outcome_unknown"]
    next_ms: int
    code: str | None = None


class MarkAttempts(_OnAttempts, frozen=True, kw_only=True):
    """Write down what sends told; an attempt that is finished meanwhile is left alone."""

    action: ClassVar[str] = "attempt.mark"
    marks: tuple[Mark, ...]

    def need(self, needs: Needs) -> None:
        needs.cursor = True
        needs.attempts.update(mark.hash for mark in self.marks)
        needs.payments_of.update(m.hash for m in self.marks if m.state == "outcome_unknown")

    def need_more(self, needs: Needs, books: Books) -> None:
        pass

    def decide(self, books: Books) -> None:
        contents = Contents(books)
        for mark in self.marks:
            attempt = books.attempts.get(mark.hash)
            if attempt is not None and attempt.state in UNFINISHED:
                self._mark(books, attempt, mark, contents.of(attempt))

    def _mark(
        self, books: Books, attempt: Attempt, mark: Mark, payments: Sequence[Payment]
    ) -> None:
        if attempt.sent_ledger is None and books.cursor is not None:
            attempt.sent_ledger = books.cursor.sequence
        attempt.sends += 1
        attempt.next_ms, attempt.code = mark.next_ms, mark.code
        if attempt.state == mark.state:
            return
        attempt.state = mark.state
        books.record(self.now_ms, f"attempt.{mark.state}", attempt.lane, attempt.hash.hex())
        if mark.state == "outcome_unknown":
            for payment in payments:
                payment.reason = CHECKING
                books.tell(self.now_ms, payment.user_id, "transaction.updated", payment.id)


class RefuseAttempt(_OnAttempts, frozen=True, kw_only=True):
    """The network's first answer to bytes that were sent nowhere before was a refusal.

    `remedy`: "again" (sign anew later), "fail" (with `reason`, a code of core/errors), "review"
    (payments and lane wait for an operator). `sequence` corrects the lane's last used sequence
    when the chain's is known to differ.
    """

    action: ClassVar[str] = "attempt.refuse"
    hash: bytes
    code: str
    remedy: Literal["again", "fail", "review"]
    reason: str = "payment.refused_by_network"
    sequence: int | None = None

    def need(self, needs: Needs) -> None:
        self._need_attempts(needs, (self.hash,))

    def decide(self, books: Books) -> None:
        attempt = books.attempts[self.hash]
        if attempt.state != "signed":  # it has been out: only a ledger, or its death, can tell
            return
        attempt.state, attempt.code = "refused", self.code
        books.record(self.now_ms, "attempt.refused", attempt.lane, attempt.hash.hex(), self.code)
        lane = books.lanes[attempt.lane]
        if self.remedy == "review":
            lane.state = "review"
        free_lane(books, attempt, spent=False)
        if self.sequence is not None:
            lane.sequence = self.sequence
        for payment in Contents(books).of(attempt):
            self._remedy(books, payment)
        unhook_wallets(books, attempt)

    def _remedy(self, books: Books, payment: Payment) -> None:
        if self.remedy == "fail":
            end_unpaid(books, payment, "failed", self.now_ms, self.reason)
        elif self.remedy == "again":
            back_to_queue(books, payment, self.now_ms, died=True)
        else:
            payment.hash, payment.position, payment.reason = None, 0, REVIEW
            books.tell(self.now_ms, payment.user_id, "transaction.updated", payment.id)


class BuryAttempts(_OnAttempts, frozen=True, kw_only=True):
    """Attempts that the ledgers followed prove dead (I4): past max_ledger, and in none of them.

    `sequence_taken` when another transaction used the sequence: then max_ledger need not be over
    and the sequence stays spent.
    """

    action: ClassVar[str] = "attempt.bury"
    hashes: tuple[bytes, ...]
    sequence_taken: bool = False

    def need(self, needs: Needs) -> None:
        self._need_attempts(needs, self.hashes)

    def decide(self, books: Books) -> None:
        contents = Contents(books)
        for key in self.hashes:
            attempt = books.attempts[key]
            if attempt.state in UNFINISHED and self._proven(books, attempt):
                self._bury(books, attempt, contents.of(attempt))

    def _proven(self, books: Books, attempt: Attempt) -> bool:
        over = books.cursor is not None and books.cursor.sequence > attempt.max_ledger
        return over or self.sequence_taken

    def _bury(self, books: Books, attempt: Attempt, payments: Sequence[Payment]) -> None:
        attempt.state = "dead"
        books.record(self.now_ms, "attempt.dead", attempt.lane, attempt.hash.hex())
        free_lane(books, attempt, spent=self.sequence_taken)
        for payment in payments:
            back_to_queue(books, payment, self.now_ms, died=True)
        unhook_wallets(books, attempt)


def unhook_wallets(books: Books, attempt: Attempt) -> None:
    """The opening did not land: its wallets may be opened by another attempt."""
    for wallet in books.wallets.values() if attempt.kind == "opening" else ():
        if wallet.hash == attempt.hash and wallet.state == "opening":
            wallet.hash = None
            wallet.tries += 1


class BumpFee(_OnAttempts, frozen=True, kw_only=True):
    """Another fee-bump around the same inner transaction, stored before it is sent (I1)."""

    action: ClassVar[str] = "attempt.bump"
    hash: bytes
    outer_hash: bytes
    envelope: bytes

    def need(self, needs: Needs) -> None:
        needs.attempts.add(self.hash)

    def decide(self, books: Books) -> None:
        attempt = books.attempts[self.hash]
        hold(attempt.state in UNFINISHED, "only an unfinished attempt is bumped")
        attempt.outer_hash, attempt.envelope = self.outer_hash, self.envelope
        attempt.next_ms = self.now_ms
        books.record(
            self.now_ms, "attempt.bumped", attempt.lane, self.hash.hex(), self.outer_hash.hex()
        )


class SetLane(Command[Lane], frozen=True, kw_only=True):
    """Bring a lane in line with the chain (at start and after trouble); creates it when absent.

    A taken lane keeps its sequence and its state.
    """

    action: ClassVar[str] = "lane.set"
    user_id: str
    sequence: int
    state: Literal["free", "review"] = "free"

    def need(self, needs: Needs) -> None:
        needs.lanes.add(self.user_id)

    def decide(self, books: Books) -> Lane | Problem:
        lane = books.lanes.get(self.user_id)
        if lane is None:
            lane = books.lanes[self.user_id] = Lane(self.user_id, self.sequence, self.state, None)
        elif lane.in_flight is None:
            lane.sequence, lane.state = self.sequence, self.state
        books.record(self.now_ms, "lane.set", self.user_id, str(lane.sequence), lane.state)
        return lane
