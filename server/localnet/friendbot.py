"""Friendbot: gives lumens to whoever asks, many a ledger, each answer after its ledger closed."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine

from stellar_sdk import (
    Account,
    Asset,
    CreateAccount,
    Keypair,
    Operation,
    Payment,
    TransactionBuilder,
    TransactionEnvelope,
)

from server.localnet.bell import LedgerBell
from server.localnet.horizon.problems import FRIENDBOT_ERRORS, Problem
from server.localnet.horizon.submission import failure_extras
from server.localnet.horizon.values import address, amount
from server.localnet.keys import known_key, root_key
from server.localnet.ledger.assets import arm
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import AppliedTransaction

_log = logging.getLogger(__name__)

MINIONS = 10
STARTING_BALANCE = 10_000 * 10_000_000  # stroops
BASE_FEE = 100_000  # stroops an operation that friendbot offers at most
WAIT_SECONDS = 30.0
_GATHER_SECONDS = 0.05  # how long the first of a burst waits for the others
_MAX_BATCH = 50
_LIFE_LEDGERS = 6
_MAX_TRIES = 3
_MINION_MINIMUM = 100 * 10_000_000  # stroops


def minion_keys(passphrase: str) -> list[Keypair]:
    """The accounts that send for friendbot; each has one transaction in flight at most."""
    return [known_key(f"friendbot minion {number}", passphrase) for number in range(MINIONS)]


class _Wish:
    """What all who ask for the same account at the same time wait for."""

    __slots__ = ("account", "outcome", "tries")

    def __init__(self, account: bytes) -> None:
        self.account = account
        self.outcome: asyncio.Future[AppliedTransaction] = asyncio.Future()
        self.tries = 0

    def fulfil(self, applied: AppliedTransaction) -> None:
        if not self.outcome.done():
            self.outcome.set_result(applied)

    def refuse(self, problem: Problem) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(problem)
            self.outcome.exception()  # nobody may be waiting any more


class Friendbot:
    def __init__(self, chain: Chain, bell: LedgerBell) -> None:
        self._chain = chain
        self._bell = bell
        self._root = root_key(chain.passphrase)
        self._free = deque(minion_keys(chain.passphrase))
        self._wishes: dict[bytes, _Wish] = {}
        self._waiting: deque[_Wish] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        # half of a ledger stays free for others, however many ask
        self._batch = max(1, min(_MAX_BATCH, chain.ledger_operations // (2 * MINIONS)))

    async def fund(self, account: bytes) -> AppliedTransaction:
        """The applied transaction that created the account or topped it up to 10,000 XLM.

        Raises the problem when it has that much already, or when no ledger took the transaction
        within 30 s.
        """
        if not self._is_poor(account):
            raise already_funded()
        wish = self._wishes.get(account)
        if wish is None:
            wish = self._wishes[account] = _Wish(account)
            self._waiting.append(wish)
            if len(self._waiting) == 1:
                self._start(self._gather())
        try:
            return await asyncio.wait_for(asyncio.shield(wish.outcome), WAIT_SECONDS)
        except TimeoutError as error:
            raise Problem("timeout", prefix=FRIENDBOT_ERRORS) from error

    def _is_poor(self, account: bytes) -> bool:
        entry = self._chain.state.account(account)
        return entry is None or entry.balance < STARTING_BALANCE

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _gather(self) -> None:
        await asyncio.sleep(_GATHER_SECONDS)
        self._dispatch()

    def _dispatch(self) -> None:
        """Shares who waits out among the free minions."""
        while self._waiting and self._free:
            self._start(self._send(self._free.popleft(), self._next_batch()))

    def _next_batch(self) -> list[_Wish]:
        """One that failed among others goes alone, so that it can fail nobody else."""
        batch = [self._waiting.popleft()]
        while (
            self._waiting
            and len(batch) < self._batch
            and not batch[0].tries
            and not self._waiting[0].tries
        ):
            batch.append(self._waiting.popleft())
        return batch

    async def _send(self, minion: Keypair, batch: list[_Wish]) -> None:
        try:
            operations = self._operations(batch)
            if operations:
                await self._settle(self._build(minion, operations), batch)
        except Exception:  # the edge of a job: the minion must be free again, and all answered
            _log.exception("friendbot failed")
            self._refuse(batch, Problem("server_error", prefix=FRIENDBOT_ERRORS))
        self._free.append(minion)
        for wish in batch:
            if wish.outcome.done():
                del self._wishes[wish.account]
            else:
                self._waiting.append(wish)
        self._dispatch()

    def _operations(self, batch: list[_Wish]) -> list[Operation]:
        """What each wish needs now; who needs nothing any more is refused."""
        operations: list[Operation] = []
        for wish in batch:
            entry = self._chain.state.account(wish.account)
            if entry is None:
                operations.append(self._creation(wish.account))
            elif entry.balance < STARTING_BALANCE:
                operations.append(self._gift(wish.account, STARTING_BALANCE - entry.balance))
            else:
                wish.refuse(already_funded())
        return operations

    def _creation(self, account: bytes) -> Operation:
        return CreateAccount(address(account), amount(STARTING_BALANCE), self._root.public_key)

    def _gift(self, account: bytes, stroops: int) -> Operation:
        return Payment(address(account), Asset.native(), amount(stroops), self._root.public_key)

    def _build(self, minion: Keypair, operations: list[Operation]) -> TransactionEnvelope:
        entry = arm(self._chain.state.account(minion.raw_public_key()))
        builder = TransactionBuilder(
            Account(minion.public_key, entry.sequence), self._chain.passphrase, BASE_FEE
        )
        builder.add_time_bounds(0, 0)  # the network's clock may jump; its ledgers do not
        builder.set_ledger_bounds(0, self._chain.head.sequence + _LIFE_LEDGERS)
        for operation in operations:
            builder.append_operation(operation)
        if entry.balance < _MINION_MINIMUM:
            builder.append_operation(self._gift(entry.id, STARTING_BALANCE))
        envelope = builder.build()
        envelope.sign(minion)
        envelope.sign(self._root)
        return envelope

    async def _settle(self, envelope: TransactionEnvelope, batch: list[_Wish]) -> None:
        """Sends it, waits until it is in a ledger or can be in none, and tells who asked. After a
        failure those that may be tried again keep their outcome open."""
        packed = envelope.to_xdr()
        submission = self._chain.submit(envelope.to_xdr_object().to_xdr_bytes())
        if submission.result is not None:
            extras = failure_extras(packed, submission.result)
            self._refuse(batch, Problem("transaction_failed", None, extras, FRIENDBOT_ERRORS))
            return
        applied = await self._verdict(submission.hash, self._chain.head.sequence + _LIFE_LEDGERS)
        if applied is not None and applied.successful:
            for wish in batch:
                wish.fulfil(applied)
            return
        problem = Problem("timeout", prefix=FRIENDBOT_ERRORS)
        if applied is not None:
            extras = failure_extras(packed, applied.result)
            problem = Problem("transaction_failed", None, extras, FRIENDBOT_ERRORS)
        self._refuse([wish for wish in batch if wish.tries + 1 >= _MAX_TRIES], problem)
        for wish in batch:
            wish.tries += 1

    def _refuse(self, batch: list[_Wish], problem: Problem) -> None:
        for wish in batch:
            wish.refuse(problem)

    async def _verdict(self, transaction: bytes, max_ledger: int) -> AppliedTransaction | None:
        while True:
            closed = self._bell.next()
            applied = self._chain.find(transaction)
            if applied is not None or self._chain.head.sequence + 1 >= max_ledger:
                return applied
            await closed.wait()


def already_funded() -> Problem:
    return Problem(
        "bad_request", "account already funded to starting balance", prefix=FRIENDBOT_ERRORS
    )
