"""Signing up, and what somebody may change about the account later."""

from collections.abc import Callable
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from core.books import Books, Identifier, Kyc, Needs, Payer, Profile, Session, TakenHandle, Wallet
from core.commands import Command, Reply, recall, remember
from core.errors import Conflict, Refused
from core.sessions import begin

SCOPE = "signup"
"""Of idempotency keys: who signs up has no user id yet."""


class SignUp(Command[Reply], frozen=True, kw_only=True):
    """Write all rows of a new person; the account on the network is opened later.

    `handles` are the chosen one, or candidates of which the first free one is taken; the rows
    come without it. `compose` makes the bytes to remember from the handle.
    Refusals: idempotency.conflict, account.contact_taken, handle.taken.
    """

    action: ClassVar[str] = "account.sign_up"
    profile: Profile
    identifier: Identifier
    wallet: Wallet
    payer: Payer
    session: Session
    handles: tuple[str, ...]
    key: str
    body_hash: bytes
    compose: Callable[[str], bytes]

    def need(self, needs: Needs) -> None:
        needs.remembered.add((SCOPE, self.key))
        needs.identifiers.add(self.identifier.hash)
        needs.handles.update(self.handles)

    def decide(self, books: Books) -> Reply:
        past = recall(books, SCOPE, self.key, self.body_hash)
        if past is not None:
            return past
        if self.identifier.hash in books.identifiers:
            raise Conflict("account.contact_taken", field=self.identifier.kind)
        handle = self._free_handle(books)
        self._write(books, handle)
        body = self.compose(handle)
        return remember(
            books,
            SCOPE,
            self.key,
            body_hash=self.body_hash,
            body=body,
            now_ms=self.now_ms,
        )

    def _free_handle(self, books: Books) -> str:
        for handle in self.handles:
            if handle not in books.handles:
                return handle
        raise Conflict("handle.taken", field="handle")

    def _write(self, books: Books, handle: str) -> None:
        """Copies: a command may be decided twice."""
        user_id = self.profile.user_id
        books.profiles[user_id] = replace(self.profile, handle=handle)
        books.kyc[user_id] = Kyc(user_id, 0, self.now_ms)
        books.identifiers[self.identifier.hash] = replace(self.identifier)
        books.handles[handle] = TakenHandle(handle, user_id)
        books.wallets[user_id] = replace(self.wallet)
        books.payers[user_id] = replace(self.payer)
        books.record(self.now_ms, "account.signed_up", user_id, user_id)
        books.record(self.now_ms, "wallet.opening", user_id, user_id, self.wallet.public_key)
        begin(books, self.session, self.now_ms)


class Changes(Struct, frozen=True, kw_only=True):
    """None leaves as it is."""

    handle: str | None = None
    language: str | None = None
    timezone: str | None = None
    display_currency: str | None = None


class ChangeProfile(Command[Profile], frozen=True, kw_only=True):
    """Refusals: handle.changed_before, handle.taken."""

    action: ClassVar[str] = "profile.change"
    user_id: str
    changes: Changes

    @property
    def actor(self) -> str:
        return self.user_id

    def need(self, needs: Needs) -> None:
        needs.profiles.add(self.user_id)
        if self.changes.handle is not None:
            needs.handles.add(self.changes.handle)

    def decide(self, books: Books) -> Profile:
        profile, changes = books.profiles[self.user_id], self.changes
        if changes.handle is not None and changes.handle != profile.handle:
            self._rename(books, profile, changes.handle)
        profile.language = changes.language or profile.language
        profile.timezone = changes.timezone or profile.timezone
        profile.display_currency = changes.display_currency or profile.display_currency
        books.record(self.now_ms, "profile.changed", self.user_id, self.user_id)
        return profile

    def _rename(self, books: Books, profile: Profile, handle: str) -> None:
        """Once, and the old handle stays taken: nobody else may be paid by it."""
        if profile.handle_changed_ms is not None:
            raise Refused("handle.changed_before", field="handle")
        if handle in books.handles:
            raise Conflict("handle.taken", field="handle")
        books.handles[handle] = TakenHandle(handle, self.user_id)
        profile.handle, profile.handle_changed_ms = handle, self.now_ms
