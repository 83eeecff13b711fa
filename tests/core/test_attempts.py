"""Attempts and lanes: one in flight, the same sequence until death is proven, packing."""

import pytest

from core.attempts import (
    OPERATIONS_MAX,
    TRIES_MAX,
    BumpFee,
    BuryAttempts,
    Mark,
    MarkAttempts,
    Pack,
    RefuseAttempt,
    SetLane,
    Signed,
    SignHouseWork,
)
from core.books import LEDGER, Payment, Wallet
from core.errors import InvariantBroken
from tests.core.town import FEE, XLM, Town, landed


@pytest.fixture
def town() -> Town:
    return Town("asha", "ben", stroops=100 * XLM)


def pack(town: Town, *payments: Payment, lane: str = "asha") -> Pack:
    return Pack(
        now_ms=town.now_ms,
        lane=lane,
        payment_ids=tuple(payment.id for payment in payments),
        sign=town.sign,
        worker="here",
    )


def mark(town: Town, payment: Payment, state: str, next_ms: int = 0) -> MarkAttempts:
    attempt = town.attempt(payment)
    marks = (Mark(attempt.hash, state, next_ms),)  # type: ignore[arg-type]
    return MarkAttempts(now_ms=town.now_ms, marks=marks)


def bury(town: Town, payment: Payment, *, taken: bool = False) -> BuryAttempts:
    hashes = (town.attempt(payment).hash,)
    return BuryAttempts(now_ms=town.now_ms, hashes=hashes, sequence_taken=taken)


def refuse(town: Town, payment: Payment, remedy: str, **more: object) -> RefuseAttempt:
    return RefuseAttempt(
        now_ms=town.now_ms,
        hash=town.attempt(payment).hash,
        code="tx_x",
        remedy=remedy,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def outlive(town: Town, payment: Payment) -> None:
    town.books.cursors[LEDGER].sequence = town.attempt(payment).max_ledger + 1


# marks


def test_marks_are_written_down_and_told(town: Town) -> None:
    payment = town.paid("asha", "ben")
    attempt = town.attempt(payment)
    town.do(mark(town, payment, "sent", 5))
    assert (attempt.state, attempt.sends, attempt.next_ms, attempt.sent_ledger) == (
        "sent",
        1,
        5,
        1_000,
    )
    town.do(mark(town, payment, "outcome_unknown", 9))
    assert (attempt.state, attempt.sends, payment.reason) == ("outcome_unknown", 2, "checking")
    assert payment.status == "processing"
    assert town.books.lanes["asha"].state == "taken"  # I2: no verdict, nothing is freed


def test_a_mark_on_a_finished_attempt_changes_nothing(town: Town) -> None:
    payment = town.paid("asha", "ben")
    command = mark(town, payment, "outcome_unknown")
    town.follow(landed(payment))
    before = town.snapshot()
    town.do(command)
    assert town.snapshot() == before


# death


def test_an_attempt_is_buried_only_past_its_last_ledger(town: Town) -> None:
    payment = town.paid("asha", "ben")
    attempt, lane = town.attempt(payment), town.books.lanes["asha"]
    town.books.cursors[LEDGER].sequence = attempt.max_ledger
    before = town.snapshot()
    town.do(bury(town, payment))
    assert town.snapshot() == before
    outlive(town, payment)
    town.do(bury(town, payment))
    assert attempt.state == "dead"
    assert (payment.status, payment.reason, payment.hash, payment.tries) == (
        "processing",
        "queued",
        None,
        1,
    )
    assert (lane.state, lane.sequence, lane.in_flight) == ("free", 100, None)


def test_the_next_attempt_takes_the_sequence_of_the_dead_one(town: Town) -> None:
    payment = town.paid("asha", "ben")
    outlive(town, payment)
    town.do(bury(town, payment))
    town.do(pack(town, payment))
    assert [sequence for _, sequence, _ in town.signed] == [101, 101]


def test_a_sequence_that_another_transaction_took_stays_spent(town: Town) -> None:
    payment = town.paid("asha", "ben")
    town.do(bury(town, payment, taken=True))
    assert town.books.lanes["asha"].sequence == 101
    town.do(pack(town, payment))
    assert [sequence for _, sequence, _ in town.signed] == [101, 102]


def test_a_payment_whose_attempts_keep_dying_fails_and_gives_back(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    for _ in range(TRIES_MAX - 1):
        outlive(town, payment)
        town.do(bury(town, payment))
        assert payment.status == "processing"
        town.do(pack(town, payment))
    outlive(town, payment)
    town.do(bury(town, payment))
    assert (payment.status, payment.reason) == ("failed", "payment.not_included")
    assert town.money("asha") == (100 * XLM, 0)
    assert town.books.lanes["asha"].state == "free"


# refusal


def test_a_refused_attempt_is_signed_anew(town: Town) -> None:
    payment = town.paid("asha", "ben")
    attempt = town.attempt(payment)
    town.do(refuse(town, payment, "again", sequence=207))
    assert (attempt.state, attempt.code) == ("refused", "tx_x")
    assert (payment.reason, payment.hash) == ("queued", None)
    town.do(pack(town, payment))
    assert [sequence for _, sequence, _ in town.signed] == [101, 208]


def test_a_final_refusal_fails_the_payment(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    town.do(refuse(town, payment, "fail", reason="payment.no_destination"))
    assert (payment.status, payment.reason) == ("failed", "payment.no_destination")
    assert town.money("asha") == (100 * XLM, 0)
    assert town.books.lanes["asha"].sequence == 100


def test_review_stops_payment_and_lane(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    town.do(refuse(town, payment, "review"))
    lane = town.books.lanes["asha"]
    assert (payment.status, payment.reason) == ("processing", "review")
    assert (lane.state, lane.in_flight, lane.sequence) == ("review", None, 100)
    assert town.money("asha") == (75 * XLM, 25 * XLM)
    second = town.paid("asha", "ben")
    assert second.reason == "queued"
    assert town.do(pack(town, second)) is None


@pytest.mark.parametrize("state", ["sent", "outcome_unknown"])
def test_a_refusal_after_a_send_proves_nothing(town: Town, state: str) -> None:
    """I4: only as the first answer to bytes that were sent nowhere before."""
    payment = town.paid("asha", "ben")
    town.do(mark(town, payment, state))
    before = town.snapshot()
    town.do(refuse(town, payment, "fail"))
    assert town.snapshot() == before


# packing


def test_a_freed_lane_packs_what_waits_with_one_memo(town: Town) -> None:
    first = town.paid("asha", "ben")
    waiting = [town.paid("asha", "ben") for _ in range(3)]
    other = town.paid("asha", "ben", memo_type="text", memo="rent")
    assert town.do(pack(town, *waiting, other)) is None  # the lane is taken
    town.follow(landed(first))
    attempt = town.do(pack(town, *waiting, other))
    assert attempt is not None
    assert attempt.sequence == 102
    assert [(p.hash, p.position, p.reason) for p in waiting] == [
        (attempt.hash, place, None) for place in range(3)
    ]
    assert (other.hash, other.reason) == (None, "queued")
    town.follow(landed(waiting[0]))
    assert [p.status for p in waiting] == ["success"] * 3
    assert town.money("ben") == (104 * XLM, 0)


def test_at_most_a_hundred_operations_are_packed() -> None:
    town = Town("asha", "ben", stroops=1_000 * XLM)
    first = town.paid("asha", "ben")
    town.books.standings.clear()
    from core.books import Limits, Standing

    town.books.standings["asha"] = Standing("asha", 0, 0, Limits(10**15, 10**15, 10**15, 1_000))
    waiting = [town.paid("asha", "ben") for _ in range(OPERATIONS_MAX + 5)]
    town.follow(landed(first))
    town.do(pack(town, *waiting))
    assert [p.hash is not None for p in waiting] == [True] * OPERATIONS_MAX + [False] * 5


def test_payments_to_somebody_being_opened_are_left_for_later(town: Town) -> None:
    town.books.wallets["ben"].state = "opening"
    payment = town.paid("asha", "ben")
    assert town.do(pack(town, payment)) is None
    town.books.wallets["ben"].state = "open"
    assert town.do(pack(town, payment)) is not None


def test_nothing_is_signed_twice(town: Town) -> None:
    payment = town.paid("asha", "ben")
    attempt = town.attempt(payment)
    town.books.lanes["asha"].state, town.books.lanes["asha"].in_flight = "free", None
    town.books.lanes["asha"].sequence = 100
    payment.hash = None
    payment.reason = "queued"
    with pytest.raises(InvariantBroken):
        town.do(pack(town, payment))
    assert town.books.attempts == {attempt.hash: attempt}


# the house's own work, fees, lanes


def house_sign(town: Town) -> SignHouseWork:
    def sign(source: Wallet, wallets: object, sequence: int, bounds: object) -> Signed:
        return Signed(f"{source.user_id} {sequence}".encode(), b"outer", b"XDR", FEE)

    return SignHouseWork(
        now_ms=town.now_ms,
        kind="opening",
        lane=FEE,
        wallet_ids=("cho", "dev"),
        sign=sign,  # type: ignore[arg-type]
        worker="here",
    )


def opening(town: Town) -> None:
    for name in ("cho", "dev"):
        town.books.wallets[name] = Wallet(name, "user", f"G{name}", b"", "opening", None, 0, 0)


def test_an_opening_is_hooked_to_its_wallets_and_unhooked_when_it_dies(town: Town) -> None:
    opening(town)
    attempt = town.do(house_sign(town))
    assert attempt is not None
    assert (attempt.kind, attempt.lane, attempt.sequence) == ("opening", FEE, 101)
    assert [town.books.wallets[n].hash for n in ("cho", "dev")] == [attempt.hash] * 2
    assert town.do(house_sign(town)) is None  # they are in a living attempt
    town.books.cursors[LEDGER].sequence = attempt.max_ledger + 1
    town.do(BuryAttempts(now_ms=town.now_ms, hashes=(attempt.hash,)))
    wallets = [town.books.wallets[n] for n in ("cho", "dev")]
    assert [(w.hash, w.tries, w.state) for w in wallets] == [(None, 1, "opening")] * 2


def test_a_bumped_fee_keeps_the_inner_transaction(town: Town) -> None:
    payment = town.paid("asha", "ben")
    attempt = town.attempt(payment)
    inner, sequence = attempt.hash, attempt.sequence
    town.do(BumpFee(now_ms=9, hash=inner, outer_hash=b"dearer", envelope=b"new"))
    assert (attempt.hash, attempt.sequence) == (inner, sequence)
    assert (attempt.outer_hash, attempt.envelope, attempt.next_ms) == (b"dearer", b"new", 9)
    town.follow(landed(payment))
    with pytest.raises(InvariantBroken):
        town.do(BumpFee(now_ms=9, hash=inner, outer_hash=b"x", envelope=b"x"))


def test_a_lane_is_set_to_the_chain_s_sequence_unless_it_is_taken(town: Town) -> None:
    town.do(SetLane(now_ms=0, user_id="new", sequence=7))
    assert town.books.lanes["new"].sequence == 7
    town.do(SetLane(now_ms=0, user_id="asha", sequence=300))
    assert town.books.lanes["asha"].sequence == 300
    town.paid("asha", "ben")
    town.do(SetLane(now_ms=0, user_id="asha", sequence=1, state="review"))
    lane = town.books.lanes["asha"]
    assert (lane.sequence, lane.state) == (301, "taken")
