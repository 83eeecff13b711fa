"""One batch in one transaction: load, decide, write, commit. Synchronous over a `Connection`, so
that the same code runs in SQLite's writer thread and under asyncpg."""

from collections.abc import Sequence

from sqlalchemy import Connection

from core.books import Books, Needs
from core.commands import Command
from core.errors import Problem
from server.store.audit import AuditChain
from server.store.sheets import Sheets, write_outbox

Outcome = object | BaseException
"""A decision's answer; the `Problem` by which it refused; or the fault that it died of."""


def apply_batch(
    connection: Connection, commands: Sequence[Command[object]], chain: AuditChain
) -> list[Outcome]:
    """Decide in order, each on what the ones before it left. A decision that fails is left out
    and the others are decided anew, as if it had never been asked."""
    sheets, books = _load(connection, commands)
    faults: dict[int, BaseException] = {}
    while True:
        outcomes, fault = _decide(commands, books, faults)
        if fault is None:
            break
        faults.update([fault])
        books = sheets.fresh_books()
    sheets.write(connection, books)
    chain.append(connection, books.audit)
    write_outbox(connection, books)
    return outcomes


def _load(connection: Connection, commands: Sequence[Command[object]]) -> tuple[Sheets, Books]:
    needs, books, sheets = Needs(), Books(), Sheets()
    for command in commands:
        command.need(needs)
    sheets.load_first(connection, needs, books)
    for command in commands:
        command.need_more(needs, books)
    sheets.load_more(connection, needs, books)
    return sheets, books


def _decide(
    commands: Sequence[Command[object]], books: Books, faults: dict[int, BaseException]
) -> tuple[list[Outcome], tuple[int, BaseException] | None]:
    """The outcomes, or the first new fault and its place."""
    outcomes: list[Outcome] = []
    for place, command in enumerate(commands):
        if place in faults:
            outcomes.append(faults[place])
            continue
        try:
            outcomes.append(_outcome(command, books))
        except Exception as fault:  # one command's bug must not fail its neighbours
            return [], (place, fault)
    return outcomes, None


def _outcome(command: Command[object], books: Books) -> Outcome:
    try:
        outcome = command.decide(books)
    except Problem as refusal:
        outcome = refusal
    if isinstance(outcome, Problem):
        books.record(command.now_ms, "refused", command.actor, command.action, outcome.code)
    return outcome
