"""Who is to be paid, as somebody typed, pasted or picked it.

Order of wire.md: payment link, `web+stellar:` URI, G- or M-address, `name*domain`, handle, and last
a contact's name, which is resolved here and never sent.
"""

from msgspec import Struct

from core import wire
from core.errors import Malformed, Problem
from core.links import Account, Federated, Handle, Link, PayLink, read_recipient
from tui.api import Api


class Target(Struct, frozen=True):
    """What goes to the server as recipient, and what the link asks for, if it was one."""

    recipient: str
    name: str = ""
    amount: str | None = None
    asset: str | None = None
    memo: wire.Memo | None = None
    note: str | None = None


def contact_named(name: str, contacts: list[wire.Contact]) -> wire.Contact | None:
    """The one contact of this name, whatever its case; None where there are none or several."""
    folded = name.strip().casefold()
    found = [contact for contact in contacts if contact.name.casefold() == folded]
    return found[0] if len(found) == 1 else None


def matching(text: str, contacts: list[wire.Contact]) -> list[wire.Contact]:
    """The contacts for a search: favourites first, then whom one paid last."""
    folded = text.strip().removeprefix("@").casefold()
    found = [
        contact
        for contact in contacts
        if not contact.blocked
        and (folded in contact.name.casefold() or (contact.handle or "").startswith(folded))
    ]
    found.sort(key=lambda contact: contact.name.casefold())
    found.sort(key=lambda contact: contact.last_paid_at or "", reverse=True)
    found.sort(key=lambda contact: not contact.favourite)
    return found


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
