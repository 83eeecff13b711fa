"""Random lives of a small town: whatever happens in whatever order, the books stay coherent."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.attempts import BuryAttempts, Mark, MarkAttempts, Pack, RefuseAttempt
from core.books import LEDGER, Attempt, Payment
from core.errors import Problem
from core.ledger import sums_to_zero
from core.paying import ExpirePayments
from core.payments import LEGAL_MOVES, LIVE, waits
from tests.core.town import FEE, XLM, Town, failed, landed

PEOPLE = ["asha", "ben", "cho"]
START = 50 * XLM


class Lives(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.town = Town(*PEOPLE, stroops=START)
        self.seen: dict[str, str] = {}
        self.landed: set[tuple[str, int]] = set()

    def payments(self, *statuses: str) -> list[Payment]:
        return [
            payment
            for payment in self.town.books.payments.values()
            if payment.status in statuses and payment.direction == "out"
        ]

    def unfinished(self) -> list[Attempt]:
        states = {"signed", "sent", "outcome_unknown"}
        return [a for a in self.town.books.attempts.values() if a.state in states]

    def first_of(self, attempt: Attempt) -> Payment:
        return next(p for p in self.payments("processing") if p.hash == attempt.hash)

    @rule(
        payer=st.sampled_from(PEOPLE),
        payee=st.sampled_from([*PEOPLE, "far away"]),
        amount=st.integers(1, 30 * XLM),
        memo=st.sampled_from([None, "rent"]),
    )
    def initiate(self, payer: str, payee: str, amount: int, memo: str | None) -> None:
        before = self.town.snapshot()
        try:
            self.town.initiate(payer, payee, amount, memo=memo, memo_type=memo and "text")
        except Problem:
            assert self.town.snapshot() == before

    @precondition(lambda self: self.payments("pending"))
    @rule(data=st.data(), pin=st.sampled_from(["123456", "123456", "123456", "000000"]))
    def confirm(self, data: st.DataObject, pin: str) -> None:
        payment = data.draw(st.sampled_from(self.payments("pending")))
        try:
            self.town.confirm(payment, pin)
        except Problem as refused:
            if refused.code not in {"auth.wrong_pin", "auth.pin_locked", "payment.expired"}:
                raise

    @precondition(lambda self: self.payments("pending"))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.town.do(self.town.cancel(data.draw(st.sampled_from(self.payments("pending")))))

    @rule(seconds=st.integers(1, 400))
    def wait(self, seconds: int) -> None:
        self.town.now_ms += 1_000 * seconds
        self.town.books.cursors[LEDGER].close_ms = self.town.now_ms
        named = tuple(payment.id for payment in self.payments("pending"))
        self.town.do(ExpirePayments(now_ms=self.town.now_ms, payment_ids=named))

    @precondition(lambda self: any(map(waits, self.payments("processing"))))
    @rule(owner=st.sampled_from(PEOPLE))
    def pack(self, owner: str) -> None:
        ids = tuple(p.id for p in self.payments("processing") if p.user_id == owner)
        self.town.do(
            Pack(
                now_ms=self.town.now_ms,
                lane=owner,
                payment_ids=ids,
                sign=self.town.sign,
                worker="here",
            )
        )

    @precondition(lambda self: self.unfinished())
    @rule(data=st.data(), state=st.sampled_from(["sent", "outcome_unknown"]))
    def send(self, data: st.DataObject, state: str) -> None:
        attempt = data.draw(st.sampled_from(self.unfinished()))
        marks = (Mark(attempt.hash, state, 0),)  # type: ignore[arg-type]
        self.town.do(MarkAttempts(now_ms=self.town.now_ms, marks=marks))

    @precondition(lambda self: self.unfinished())
    @rule(data=st.data(), good=st.booleans())
    def close(self, data: st.DataObject, good: bool) -> None:
        attempt = data.draw(st.sampled_from(self.unfinished()))
        inside = [p for p in self.payments("processing") if p.hash == attempt.hash]
        assert (attempt.lane, attempt.sequence) not in self.landed, "a sequence lands once"
        self.landed.add((attempt.lane, attempt.sequence))
        if good:
            self.town.follow(landed(inside[0]))
        else:
            bad = data.draw(st.integers(0, len(inside) - 1))
            codes = ["op_underfunded" if n == bad else "op_success" for n in range(len(inside))]
            self.town.follow(failed(inside[0], *codes))

    @precondition(lambda self: self.unfinished())
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from(self.unfinished()))
        cursor = self.town.books.cursors[LEDGER]
        cursor.sequence = max(cursor.sequence, attempt.max_ledger + 1)
        overdue = tuple(one.hash for one in self.unfinished() if one.max_ledger < cursor.sequence)
        self.town.do(BuryAttempts(now_ms=self.town.now_ms, hashes=overdue))

    @precondition(lambda self: self.unfinished())
    @rule(data=st.data(), remedy=st.sampled_from(["again", "fail"]))
    def refuse(self, data: st.DataObject, remedy: str) -> None:
        attempt = data.draw(st.sampled_from(self.unfinished()))
        sent, state = attempt.sends, attempt.state
        self.town.do(
            RefuseAttempt(
                now_ms=self.town.now_ms,
                hash=attempt.hash,
                code="tx_x",
                remedy=remedy,  # type: ignore[arg-type]
            )
        )
        assert attempt.state == (state if sent else "refused")

    @invariant()
    def money_is_conserved(self) -> None:
        books = self.town.books
        assert sums_to_zero(books.postings)
        posted: Counter[str] = Counter()
        for posting in books.postings:
            posted[posting.owner] += posting.amount
        for owner, start in [*((name, START) for name in PEOPLE), (FEE, 1_000 * XLM)]:
            available, held = self.town.money(owner)
            assert available >= 0
            assert held >= 0
            assert available + held == start + posted[owner]

    @invariant()
    def each_live_payment_has_its_hold_and_no_other_has(self) -> None:
        books = self.town.books
        live = {p.id: p.amount for p in self.payments(*LIVE)}
        assert {hold.payment_id: hold.amount for hold in books.holds.values()} == live
        for name in PEOPLE:
            held = sum(p.amount for p in self.payments(*LIVE) if p.user_id == name)
            assert self.town.money(name)[1] == held

    @invariant()
    def limits_count_what_stands(self) -> None:
        for name in PEOPLE:
            payer = self.town.books.payers[name]
            stands = [p for p in self.payments(*LIVE, "success") if p.user_id == name]
            assert payer.day_used == sum(p.value for p in stands)
            assert payer.day_count == len(stands)

    @invariant()
    def a_lane_carries_one_attempt(self) -> None:
        flying = Counter(attempt.lane for attempt in self.unfinished())
        for name in PEOPLE:
            lane = self.town.books.lanes[name]
            assert flying[name] == (lane.in_flight is not None) == (lane.state == "taken")
        standing = [
            (a.lane, a.sequence)
            for a in self.town.books.attempts.values()
            if a.state not in {"dead", "refused"}
        ]
        assert len(standing) == len(set(standing))

    @invariant()
    def payments_move_legally(self) -> None:
        for payment in self.payments(*{status for pair in LEGAL_MOVES for status in pair}):
            old = self.seen.get(payment.id, "pending")
            path = {(old, payment.status)} - {(payment.status, payment.status)}
            two_steps = old == "pending" and payment.status in {"success", "failed"}
            assert path <= LEGAL_MOVES or two_steps
            self.seen[payment.id] = payment.status


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
