"""Names: how people, contacts and strangers look to others, and to themselves."""

import msgspec
from msgspec import Struct

from core import wire
from core.clock import Clock, rfc3339
from server.usecases.ports import Vault
from server.usecases.views import ContactView, PaymentView, PersonView

VERIFIED_LEVEL = 1
NAMES_KEPT_MS = 5_000
NAMES_MAX = 4_096


class Personal(Struct, frozen=True, omit_defaults=True):
    """What `profiles.sealed` holds, as JSON."""

    name: str
    email: str | None = None
    phone: str | None = None


class People:
    """Opens what is sealed about people, only as far as it is shown."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._names: dict[tuple[str, bytes], str] = {}
        self._names_since_ms = 0

    def seal(self, user_id: str, personal: Personal) -> bytes:
        return self._vault.seal(user_id, msgspec.json.encode(personal))

    def personal(self, user_id: str, sealed: bytes) -> Personal:
        return msgspec.json.decode(self._vault.open(user_id, sealed), type=Personal)

    def seal_contact_name(self, user_id: str, name: str) -> bytes:
        return self._vault.seal(user_id, name.encode())

    def name(self, person: PersonView) -> str:
        """Kept for a moment under the bytes that it was opened from and their owner: a payment
        shows its names in several replies, and a changed profile is other bytes."""
        key = (person.user_id, person.sealed)
        self._forget_names(self._clock.wall_ms())
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = self.personal(*key).name
        return name

    def _forget_names(self, now_ms: int) -> None:
        """All at once, when they are old or too many."""
        young = 0 <= now_ms - self._names_since_ms < NAMES_KEPT_MS
        if not young or len(self._names) >= NAMES_MAX:
            self._names.clear()
            self._names_since_ms = now_ms

    def party(self, person: PersonView, address: str) -> wire.Party:
        """Somebody with an account here; the name is self-given until he is verified."""
        return wire.Party(
            name=self.name(person),
            handle=person.handle,
            address=address,
            verified=person.level >= VERIFIED_LEVEL,
            kind="user",
        )

    def contact(self, found: ContactView) -> wire.Contact:
        contact, person = found.contact, found.person
        return wire.Contact(
            contact_id=contact.id,
            name=self._known_as(contact.user_id, contact.sealed_name, person, contact.address),
            handle=person.handle if person else None,
            address=contact.address,
            favourite=bool(contact.favourite),
            blocked=bool(contact.blocked),
            last_paid_at=rfc3339(contact.last_paid_ms) if contact.last_paid_ms else None,
        )

    def counterparty(self, found: PaymentView) -> wire.Party:
        payment, person = found.payment, found.counterparty
        name = self._known_as(payment.user_id, found.contact_sealed_name, person, payment.address)
        kind = "contact" if found.is_contact else "user" if person else "external"
        return wire.Party(
            name=name,
            handle=person.handle if person else None,
            address=payment.address,
            verified=person is not None and person.level >= VERIFIED_LEVEL,
            kind=kind,
        )

    def _known_as(
        self, owner: str, sealed_name: bytes | None, person: PersonView | None, address: str
    ) -> str:
        """The owner's own name for somebody, else the somebody's, else the address in short."""
        if sealed_name is not None:
            return self._vault.open(owner, sealed_name).decode()
        return self.name(person) if person else short_address(address)


def short_address(address: str) -> str:
    return f"{address[:4]}…{address[-4:]}"
