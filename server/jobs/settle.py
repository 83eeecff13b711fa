"""Settling: signed attempts are sent until a ledger says what became of them.

An answer is a hint (stellar.md §2). Silence is neither failure nor success: the same bytes go out
again. Only the first answer to bytes that were sent nowhere before may refuse an attempt; after
that, ledgers decide (I4). A freed lane signs what waits for it.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import structlog
from msgspec import Struct

from core.attempts import (
    BumpFee,
    BuryAttempts,
    Mark,
    MarkAttempts,
    Pack,
    RefuseAttempt,
    Sign,
)
from core.books import Attempt
from core.clock import Clock
from core.errors import InvariantBroken, Unavailable
from server.jobs.loop import Bell, Tally
from server.usecases.network import Answer, Bumped, Node
from server.usecases.ports import Engine, JobReads

SENDS_AT_ONCE = 64
BATCH = 256
REST_SECONDS = 1.0
"""Commits ring the bell; this is for what only time makes due."""

AWAY_MS = 1_000
RESEND_MS = (5_000, 10_000, 15_000, 30_000, 60_000)
"""When the same bytes go out again, after the first, second, … send."""

TIDY_EVERY_MS = 100

_Known = Literal["sent", "outcome_unknown"]
Remedy = Literal["again", "fail", "review"]
REMEDIES: dict[str, Remedy] = {
    "tx_too_late": "again",
    "tx_too_early": "again",
    "tx_bad_sponsorship": "again",
    "tx_bad_min_seq_age_or_gap": "again",
    "tx_bad_auth": "review",
    "tx_bad_auth_extra": "review",
    "tx_malformed": "review",
    "tx_missing_operation": "review",
    "tx_not_supported": "review",
}
"""What follows from a first answer; any code that is in none of these lists fails the payment."""

PATIENCE = frozenset({"tx_insufficient_balance", "tx_no_source_account", "tx_internal_error"})
"""The treasury's or the node's trouble, not the payment's: the same bytes again, with an alarm."""


Bump = Callable[[bytes, int], Bumped | None]
"""(outer envelope, stroops that the whole transaction needs) -> a new one, or None when that is
over the budget of a transaction."""


class _Sent(Struct, frozen=True):
    """An attempt on its way; `first`: to anybody's knowledge these bytes were sent nowhere."""

    attempt: Attempt
    first: bool


class Settle:
    name = "settle"

    def __init__(
        self,
        engine: Engine,
        reads: JobReads,
        node: Node,
        *,
        sign: Sign,
        bump: Bump,
        worker: str,
        clock: Clock,
        bell: Bell,
        tally: Tally,
    ) -> None:
        self._engine, self._reads, self._node = engine, reads, node
        self._sign, self._bump = sign, bump
        self._worker, self._clock, self._bell = worker, clock, bell
        self._tally = tally
        self._log = structlog.get_logger().bind(job=self.name)
        self._started_ms = clock.wall_ms()
        self._away_until_ms = 0
        self._tidied_ms = 0
        self._tried: set[bytes] = set()
        self._out: dict[bytes, asyncio.Task[None]] = {}
        self._answers: list[tuple[_Sent, Answer]] = []

    async def step(self) -> float:
        await self._take_answers()
        wait_ms = self._tidied_ms + TIDY_EVERY_MS - self._clock.wall_ms()
        if wait_ms <= 0:
            self._tidied_ms = self._clock.wall_ms()
            await self._bury()
            await self._pack()
        await self._send_due()
        return REST_SECONDS if wait_ms <= 0 else wait_ms / 1_000

    # sending

    async def _send_due(self) -> None:
        now_ms = self._clock.wall_ms()
        room = SENDS_AT_ONCE - len(self._out)
        if now_ms < self._away_until_ms or room <= 0:
            return
        due = await self._reads.attempts_due(self._worker, now_ms, SENDS_AT_ONCE)
        for attempt in [one for one in due if one.hash not in self._out][:room]:
            sent = _Sent(attempt, self._is_first(attempt))
            self._tried.add(attempt.hash)
            self._out[attempt.hash] = asyncio.create_task(self._send(sent))

    def _is_first(self, attempt: Attempt) -> bool:
        """What another process signed, or this one before a crash, may have been sent by it."""
        ours = attempt.worker == self._worker and attempt.created_ms >= self._started_ms
        return ours and attempt.sends == 0 and attempt.hash not in self._tried

    async def _send(self, sent: _Sent) -> None:
        answer = await self._node.send(sent.attempt.envelope)
        self._answers.append((sent, answer))
        self._tally("send", answer.status)
        self._bell.ring()

    # answers

    async def _take_answers(self) -> None:
        """An answer that cannot be written down is forgotten: the same bytes go out again, and no
        later answer counts as the first."""
        taken, self._answers = self._answers, []
        try:
            marks = [mark for sent, answer in taken if (mark := await self._judge(sent, answer))]
            if marks:
                command = MarkAttempts(now_ms=self._clock.wall_ms(), marks=tuple(marks))
                await self._engine.run(command)
                self._tried.difference_update(mark.hash for mark in marks)
        finally:
            for sent, _ in taken:
                del self._out[sent.attempt.hash]

    async def _judge(self, sent: _Sent, answer: Answer) -> Mark | None:
        match answer.status:
            case "pending" | "duplicate" | "later":
                return self._mark(sent.attempt, "sent", answer)
            case "unknown":
                if answer.retry_after_ms:
                    self._away_until_ms = self._clock.wall_ms() + answer.retry_after_ms
                return self._mark(sent.attempt, "outcome_unknown", answer)
            case "unsent":
                self._away_until_ms = self._clock.wall_ms() + AWAY_MS
                if sent.first:
                    self._tried.discard(sent.attempt.hash)
                return None
            case "refused":
                return await self._refused(sent, answer)

    def _mark(self, attempt: Attempt, state: _Known, answer: Answer) -> Mark:
        wait_ms = RESEND_MS[min(attempt.sends, len(RESEND_MS) - 1)]
        next_ms = self._clock.wall_ms() + max(wait_ms, answer.retry_after_ms)
        return Mark(attempt.hash, state, next_ms, answer.code or None)

    # refusals

    async def _refused(self, sent: _Sent, answer: Answer) -> Mark | None:
        attempt, code = sent.attempt, answer.code
        self._tally("refusal", code)
        self._log.warning("attempt.refusal", code=code, first=sent.first, hash=attempt.hash.hex())
        if code == "tx_insufficient_fee":
            return await self._outbid(attempt, answer)
        if not sent.first or code in PATIENCE:
            return self._mark(attempt, _state_of(attempt), answer)
        if code == "tx_bad_seq":
            return await self._bad_sequence(attempt, answer)
        await self._refuse(attempt, answer, _remedy(answer))
        return None

    async def _refuse(
        self, attempt: Attempt, answer: Answer, remedy: Remedy, sequence: int | None = None
    ) -> None:
        if remedy == "review":
            self._log.error("lane.review", lane=attempt.lane, code=answer.code)
        command = RefuseAttempt(
            now_ms=self._clock.wall_ms(),
            hash=attempt.hash,
            code=answer.code,
            remedy=remedy,
            sequence=sequence,
        )
        await self._engine.run(command)
        self._tried.discard(attempt.hash)

    async def _outbid(self, attempt: Attempt, answer: Answer) -> Mark | None:
        """The same inner transaction with a higher fee: at most one of them can land. Over the
        budget it waits for a cheaper hour, and its bounds."""
        bumped = self._bump(attempt.envelope, answer.fee)
        if bumped is None:
            self._log.error("fee.over_budget", hash=attempt.hash.hex(), fee=answer.fee)
            return self._mark(attempt, _state_of(attempt), answer)
        command = BumpFee(
            now_ms=self._clock.wall_ms(),
            hash=attempt.hash,
            outer_hash=bumped.outer_hash,
            envelope=bumped.envelope,
        )
        try:
            await self._engine.run(command)
        except InvariantBroken:
            self._log.info("attempt.finished_meanwhile", hash=attempt.hash.hex())
        return None

    async def _bad_sequence(self, attempt: Attempt, answer: Answer) -> Mark | None:
        """Late ingestion refuses what has landed, and a lagging node what is right: look for the
        own hash, at a node that is not behind, before believing it."""
        on_chain = await self._sequence_of(attempt)
        if on_chain is None or on_chain == attempt.sequence - 1:
            return self._mark(attempt, "sent", answer)
        if on_chain >= attempt.sequence:
            self._log.error("lane.second_writer", lane=attempt.lane, sequence=on_chain)
        await self._refuse(attempt, answer, "again", on_chain)
        return None

    async def _sequence_of(self, attempt: Attempt) -> int | None:
        """The source's sequence on the chain; None when the attempt was found there, or when the
        node proves nothing."""
        wallet = (await self._reads.wallets([attempt.lane]))[attempt.lane]
        try:
            snapshot = await self._node.accounts([wallet.public_key], ())
            sighting = await self._node.sight(attempt.hash)
        except Unavailable:
            return None
        cursor = await self._reads.cursor()
        lags = cursor is None or snapshot.ledger < cursor.sequence
        if sighting.found or lags or sighting.latest < snapshot.ledger:
            return None
        state = snapshot.accounts.get(wallet.public_key)
        return state.sequence if state else None

    # what ledgers have decided

    async def _bury(self) -> None:
        """Past max_ledger by the own follower, and in none of the ledgers: dead (I4)."""
        overdue = await self._reads.attempts_overdue(BATCH)
        if overdue:
            self._log.warning("attempts.dead", count=len(overdue))
            for _ in overdue:
                self._tally("attempt", "dead")
            command = BuryAttempts(now_ms=self._clock.wall_ms(), hashes=tuple(overdue))
            await self._engine.run(command)
            self._tried.difference_update(overdue)

    async def _pack(self) -> None:
        """Lanes that became free sign what waits for them, up to 100 payments together."""
        waiting = await self._reads.waiting(BATCH)
        now_ms = self._clock.wall_ms()
        commands = [
            Pack(
                now_ms=now_ms,
                lane=one.lane,
                payment_ids=one.payment_ids,
                sign=self._sign,
                worker=self._worker,
            )
            for one in waiting
        ]
        await asyncio.gather(*map(self._engine.run, commands))


def _state_of(attempt: Attempt) -> _Known:
    return "outcome_unknown" if attempt.state == "outcome_unknown" else "sent"


def _remedy(answer: Answer) -> Remedy:
    if "op_bad_auth" in answer.operations:
        return "review"
    return REMEDIES.get(answer.code, "fail")
