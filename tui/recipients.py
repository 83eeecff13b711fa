"""Who is to be paid, as somebody typed, pasted or picked it.

Order of wire.md: payment link, `web+stellar:` URI, G- or M-address, `name*domain`, handle, and last
a contact's name, which is resolved here and never sent.
"""

from msgspec import Struct

from core import wire
from core.errors import Malformed, Problem
from core.links import Account, Federated, Handle, Link, PayLink, read_recipient
from tui.api import Api
from tui.words import party_name


class Target(Struct, frozen=True):
    """What goes to the server as recipient, and what the link asks for, if it was one."""

    recipient: str
    name: str = ""
    amount: str | None = None
    asset: str | None = None
    memo: wire.Memo | None = None
    note: str | None = None


class Person(Struct, frozen=True):
    """Somebody who was paid before, or is to be."""

    target: Target
    name: str
    last_paid_at: str | None = None
    favourite: bool = False


def contact_named(name: str, contacts: list[wire.Contact]) -> wire.Contact | None:
    """The one contact of this name, whatever its case; None where there are none or several."""
    folded = name.strip().casefold()
    found = [contact for contact in contacts if contact.name.casefold() == folded]
    return found[0] if len(found) == 1 else None


def known_people(contacts: list[wire.Contact], recent: list[wire.Transaction]) -> list[Person]:
    """Whom one can pay again: favourites, then by when they were paid last; nobody blocked."""
    people = {contact.address: _of_contact(contact) for contact in contacts}
    blocked = {contact.address for contact in contacts if contact.blocked}
    for payment in recent:
        other = payment.counterparty
        if payment.kind == "payment" and payment.direction == "out":
            people.setdefault(other.address, _of_payment(payment))
    found = [person for address, person in people.items() if address not in blocked]
    found.sort(key=lambda person: person.name.casefold())
    found.sort(key=lambda person: person.last_paid_at or "", reverse=True)
    found.sort(key=lambda person: not person.favourite)
    return found


def matching(text: str, people: list[Person]) -> list[Person]:
    """Those whose name has the words, or whose handle or code begins like them."""
    folded = text.strip().removeprefix("@").casefold()
    return [
        person
        for person in people
        if folded in person.name.casefold()
        or person.target.recipient.removeprefix("@").casefold().startswith(folded)
    ]


def _of_contact(contact: wire.Contact) -> Person:
    return Person(of_contact(contact), contact.name, contact.last_paid_at, contact.favourite)


def _of_payment(payment: wire.Transaction) -> Person:
    other = payment.counterparty
    recipient = f"@{other.handle}" if other.handle else other.address
    target = Target(recipient=recipient, name=other.name)
    return Person(target, party_name(other), payment.created_at)


def of_contact(contact: wire.Contact) -> Target:
    recipient = f"@{contact.handle}" if contact.handle else contact.address
    return Target(recipient=recipient, name=contact.name)


async def read_target(text: str, api: Api, contacts: list[wire.Contact]) -> Target:
    """Raises `Problem` `recipient.malformed`; `ApiProblem` or `Away` where a link is asked for."""
    text = text.strip()
    try:
        recipient = read_recipient(text)
    except Problem as malformed:
        contact = contact_named(text, contacts)
        if contact is None:
            raise malformed from None
        return of_contact(contact)
    return await _target(text, recipient, api, contacts)


async def _target(
    text: str,
    recipient: Account | Link | Federated | Handle | PayLink,
    api: Api,
    contacts: list[wire.Contact],
) -> Target:
    match recipient:
        case PayLink():
            memo = recipient.memo is not None and recipient.memo_type is not None
            return Target(
                recipient=text,
                amount=recipient.amount,
                asset=recipient.asset,
                memo=wire.Memo(type=recipient.memo_type or "text", value=recipient.memo or "")
                if memo
                else None,
                note=recipient.message,
            )
        case Link():
            return await _requested(text, recipient, api)
        case _:
            return Target(recipient=text)


async def _requested(text: str, link: Link, api: Api) -> Target:
    request = await api.requested(link.request_id)
    if request.status != "open":
        raise Malformed("request.link_expired", field="recipientAddress")
    return Target(
        recipient=text,
        name=request.payee.name,
        amount=request.amount,
        asset=request.asset,
        note=request.note,
    )
