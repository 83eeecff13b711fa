"""Asking for a first reply again."""

from typing import ClassVar

from core.books import Books, Needs
from core.commands import Command, Reply, recall


class Recall(Command[Reply | None], frozen=True, kw_only=True):
    """The first reply to a key, for a call that might not be possible a second time."""

    action: ClassVar[str] = "idempotency.recall"
    scope: str
    key: str
    body_hash: bytes

    def need(self, needs: Needs) -> None:
        needs.remembered.add((self.scope, self.key))

    def decide(self, books: Books) -> Reply | None:
        return recall(books, self.scope, self.key, self.body_hash)
