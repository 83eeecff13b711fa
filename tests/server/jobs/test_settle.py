"""The failure table of stellar.md §2, as far as it is about one payment and its lane."""

import asyncio
from collections.abc import Iterator

import pytest

from server.jobs import settle as module
from server.jobs.settle import RESEND_MS
from server.usecases.network import Answer
from tests.server.jobs.network import PENDING, JobsBank, ScriptedNode, Transaction, failure
from tests.server.store.bank import XLM, address_of

SILENCE = Answer("unknown")


@pytest.fixture
def people(bank: JobsBank, node: ScriptedNode) -> Iterator[tuple[str, str]]:
    asha, ben = bank.person("asha"), bank.person("ben")
    node.begin()
    yield asha, ben
    bank.verify_books()


def pay(bank: JobsBank, people: tuple[str, str], amount: int = 25 * XLM, **more: object) -> str:
    asha, ben = people
    payment_id = bank.initiate(asha, ben, amount, **more)
    bank.confirm(asha, payment_id)
    return payment_id


def attempts(bank: JobsBank) -> list[tuple[str, int]]:
    """State and sequence of each, in the order of signing."""
    rows = bank.rows("SELECT state, sequence FROM attempts ORDER BY created_ms, sequence")
    return [(str(state), int(str(sequence))) for state, sequence in rows]


def test_a_confirmed_payment_is_sent_once_and_succeeds_by_its_ledger(bank, node, works, people):
    asha, ben = people
    payment_id = pay(bank, people)
    works.settled()
    works.settled()
    assert len(node.sent) == 1
    assert bank.payment(asha, payment_id).status == "processing"
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"
    assert bank.balance(asha) == (9_975 * XLM, 0)
    assert bank.balance(ben) == (10_025 * XLM, 0)
    works.settled()
    assert len(node.sent) == 1
    assert works.counted["send", "pending"] == works.counted["attempt", "tx_success"] == 1


def test_silence_sends_the_same_bytes_again_and_nothing_else(bank, node, works, people):
    payment_id = pay(bank, people)
    node.answer(*[SILENCE] * 4)
    for wait_ms in (0, *RESEND_MS[:3]):
        bank.now_ms += wait_ms
        works.settled()
    assert len(node.sent) == 4
    assert len(set(node.sent)) == 1
    payment = bank.payment(people[0], payment_id)
    assert (payment.status, payment.reason) == ("processing", "checking")
    assert [state for state, _ in attempts(bank)] == ["outcome_unknown"]


def test_what_was_answered_with_silence_may_still_land_once(bank, node, works, people):
    asha, ben = people
    payment_id = pay(bank, people)
    node.answer(SILENCE)
    works.settled()
    (envelope,) = node.sent
    node.queue[envelope[:32]] = None
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"
    assert bank.balance(ben) == (10_025 * XLM, 0)
    bank.now_ms += 60_000
    works.settled()
    assert len(node.sent) == 1


def test_an_attempt_is_dead_only_past_its_last_ledger(bank, node, works, people):
    """I4: then the same sequence is signed anew, and only the new one lands."""
    asha, ben = people
    payment_id = pay(bank, people)
    node.usual = SILENCE
    works.settled()
    node.close_empty(10)
    works.followed()
    works.settled()
    assert [state for state, _ in attempts(bank)] == ["outcome_unknown"]
    node.usual = PENDING
    node.close_empty(1)
    works.followed()
    works.settled()
    (dead, first), (living, second) = attempts(bank)
    assert (dead, living, first) == ("dead", "sent", second)
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"
    assert bank.balance(ben) == (10_025 * XLM, 0)


def test_a_payment_whose_attempts_all_die_fails_and_gives_the_money_back(bank, node, works, people):
    asha, _ = people
    before = bank.balance(asha)
    payment_id = pay(bank, people)
    node.usual = SILENCE
    for _ in range(5):
        works.settled()
        node.close_empty(11)
        works.followed()
    works.settled()
    payment = bank.payment(asha, payment_id)
    assert (payment.status, payment.reason) == ("failed", "payment.not_included")
    assert bank.balance(asha) == before
    assert len({sequence for _, sequence in attempts(bank)}) == 1


@pytest.mark.parametrize("status", ["later", "duplicate"])
def test_not_now_and_already_there_are_no_failures(bank, node, works, people, status):
    payment_id = pay(bank, people)
    node.answer(Answer(status))
    works.settled()
    assert attempts(bank)[0][0] == "sent"
    bank.now_ms += RESEND_MS[0]
    works.settled()
    works.closed()
    assert bank.payment(people[0], payment_id).status == "success"
    assert len(set(node.sent)) == 1


def test_without_a_connection_nothing_was_sent_and_nothing_is_written(bank, node, works, people):
    payment_id = pay(bank, people)
    before = bank.everything()
    node.answer(Answer("unsent"))
    works.settled()
    assert node.sent == []
    assert bank.everything() == before
    bank.now_ms += module.AWAY_MS
    works.settled()
    works.closed()
    assert bank.payment(people[0], payment_id).status == "success"


@pytest.mark.parametrize(
    "refusal",
    [("tx_not_known_here", ()), ("tx_failed", ("op_malformed",)), ("tx_soroban_invalid", ())],
)
def test_a_first_refusal_that_is_final_fails_the_payment(bank, node, works, people, refusal):
    asha, _ = people
    before = bank.balance(asha)
    payment_id = pay(bank, people)
    node.answer(Answer("refused", *refusal))
    works.settled()
    payment = bank.payment(asha, payment_id)
    assert (payment.status, payment.reason) == ("failed", "payment.refused_by_network")
    assert bank.balance(asha) == before
    assert attempts(bank)[0][0] == "refused"


@pytest.mark.parametrize("code", ["tx_too_late", "tx_too_early", "tx_bad_sponsorship"])
def test_a_first_refusal_of_the_bounds_is_signed_anew_at_once(bank, node, works, people, code):
    payment_id = pay(bank, people)
    node.answer(Answer("refused", code))
    works.settled()
    works.settled()
    works.settled()
    (refused, first), (living, second) = attempts(bank)
    assert (refused, living, first) == ("refused", "sent", second)
    works.closed()
    assert bank.payment(people[0], payment_id).status == "success"


@pytest.mark.parametrize(
    "refusal",
    [
        ("tx_bad_auth", ()),
        ("tx_bad_auth_extra", ()),
        ("tx_malformed", ()),
        ("tx_failed", ("op_bad_auth",)),
    ],
)
def test_a_refused_signature_stops_the_lane_for_an_operator(bank, node, works, people, refusal):
    asha, _ = people
    payment_id = pay(bank, people)
    node.answer(Answer("refused", *refusal))
    for _ in range(3):
        bank.now_ms += 60_000
        works.settled()
    payment = bank.payment(asha, payment_id)
    assert (payment.status, payment.reason) == ("processing", "review")
    assert bank.balance(asha) == (9_975 * XLM, 25 * XLM)
    assert bank.run(bank.reads.lanes([asha]))[asha].state == "review"
    assert len(node.sent) == 1


@pytest.mark.parametrize(
    "code", ["tx_too_late", "tx_bad_auth", "tx_bad_seq", "tx_failed", "tx_insufficient_balance"]
)
def test_after_a_send_without_an_answer_no_refusal_is_believed(bank, node, works, people, code):
    """They may be in another node's queue: the ledger decides, here for success."""
    asha, ben = people
    payment_id = pay(bank, people)
    node.answer(SILENCE, Answer("refused", code))
    works.settled()
    bank.now_ms += RESEND_MS[0]
    works.settled()
    assert [state for state, _ in attempts(bank)] == ["outcome_unknown"]
    node.queue[node.sent[0][:32]] = None
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"
    assert bank.balance(ben) == (10_025 * XLM, 0)


def test_what_a_crashed_process_may_have_sent_counts_as_sent(bank, node, works, people):
    """The crash came between the send and its mark: the row looks as if never sent."""
    asha, ben = people
    payment_id = pay(bank, people)
    (lost,) = bank.rows("SELECT hash FROM attempts")
    bank.now_ms += 1
    works.restart()
    node.answer(Answer("refused", "tx_bad_auth"))
    works.settled()
    assert [state for state, _ in attempts(bank)] == ["sent"]
    node.queue[bytes(lost[0])] = None
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"
    assert bank.balance(ben) == (10_025 * XLM, 0)


def test_an_answer_that_could_not_be_written_down_makes_the_next_one_no_first(
    bank, node, works, people, monkeypatch
):
    payment_id = pay(bank, people)
    real = bank.engine.run

    async def broken(command):
        if command.action == "attempt.mark":
            raise ConnectionError("the database is away")
        return await real(command)

    monkeypatch.setattr(bank.engine, "run", broken)
    node.answer(SILENCE, Answer("refused", "tx_bad_auth"))
    with pytest.raises(ConnectionError):
        works.settled()
    monkeypatch.setattr(bank.engine, "run", real)
    works.settled()
    assert [state for state, _ in attempts(bank)] == ["sent"]
    assert bank.payment(people[0], payment_id).reason is None
    assert len(set(node.sent)) == 1


# sequences


def sequence_now(bank: JobsBank, owner: str) -> int:
    return bank.run(bank.reads.lanes([owner]))[owner].sequence


def test_a_false_bad_sequence_is_looked_up_before_it_is_believed(bank, node, works, people):
    asha, _ = people
    payment_id = pay(bank, people)
    (row,) = bank.rows("SELECT hash FROM attempts")
    node.close(Transaction(failure(bytes(row[0]))))
    node.sequences[address_of(asha)] = sequence_now(bank, asha)
    node.answer(Answer("refused", "tx_bad_seq"))
    works.settled()
    assert [state for state, _ in attempts(bank)] == ["sent"]
    works.followed()
    assert bank.payment(asha, payment_id).status == "failed"


@pytest.mark.parametrize("lag", [0, 3])
def test_a_node_that_lags_proves_nothing(bank, node, works, people, lag):
    """Either its sequence is the one before ours, or its ledger is older than the follower's."""
    asha, _ = people
    node.close_empty(4)
    works.followed()
    payment_id = pay(bank, people)
    node.lag = lag
    node.sequences[address_of(asha)] = sequence_now(bank, asha) + (5 if lag else -1)
    node.answer(Answer("refused", "tx_bad_seq"))
    works.settled()
    assert [state for state, _ in attempts(bank)] == ["sent"]
    node.lag = 0
    bank.now_ms += RESEND_MS[0]
    works.settled()
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"
    assert len(set(node.sent)) == 1


@pytest.mark.parametrize("difference", [-3, 0, 4])
def test_a_lane_is_brought_in_line_with_the_chain(bank, node, works, people, difference):
    """A burned counter (behind), or a second writer (at ours or ahead)."""
    asha, _ = people
    payment_id = pay(bank, people)
    on_chain = sequence_now(bank, asha) + difference
    node.sequences[address_of(asha)] = on_chain
    node.answer(Answer("refused", "tx_bad_seq"))
    for _ in range(3):
        works.settled()
    assert ("sent", on_chain + 1) in attempts(bank)
    assert len(attempts(bank)) == 2
    works.closed()
    assert bank.payment(asha, payment_id).status == "success"


# fees


def test_too_low_a_fee_is_outbid_around_the_same_inner_transaction(bank, node, works, people):
    payment_id = pay(bank, people)
    node.answer(Answer("refused", "tx_insufficient_fee", fee=4_000))
    works.settled()
    works.settled()
    first, second = node.sent
    assert first[:32] == second[:32]
    assert int.from_bytes(second[32:]) == 4_000
    works.closed()
    assert bank.payment(people[0], payment_id).status == "success"
    assert len(attempts(bank)) == 1


def test_what_has_landed_meanwhile_is_not_bumped(bank, node, works, capsys, people):
    payment_id = pay(bank, people)
    node.answer(Answer("later"), Answer("refused", "tx_insufficient_fee", fee=4_000))
    works.settled()
    bank.now_ms += RESEND_MS[0]

    async def land_while_it_is_answered() -> None:
        await works.settle.step()
        await asyncio.sleep(0)
        node.queue[node.sent[0][:32]] = None
        node.close()
        await works.follow.step()
        await works.settle.step()

    bank.run(land_while_it_is_answered())
    assert bank.payment(people[0], payment_id).status == "success"
    assert attempts(bank)[0][0] == "landed_ok"
    assert "attempt.finished_meanwhile" in capsys.readouterr().out


def test_over_the_budget_it_waits_and_does_not_fail(bank, node, works, people):
    payment_id = pay(bank, people)
    node.answer(Answer("refused", "tx_insufficient_fee", fee=works.budget + 1))
    works.settled()
    assert bank.payment(people[0], payment_id).status == "processing"
    bank.now_ms += RESEND_MS[0]
    works.settled()
    works.closed()
    assert bank.payment(people[0], payment_id).status == "success"
    assert len(set(node.sent)) == 1


@pytest.mark.parametrize("code", ["tx_insufficient_balance", "tx_no_source_account"])
def test_a_dry_treasury_delays_and_fails_nobody(bank, node, works, people, code):
    payment_id = pay(bank, people)
    node.answer(Answer("refused", code))
    works.settled()
    assert bank.payment(people[0], payment_id).status == "processing"
    bank.now_ms += RESEND_MS[0]
    works.settled()
    works.closed()
    assert bank.payment(people[0], payment_id).status == "success"


# lanes and packing


def test_a_busy_lane_packs_what_waits_up_to_a_hundred_under_one_memo(bank, node, works, people):
    asha, ben = people
    bank.change("UPDATE limit_levels SET payments_a_day = 1000")
    first = pay(bank, people, XLM)
    waiting = [pay(bank, people, XLM) for _ in range(104)]
    other = pay(bank, people, XLM, memo_type="text", memo="rent")
    works.settled()
    for _ in range(4):
        works.closed()
        works.settled()
        works.settled()
    sizes = [len(ids) for _, _, ids in bank.signed]
    assert sizes == [1, 100, 4, 1]
    assert bank.signed[-1][2] == (other,)
    states = {bank.payment(asha, one).status for one in (first, *waiting, other)}
    assert states == {"success"}
    assert bank.balance(ben) == (10_106 * XLM, 0)


def test_one_bad_payment_of_a_packed_transaction_does_not_take_the_others_with_it(
    bank, node, works, people
):
    asha, ben = people
    pay(bank, people, XLM)
    good = [pay(bank, people, XLM) for _ in range(2)]
    bad = bank.initiate(asha, None, XLM)
    bank.confirm(asha, bad)
    works.settled()
    works.closed()
    works.settled()
    packed = next(iter(node.queue))
    node.queue.clear()
    works.closed(
        Transaction(failure(packed, "tx_failed", "op_success", "op_success", "op_no_destination"))
    )
    works.settled()
    works.closed()
    payment = bank.payment(asha, bad)
    assert (payment.status, payment.reason) == ("failed", "payment.no_destination")
    assert {bank.payment(asha, one).status for one in good} == {"success"}
    assert bank.balance(ben) == (10_003 * XLM, 0)
    assert bank.balance(asha) == (9_997 * XLM, 0)


def test_what_another_living_process_has_signed_is_left_to_it(bank, node, works, people):
    pay(bank, people)
    bank.change("UPDATE attempts SET worker = 'another'")
    before = bank.everything()
    works.settled()
    assert node.sent == []
    assert bank.everything() == before


def test_what_a_dead_process_has_signed_is_buried_after_its_lease(bank, node, works, people):
    payment_id = pay(bank, people)
    bank.change("UPDATE attempts SET worker = 'another'")
    node.close_empty(11)
    works.followed()
    works.settled()
    works.settled()
    works.closed()
    assert [state for state, _ in attempts(bank)] == ["dead", "landed_ok"]
    assert bank.payment(people[0], payment_id).status == "success"


def test_too_many_requests_are_obeyed(bank, node, works, people):
    pay(bank, people)
    node.answer(Answer("unknown", retry_after_ms=30_000))
    works.settled()
    bank.now_ms += RESEND_MS[0]
    works.settled()
    assert len(node.sent) == 1
    bank.now_ms += 30_000
    works.settled()
    assert len(node.sent) == 2
