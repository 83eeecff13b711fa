"""Initiating, confirming, cancelling, expiring: what each does, and every refusal."""

import pytest

from core.attempts import STALE_MS, WINDOW_LEDGERS
from core.books import LEDGER
from core.errors import Problem
from core.paying import PIN_LOCK_MS, ExpirePayments
from core.tries import Rate
from tests.core.town import NOW, XLM, Town


@pytest.fixture
def town() -> Town:
    return Town("asha", "ben", stroops=100 * XLM)


# initiate


def test_an_accepted_payment_holds_its_amount(town: Town) -> None:
    reply = town.do(order := town.order("asha", "ben", 25 * XLM, note="lunch"))
    payment = town.books.payments[order.payment_id]
    assert town.money("asha") == (75 * XLM, 25 * XLM)
    assert (payment.status, payment.counterparty_id, payment.note) == ("pending", "ben", "lunch")
    assert (payment.value, payment.expires_ms) == (25 * XLM, NOW + 600_000)
    # what is left of the day's 20,000, and the lane's next sequence
    assert reply.body == f"{payment.id} {19_975 * XLM} 101".encode()
    assert not reply.replayed
    assert [event.kind for event in town.books.outbox] == [
        "transaction.updated",
        "balance.updated",
    ]


def test_the_same_key_and_body_give_the_first_reply_again(town: Town) -> None:
    order = town.order("asha", "ben", 25 * XLM)
    first = town.do(order)
    town.books.wallets["asha"].state = "failed"  # whatever has happened since
    again = town.do(town.order("asha", "ben", 25 * XLM, key=order.key))
    assert (again.body, again.replayed) == (first.body, True)
    assert town.money("asha") == (75 * XLM, 25 * XLM)


def test_the_same_key_with_another_body_is_a_conflict(town: Town) -> None:
    order = town.order("asha", "ben")
    town.do(order)
    other = town.order("asha", "ben", key=order.key, body_hash=b"other")
    assert town.refusal(other).code == "idempotency.conflict"


def test_a_key_is_its_owner_s_alone(town: Town) -> None:
    order = town.order("asha", "ben")
    town.do(order)
    assert not town.do(town.order("ben", "asha", key=order.key)).replayed


@pytest.mark.parametrize(
    ("state", "code"), [("opening", "account.opening"), ("failed", "account.failed")]
)
def test_a_wallet_that_is_not_open_pays_nothing(town: Town, state: str, code: str) -> None:
    town.books.wallets["asha"].state = state
    assert town.refusal(town.order("asha", "ben")).code == code


def test_a_frozen_payer_is_refused(town: Town) -> None:
    town.books.payers["asha"].frozen = 1
    assert town.refusal(town.order("asha", "ben")).code == "account.frozen"


def test_short_money_limits_prices_and_rates_refuse_and_change_nothing(town: Town) -> None:
    rate = Rate("pay:asha", 1, 60_000)
    assert town.refusal(town.order("asha", "ben", 100 * XLM + 1)).code == "payment.balance_too_low"
    assert town.refusal(town.order("asha", "ben", 1, asset="USDC:G")).code == (
        "payment.balance_too_low"
    )
    town.books.balance("asha", "USDC:G").available = 5
    assert town.refusal(town.order("asha", "ben", 1, asset="USDC:G")).code == "asset.no_price"
    town.books.balances["asha", "XLM"].available = 10**15
    assert town.refusal(town.order("asha", "ben", 10**12)).code == "payment.limit_payment"
    town.do(town.order("asha", "ben", rate=rate))
    refused = town.refusal(town.order("asha", "ben", rate=rate))
    assert (refused.code, refused.retry_after) == ("request.too_many", 60)


def test_the_whole_balance_may_be_paid(town: Town) -> None:
    town.do(town.order("asha", "ben", 100 * XLM))
    assert town.money("asha") == (0, 100 * XLM)
    assert town.refusal(town.order("asha", "ben", 1)).code == "payment.balance_too_low"


# confirm


def test_a_confirmed_payment_is_signed_in_the_same_decision(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    attempt, lane = town.attempt(payment), town.books.lanes["asha"]
    assert (payment.status, payment.reason, payment.confirmed_ms) == ("processing", None, NOW)
    assert (attempt.state, attempt.sequence, attempt.sends) == ("signed", 101, 0)
    assert attempt.max_ledger == 1_000 + WINDOW_LEDGERS
    assert (lane.sequence, lane.state, lane.in_flight) == (101, "taken", payment.hash)
    assert town.signed == [("asha", 101, (payment.id,))]
    assert any(e.action == "key.used" and e.user_id == "asha" for e in town.books.audit)


def test_a_second_confirm_answers_and_signs_nothing(town: Town) -> None:
    payment = town.paid("asha", "ben")
    before = town.snapshot()
    assert town.confirm(payment, pin="999999") is payment
    assert town.snapshot() == before


def test_while_the_lane_is_taken_payments_queue(town: Town) -> None:
    town.paid("asha", "ben")
    second = town.paid("asha", "ben")
    assert (second.status, second.reason, second.hash) == ("processing", "queued", None)
    assert len(town.signed) == 1


def test_a_payee_who_is_being_opened_and_a_late_follower_queue(town: Town) -> None:
    town.books.wallets["ben"].state = "opening"
    assert town.paid("asha", "ben").reason == "queued"
    town.books.wallets["ben"].state = "open"
    town.books.cursors[LEDGER].close_ms = NOW - STALE_MS - 1
    assert town.paid("asha", "ben").reason == "queued"
    town.books.cursors.clear()
    assert town.paid("asha", "ben").reason == "queued"
    assert town.signed == []


def test_the_third_wrong_pin_locks_paying_for_a_day(town: Town) -> None:
    payment = town.initiate("asha", "ben", 25 * XLM)
    refusals = []
    for _ in range(4):
        with pytest.raises(Problem) as refused:
            town.confirm(payment, pin="000000")
        refusals.append((refused.value.code, refused.value.params, refused.value.retry_after))
    assert refusals == [
        ("auth.wrong_pin", {"triesLeft": 2}, None),
        ("auth.wrong_pin", {"triesLeft": 1}, None),
        ("auth.pin_locked", {}, PIN_LOCK_MS // 1000),
        ("auth.pin_locked", {}, PIN_LOCK_MS // 1000),
    ]
    assert (payment.status, town.signed) == ("pending", [])
    assert town.money("asha") == (75 * XLM, 25 * XLM)
    # the right PIN does not help while locked, and tells nothing
    assert town.refusal(town.confirmation(payment)).code == "auth.pin_locked"
    town.now_ms += PIN_LOCK_MS
    assert town.paid("asha", "ben").status == "processing"


def test_a_right_pin_starts_the_count_again(town: Town) -> None:
    for _ in range(3):
        payment = town.initiate("asha", "ben")
        for _ in range(2):
            with pytest.raises(Problem):
                town.confirm(payment, pin="000000")
        assert town.confirm(payment).status == "processing"


def test_a_payment_confirmed_too_late_expires_and_gives_back(town: Town) -> None:
    payment = town.initiate("asha", "ben", 25 * XLM)
    town.now_ms += 600_000
    with pytest.raises(Problem) as refused:
        town.confirm(payment)
    assert (refused.value.code, payment.status) == ("payment.expired", "expired")
    assert town.money("asha") == (100 * XLM, 0)


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_what_is_over_cannot_be_confirmed(town: Town, status: str) -> None:
    payment = town.initiate("asha", "ben")
    payment.status = status
    assert town.refusal(town.confirmation(payment)).code == f"payment.{status}"


def test_a_payer_frozen_meanwhile_cannot_confirm(town: Town) -> None:
    payment = town.initiate("asha", "ben")
    town.books.payers["asha"].frozen = 1
    assert town.refusal(town.confirmation(payment)).code == "account.frozen"


def test_the_payee_becomes_a_contact_once(town: Town) -> None:
    for _ in range(2):
        town.paid("asha", "ben")
    (contact,) = town.books.contacts.values()
    assert (contact.user_id, contact.address, contact.contact_user_id) == ("asha", "Gben", "ben")
    assert [e.kind for e in town.books.outbox].count("contact.added") == 1


# whose it is, cancel, expire


@pytest.mark.parametrize("what", ["confirm", "cancel"])
def test_somebody_else_s_payment_is_as_absent_as_none(town: Town, what: str) -> None:
    payment = town.initiate("asha", "ben")
    make = town.confirmation if what == "confirm" else town.cancel
    refusals = []
    for payment_id in (payment.id, "no such id"):
        payment_of_ben = type(payment)(*(getattr(payment, f) for f in payment.__struct_fields__))
        payment_of_ben.user_id, payment_of_ben.id = "ben", payment_id
        refused = town.refusal(make(payment_of_ben))  # type: ignore[operator]
        refusals.append((type(refused), refused.code, refused.params))
    assert refusals[0] == refusals[1]
    assert refusals[0][1] == "payment.not_found"


def test_cancelling_gives_back_and_is_idempotent(town: Town) -> None:
    payment = town.initiate("asha", "ben", 25 * XLM)
    assert town.do(town.cancel(payment)).status == "cancelled"
    assert town.money("asha") == (100 * XLM, 0)
    before = town.snapshot()
    assert town.do(town.cancel(payment)).status == "cancelled"
    assert town.snapshot() == before


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("processing", "payment.not_cancellable"),
        ("success", "payment.already_final"),
        ("failed", "payment.already_final"),
        ("expired", "payment.already_final"),
    ],
)
def test_only_a_pending_payment_is_cancelled(town: Town, status: str, code: str) -> None:
    payment = town.initiate("asha", "ben")
    payment.status = status
    assert town.refusal(town.cancel(payment)).code == code


def test_only_late_pending_payments_expire(town: Town) -> None:
    late, confirmed = town.initiate("asha", "ben"), town.paid("asha", "ben")
    town.now_ms += 599_999
    young = town.initiate("asha", "ben", 5 * XLM)
    named = (late.id, confirmed.id, young.id, "gone")
    sweep = ExpirePayments(now_ms=town.now_ms, payment_ids=named)
    assert town.do(sweep) == 0
    town.now_ms += 1
    assert town.do(ExpirePayments(now_ms=town.now_ms, payment_ids=named)) == 1
    assert [p.status for p in (late, confirmed, young)] == ["expired", "processing", "pending"]
    assert town.money("asha") == (94 * XLM, 6 * XLM)
