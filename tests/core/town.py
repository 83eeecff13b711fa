"""A small town on bare books: decisions without a database."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from core.attempts import Bounds, Signed
from core.books import (
    LEDGER,
    Attempt,
    Balance,
    Books,
    Cursor,
    Lane,
    Level,
    Limits,
    Needs,
    Payer,
    Payment,
    Standing,
    Wallet,
)
from core.commands import Command
from core.errors import Problem
from core.paying import Accepted, CancelPayment, ConfirmPayment, InitiatePayment, Terms
from core.settlement import FollowLedger, Movement, Verdict

T = TypeVar("T")

NOW = 1_700_000_000_000
DAY = 20231114
XLM = 10_000_000
FEE = "the fee account"
LEVELS = [
    Level(0, 0, Limits(10_000 * XLM, 20_000 * XLM, 100_000 * XLM, 20)),
    Level(1, 0, Limits(25_000 * XLM, 50_000 * XLM, 250_000 * XLM, 50)),
]


class Town:
    """People named by a word, each with an open wallet and a free lane at sequence 100."""

    def __init__(self, *people: str, stroops: int = 50_000 * XLM) -> None:
        self.books = Books()
        self.books.cursors[LEDGER] = Cursor(LEDGER, "here", 1_000, NOW)
        self.books.levels = LEVELS
        self.now_ms = NOW
        self.signed: list[tuple[str, int, tuple[str, ...]]] = []
        self._made = 0
        self.house(FEE, "fee")
        for name in people:
            self.person(name, stroops)

    def house(self, owner: str, role: str, stroops: int = 1_000 * XLM) -> None:
        self.books.wallets[owner] = Wallet(owner, role, f"G{owner}", b"", "open", None, 0, 0)
        self.books.lanes[owner] = Lane(owner, 100, "free", None)
        self.books.balances[owner, "XLM"] = Balance(owner, "XLM", stroops, 0)

    def person(self, name: str, stroops: int = 50_000 * XLM, level: int = 0) -> None:
        self.house(name, "user", stroops)
        self.books.payers[name] = Payer(name, b"salt", b"123456", 0, 0, 0, 0, 0, 0, 0, 0, 0)
        self.books.standings[name] = Standing(name, level)

    def do(self, command: Command[T]) -> T:
        """As the engine does: ask for the rows, decide, raise a refusal."""
        needs = Needs()
        command.need(needs)
        command.need_more(needs, self.books)
        answer = command.decide(self.books)
        if isinstance(answer, Problem):
            raise answer
        return answer

    def refusal(self, command: Command[T]) -> Problem:
        """The refusal of a command, which must leave the books as they were."""
        before = self.snapshot()
        try:
            answer = command.decide(self.books)
        except Problem as problem:
            assert self.snapshot() == before
            return problem
        raise AssertionError(f"was not refused: {answer}")

    def snapshot(self) -> str:
        return repr({name: value for name, value in vars(self.books).items() if value})

    def new_id(self) -> str:
        self._made += 1
        return f"{self._made:026}"

    # the usual commands

    def order(self, payer: str, payee: str, amount: int = XLM, **more: object) -> InitiatePayment:
        terms = {name: more.pop(name) for name in list(more) if name in Terms._fields}
        fields: dict[str, object] = {"key": self.new_id(), "body_hash": b"body", "day": DAY} | more
        known = payee if payee in self.books.wallets else None
        return InitiatePayment(
            now_ms=self.now_ms,
            payment_id=self.new_id(),
            user_id=payer,
            terms=Terms(f"G{payee}", known, amount, **({"asset": "XLM"} | terms)),  # type: ignore[arg-type]
            expires_ms=self.now_ms + 600_000,
            compose=_compose,
            **fields,  # type: ignore[arg-type]
        )

    def initiate(self, payer: str, payee: str, amount: int = XLM, **more: object) -> Payment:
        command = self.order(payer, payee, amount, **more)
        self.do(command)
        return self.books.payments[command.payment_id]

    def confirmation(self, payment: Payment, pin: str = "123456") -> ConfirmPayment:
        return ConfirmPayment(
            now_ms=self.now_ms,
            payment_id=payment.id,
            user_id=payment.user_id,
            pin_fits=lambda _salt, tag: tag == pin.encode(),
            sign=self.sign,
            worker="here",
            contact_id=self.new_id(),
        )

    def confirm(self, payment: Payment, pin: str = "123456") -> Payment:
        return self.do(self.confirmation(payment, pin))

    def paid(self, payer: str, payee: str, amount: int = XLM, **more: object) -> Payment:
        """Initiated and confirmed."""
        return self.confirm(self.initiate(payer, payee, amount, **more))

    def cancel(self, payment: Payment) -> CancelPayment:
        return CancelPayment(now_ms=self.now_ms, payment_id=payment.id, user_id=payment.user_id)

    def follow(
        self, *verdicts: Verdict, movements: Sequence[Movement] = (), funded_later: bool = True
    ) -> None:
        self.now_ms += 1_000
        self.do(self.ledger(*verdicts, movements=movements, funded_later=funded_later))

    def ledger(
        self, *verdicts: Verdict, movements: Sequence[Movement] = (), funded_later: bool = True
    ) -> FollowLedger:
        cursor = self.books.cursors[LEDGER]
        return FollowLedger(
            now_ms=self.now_ms,
            sequence=cursor.sequence + 1,
            close_ms=cursor.close_ms + 1_000,
            verdicts=verdicts,
            movements=tuple(movements),
            funded_later=funded_later,
            new_id=self.new_id,
        )

    def sign(
        self, payments: Sequence[Payment], wallet: Wallet, sequence: int, bounds: Bounds
    ) -> Signed:
        ids = tuple(payment.id for payment in payments)
        self.signed.append((wallet.user_id, sequence, ids))
        name = hashlib.sha256(repr((wallet.user_id, sequence, bounds, ids)).encode()).digest()
        return Signed(name, b"outer" + name, b"XDR", FEE)

    def attempt(self, payment: Payment) -> Attempt:
        assert payment.hash is not None
        return self.books.attempts[payment.hash]

    def money(self, owner: str, asset: str = "XLM") -> tuple[int, int]:
        balance = self.books.balances.get((owner, asset))
        return (balance.available, balance.held) if balance else (0, 0)


def landed(payment: Payment, fee: int = 200) -> Verdict:
    assert payment.hash is not None
    return Verdict(payment.hash, True, fee, "tx_success", ("op_success",))


def failed(payment: Payment, *codes: str, fee: int = 200) -> Verdict:
    assert payment.hash is not None
    return Verdict(payment.hash, False, fee, "tx_failed", codes)


def _compose(accepted: Accepted) -> bytes:
    return f"{accepted.payment.id} {accepted.left.day} {accepted.sequence}".encode()
