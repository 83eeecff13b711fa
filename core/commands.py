"""What a command is: the rows that it needs and the decision that it takes on them."""

from typing import ClassVar, Generic, TypeVar

from msgspec import Struct

from core.books import Books, Needs, Remembered
from core.errors import Conflict, Problem

Answer = TypeVar("Answer")


class Command(Struct, Generic[Answer], frozen=True, kw_only=True):
    """A wish to change something. `now_ms` is wall time.

    `decide` is pure: it reads and changes the books and nothing else. A refusal that changes
    nothing is raised before the first change; one that has to be remembered (a wrong PIN) is
    returned. Whoever runs the command sees both as the same exception.
    """

    action: ClassVar[str]
    """The word in the audit log."""

    now_ms: int

    @property
    def actor(self) -> str:
        """The user on whose account a refusal is recorded; empty for the house's own work."""
        return ""

    def need(self, needs: Needs) -> None:
        """Name the rows whose keys the command itself knows."""

    def need_more(self, needs: Needs, books: Books) -> None:
        """Name the rows that follow from the attempts and payments loaded."""

    def decide(self, books: Books) -> Answer | Problem:
        raise NotImplementedError


class Reply(Struct, frozen=True):
    """The bytes of the reply; `replayed` when an earlier call with the same key made them."""

    body: bytes
    replayed: bool = False


def recall(books: Books, scope: str, key: str, body_hash: bytes) -> Reply | None:
    """The first reply to this key, if there was one; raises `idempotency.conflict` (409)."""
    past = books.remembered.get((scope, key))
    if past is None:
        return None
    if past.body_hash != body_hash:
        raise Conflict("idempotency.conflict")
    return Reply(past.reply, replayed=True)


def remember(
    books: Books,
    scope: str,
    key: str,
    *,
    body_hash: bytes,
    body: bytes,
    now_ms: int,
    subject: str = "",
) -> Reply:
    """Keep the first reply for ever; `subject` is the id of what was made."""
    books.remembered[scope, key] = Remembered(scope, key, body_hash, body, subject, now_ms)
    return Reply(body)
