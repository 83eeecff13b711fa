"""The engine: the only writer of money, limits, states and audit rows."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar, cast

import structlog
from sqlalchemy.exc import DBAPIError

from core.commands import Command
from core.errors import InvariantBroken, Unavailable
from server.store.audit import AuditChain
from server.store.batch import Outcome, apply_batch
from server.store.database import Database, is_away
from server.store.gathering import Gathering

BATCH_MAX = 256
WAITING_MAX = 4_096
SOLO_TRIES = 3
"""A command that met rows changed by another server is decided anew so often."""

Answer = TypeVar("Answer")
log = structlog.get_logger()


class DatabaseAway(Exception):
    """The database takes nothing at the moment, whatever is asked of it."""


class StoreEngine:
    """Takes all commands that wait, runs them as one transaction, answers the callers.

    A batch that fails is run again one by one: what was at fault fails alone. When the database
    itself is the trouble, everybody hears so at once.
    """

    def __init__(self, database: Database, chain: AuditChain) -> None:
        self._database, self._chain = database, chain
        self._commands: Gathering[Command[object], object] = Gathering(
            self._run, size=BATCH_MAX, waiting_max=WAITING_MAX
        )
        self._listeners: list[Callable[[], None]] = []
        self.batches = self.decided = 0

    def start(self) -> None:
        self._commands.start()

    async def stop(self) -> None:
        await self._commands.stop()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """`listener` is called after each committed batch: there may be news or work."""
        self._listeners.append(listener)

    @property
    def waiting(self) -> int:
        return self._commands.waiting

    async def run(self, command: Command[Answer]) -> Answer:
        return cast("Answer", await self._commands.ask(cast("Command[object]", command)))

    async def _run(self, commands: list[Command[object]]) -> Sequence[Outcome]:
        self.batches += 1
        self.decided += len(commands)
        try:
            return await self._commit(commands)
        except Exception as error:  # whatever it was: nothing is written, each gets its own chance
            log.warning("batch_failed", commands=len(commands), error=told(error))
        return await self._one_by_one(commands)

    async def _one_by_one(self, commands: Sequence[Command[object]]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            for command in commands:
                outcomes.append(await self._alone(command))
        except DatabaseAway as error:
            log.error("database_away", error=str(error))
            left = len(commands) - len(outcomes)
            outcomes += [Unavailable("server.unavailable", retry_after=1) for _ in range(left)]
        return outcomes

    async def _alone(self, command: Command[object]) -> Outcome:
        failure: Exception | None = None
        for _ in range(SOLO_TRIES):
            try:
                (outcome,) = await self._commit([command])
            except Exception as error:  # sorted below, once the tries are used up
                failure = error
            else:
                return outcome
        if failure is not None and is_away(failure):
            raise DatabaseAway(told(failure))
        reason = told(failure)
        log.error("command_failed", action=command.action, error=reason)
        return InvariantBroken(f"{command.action}: {reason}")

    async def _commit(self, commands: Sequence[Command[object]]) -> list[Outcome]:
        work = partial(apply_batch, commands=commands, chain=self._chain)
        try:
            outcomes = await self._database.write(work)
        except BaseException:
            self._chain.forget()
            raise
        self._chain.committed()
        for listener in self._listeners:
            listener()
        return outcomes


def told(error: BaseException | None) -> str:
    """For the log: what happened, without the values that a driver puts into its messages."""
    if isinstance(error, InvariantBroken):
        return str(error)
    if isinstance(error, DBAPIError):
        words = (error.statement or "").split()
        return f"{type(error.orig).__name__}: {' '.join(words[:3])}"
    return type(error).__name__
