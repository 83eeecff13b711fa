"""What happened: one transaction, the list of them, as their owner sees them."""

from collections.abc import AsyncIterator

from core import wire
from core.clock import rfc3339
from core.errors import Absent, Malformed
from core.ids import is_ulid
from core.money import format_stroops
from server.usecases.payees import Payees
from server.usecases.views import PaymentFilter, PaymentView, SignedInAs
from server.usecases.world import World

PAGE_MAX = 200


class Transactions:
    def __init__(self, world: World, payees: Payees) -> None:
        self._world = world
        self._payees = payees

    async def one(self, user: SignedInAs, payment_id: str) -> wire.Transaction:
        """Raises `payment.not_found` for what is not there, cannot be there, or is not the
        user's: all alike."""
        if not is_ulid(payment_id):
            raise Absent("payment.not_found")
        return self._found(await self._world.payments.payment(user.user_id, payment_id))

    async def with_key(self, user: SignedInAs, key: str) -> wire.Transaction:
        return self._found(await self._world.payments.payment_by_key(user.user_id, key))

    async def wanted(
        self,
        user: SignedInAs,
        *,
        kind: str | None = None,
        asset: str | None = None,
        from_ms: int | None = None,
        to_ms: int | None = None,
        person: str | None = None,
    ) -> PaymentFilter:
        """`person` is written like a recipient. Raises `asset.unknown`, `recipient.…`,
        `request.bad_range`."""
        if from_ms is not None and to_ms is not None and from_ms > to_ms:
            raise Malformed("request.bad_range", field="from")
        payee = await self._payees.find(user, person, "person") if person is not None else None
        return PaymentFilter(
            kind=kind,
            asset=self._world.site.asset(asset) if asset is not None else None,
            from_ms=from_ms,
            to_ms=to_ms,
            person=(payee.person.user_id if payee.person else payee.address) if payee else None,
        )

    async def page(
        self, user: SignedInAs, wanted: PaymentFilter, *, before: str | None, limit: int
    ) -> wire.Transactions:
        """Newest first; `next` is the cursor of the page after this one, if there is one."""
        found = await self._world.payments.payments(
            user.user_id, wanted, before=before, limit=limit + 1
        )
        items = [self.transaction(view) for view in found[:limit]]
        return wire.Transactions(
            items=items, next=items[-1].transaction_id if len(found) > limit else None
        )

    async def all(self, user: SignedInAs, wanted: PaymentFilter) -> AsyncIterator[wire.Transaction]:
        before: str | None = None
        while True:
            page = await self.page(user, wanted, before=before, limit=PAGE_MAX)
            for transaction in page.items:
                yield transaction
            if page.next is None:
                return
            before = page.next

    def _found(self, view: PaymentView | None) -> wire.Transaction:
        if view is None:
            raise Absent("payment.not_found")
        return self.transaction(view)

    def transaction(self, view: PaymentView) -> wire.Transaction:
        payment = view.payment
        memo = None
        if payment.memo_type is not None and payment.memo is not None:
            memo = wire.Memo(type=payment.memo_type, value=payment.memo)
        return wire.Transaction(
            transaction_id=payment.id,
            kind=payment.kind,
            direction=payment.direction,
            status=payment.status,
            reason=payment.reason,
            counterparty=self._world.people.counterparty(view),
            amount=format_stroops(payment.amount),
            asset=payment.asset,
            fee="0",
            memo=memo,
            note=payment.note,
            hash=payment.hash.hex() if payment.hash else None,
            ledger=payment.ledger,
            created_at=rfc3339(payment.created_ms),
            confirmed_at=rfc3339(payment.confirmed_ms) if payment.confirmed_ms else None,
            settled_at=rfc3339(payment.settled_ms) if payment.settled_ms else None,
            idempotency_key=payment.idempotency_key,
        )
