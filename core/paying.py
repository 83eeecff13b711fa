"""What a payer does: initiate, confirm, cancel; and what time does to an unconfirmed payment."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from core.attempts import Sign, fresh, payee_open, sign_payments
from core.books import Books, Contact, Lane, Needs, Payer, Payment
from core.commands import Command, Reply, recall, remember
from core.errors import Absent, Conflict, Forbidden, Problem
from core.ledger import place_hold, refuse_if_short
from core.limits import Left, reserve, value_in_xlm
from core.payments import QUEUED, end_unpaid, move
from core.tries import Rate, count_try, refuse_if_full

PIN_TRIES = 3
PIN_LOCK_MS = 24 * 60 * 60 * 1000

PinCheck = Callable[[bytes, bytes], bool]
"""(salt, tag) -> whether the PIN at hand is the one; in constant time. The vault's."""


class Accepted(NamedTuple):
    """What an accepted payment's first reply is made of; `source` is the payer's own address,
    `sequence` the lane's next one."""

    payment: Payment
    left: Left
    source: str
    sequence: int


class Terms(NamedTuple):
    """What a payer orders. `address` is a G- or M-address, `counterparty_id` its owner if ours."""

    address: str
    counterparty_id: str | None
    amount: int
    asset: str
    memo_type: str | None = None
    memo: str | None = None
    note: str | None = None
    request_id: str | None = None


class InitiatePayment(Command[Reply], frozen=True, kw_only=True):
    """Hold the amount and write the payment, or refuse and change nothing.

    `compose` makes the reply's bytes (unsigned XDR included) from what was accepted; they are
    stored with the key and given again to every later call with it. `day` is the calendar day of
    business time in the limits' time zone (20261124).
    Refusals: idempotency.conflict, payment.balance_too_low, payment.limit_…, account.opening,
    account.failed, account.frozen, asset.no_price, request.too_many.
    """

    action: ClassVar[str] = "payment.initiate"
    payment_id: str
    user_id: str
    terms: Terms
    day: int
    expires_ms: int
    key: str
    body_hash: bytes
    compose: Callable[[Accepted], bytes]
    rate: Rate | None = None

    @property
    def actor(self) -> str:
        return self.user_id

    def need(self, needs: Needs) -> None:
        needs.remembered.add((self.user_id, self.key))
        needs.payers.add(self.user_id)
        needs.standings.add(self.user_id)
        needs.wallets.add(self.user_id)
        needs.balances.add(self.user_id)
        needs.lanes.add(self.user_id)
        if self.terms.asset != "XLM":
            needs.prices.add(self.terms.asset)
        if self.rate is not None:
            needs.tries.add(self.rate.key)

    def decide(self, books: Books) -> Reply:
        past = recall(books, self.user_id, self.key, self.body_hash)
        if past is not None:
            return past
        lane = self._refuse_unready(books)
        value = value_in_xlm(books, self.terms.asset, self.terms.amount)
        left = reserve(books, self.user_id, value, self.day, self.now_ms)
        payment = self._payment(value)
        books.payments[payment.id] = payment
        place_hold(books, payment)
        if self.rate is not None:
            count_try(books, self.rate, self.now_ms)
        books.record(self.now_ms, "payment.pending", self.user_id, payment.id, self._summary())
        books.tell(self.now_ms, self.user_id, "transaction.updated", payment.id)
        books.tell(self.now_ms, self.user_id, "balance.updated", payment.asset)
        source = books.wallets[self.user_id].public_key
        body = self.compose(Accepted(payment, left, source, lane.sequence + 1))
        return remember(
            books,
            self.user_id,
            self.key,
            body_hash=self.body_hash,
            body=body,
            now_ms=self.now_ms,
            subject=payment.id,
        )

    def _refuse_unready(self, books: Books) -> Lane:
        """All refusals but the limits', before anything changes."""
        wallet = books.wallets.get(self.user_id)
        if wallet is None or wallet.state == "failed":
            raise Conflict("account.failed")
        lane = books.lanes.get(self.user_id)
        if wallet.state == "opening" or lane is None:
            raise Conflict("account.opening")
        if books.payers[self.user_id].frozen:
            raise Forbidden("account.frozen")
        if self.rate is not None:
            refuse_if_full(books, self.rate, self.now_ms, "request.too_many")
        refuse_if_short(books, self.user_id, self.terms.asset, self.terms.amount)
        return lane

    def _payment(self, value: int) -> Payment:
        terms = self.terms
        return Payment(
            id=self.payment_id,
            user_id=self.user_id,
            kind="payment",
            direction="out",
            status="pending",
            reason=None,
            counterparty_id=terms.counterparty_id,
            address=terms.address,
            amount=terms.amount,
            asset=terms.asset,
            memo_type=terms.memo_type,
            memo=terms.memo,
            note=terms.note,
            value=value,
            day=self.day,
            request_id=terms.request_id,
            idempotency_key=self.key,
            hash=None,
            position=0,
            ledger=None,
            tries=0,
            created_ms=self.now_ms,
            expires_ms=self.expires_ms,
            confirmed_ms=None,
            settled_ms=None,
        )

    def _summary(self) -> str:
        return f"{self.terms.amount} {self.terms.asset} to {self.terms.address}"


class _OnPayment(Command[Payment], frozen=True, kw_only=True):
    """A command on one's own payment; anybody else's is as absent as one that never was."""

    payment_id: str
    user_id: str

    @property
    def actor(self) -> str:
        return self.user_id

    def need(self, needs: Needs) -> None:
        needs.payments.add(self.payment_id)

    def need_more(self, needs: Needs, books: Books) -> None:
        if payment := self._found(books):
            needs.release_of(payment)

    def _found(self, books: Books) -> Payment | None:
        payment = books.payments.get(self.payment_id)
        own = payment is not None and payment.user_id == self.user_id and payment.kind == "payment"
        return payment if own else None

    def _own(self, books: Books) -> Payment:
        payment = self._found(books)
        if payment is None:
            raise Absent("payment.not_found")
        return payment


class ConfirmPayment(_OnPayment, frozen=True, kw_only=True):
    """Check the PIN, move to `processing` once, and sign if the lane is free; the bytes are in
    the same commit. A busy lane, a payee whose account is being opened, or a follower that is
    behind leaves the payment `queued`. Idempotent: a later call answers with the payment.

    Refusals: payment.not_found, payment.cancelled, payment.expired, account.frozen,
    auth.wrong_pin (params triesLeft; counted), auth.pin_locked (retry_after).
    """

    action: ClassVar[str] = "payment.confirm"
    pin_fits: PinCheck
    sign: Sign
    worker: str
    contact_id: str
    """The id of the contact that the payee becomes, if he is none yet."""

    def need(self, needs: Needs) -> None:
        super().need(needs)
        needs.cursor = True
        needs.wallets.add(self.user_id)
        needs.lanes.add(self.user_id)

    def need_more(self, needs: Needs, books: Books) -> None:
        super().need_more(needs, books)
        if payment := self._found(books):
            needs.contact_pairs.add((payment.user_id, payment.address))
            if payment.counterparty_id is not None:
                needs.wallets.add(payment.counterparty_id)

    def decide(self, books: Books) -> Payment | Problem:
        payment = self._own(books)
        if payment.status in {"cancelled", "expired"}:
            raise Conflict(f"payment.{payment.status}")
        if payment.status != "pending":
            return payment
        if payment.expires_ms is not None and payment.expires_ms <= self.now_ms:
            end_unpaid(books, payment, "expired", self.now_ms)
            return Conflict("payment.expired")
        payer = books.payers[self.user_id]
        if payer.frozen:
            raise Forbidden("account.frozen")
        refusal = check_pin(books, payer, self.pin_fits, self.now_ms)
        if refusal is not None:
            return refusal
        payment.confirmed_ms = self.now_ms
        move(books, payment, "processing", self.now_ms, QUEUED)
        self._sign_if_possible(books, payment)
        self._remember_payee(books, payment)
        return payment

    def _sign_if_possible(self, books: Books, payment: Payment) -> None:
        cursor = fresh(books.cursor, self.now_ms)
        if cursor is None or books.lanes[self.user_id].state != "free":
            return
        if payee_open(books, payment):
            sign_payments(
                books,
                [payment],
                self.sign,
                cursor=cursor,
                worker=self.worker,
                now_ms=self.now_ms,
            )

    def _remember_payee(self, books: Books, payment: Payment) -> None:
        if books.contact(self.user_id, payment.address) is not None:
            return
        contact = Contact(
            id=self.contact_id,
            user_id=self.user_id,
            address=payment.address,
            contact_user_id=payment.counterparty_id,
            sealed_name=None,
            favourite=0,
            blocked=0,
            last_paid_ms=None,
            created_ms=self.now_ms,
        )
        books.add_contact(contact)
        books.tell(self.now_ms, self.user_id, "contact.added", self.contact_id)


def check_pin(books: Books, payer: Payer, fits: PinCheck, now_ms: int) -> Problem | None:
    """Compare and count: the third wrong PIN in a row locks paying for 24 hours."""
    if now_ms < payer.pin_locked_until_ms:
        wait = -(-(payer.pin_locked_until_ms - now_ms) // 1000)
        raise Forbidden("auth.pin_locked", field="pin", retry_after=wait)
    if fits(payer.pin_salt, payer.pin_tag):
        payer.pin_wrong = 0
        return None
    payer.pin_wrong += 1
    books.record(now_ms, "pin.wrong", payer.user_id, payer.user_id, str(payer.pin_wrong))
    if payer.pin_wrong < PIN_TRIES:
        return Forbidden(
            "auth.wrong_pin", field="pin", params={"triesLeft": PIN_TRIES - payer.pin_wrong}
        )
    payer.pin_wrong, payer.pin_locked_until_ms = 0, now_ms + PIN_LOCK_MS
    books.record(now_ms, "pin.locked", payer.user_id, payer.user_id)
    return Forbidden("auth.pin_locked", field="pin", retry_after=PIN_LOCK_MS // 1000)


class CancelPayment(_OnPayment, frozen=True, kw_only=True):
    """By the payer, while it is pending; cancelling again answers with the payment.

    Refusals: payment.not_found, payment.not_cancellable (processing), payment.already_final.
    """

    action: ClassVar[str] = "payment.cancel"

    def decide(self, books: Books) -> Payment:
        payment = self._own(books)
        if payment.status == "cancelled":
            return payment
        if payment.status == "processing":
            raise Conflict("payment.not_cancellable")
        if payment.status != "pending":
            raise Conflict("payment.already_final")
        end_unpaid(books, payment, "cancelled", self.now_ms)
        return payment


class ExpirePayments(Command[int], frozen=True, kw_only=True):
    """End those of the named payments that are still pending and too old; how many were."""

    action: ClassVar[str] = "payment.expire"
    payment_ids: tuple[str, ...]

    def need(self, needs: Needs) -> None:
        needs.payments.update(self.payment_ids)

    def need_more(self, needs: Needs, books: Books) -> None:
        for key in self.payment_ids:
            if payment := books.payments.get(key):
                needs.release_of(payment)

    def decide(self, books: Books) -> int:
        late = [p for key in self.payment_ids if (p := books.payments.get(key)) and self._late(p)]
        for payment in late:
            end_unpaid(books, payment, "expired", self.now_ms)
        return len(late)

    def _late(self, payment: Payment) -> bool:
        return (
            payment.status == "pending"
            and payment.expires_ms is not None
            and payment.expires_ms <= self.now_ms
        )
