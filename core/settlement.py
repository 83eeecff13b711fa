"""What a closed ledger does to us: verdicts on our attempts, money that came or went, and the
cursor, in one commit. Ledgers are followed one by one, n - 1 to n only.

Effects of our own payments are known from their rows: the verdict is enough. Everything else
arrives as movements that the follower has read from the ledger's metadata.
"""

from collections.abc import Callable
from typing import ClassVar, Literal

from msgspec import Struct

from core.attempts import (
    UNFINISHED,
    Contents,
    back_to_queue,
    free_lane,
    unhook_wallets,
)
from core.books import (
    LEDGER,
    OUTSIDE,
    USER,
    Attempt,
    Books,
    Cursor,
    Lane,
    Needs,
    Payment,
    Quarantined,
)
from core.commands import Command
from core.errors import InvariantBroken
from core.ledger import Transfer, credit, spend_hold
from core.payments import end_unpaid, move
from core.wallets import end_opening

REASONS = {
    "op_underfunded": "payment.underfunded",
    "op_no_destination": "payment.no_destination",
    "op_no_trust": "recipient.not_ready",
    "op_not_authorized": "recipient.not_ready",
    "op_line_full": "recipient.line_full",
}
"""Why a payment failed, by its operation's result; anything else: payment.refused_by_network."""

INT64_MAX = 2**63 - 1


class Verdict(Struct, frozen=True):
    """What a ledger says of one of our attempts, by inner hash.

    `fee` in stroops was taken from the fee payer in any case; `operations` holds a result code
    an operation ("op_success", "op_no_trust", …), empty when the transaction failed before.
    """

    hash: bytes
    succeeded: bool
    fee: int
    code: str
    operations: tuple[str, ...] = ()


class Movement(Struct, frozen=True):
    """So much more (or less: negative) of an asset on an account of ours, fees included, by a
    transaction whose effects are not known from our own payments.

    `kind`: "incoming", "friendbot" (also opens an `opening` wallet), "treasury" (the house's own
    work), "outgoing" (nobody here ordered it). `address` is the other side's, if there is one.
    """

    owner: str
    asset: str
    amount: int
    hash: bytes
    kind: Literal["incoming", "friendbot", "treasury", "outgoing"]
    address: str
    counterparty_id: str | None = None
    memo_type: str | None = None
    memo: str | None = None


class FollowLedger(Command[Cursor], frozen=True, kw_only=True):
    """All effects of one ledger and the cursor's step to it.

    `funded_later` tells that an account is open only once its first money came; else it is open
    when it exists. `new_id` gives ids for the rows of incoming money.
    """

    action: ClassVar[str] = "ledger.follow"
    sequence: int
    close_ms: int
    verdicts: tuple[Verdict, ...] = ()
    movements: tuple[Movement, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    funded_later: bool = False
    new_id: Callable[[], str]

    def need(self, needs: Needs) -> None:
        needs.cursor = True
        hashes = [verdict.hash for verdict in self.verdicts]
        needs.attempts.update(hashes)
        needs.payments_of.update(hashes)
        needs.wallets_of.update(hashes)
        owners = [movement.owner for movement in self.movements]
        needs.balances.update(owners)
        needs.wallets.update(owners)

    def need_more(self, needs: Needs, books: Books) -> None:
        for verdict in self.verdicts:
            if attempt := books.attempts.get(verdict.hash):
                needs.lanes.add(attempt.lane)
                needs.balances.add(attempt.fee_payer)
        for payment in books.payments.values():
            needs.release_of(payment)
            needs.contact_pairs.add((payment.user_id, payment.address))
            needs.wallets.add(payment.user_id)
            if payment.counterparty_id is not None:
                needs.balances.add(payment.counterparty_id)
                needs.wallets.add(payment.counterparty_id)
            if payment.request_id is not None:
                needs.requests.add(payment.request_id)

    def decide(self, books: Books) -> Cursor:
        cursor = books.cursor
        if cursor is None or cursor.sequence != self.sequence - 1:
            raise InvariantBroken("ledgers are followed one by one, in order")
        contents = Contents(books)
        for verdict in self.verdicts:
            self._judge(books, verdict, contents)
        for movement in self.movements:
            self._move(books, movement)
        for quarantined in self.quarantined:
            books.quarantine.append(quarantined)
            books.record(
                self.now_ms, "ledger.quarantined", "", quarantined.hash.hex(), quarantined.reason
            )
        cursor.sequence, cursor.close_ms = self.sequence, max(cursor.close_ms, self.close_ms)
        return cursor

    # verdicts

    def _judge(self, books: Books, verdict: Verdict, contents: Contents) -> None:
        attempt = books.attempts.get(verdict.hash)
        if attempt is None or attempt.state not in UNFINISHED:
            was = attempt.state if attempt is not None else "unknown"
            self._doubt(books, verdict.hash, f"an attempt that was {was} landed")
            return
        attempt.state = "landed_ok" if verdict.succeeded else "landed_failed"
        attempt.code = verdict.code
        free_lane(books, attempt, spent=True)
        books.record(self.now_ms, f"attempt.{attempt.state}", attempt.lane, attempt.hash.hex())
        transfer = Transfer(books, attempt.hash.hex(), self.sequence, self.now_ms)
        self._charge(books, attempt, verdict.fee, transfer)
        payments = contents.of(attempt)
        if verdict.succeeded:
            for payment in payments:
                self._settle(books, payment, transfer)
            self._open_accounts(books, attempt)
        else:
            self._fail(books, payments, verdict)
            unhook_wallets(books, attempt)
        transfer.close()

    def _charge(self, books: Books, attempt: Attempt, fee: int, transfer: Transfer) -> None:
        if books.balance(attempt.fee_payer, "XLM").available < fee:
            self._doubt(books, attempt.hash, "a fee was more than its payer had")
        elif fee:
            credit(books, attempt.fee_payer, "XLM", -fee)
            transfer.post(attempt.fee_payer, OUTSIDE, "XLM", fee)

    def _settle(self, books: Books, payment: Payment, transfer: Transfer) -> None:
        spend_hold(books, payment)
        payment.ledger, payment.settled_ms = self.sequence, self.now_ms
        move(books, payment, "success", self.now_ms)
        books.tell(self.now_ms, payment.user_id, "balance.updated", payment.asset)
        payee = payment.counterparty_id
        transfer.post(payment.user_id, payee or OUTSIDE, payment.asset, payment.amount)
        if payee is not None:
            credit(books, payee, payment.asset, payment.amount)
            if books.wallets[payee].role == USER:
                self._receive(books, self._other_side(books, payment))
        contact = books.contact(payment.user_id, payment.address)
        if contact is not None:
            contact.last_paid_ms = self.now_ms
        if payment.request_id in books.requests:
            request = books.requests[payment.request_id]
            request.status = "paid"
            books.tell(self.now_ms, request.user_id, "request.paid", request.id)

    def _other_side(self, books: Books, payment: Payment) -> Payment:
        """The payee's own row of the same transfer."""
        return self._incoming(
            owner=payment.counterparty_id or "",
            kind="incoming",
            address=books.wallets[payment.user_id].public_key,
            counterparty_id=payment.user_id,
            amount=payment.amount,
            asset=payment.asset,
            memo_type=payment.memo_type,
            memo=payment.memo,
            note=payment.note,
            hash_=payment.hash or b"",
            position=payment.position,
        )

    def _fail(self, books: Books, payments: list[Payment], verdict: Verdict) -> None:
        """All or nothing: what was good in a packed transaction is signed anew."""
        for payment in payments:
            code = self._code_of(payment, verdict)
            if code == "op_success":
                back_to_queue(books, payment, self.now_ms, died=False)
                continue
            payment.ledger = self.sequence
            reason = REASONS.get(code, "payment.refused_by_network")
            end_unpaid(books, payment, "failed", self.now_ms, reason)

    def _code_of(self, payment: Payment, verdict: Verdict) -> str:
        known = payment.position < len(verdict.operations)
        return verdict.operations[payment.position] if known else verdict.code

    def _open_accounts(self, books: Books, attempt: Attempt) -> None:
        """A new account's first sequence is its ledger's number, shifted (CAP-5's rule)."""
        for wallet in books.wallets.values() if attempt.kind == "opening" else ():
            if wallet.hash == attempt.hash and wallet.state == "opening":
                books.lanes[wallet.user_id] = Lane(
                    wallet.user_id, self.sequence << 32, "free", None
                )
                books.record(self.now_ms, "wallet.created", wallet.user_id, wallet.public_key)
                if not self.funded_later:
                    end_opening(books, wallet, "open", self.now_ms)

    # movements

    def _move(self, books: Books, movement: Movement) -> None:
        wallet = books.wallets[movement.owner]
        balance = books.balance(movement.owner, movement.asset)
        if balance.available + movement.amount < 0:
            self._doubt(books, movement.hash, "more has left an account than it could spend")
            return
        balance.available += movement.amount
        transfer = Transfer(books, movement.hash.hex(), self.sequence, self.now_ms)
        if movement.amount > 0:
            transfer.post(OUTSIDE, movement.owner, movement.asset, movement.amount)
        else:
            transfer.post(movement.owner, OUTSIDE, movement.asset, -movement.amount)
        transfer.close()
        books.record(
            self.now_ms,
            f"money.{movement.kind}",
            movement.owner,
            movement.hash.hex(),
            f"{movement.amount} {movement.asset}",
        )
        if wallet.role != USER:
            return
        books.tell(self.now_ms, movement.owner, "balance.updated", movement.asset)
        if movement.amount > 0:
            self._receive(books, self._moved(movement))
        if movement.kind == "friendbot" and wallet.state == "opening":
            end_opening(books, wallet, "open", self.now_ms)

    def _moved(self, movement: Movement) -> Payment:
        return self._incoming(
            owner=movement.owner,
            kind=movement.kind if movement.kind == "friendbot" else "incoming",
            address=movement.address,
            counterparty_id=movement.counterparty_id,
            amount=movement.amount,
            asset=movement.asset,
            memo_type=movement.memo_type,
            memo=movement.memo,
            note=None,
            hash_=movement.hash,
            position=0,
        )

    def _incoming(
        self,
        *,
        owner: str,
        kind: str,
        address: str,
        counterparty_id: str | None,
        amount: int,
        asset: str,
        memo_type: str | None,
        memo: str | None,
        note: str | None,
        hash_: bytes,
        position: int,
    ) -> Payment:
        return Payment(
            id=self.new_id(),
            user_id=owner,
            kind=kind,
            direction="in",
            status="success",
            reason=None,
            counterparty_id=counterparty_id,
            address=address,
            amount=amount,
            asset=asset,
            memo_type=memo_type,
            memo=memo,
            note=note,
            value=0,
            day=0,
            request_id=None,
            idempotency_key=None,
            hash=hash_,
            position=position,
            ledger=self.sequence,
            tries=0,
            created_ms=self.now_ms,
            expires_ms=None,
            confirmed_ms=None,
            settled_ms=self.now_ms,
        )

    def _receive(self, books: Books, payment: Payment) -> None:
        books.payments[payment.id] = payment
        books.tell(self.now_ms, payment.user_id, "transaction.updated", payment.id)
        books.tell(self.now_ms, payment.user_id, "balance.updated", payment.asset)

    def _doubt(self, books: Books, hash_: bytes, reason: str) -> None:
        books.quarantine.append(Quarantined(self.sequence, hash_, reason, b"", self.now_ms))
        books.record(self.now_ms, "ledger.quarantined", "", hash_.hex(), reason)


class StartFollowing(Command[Cursor], frozen=True, kw_only=True):
    """Make the cursor, if there is none yet; the caller compares the passphrase of the answer."""

    action: ClassVar[str] = "ledger.start"
    passphrase: str
    sequence: int
    close_ms: int

    def need(self, needs: Needs) -> None:
        needs.cursor = True

    def decide(self, books: Books) -> Cursor:
        cursor = books.cursor
        if cursor is None:
            cursor = Cursor(LEDGER, self.passphrase, self.sequence, self.close_ms)
            books.cursors[LEDGER] = cursor
            books.record(self.now_ms, self.action, "", str(self.sequence), self.passphrase)
        return cursor
