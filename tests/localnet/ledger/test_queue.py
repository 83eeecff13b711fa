import pytest
from stellar_sdk import Asset, Keypair, TransactionEnvelope, xdr
from stellar_sdk.operation import CreateAccount, Payment

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import Submission
from tests.localnet.driver import Driver, codes, person
from tests.localnet.ledger.conftest import PASSPHRASE
from tests.localnet.ledger.doors import Envelope, builder, bumped

ALICE, BOB, CAROL = person("alice"), person("bob"), person("carol")
XLM = Asset.native()
PAY = Payment(BOB.public_key, XLM, "1")


def _submit(driver: Driver, envelope: Envelope) -> Submission:
    return driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes())


def _fee(submission: Submission) -> int:
    assert submission.result is not None
    assert codes(submission.result) == ["txINSUFFICIENT_FEE"]
    return xdr.TransactionResult.from_xdr_bytes(submission.result).fee_charged.int64


def _again(driver: Driver, envelope: TransactionEnvelope) -> TransactionEnvelope:
    """Another transaction with the same sequence number."""
    made = builder(driver, ALICE).append_operation(PAY).add_text_memo("another")
    other = made.add_time_bounds(0, 0).build()
    other.sign(ALICE)
    assert other.transaction.sequence == envelope.transaction.sequence
    return other


def test_the_same_bytes_are_a_duplicate(driver: Driver) -> None:
    envelope = driver.build(ALICE, PAY)
    first = _submit(driver, envelope)
    assert (first.status, first.hash, first.result) == ("PENDING", envelope.hash(), None)
    assert driver.chain.pending(envelope.hash())
    assert _submit(driver, envelope) == Submission("DUPLICATE", envelope.hash())


def test_the_inner_of_a_queued_fee_bump_is_a_duplicate(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY)
    bump = bumped(driver, inner, CAROL)
    assert _submit(driver, bump).status == "PENDING"
    assert driver.chain.pending(inner.hash())
    assert driver.chain.pending(bump.hash())
    assert _submit(driver, inner).status == "DUPLICATE"
    assert _submit(driver, bump).status == "DUPLICATE"


def test_one_transaction_a_source(driver: Driver) -> None:
    first = driver.build(ALICE, PAY)
    assert _submit(driver, first).status == "PENDING"
    assert _submit(driver, _again(driver, first)).status == "TRY_AGAIN_LATER"
    made = builder(driver, ALICE, ahead=1).append_operation(PAY).add_time_bounds(0, 0)
    following = made.build()
    following.sign(ALICE)
    assert _submit(driver, following).status == "TRY_AGAIN_LATER"
    assert _submit(driver, bumped(driver, following, CAROL)).status == "TRY_AGAIN_LATER"
    made = builder(driver, ALICE, ahead=-1).append_operation(PAY).add_time_bounds(0, 0)
    older = made.build()
    older.sign(ALICE)
    refused = _submit(driver, older)
    assert refused.status == "ERROR"
    assert refused.result is not None
    assert codes(refused.result) == ["txBAD_SEQ"]


def test_a_fee_bump_replaces_at_ten_times_the_rate(driver: Driver) -> None:
    first = driver.build(ALICE, PAY)
    _submit(driver, first)
    # one operation more is paid for: 10 times 100 for each of two
    assert _fee(_submit(driver, bumped(driver, first, CAROL, rate=999))) == 2_000
    assert driver.chain.pending(first.hash())
    bump = bumped(driver, first, CAROL, rate=1_000)
    assert _submit(driver, bump).status == "PENDING"
    dearer = bumped(driver, first, BOB, rate=9_999)
    assert _fee(_submit(driver, dearer)) == 20_000
    other = bumped(driver, _again(driver, first), BOB, rate=10_000)
    assert _submit(driver, other).status == "PENDING"
    assert not driver.chain.pending(bump.hash())
    assert not driver.chain.pending(first.hash())
    driver.close()
    (applied,) = driver.chain.head.transactions
    assert applied.hash == other.hash()
    assert driver.lumens(CAROL) == 10_000_000_000


def test_a_fee_source_promises_no_more_than_it_has(driver: Driver) -> None:
    driver.do(CAROL, Payment(BOB.public_key, XLM, "989.9999900"))  # leaves 9 XLM to spend
    poor = 9 * 10_000_000
    a, b = driver.build(ALICE, PAY), driver.build(BOB, Payment(ALICE.public_key, XLM, "1"))
    assert _submit(driver, bumped(driver, a, CAROL, rate=poor // 4)).status == "PENDING"
    refused = _submit(driver, bumped(driver, b, CAROL, rate=poor // 4 + 1))
    assert refused.status == "ERROR"
    assert refused.result is not None
    assert codes(refused.result) == ["txINSUFFICIENT_BALANCE"]
    assert not driver.chain.pending(b.hash())
    assert _submit(driver, bumped(driver, b, CAROL, rate=poor // 4)).status == "PENDING"


def test_an_applied_transaction_is_banned_for_ten_ledgers(driver: Driver) -> None:
    envelope = driver.build(ALICE, PAY)
    driver.land(envelope)
    for _ in range(9):
        assert _submit(driver, envelope).status == "TRY_AGAIN_LATER"
        driver.close()
    refused = _submit(driver, envelope)
    assert refused.status == "ERROR"
    assert refused.result is not None
    assert codes(refused.result) == ["txBAD_SEQ"]


def _crowd(size: int) -> list[Keypair]:
    return [person(f"crowd {number}") for number in range(size)]


@pytest.fixture
def small() -> Driver:
    """A network with room for four operations a ledger, eight in the queue, and twelve people."""
    driver = Driver(Chain(PASSPHRASE, ledger_operations=4))
    driver.close(1_800_000_000)
    people = [*_crowd(12), ALICE, BOB, CAROL]
    for place in range(0, len(people), 3):
        accounts = [CreateAccount(one.public_key, "100") for one in people[place : place + 3]]
        driver.do(driver.root, *accounts)
    return driver


def _offer(driver: Driver, of: Keypair, rate: int, operations: int = 1) -> Submission:
    return _submit(driver, driver.build(of, *[PAY] * operations, fee=rate))


def test_a_full_ledger_takes_the_best_bids_and_all_pay_the_lowest(small: Driver) -> None:
    rates = [100, 900, 300, 500, 700, 200]
    for of, rate in zip(_crowd(6), rates, strict=True):
        assert _offer(small, of, rate).status == "PENDING"
    small.close()
    applied = small.chain.head.transactions
    assert sorted(one.max_fee for one in applied) == [300, 500, 700, 900]
    assert {one.fee_charged for one in applied} == {300}
    assert small.chain.head.transaction_set_fee == 300
    small.close()
    assert sorted(one.max_fee for one in small.chain.head.transactions) == [100, 200]
    assert {one.fee_charged for one in small.chain.head.transactions} == {100}
    small.check()


def test_a_packed_transaction_that_does_not_fit_waits_behind_smaller_ones(small: Driver) -> None:
    one, two, three = _crowd(3)
    assert _offer(small, one, 900, operations=3).status == "PENDING"
    assert _offer(small, two, 800, operations=2).status == "PENDING"
    assert _offer(small, three, 100).status == "PENDING"
    small.close()
    assert sorted(t.operation_count for t in small.chain.head.transactions) == [1, 3]
    assert {t.fee_charged for t in small.chain.head.transactions} == {100, 300}


def test_a_full_queue_asks_for_a_better_bid_and_bans_the_refused(small: Driver) -> None:
    people = _crowd(12)
    for of in people[:8]:
        assert _offer(small, of, 200).status == "PENDING"
    late = small.build(people[8], PAY, fee=200)
    assert _fee(_submit(small, late)) == 201
    assert _submit(small, late).status == "TRY_AGAIN_LATER"
    assert _offer(small, people[9], 201).status == "PENDING"
    waiting = [
        one for one in people[:8] if small.chain.pending(small.build(one, PAY, fee=200).hash())
    ]
    assert len(waiting) == 7
    # what was put out set the price for the rest of the ledger, room or not
    assert _fee(_offer(small, people[10], 150)) == 201
    small.close()
    small.close()
    assert _offer(small, people[11], 100).status == "PENDING"


def test_what_no_queue_could_hold_is_refused_at_once(small: Driver) -> None:
    envelope = small.build(_crowd(1)[0], *[PAY] * 9)
    assert _submit(small, envelope).status == "TRY_AGAIN_LATER"
    assert not small.chain.pending(envelope.hash())


def test_what_waits_four_ledgers_is_dropped_and_banned_for_ten(small: Driver) -> None:
    envelope = _drop_out(small, _crowd(12))
    for _ in range(10):
        assert _submit(small, envelope).status == "TRY_AGAIN_LATER"
        small.close()
    assert _submit(small, envelope).status == "PENDING"


def test_a_fee_bump_escapes_the_ban_of_what_it_wraps(small: Driver) -> None:
    envelope = _drop_out(small, _crowd(12))
    assert _submit(small, envelope).status == "TRY_AGAIN_LATER"
    # nothing is queued any more that it would have to outbid ten times
    bump = bumped(small, envelope, CAROL, rate=100)
    assert _submit(small, bump).status == "PENDING"
    small.close()
    assert small.chain.find(envelope.hash()) is not None


def _drop_out(driver: Driver, people: list[Keypair]) -> TransactionEnvelope:
    """A transaction of the first of them that others have outbid for four ledgers."""
    poor, *rich = people
    envelope = driver.build(poor, PAY)
    assert _submit(driver, envelope).status == "PENDING"
    for _ in range(4):
        assert driver.chain.pending(envelope.hash())
        for of in rich[:4]:
            assert _offer(driver, of, 500).status == "PENDING"
        driver.close()
    assert not driver.chain.pending(envelope.hash())
    return envelope


def test_a_queued_transaction_that_becomes_invalid_is_dropped(small: Driver) -> None:
    poor, *rich = _crowd(12)
    envelope = small.build(poor, PAY)
    assert _submit(small, envelope).status == "PENDING"
    for of in rich[:3]:
        assert _offer(small, of, 500).status == "PENDING"
    all_it_has = Payment(ALICE.public_key, XLM, "99", source=poor.public_key)
    takes = small.build(ALICE, all_it_has, signers=(poor,), fee=600)
    assert _submit(small, takes).status == "PENDING"
    small.close()
    assert small.chain.find(takes.hash()) is not None
    assert not small.chain.pending(envelope.hash())
    assert _submit(small, envelope).status == "TRY_AGAIN_LATER"
    small.close()
    assert small.chain.find(envelope.hash()) is None
    small.check()


def test_bans_and_ages_of_a_fee_bump_follow_its_own_hash(driver: Driver) -> None:
    inner = driver.build(ALICE, PAY)
    driver.land(bumped(driver, inner, CAROL))
    refused = _submit(driver, inner)
    assert refused.status == "ERROR"
    assert refused.result is not None
    assert codes(refused.result) == ["txBAD_SEQ"]
