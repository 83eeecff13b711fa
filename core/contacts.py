"""The people whom somebody pays: saved by hand, or by the first payment to them."""

from typing import ClassVar

from msgspec.structs import replace

from core.books import Books, Contact, Needs
from core.commands import Command
from core.errors import Absent, Conflict


class AddContact(Command[Contact], frozen=True, kw_only=True):
    """Refusal: `contact.exists`. A contact is one address of one person."""

    action: ClassVar[str] = "contact.add"
    contact: Contact

    @property
    def actor(self) -> str:
        return self.contact.user_id

    def need(self, needs: Needs) -> None:
        needs.contact_pairs.add((self.contact.user_id, self.contact.address))

    def decide(self, books: Books) -> Contact:
        contact = replace(self.contact)
        if books.contact(contact.user_id, contact.address) is not None:
            raise Conflict("contact.exists", field="recipient")
        books.add_contact(contact)
        books.record(self.now_ms, "contact.added", contact.user_id, contact.id)
        books.tell(self.now_ms, contact.user_id, "contact.added", contact.id)
        return contact


class _OnContact(Command[Contact], frozen=True, kw_only=True):
    contact_id: str
    user_id: str

    @property
    def actor(self) -> str:
        return self.user_id

    def need(self, needs: Needs) -> None:
        needs.contacts.add(self.contact_id)

    def _own(self, books: Books) -> Contact:
        """Anybody else's is as absent as one that never was."""
        contact = books.contacts.get(self.contact_id)
        if contact is None or contact.user_id != self.user_id:
            raise Absent("contact.not_found")
        return contact


class ChangeContact(_OnContact, frozen=True, kw_only=True):
    """None leaves as it is."""

    action: ClassVar[str] = "contact.change"
    sealed_name: bytes | None = None
    favourite: bool | None = None
    blocked: bool | None = None

    def decide(self, books: Books) -> Contact:
        contact = self._own(books)
        contact.sealed_name = self.sealed_name or contact.sealed_name
        if self.favourite is not None:
            contact.favourite = int(self.favourite)
        if self.blocked is not None:
            contact.blocked = int(self.blocked)
        books.record(self.now_ms, "contact.changed", self.user_id, contact.id)
        return contact


class RemoveContact(_OnContact, frozen=True, kw_only=True):
    action: ClassVar[str] = "contact.remove"

    def decide(self, books: Books) -> Contact:
        contact = self._own(books)
        del books.contacts[contact.id]
        books.record(self.now_ms, "contact.removed", self.user_id, contact.id)
        return contact
