"""What a closed ledger does: verdicts, movements, openings, the cursor."""

import pytest

from core.books import LEDGER, OUTSIDE, Contact, PaymentRequest, Posting, Quarantined, Wallet
from core.errors import InvariantBroken
from core.ledger import sums_to_zero
from core.settlement import REASONS, FollowLedger, Movement, StartFollowing
from tests.core.test_attempts import house_sign, opening, pack
from tests.core.town import FEE, XLM, Town, failed, landed


@pytest.fixture
def town() -> Town:
    return Town("asha", "ben", stroops=100 * XLM)


def postings(town: Town) -> dict[tuple[str, str], int]:
    assert sums_to_zero(town.books.postings)
    return {(posting.owner, posting.asset): posting.amount for posting in town.books.postings}


def test_a_landed_payment_moves_money_and_fee(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM, note="lunch", memo_type="text", memo="m")
    attempt = town.attempt(payment)
    town.follow(landed(payment, fee=300))
    assert (payment.status, payment.ledger, payment.settled_ms) == ("success", 1_001, town.now_ms)
    assert (town.money("asha"), town.money("ben")) == ((75 * XLM, 0), (125 * XLM, 0))
    assert town.money(FEE) == (1_000 * XLM - 300, 0)
    assert postings(town) == {
        ("asha", "XLM"): -25 * XLM,
        ("ben", "XLM"): 25 * XLM,
        (FEE, "XLM"): -300,
        (OUTSIDE, "XLM"): 300,
    }
    assert (attempt.state, attempt.code) == ("landed_ok", "tx_success")
    lane = town.books.lanes["asha"]
    assert (lane.state, lane.sequence, lane.in_flight) == ("free", 101, None)
    assert town.books.holds == {}


def test_the_payee_gets_a_row_and_events_of_his_own(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM, note="lunch", memo_type="text", memo="m")
    town.books.outbox.clear()
    town.follow(landed(payment))
    (row,) = [p for p in town.books.payments.values() if p.user_id == "ben"]
    assert (row.kind, row.direction, row.status, row.amount) == (
        "incoming",
        "in",
        "success",
        25 * XLM,
    )
    assert (row.counterparty_id, row.address, row.note, row.memo) == ("asha", "Gasha", "lunch", "m")
    assert (row.hash, row.ledger) == (payment.hash, 1_001)
    told = {(event.user_id, event.kind, event.subject) for event in town.books.outbox}
    assert told == {
        ("asha", "transaction.updated", payment.id),
        ("asha", "balance.updated", "XLM"),
        ("ben", "transaction.updated", row.id),
        ("ben", "balance.updated", "XLM"),
    }


def test_money_to_somebody_outside_is_posted_outside(town: Town) -> None:
    payment = town.paid("asha", "far away", 25 * XLM)
    town.follow(landed(payment, fee=0))
    assert postings(town) == {("asha", "XLM"): -25 * XLM, (OUTSIDE, "XLM"): 25 * XLM}
    assert len(town.books.payments) == 1


def test_money_to_the_house_is_credited_without_a_receipt(town: Town) -> None:
    payment = town.paid("asha", FEE, 25 * XLM)
    town.follow(landed(payment, fee=0))
    assert town.money(FEE) == (1_025 * XLM, 0)
    assert len(town.books.payments) == 1


def test_contact_and_request_learn_of_the_payment(town: Town) -> None:
    town.books.requests["R"] = PaymentRequest("R", "ben", None, None, None, "open", 9, 0)
    payment = town.paid("asha", "ben", request_id="R")
    (contact,) = town.books.contacts.values()
    assert isinstance(contact, Contact)
    assert contact.last_paid_ms is None
    town.follow(landed(payment))
    assert contact.last_paid_ms == town.now_ms
    assert town.books.requests["R"].status == "paid"
    assert ("ben", "request.paid", "R") in {
        (event.user_id, event.kind, event.subject) for event in town.books.outbox
    }


@pytest.mark.parametrize("code", [*REASONS, "op_src_no_trust", "op_malformed"])
def test_a_failed_payment_burns_sequence_and_fee_and_gives_back(town: Town, code: str) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    town.follow(failed(payment, code))
    expected = REASONS.get(code, "payment.refused_by_network")
    assert (payment.status, payment.reason, payment.ledger) == ("failed", expected, 1_001)
    assert (town.money("asha"), town.money("ben")) == ((100 * XLM, 0), (100 * XLM, 0))
    assert town.money(FEE) == (1_000 * XLM - 200, 0)
    lane = town.books.lanes["asha"]
    assert (lane.state, lane.sequence) == ("free", 101)
    assert town.books.payers["asha"].day_used == 0


def test_of_a_failed_pack_the_good_ones_are_signed_anew(town: Town) -> None:
    first = town.paid("asha", "ben")
    good, bad, fine = (town.paid("asha", name, 2 * XLM) for name in ("ben", "nobody", "ben"))
    town.follow(landed(first))
    town.do(pack(town, good, bad, fine))
    town.follow(failed(good, "op_success", "op_no_destination", "op_success"))
    assert [(p.status, p.reason, p.tries) for p in (good, bad, fine)] == [
        ("processing", "queued", 0),
        ("failed", "payment.no_destination", 0),
        ("processing", "queued", 0),
    ]
    attempt = town.do(pack(town, good, fine))
    assert attempt is not None
    assert attempt.sequence == 103  # the failed one has burned 102
    town.follow(landed(good))
    assert [good.status, fine.status] == ["success", "success"]
    assert town.money("asha") == (95 * XLM, 0)


def test_a_transaction_that_failed_before_its_operations_names_its_own_code(town: Town) -> None:
    payment = town.paid("asha", "ben")
    town.follow(failed(payment))
    assert payment.reason == "payment.refused_by_network"


def test_a_verdict_on_a_finished_or_unknown_attempt_is_put_aside(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    verdict = landed(payment)
    town.follow(verdict)
    money = town.money("asha"), town.money("ben"), town.money(FEE)
    town.follow(verdict)
    town.books.attempts.clear()
    town.follow(verdict)
    assert (town.money("asha"), town.money("ben"), town.money(FEE)) == money
    assert [row.reason for row in town.books.quarantine] == [
        "an attempt that was landed_ok landed",
        "an attempt that was unknown landed",
    ]


def test_ledgers_come_one_by_one_and_time_never_runs_back(town: Town) -> None:
    cursor = town.books.cursors[LEDGER]
    for sequence in (1_000, 1_002):
        command = FollowLedger(
            now_ms=0, sequence=sequence, close_ms=cursor.close_ms, new_id=town.new_id
        )
        before = town.snapshot()
        with pytest.raises(InvariantBroken):
            town.do(command)
        assert town.snapshot() == before
    close_ms = cursor.close_ms
    town.do(FollowLedger(now_ms=0, sequence=1_001, close_ms=close_ms - 5, new_id=town.new_id))
    assert (cursor.sequence, cursor.close_ms) == (1_001, close_ms)


def test_following_starts_once(town: Town) -> None:
    start = StartFollowing(now_ms=0, passphrase="there", sequence=7, close_ms=9)
    assert town.do(start).passphrase == "here"
    town.books.cursors.clear()
    assert town.do(start).sequence == 7
    assert town.books.cursor is not None


# movements


def movement(owner: str, amount: int, kind: str = "incoming", **more: object) -> Movement:
    fields: dict[str, object] = {"asset": "XLM", "hash": b"h", "address": "GFAR"} | more
    return Movement(owner=owner, amount=amount, kind=kind, **fields)  # type: ignore[arg-type]


def test_incoming_money_is_credited_with_its_memo(town: Town) -> None:
    town.follow(movements=[movement("asha", 5 * XLM, memo_type="text", memo="rent")])
    (row,) = town.books.payments.values()
    assert (row.kind, row.direction, row.address, row.memo) == ("incoming", "in", "GFAR", "rent")
    assert town.money("asha") == (105 * XLM, 0)
    assert postings(town) == {("asha", "XLM"): 5 * XLM, (OUTSIDE, "XLM"): -5 * XLM}


def test_money_that_left_without_our_order_is_mirrored(town: Town) -> None:
    town.follow(movements=[movement("asha", -5 * XLM, "outgoing")])
    assert town.money("asha") == (95 * XLM, 0)
    assert town.books.payments == {}
    assert any(entry.action == "money.outgoing" for entry in town.books.audit)


def test_money_that_left_although_it_was_held_is_put_aside(town: Town) -> None:
    town.initiate("asha", "ben", 98 * XLM)
    town.follow(movements=[movement("asha", -5 * XLM, "outgoing"), movement("ben", XLM)])
    assert town.money("asha") == (2 * XLM, 98 * XLM)
    assert town.money("ben") == (101 * XLM, 0)  # the rest of the ledger goes on
    assert len(town.books.quarantine) == 1


def test_what_is_not_understood_is_kept_and_recorded(town: Town) -> None:
    aside = Quarantined(1_001, b"h", "an unknown operation", b"raw", 0)
    town.do(
        FollowLedger(now_ms=0, sequence=1_001, close_ms=0, quarantined=(aside,), new_id=town.new_id)
    )
    assert town.books.quarantine == [aside]
    assert town.books.audit[-1].action == "ledger.quarantined"


def test_the_house_s_money_makes_no_receipts(town: Town) -> None:
    town.follow(movements=[movement(FEE, 5 * XLM, "treasury")])
    assert town.money(FEE) == (1_005 * XLM, 0)
    assert town.books.payments == {}


# opening


@pytest.mark.parametrize("funded_later", [True, False])
def test_an_opened_account_gets_its_lane_and_waits_for_its_first_money(
    town: Town, *, funded_later: bool
) -> None:
    opening(town)
    attempt = town.do(house_sign(town))
    assert attempt is not None
    verdict = landed(_hashed(town, attempt.hash))
    town.follow(verdict, funded_later=funded_later)
    lane, wallet = town.books.lanes["cho"], town.books.wallets["cho"]
    assert (lane.sequence, lane.state) == (1_001 << 32, "free")
    assert wallet.state == ("opening" if funded_later else "open")
    town.follow(movements=[movement("cho", 10_000 * XLM, "friendbot")])
    assert wallet.state == "open"
    assert [event.kind for event in town.books.outbox].count("wallet.opened") == (
        1 if funded_later else 2  # cho and dev at once
    )
    (row,) = town.books.payments.values()
    assert (row.kind, row.amount) == ("friendbot", 10_000 * XLM)


def test_a_failed_opening_leaves_its_wallets_to_the_next(town: Town) -> None:
    opening(town)
    attempt = town.do(house_sign(town))
    assert attempt is not None
    town.follow(failed(_hashed(town, attempt.hash), "op_low_reserve"))
    wallet = town.books.wallets["cho"]
    assert (wallet.state, wallet.hash, wallet.tries) == ("opening", None, 1)
    assert "cho" not in town.books.lanes


def _hashed(town: Town, hash_: bytes) -> Wallet:
    """Something with the attempt's hash, as `landed` and `failed` ask for."""
    return next(w for w in town.books.wallets.values() if w.hash == hash_)


def test_postings_are_of_their_ledger(town: Town) -> None:
    payment = town.paid("asha", "ben")
    town.follow(landed(payment))
    assert payment.hash is not None
    assert {(p.transfer, p.ledger) for p in town.books.postings} == {(payment.hash.hex(), 1_001)}
    assert all(isinstance(posting, Posting) for posting in town.books.postings)


def test_a_fee_that_its_payer_does_not_have_is_put_aside(town: Town) -> None:
    payment = town.paid("asha", "ben", 25 * XLM)
    town.books.balances[FEE, "XLM"].available = 199
    town.follow(landed(payment))
    assert payment.status == "success"
    assert town.money(FEE) == (199, 0)
    assert [row.reason for row in town.books.quarantine] == ["a fee was more than its payer had"]
