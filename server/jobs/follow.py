"""Following: each closed ledger is read once, in order, and its effects on us are one commit.

Verdicts on our own payments are enough, their effects are known. Of all other transactions the
balances that they moved are read from the result meta; those of our accounts are kept. What is not
understood goes to quarantine with an alarm: it is never skipped silently and never stops the rest.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

import structlog
from msgspec import Struct

from core.books import USER, Attempt, Cursor, Quarantined, Wallet
from core.clock import Clock
from core.errors import InvariantBroken, Unavailable
from core.money import NATIVE
from core.settlement import FollowLedger, Movement, StartFollowing, Verdict
from server.jobs.loop import Tally
from server.usecases.network import Landed, Ledger, Move, Node, Tip, Unreadable
from server.usecases.ports import Engine, JobReads

EXPECTED = 0.75
"""So much of the time between two closes passes until the next one is looked for, and then"""

LOOKS_A_CLOSE = 10
"""so often."""

PORTION = 16
REST_SECONDS_MIN, REST_SECONDS_MAX = 0.1, 5.0


class NetworkReset(Exception):
    """Another network than the one that was followed, or the same one begun anew: an operator has
    to decide, nothing is followed until then."""


class Follow:
    name = "follow"

    def __init__(
        self,
        engine: Engine,
        reads: JobReads,
        node: Node,
        *,
        passphrase: str,
        practice: bool,
        new_id: Callable[[], str],
        clock: Clock,
        followed: Callable[[Ledger], None],
        tally: Tally,
    ) -> None:
        """`practice`: accounts open with practice money. `followed` hears of each ledger after
        its commit."""
        self._engine, self._reads, self._node = engine, reads, node
        self._passphrase, self._practice = passphrase, practice
        self._new_id, self._clock, self._followed = new_id, clock, followed
        self._tally = tally
        self._log = structlog.get_logger().bind(job=self.name)
        self._checked = False
        self._close_ms = 1_000.0
        self._seen: Tip | None = None

    async def step(self) -> float:
        """What comes back after an absence may be another network: it is looked at anew."""
        try:
            return await self._catch_up()
        except Unavailable:
            self._checked = False
            raise

    async def _catch_up(self) -> float:
        if not self._checked:
            await self._check_network()
        tip = await self._node.tip()
        if tip == self._seen:
            return self._between(self._close_ms / LOOKS_A_CLOSE)
        cursor = await self._cursor(tip)
        if tip.sequence < cursor.sequence and tip.close_ms > cursor.close_ms:
            self._checked = False
            raise NetworkReset(f"ledger {tip.sequence} closed after {cursor.sequence}")
        while cursor.sequence < tip.sequence:
            for ledger in await self._node.ledgers(cursor.sequence + 1):
                cursor = await self._follow(ledger)
        self._measure(tip)
        return self._between(self._close_ms * EXPECTED)

    # the network itself

    async def _check_network(self) -> None:
        """The same network, and on it the ledger where we stopped, closed when it was."""
        passphrase = await self._node.passphrase()
        if passphrase != self._passphrase:
            raise NetworkReset(f"the node is of another network: {passphrase}")
        cursor = await self._reads.cursor()
        if cursor is not None:
            if cursor.passphrase != passphrase:
                raise NetworkReset(f"the database is of another network: {cursor.passphrase}")
            await self._check_ledger(cursor)
        self._checked = True

    async def _check_ledger(self, cursor: Cursor) -> None:
        tip = await self._node.tip()
        if cursor.sequence < tip.oldest:
            raise NetworkReset(f"ledger {cursor.sequence} is older than the node's history")
        if tip.sequence < cursor.sequence:
            return
        (close_ms,) = await self._node.close_times(cursor.sequence, 1)
        if close_ms != cursor.close_ms:
            raise NetworkReset(f"ledger {cursor.sequence} is not the one that was followed")

    async def _cursor(self, tip: Tip) -> Cursor:
        cursor = await self._reads.cursor()
        if cursor is not None:
            return cursor
        return await self._engine.run(
            StartFollowing(
                now_ms=self._clock.wall_ms(),
                passphrase=self._passphrase,
                sequence=tip.sequence,
                close_ms=tip.close_ms,
            )
        )

    def _measure(self, tip: Tip) -> None:
        """How long a ledger takes here, whatever pace the network has."""
        seen, self._seen = self._seen, tip
        if seen is not None and tip.sequence > seen.sequence:
            measured = (tip.close_ms - seen.close_ms) / (tip.sequence - seen.sequence)
            self._close_ms += (measured - self._close_ms) / 8

    def _between(self, ms: float) -> float:
        return min(max(ms / 1_000, REST_SECONDS_MIN), REST_SECONDS_MAX)

    # one ledger

    async def _follow(self, ledger: Ledger) -> Cursor:
        reading = _Reading(ledger, self._clock.wall_ms())
        await self._sort(reading)
        owners = await self._reads.owners(reading.addresses())
        wallets = await self._reads.wallets(owners.values()) if owners else {}
        command = FollowLedger(
            now_ms=reading.now_ms,
            sequence=ledger.sequence,
            close_ms=ledger.close_ms,
            verdicts=tuple(reading.verdicts),
            movements=tuple(reading.movements(owners, wallets, practice=self._practice)),
            quarantined=tuple(reading.quarantined),
            funded_later=self._practice,
            new_id=self._new_id,
        )
        cursor = await self._commit(command)
        self._report(command)
        self._followed(ledger)
        return cursor

    async def _sort(self, reading: "_Reading") -> None:
        """In small portions: a full ledger of strangers must not hold up who pays meanwhile."""
        transactions = reading.ledger.transactions
        attempts = await self._reads.attempts([one.verdict.hash for one in transactions])
        for at in range(0, len(transactions), PORTION):
            reading.sort(transactions[at : at + PORTION], attempts)
            await asyncio.sleep(0)

    def _report(self, command: FollowLedger) -> None:
        self._tally("ledger", "followed")
        for verdict in command.verdicts:
            self._tally("attempt", verdict.code)
        for movement in command.movements:
            self._tally("movement", movement.kind)
        for kept in command.quarantined:
            self._tally("ledger", "quarantined")
            self._log.error("ledger.quarantined", ledger=command.sequence, hash=kept.hash.hex())

    async def _commit(self, command: FollowLedger) -> Cursor:
        """Another process may have followed this ledger meanwhile: its work is the same."""
        try:
            return await self._engine.run(command)
        except InvariantBroken:
            cursor = await self._reads.cursor()
            if cursor is None or cursor.sequence < command.sequence:
                raise
            return cursor


class _Foreign(Struct, frozen=True):
    """A transaction whose effects are read from the ledger; `ours` when the house sent it."""

    transaction: Landed
    ours: bool
    moves: Sequence[Move]
    source: str
    fee_source: str
    memo_type: str | None
    memo: str | None


class _Reading:
    """What one ledger has for us, gathered before the database is asked for our accounts."""

    def __init__(self, ledger: Ledger, now_ms: int) -> None:
        self.ledger, self.now_ms = ledger, now_ms
        self.verdicts: list[Verdict] = []
        self.quarantined: list[Quarantined] = []
        self._foreign: list[_Foreign] = []

    def sort(self, transactions: Sequence[Landed], attempts: dict[bytes, Attempt]) -> None:
        for transaction in transactions:
            attempt = attempts.get(transaction.verdict.hash)
            if attempt is not None:
                self.verdicts.append(transaction.verdict)
            if attempt is None or attempt.kind != "payment":
                self._decode(transaction, ours=attempt is not None)

    def _decode(self, transaction: Landed, *, ours: bool) -> None:
        try:
            head, moves = transaction.head(), transaction.moves()
        except Unreadable as why:
            self._quarantine(transaction, str(why))
            return
        self._foreign.append(
            _Foreign(
                transaction, ours, moves, head.source, head.fee_source, head.memo_type, head.memo
            )
        )

    def _quarantine(self, transaction: Landed, reason: str) -> None:
        self.quarantined.append(
            Quarantined(
                self.ledger.sequence,
                transaction.verdict.hash,
                reason,
                transaction.raw(),
                self.now_ms,
            )
        )

    def addresses(self) -> set[str]:
        named = {move.account for one in self._foreign for move in one.moves}
        return named | {one.fee_source for one in self._foreign}

    def movements(
        self, owners: dict[str, str], wallets: dict[str, Wallet], *, practice: bool
    ) -> list[Movement]:
        found: list[Movement] = []
        for one in self._foreign:
            for move in one.moves:
                if owner := owners.get(move.account):
                    kind = _kind(one, move, wallets[owner], practice=practice)
                    found.append(_movement(one, move, kind, owners))
            if not one.ours and one.fee_source in owners:
                fee = Move(0, one.fee_source, NATIVE, -one.transaction.verdict.fee)
                found.append(_movement(one, fee, "outgoing", owners))
        return found


_Kind = Literal["incoming", "friendbot", "treasury", "outgoing"]


def _kind(one: _Foreign, move: Move, wallet: Wallet, *, practice: bool) -> _Kind:
    """Practice money is what opens an account that waits for it, whoever sent it; one that is
    not ours yet (its opening has not landed) is not opened by it."""
    if wallet.role != USER and one.ours:
        return "treasury"
    if move.amount < 0:
        return "outgoing"
    waits = wallet.state == "opening" and wallet.hash is not None
    funds = practice and waits and move.asset == NATIVE
    return "friendbot" if funds else "incoming"


def _movement(one: _Foreign, move: Move, kind: _Kind, owners: dict[str, str]) -> Movement:
    address = _other_side(one, move)
    return Movement(
        owner=owners[move.account],
        asset=move.asset,
        amount=move.amount,
        hash=one.transaction.verdict.hash,
        kind=kind,
        address=address,
        counterparty_id=owners.get(address),
        memo_type=one.memo_type,
        memo=one.memo,
    )


def _other_side(one: _Foreign, move: Move) -> str:
    """Who lost what this account got (or got what it lost) in the same operation, of the same
    asset if possible; an issuer has no balance of its own asset; else who sent it."""
    others = [
        other
        for other in one.moves
        if other.operation == move.operation
        and other.account != move.account
        and (other.amount < 0) != (move.amount < 0)
    ]
    same = [other for other in others if other.asset == move.asset]
    if same or others:
        return (same or others)[0].account
    return move.asset.partition(":")[2] or one.source
