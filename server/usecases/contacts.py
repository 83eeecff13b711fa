"""The people whom somebody pays."""

from core import wire
from core.books import Contact
from core.contacts import AddContact, ChangeContact, RemoveContact
from core.errors import Absent, Refused
from core.ids import is_ulid
from server.usecases import credentials
from server.usecases.payees import Payees
from server.usecases.views import ContactView, SignedInAs
from server.usecases.world import World


class Contacts:
    def __init__(self, world: World, payees: Payees) -> None:
        self._world = world
        self._payees = payees

    async def page(self, user: SignedInAs, *, after: str | None, limit: int) -> wire.Contacts:
        found = await self._world.accounts.contacts(user.user_id, after=after, limit=limit + 1)
        items = [self._world.people.contact(view) for view in found[:limit]]
        return wire.Contacts(items=items, next=items[-1].contact_id if len(found) > limit else None)

    async def one(self, user: SignedInAs, contact_id: str) -> wire.Contact:
        found = await self._world.accounts.contact(user.user_id, contact_id)
        if found is None:
            raise Absent("contact.not_found")
        return self._world.people.contact(found)

    async def add(self, user: SignedInAs, request: wire.NewContact) -> wire.Contact:
        name = _name(request.name)
        payee = await self._payees.find(user, request.recipient, "recipient")
        if payee.person is not None and payee.person.user_id == user.user_id:
            raise Refused("recipient.self", field="recipient")
        now = self._world.now_ms()
        contact = Contact(
            id=self._world.new_id(),
            user_id=user.user_id,
            address=payee.address,
            contact_user_id=payee.person.user_id if payee.person else None,
            sealed_name=self._world.people.seal_contact_name(user.user_id, name),
            favourite=0,
            blocked=0,
            last_paid_ms=None,
            created_ms=now,
        )
        added = await self._world.engine.run(AddContact(now_ms=now, contact=contact))
        return self._world.people.contact(ContactView(added, payee.person))

    async def change(self, user: SignedInAs, request: wire.ChangedContact) -> wire.Contact:
        sealed_name = None
        if request.name is not None:
            name = _name(request.name)
            sealed_name = self._world.people.seal_contact_name(user.user_id, name)
        contact = await self._world.engine.run(
            ChangeContact(
                now_ms=self._world.now_ms(),
                contact_id=_own_id(request.contact_id),
                user_id=user.user_id,
                sealed_name=sealed_name,
                favourite=request.favourite,
                blocked=request.blocked,
            )
        )
        return await self.one(user, contact.id)

    async def remove(self, user: SignedInAs, request: wire.GoneContact) -> None:
        await self._world.engine.run(
            RemoveContact(
                now_ms=self._world.now_ms(),
                contact_id=_own_id(request.contact_id),
                user_id=user.user_id,
            )
        )


def _name(text: str) -> str:
    return credentials.name(text, code="contact.name_malformed", field="name")


def _own_id(text: str) -> str:
    if not is_ulid(text):
        raise Absent("contact.not_found")
    return text
