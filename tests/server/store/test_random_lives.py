"""Random batches on a real database: whatever happens, the books stay what `verify` proves."""

from random import Random

import pytest

from core.attempts import BuryAttempts, Mark, MarkAttempts, Pack, RefuseAttempt
from core.books import Payment
from core.commands import Command
from core.errors import InvariantBroken, Problem
from core.paying import CancelPayment, ExpirePayments
from core.settlement import Verdict
from server.store.sheets import PAYMENTS
from tests.server.store.bank import XLM, Bank, failed, landed

EXPECTED = {
    "payment.balance_too_low",
    "payment.limit_count",
    "payment.not_cancellable",
    "payment.already_final",
    "payment.cancelled",
    "payment.expired",
    "auth.wrong_pin",
    "auth.pin_locked",
    "idempotency.conflict",
}


class Lives:
    def __init__(self, bank: Bank, seed: int) -> None:
        self.bank, self.random = bank, Random(seed)
        self.people = [bank.person(name, 40 * XLM) for name in ("asha", "ben", "cho")]
        self.refusals: set[str] = set()

    def payments(self, *statuses: str) -> list[Payment]:
        names = ", ".join(PAYMENTS.statements.columns)
        rows = self.bank.rows(
            f"SELECT {names} FROM transactions WHERE direction = 'out' ORDER BY id"
        )
        return [p for p in (PAYMENTS.make(*row) for row in rows) if p.status in statuses]

    def batch(self) -> None:
        """Some commands at once; later ones may meet what earlier ones did."""
        live = self.payments("pending", "processing", "cancelled")
        commands = [self.command(live) for _ in range(self.random.randint(1, 12))]
        for outcome in self.bank.at_once(commands):
            if isinstance(outcome, Problem):
                self.refusals.add(outcome.code)
            elif isinstance(outcome, InvariantBroken):
                raise outcome

    def command(self, live: list[Payment]) -> Command[object]:
        payer, payee = self.random.sample([*self.people, None], 2)
        payer, payee = (payer, payee) if payer is not None else (self.people[0], None)
        if not live or self.random.random() < 0.4:
            key = self.random.choice([f"key-{self.random.random()}", "one-key-for-all"])
            amount = self.random.randint(1, 12 * XLM)
            body = str((payee, amount)).encode()
            return self.bank.initiate_command(payer, payee, amount, key=key, body_hash=body)
        payment = self.random.choice(live)
        if self.random.random() < 0.2:
            return CancelPayment(
                now_ms=self.bank.now_ms, payment_id=payment.id, user_id=payment.user_id
            )
        pin = "123456" if self.random.random() < 0.95 else "000000"
        return self.bank.confirm_command(payment.user_id, payment.id, pin)

    def network(self) -> None:
        """Each attempt in flight is sent, lands, fails, is refused, or is forgotten."""
        verdicts: list[Verdict] = []
        forgotten = False
        for inside in self.in_flight():
            chance = self.random.random()
            if chance < 0.2:
                state = self.random.choice(["sent", "outcome_unknown"])
                marks = (Mark(inside[0].hash or b"", state, 0),)  # type: ignore[arg-type]
                self.bank.do(MarkAttempts(now_ms=self.bank.now_ms, marks=marks))
            elif chance < 0.3:
                self.refuse(inside[0])
            elif chance < 0.7:
                verdicts.append(landed(inside[0]))
            elif chance < 0.9:
                bad = self.random.randrange(len(inside))
                codes = ["op_no_trust" if n == bad else "op_success" for n in range(len(inside))]
                verdicts.append(failed(inside[0], *codes))
            else:
                forgotten = True
        self.bank.follow(tuple(verdicts))
        if forgotten:
            self.bank.change("UPDATE cursors SET sequence = sequence + 20")

    def in_flight(self) -> list[list[Payment]]:
        inside: dict[bytes, list[Payment]] = {}
        for payment in self.payments("processing"):
            if payment.hash is not None:
                inside.setdefault(payment.hash, []).append(payment)
        return [sorted(some, key=lambda payment: payment.position) for some in inside.values()]

    def refuse(self, payment: Payment) -> None:
        remedy = self.random.choice(["again", "fail"])
        self.bank.do(
            RefuseAttempt(
                now_ms=self.bank.now_ms,
                hash=payment.hash or b"",
                code="tx_x",
                remedy=remedy,  # type: ignore[arg-type]
            )
        )

    def jobs(self) -> None:
        overdue = tuple(self.bank.run(self.bank.reads.attempts_overdue(99)))
        self.bank.do(BuryAttempts(now_ms=self.bank.now_ms, hashes=overdue))
        self.bank.at_once(
            [
                Pack(
                    now_ms=self.bank.now_ms,
                    lane=waiting.lane,
                    payment_ids=waiting.payment_ids,
                    sign=self.bank.sign,
                    worker="test",
                )
                for waiting in self.bank.run(self.bank.reads.waiting(99))
            ]
        )
        if self.random.random() < 0.1:
            self.bank.now_ms += 600_000
            self.bank.change("UPDATE cursors SET close_ms = ?", self.bank.now_ms)
        late = tuple(self.bank.run(self.bank.reads.payments_late(self.bank.now_ms, 99)))
        self.bank.do(ExpirePayments(now_ms=self.bank.now_ms, payment_ids=late))


@pytest.mark.parametrize("seed", range(3))
def test_random_lives_leave_coherent_books(bank: Bank, seed: int) -> None:
    lives = Lives(bank, seed)
    for _ in range(20):
        lives.batch()
        lives.network()
        lives.jobs()
        bank.verify_books()
    ended = {payment.status for payment in lives.payments("success", "failed", "cancelled")}
    assert ended == {"success", "failed", "cancelled"}
    assert lives.refusals <= EXPECTED
    assert len(lives.refusals) > 2
    total = sum(int(str(row[0])) for row in bank.rows("SELECT available + held FROM balances"))
    outside = bank.rows(
        "SELECT CAST(SUM(amount) AS TEXT) FROM postings WHERE owner = 'outside' AND asset = 'XLM'"
    )
    assert total == -int(str(outside[0][0]))
