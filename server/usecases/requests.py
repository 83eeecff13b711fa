"""Asking for money: a link, its QR payload, and what whoever holds it sees."""

import hashlib

import msgspec

from core import wire
from core.books import PaymentRequest
from core.clock import parse_rfc3339, rfc3339
from core.commands import Reply
from core.errors import Absent, Refused
from core.ids import is_link_id, link_id
from core.links import request_link, sep7_pay
from core.money import NATIVE, format_stroops, parse_stroops
from core.requests import CreateRequest
from server.usecases.payments import check_note
from server.usecases.views import RequestView, SignedInAs
from server.usecases.world import World

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
EXPIRY_MS = 30 * DAY_MS
EXPIRY_MS_RANGE = (MINUTE_MS, 366 * DAY_MS)


class Requests:
    def __init__(self, world: World) -> None:
        self._world = world

    async def create(
        self, user: SignedInAs, request: wire.NewRequest, *, key: str, body: bytes
    ) -> Reply:
        row = self._row(user, request)
        person = await self._world.accounts.person(user.user_id)
        if person is None:
            raise Absent("request.not_found")
        shown = self._shown(row, person.public_key)
        return await self._world.engine.run(
            CreateRequest(
                now_ms=row.created_ms,
                request=row,
                key=key,
                body_hash=hashlib.sha256(body).digest(),
                body=msgspec.json.encode(shown),
                rate=self._world.pay_rate(user.user_id),
            )
        )

    def _row(self, user: SignedInAs, request: wire.NewRequest) -> PaymentRequest:
        """An amount without an asset is of XLM."""
        now = self._world.now_ms()
        amount = parse_stroops(request.amount) if request.amount is not None else None
        asset = self._world.site.asset(request.asset) if request.asset is not None else None
        return PaymentRequest(
            id=link_id(self._world.random),
            user_id=user.user_id,
            amount=amount,
            asset=asset or (NATIVE if amount is not None else None),
            note=check_note(request.note),
            status="open",
            expires_ms=_expiry(request.expires_at, now),
            created_ms=now,
        )

    def _shown(self, row: PaymentRequest, public_key: str) -> wire.PaymentRequest:
        return wire.PaymentRequest(
            request_id=row.id,
            link=request_link(self._world.site.public_url, row.id),
            sep7=_sep7(row, public_key),
        )

    async def public(self, request_id: str) -> wire.PublicRequest:
        """For everybody who has the link; raises `request.link_not_found`."""
        request_id = request_id.upper()
        found = None
        if is_link_id(request_id):
            found = await self._world.accounts.request(request_id)
        if found is None:
            raise Absent("request.link_not_found")
        return self.shown_publicly(found)

    def shown_publicly(self, found: RequestView) -> wire.PublicRequest:
        row, payee = found.request, found.payee
        ended = row.status == "open" and row.expires_ms <= self._world.now_ms()
        return wire.PublicRequest(
            request_id=row.id,
            status="expired" if ended else row.status,
            payee=self._world.people.party(payee, payee.public_key),
            sep7=_sep7(row, payee.public_key),
            link=request_link(self._world.site.public_url, row.id),
            amount=format_stroops(row.amount) if row.amount is not None else None,
            asset=row.asset,
            note=row.note,
            expires_at=rfc3339(row.expires_ms),
        )


def _sep7(row: PaymentRequest, public_key: str) -> str:
    """The request's id goes along as memo, so that money from elsewhere can be told apart."""
    amount = format_stroops(row.amount) if row.amount is not None else None
    return sep7_pay(public_key, amount, row.asset or NATIVE, memo=row.id, message=row.note)


def _expiry(text: str | None, now_ms: int) -> int:
    if text is None:
        return now_ms + EXPIRY_MS
    shortest, longest = EXPIRY_MS_RANGE
    try:
        expires_ms = parse_rfc3339(text)
    except (ValueError, OverflowError):
        raise Refused("request.expiry_malformed", field="expiresAt") from None
    if not shortest <= expires_ms - now_ms <= longest:
        raise Refused("request.expiry_malformed", field="expiresAt")
    return expires_ms
