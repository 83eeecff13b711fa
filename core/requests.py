"""Asking for money by a link."""

from typing import ClassVar

from msgspec.structs import replace

from core.books import Books, Needs, PaymentRequest
from core.commands import Command, Reply, recall, remember
from core.tries import Rate, count_try, refuse_if_full


class CreateRequest(Command[Reply], frozen=True, kw_only=True):
    """Write the request; `body` is the first reply. Refusals: idempotency.conflict,
    request.too_many."""

    action: ClassVar[str] = "request.create"
    request: PaymentRequest
    key: str
    body_hash: bytes
    body: bytes
    rate: Rate

    @property
    def actor(self) -> str:
        return self.request.user_id

    def need(self, needs: Needs) -> None:
        needs.remembered.add((self.request.user_id, self.key))
        needs.tries.add(self.rate.key)

    def decide(self, books: Books) -> Reply:
        user_id = self.request.user_id
        past = recall(books, user_id, self.key, self.body_hash)
        if past is not None:
            return past
        refuse_if_full(books, self.rate, self.now_ms, "request.too_many")
        count_try(books, self.rate, self.now_ms)
        books.requests[self.request.id] = replace(self.request)
        books.record(self.now_ms, "request.created", user_id, self.request.id)
        return remember(
            books,
            user_id,
            self.key,
            body_hash=self.body_hash,
            body=self.body,
            now_ms=self.now_ms,
        )
