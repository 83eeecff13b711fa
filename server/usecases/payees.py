"""Who is meant by a recipient, and whether the account there can take a payment now."""

from typing import NamedTuple

from core import wire
from core.errors import Absent, Conflict, Problem, Refused
from core.links import (
    Account,
    Federated,
    Handle,
    Link,
    PayLink,
    decode_strkey,
    encode_strkey,
    read_recipient,
)
from server.usecases.people import short_address
from server.usecases.views import ContactView, PersonView, RequestView, SignedInAs
from server.usecases.world import World

_ACCOUNT_PAYLOAD = slice(0, 32)
_MUXED_VERSION = 12 << 3


class Payee(NamedTuple):
    """`address` is what is paid (G or M), `account` the G-address in it; `person` if ours,
    `contact` if the payer's. `request` and `pay_link` are what the recipient was read from."""

    address: str
    account: str
    person: PersonView | None
    contact: ContactView | None
    request: RequestView | None = None
    pay_link: PayLink | None = None

    @property
    def muxed(self) -> bool:
        return self.address != self.account


class Payees:
    def __init__(self, world: World) -> None:
        self._world = world

    async def find(self, user: SignedInAs, text: str, field: str = "recipientAddress") -> Payee:
        """Whom `user` means. Raises `recipient.malformed`, `recipient.unknown`,
        `request.link_…`; each with `field`."""
        try:
            return await self._find(user, text)
        except Problem as problem:
            problem.field = field
            raise

    async def _find(self, user: SignedInAs, text: str) -> Payee:
        recipient = read_recipient(text)
        match recipient:
            case Account():
                return await self._at(user, recipient)
            case PayLink():
                payee = await self._at(user, recipient.destination)
                return payee._replace(pay_link=recipient)
            case Link():
                return await self._of_request(user, recipient.request_id)
            case Handle():
                return await self._with_handle(user, recipient.handle)
            case Federated():
                return await self._federated(user, recipient)

    async def _at(self, user: SignedInAs, account: Account) -> Payee:
        address = _full_address(account)
        found = await self._world.accounts.payee(
            user.user_id, address=address, account=account.address
        )
        return Payee(address, account.address, found.person, found.contact)

    async def _with_handle(self, user: SignedInAs, handle: str) -> Payee:
        found = await self._world.accounts.payee(user.user_id, handle=handle)
        if found.person is None:
            raise Refused("recipient.unknown")
        address = found.person.public_key
        return Payee(address, address, found.person, found.contact)

    async def _federated(self, user: SignedInAs, recipient: Federated) -> Payee:
        """Our own names only: an address of another domain is pasted as an account."""
        if recipient.domain != self._world.site.domain:
            raise Refused("recipient.unknown")
        return await self._with_handle(user, recipient.name)

    async def _of_request(self, user: SignedInAs, request_id: str) -> Payee:
        found = await self._world.accounts.request(request_id)
        if found is None:
            raise Absent("request.link_not_found")
        if found.request.status != "open" or found.request.expires_ms <= self._world.now_ms():
            raise Conflict("request.link_expired")
        payee = await self._at(user, Account(found.payee.public_key))
        return payee._replace(request=found)

    async def refuse_unready(self, payee: Payee, asset: str, stroops: int, memo: bool) -> None:
        """Raises when the account cannot take the payment. An account of ours that is still
        being opened can: the payment waits for it."""
        if payee.person is not None:
            if payee.person.wallet_state == "failed":
                raise Refused("recipient.not_ready", field="recipientAddress")
            return
        account = await self._world.network.account(payee.account)
        if not account.exists:
            raise Refused("recipient.no_account", field="recipientAddress")
        if account.memo_required and not memo and not payee.muxed:
            raise Refused("memo.required", field="memo")
        room = account.room(asset)
        if room is None:
            raise Refused("asset.not_accepted", field="asset")
        if room < stroops:
            raise Refused("recipient.line_full", field="amount")

    def party(self, payee: Payee) -> wire.Party:
        contact = self._world.people.contact(payee.contact) if payee.contact else None
        if payee.person is None:
            name = contact.name if contact else short_address(payee.address)
            kind = "contact" if contact else "external"
            return wire.Party(name=name, address=payee.address, verified=False, kind=kind)
        party = self._world.people.party(payee.person, payee.address)
        if contact is not None:
            party.name, party.kind = contact.name, "contact"
        return party


def _full_address(account: Account) -> str:
    if account.muxed_id is None:
        return account.address
    _, key = decode_strkey(account.address)
    return encode_strkey(_MUXED_VERSION, key + account.muxed_id.to_bytes(8))
