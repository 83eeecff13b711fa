"""Paying: initiate, confirm, cancel, and what became of it."""

import hashlib
import re
from typing import NamedTuple

import msgspec

from core import wire
from core.clock import rfc3339
from core.commands import Reply
from core.errors import Absent, Malformed, Problem, Refused
from core.ids import is_idempotency_key, is_ulid
from core.limits import Left
from core.money import format_stroops, parse_stroops
from core.paying import Accepted, CancelPayment, ConfirmPayment, InitiatePayment, Terms
from core.recall import Recall
from server.usecases.payees import Payee, Payees
from server.usecases.transactions import Transactions
from server.usecases.views import SignedInAs
from server.usecases.world import World

NOTE_CHARACTERS_MAX = 140
MEMO_TEXT_BYTES_MAX = 28
_MEMO_ID = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_MEMO_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII | re.IGNORECASE)
_PIN = re.compile(r"[0-9]{6}", re.ASCII)


class _Order(NamedTuple):
    """A payment as the payer means it, found possible."""

    terms: Terms
    party: wire.Party


class Payments:
    def __init__(self, world: World, payees: Payees, transactions: Transactions) -> None:
        self._world = world
        self._payees = payees
        self._transactions = transactions

    async def initiate(
        self, user: SignedInAs, request: wire.Initiate, *, key: str, body: bytes
    ) -> Reply:
        """The preflight asks what may have changed since a first call with this key; then the
        first reply stands all the same."""
        body_hash = hashlib.sha256(body).digest()
        try:
            order = await self._order(user, request)
        except Problem:
            past = await self._world.engine.run(
                Recall(
                    now_ms=self._world.now_ms(), scope=user.user_id, key=key, body_hash=body_hash
                )
            )
            if past is None:
                raise
            return past
        return await self._world.engine.run(self._command(user, order, key, body_hash))

    async def _order(self, user: SignedInAs, request: wire.Initiate) -> _Order:
        stroops = parse_stroops(request.amount)
        asset = self._world.site.asset(request.asset)
        memo = check_memo(request.memo)
        note = check_note(request.note)
        payee = await self._payees.find(user, request.recipient_address)
        memo = memo or _memo_of_link(payee)
        if payee.muxed and memo is not None:
            raise Refused("memo.with_muxed", field="memo")
        _refuse_unwanted(user, payee)
        await self._payees.refuse_unready(payee, asset, stroops, memo is not None)
        terms = Terms(
            address=payee.address,
            counterparty_id=payee.person.user_id if payee.person else None,
            amount=stroops,
            asset=asset,
            memo_type=memo.type if memo else None,
            memo=memo.value if memo else None,
            note=note,
            request_id=_request_met(payee, stroops, asset),
        )
        return _Order(terms, self._payees.party(payee))

    def _command(
        self, user: SignedInAs, order: _Order, key: str, body_hash: bytes
    ) -> InitiatePayment:
        world, now = self._world, self._world.now_ms()
        expires_ms = now + world.site.payment_expiry_ms

        def compose(accepted: Accepted) -> bytes:
            return msgspec.json.encode(self._initiated(order, accepted, expires_ms))

        return InitiatePayment(
            now_ms=now,
            payment_id=world.new_id(),
            user_id=user.user_id,
            terms=order.terms,
            day=world.site.day(world.clock.business_ms()),
            expires_ms=expires_ms,
            key=key,
            body_hash=body_hash,
            compose=compose,
            rate=world.pay_rate(user.user_id),
        )

    def _initiated(self, order: _Order, accepted: Accepted, expires_ms: int) -> wire.Initiated:
        payment = accepted.payment
        return wire.Initiated(
            transaction_id=payment.id,
            status=payment.status,
            payee=order.party,
            amount=format_stroops(payment.amount),
            asset=payment.asset,
            fee="0",
            limits=limits_left(accepted.left),
            xdr=self._world.network.unsigned(
                accepted.source, order.terms, accepted.sequence, expires_ms
            ),
            expires_at=rfc3339(expires_ms),
        )

    async def confirm(self, user: SignedInAs, request: wire.Confirm) -> wire.Transaction:
        world, payment_id = self._world, _own_id(request.transaction_id)
        if not _PIN.fullmatch(request.pin):
            raise Refused("account.pin_malformed", field="pin")
        await world.engine.run(
            ConfirmPayment(
                now_ms=world.now_ms(),
                payment_id=payment_id,
                user_id=user.user_id,
                pin_fits=world.vault.pin_check(user.user_id, request.pin),
                sign=world.sign,
                worker=world.site.worker,
                contact_id=world.new_id(),
            )
        )
        return await self._transactions.one(user, payment_id)

    async def cancel(self, user: SignedInAs, request: wire.Cancel) -> wire.Transaction:
        payment_id = _own_id(request.transaction_id)
        await self._world.engine.run(
            CancelPayment(now_ms=self._world.now_ms(), payment_id=payment_id, user_id=user.user_id)
        )
        return await self._transactions.one(user, payment_id)

    async def status(
        self, user: SignedInAs, transaction_id: str | None, key: str | None
    ) -> wire.Transaction:
        """By either; the key finds a payment whose initiate was never answered."""
        if (transaction_id is None) == (key is None):
            raise Malformed("request.invalid", field="transactionId")
        if transaction_id is not None:
            return await self._transactions.one(user, transaction_id)
        if key is None or not is_idempotency_key(key):
            raise Malformed("idempotency.malformed", field="idempotencyKey")
        return await self._transactions.with_key(user, key)


def _refuse_unwanted(user: SignedInAs, payee: Payee) -> None:
    if payee.person is not None and payee.person.user_id == user.user_id:
        raise Refused("recipient.self", field="recipientAddress")
    if payee.contact is not None and payee.contact.contact.blocked:
        raise Refused("recipient.blocked", field="recipientAddress")


def _own_id(text: str) -> str:
    """What cannot be an id is as absent as an id of nobody's."""
    if not is_ulid(text):
        raise Absent("payment.not_found")
    return text


def limits_left(left: Left) -> wire.LimitsLeft:
    return wire.LimitsLeft(
        per_payment=format_stroops(left.per_payment),
        day_left=format_stroops(left.day),
        month_left=format_stroops(left.month),
    )


def check_note(note: str | None) -> str | None:
    if note is not None and "\0" in note:
        raise Malformed("request.invalid", field="note")
    if note is not None and len(note) > NOTE_CHARACTERS_MAX:
        raise Refused("note.too_long", field="note")
    return note or None


def check_memo(memo: wire.Memo | None) -> wire.Memo | None:
    """The memo in its stored form: ids without leading zeros, hashes in lower case."""
    if memo is None:
        return None
    value = memo.value
    if memo.type == "text":
        if len(value.encode()) > MEMO_TEXT_BYTES_MAX:
            raise Refused("memo.too_long", field="memo")
        good = bool(value) and "\0" not in value
    elif memo.type == "id":
        good = bool(_MEMO_ID.fullmatch(value)) and int(value) < 2**64
    else:
        good = memo.type in wire.MEMO_TYPES and bool(_MEMO_HASH.fullmatch(value))
        value = value.lower()
    if not good:
        raise Refused("memo.malformed", field="memo")
    return wire.Memo(type=memo.type, value=value)


def _memo_of_link(payee: Payee) -> wire.Memo | None:
    link = payee.pay_link
    if link is None or link.memo is None or link.memo_type is None:
        return None
    return check_memo(wire.Memo(type=link.memo_type, value=link.memo))


def _request_met(payee: Payee, stroops: int, asset: str) -> str | None:
    """The request's id, if this payment is what it asks for: another sum does not answer it."""
    if payee.request is None:
        return None
    asked = payee.request.request
    meets = asked.amount in {None, stroops} and asked.asset in {None, asset}
    return asked.id if meets else None
