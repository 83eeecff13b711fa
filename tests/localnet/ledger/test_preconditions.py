import pytest
from stellar_sdk import Asset, TransactionEnvelope
from stellar_sdk.operation import BumpSequence, Payment
from stellar_sdk.transaction_builder import TransactionBuilder

from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver, codes, person
from tests.localnet.ledger.conftest import PASSPHRASE
from tests.localnet.ledger.doors import builder, turned_away

ALICE, BOB = person("alice"), person("bob")
PAY = Payment(BOB.public_key, Asset.native(), "1")


def _signed(made: TransactionBuilder) -> TransactionEnvelope:
    envelope = made.append_operation(PAY).build()
    envelope.sign(ALICE)
    return envelope


def _timed(driver: Driver, low: int, high: int) -> TransactionEnvelope:
    """Bounds in seconds from the last close."""
    now = driver.chain.head.close_time
    bounds = (now + low, now + high)
    return _signed(builder(driver, ALICE).add_time_bounds(*bounds))


def test_time_bounds_are_inclusive(driver: Driver) -> None:
    assert turned_away(driver, _timed(driver, 1, 100)) == ["txTOO_EARLY"]
    assert turned_away(driver, _timed(driver, -100, -1)) == ["txTOO_LATE"]
    assert driver.land(_timed(driver, 0, 1)).successful


def test_a_transaction_that_gets_too_late_in_the_queue_is_dropped_and_banned(
    driver: Driver,
) -> None:
    envelope = _timed(driver, 0, 5)
    packed = envelope.to_xdr_object().to_xdr_bytes()
    assert driver.chain.submit(packed).status == "PENDING"
    before = driver.entries()
    driver.close(6)
    assert driver.chain.head.transactions == []
    assert driver.entries() == before
    assert not driver.chain.pending(envelope.hash())
    assert driver.chain.submit(packed).status == "TRY_AGAIN_LATER"


def test_a_known_clock_tells_what_is_too_late_between_two_closes() -> None:
    times = [1_800_000_000]
    driver = Driver(Chain(PASSPHRASE, now=lambda: times[-1]))
    driver.close(times[-1])
    driver.fund(ALICE, BOB)
    times.append(driver.chain.head.close_time + 600)
    assert turned_away(driver, _timed(driver, 0, 599)) == ["txTOO_LATE"]
    # what only begins later is still too early: nobody knows when the next ledger closes
    assert turned_away(driver, _timed(driver, 1, 900)) == ["txTOO_EARLY"]
    assert driver.land(_timed(driver, 0, 600)).successful


def _bounded(driver: Driver, low: int, high: int) -> TransactionEnvelope:
    """Ledger bounds from the next ledger on; 0 for no upper one."""
    ledger = driver.chain.head.sequence + 1
    made = builder(driver, ALICE).add_time_bounds(0, 0)
    return _signed(made.set_ledger_bounds(ledger + low, ledger + high if high else 0))


def test_ledger_bounds_exclude_the_upper_end(driver: Driver) -> None:
    assert turned_away(driver, _bounded(driver, 1, 100)) == ["txTOO_EARLY"]
    ledger = driver.chain.head.sequence + 1
    made = builder(driver, ALICE).add_time_bounds(0, 0).set_ledger_bounds(0, ledger)
    assert turned_away(driver, _signed(made)) == ["txTOO_LATE"]
    assert driver.land(_bounded(driver, 0, 1)).successful
    assert driver.land(_bounded(driver, 0, 0)).successful


def test_a_minimum_sequence_relaxes_the_next_one(driver: Driver) -> None:
    current = driver.sequence(ALICE)

    def made(minimum: int) -> TransactionEnvelope:
        one = builder(driver, ALICE, ahead=99).add_time_bounds(0, 0)
        return _signed(one.set_min_sequence_number(minimum))

    assert turned_away(driver, made(current + 1)) == ["txBAD_SEQ"]
    applied = driver.land(made(current))
    assert applied.successful
    assert driver.sequence(ALICE) == current + 100
    again = builder(driver, ALICE, ahead=-1).add_time_bounds(0, 0).set_min_sequence_number(0)
    assert turned_away(driver, _signed(again)) == ["txBAD_SEQ"]


def test_a_number_that_new_accounts_start_with_is_not_taken(driver: Driver) -> None:
    start = (driver.chain.head.sequence + 2) << 32
    driver.do(ALICE, BumpSequence(start - 1))
    assert turned_away(driver, driver.build(ALICE, PAY)) == ["txBAD_SEQ"]
    driver.close()
    assert driver.apply(ALICE, PAY).successful


def test_a_minimum_age_counts_seconds_since_the_sequence_moved(driver: Driver) -> None:
    driver.do(ALICE, PAY)

    def made(seconds: int) -> TransactionEnvelope:
        one = builder(driver, ALICE).add_time_bounds(0, 0)
        return _signed(one.set_min_sequence_age(seconds))

    assert turned_away(driver, made(10)) == ["txBAD_MIN_SEQ_AGE_OR_GAP"]
    driver.close(9)
    assert turned_away(driver, made(10)) == ["txBAD_MIN_SEQ_AGE_OR_GAP"]
    driver.close(1)
    assert driver.land(made(10)).successful
    assert turned_away(driver, made(2**63 - 1)) == ["txBAD_MIN_SEQ_AGE_OR_GAP"]


def test_a_minimum_gap_counts_ledgers_since_the_sequence_moved(driver: Driver) -> None:
    driver.do(ALICE, PAY)

    def made(ledgers: int) -> TransactionEnvelope:
        one = builder(driver, ALICE).add_time_bounds(0, 0)
        return _signed(one.set_min_sequence_ledger_gap(ledgers))

    assert turned_away(driver, made(3)) == ["txBAD_MIN_SEQ_AGE_OR_GAP"]
    driver.close()
    driver.close()
    assert driver.land(made(3)).successful
    assert turned_away(driver, made(2**32 - 1)) == ["txBAD_MIN_SEQ_AGE_OR_GAP"]


@pytest.mark.parametrize("seconds", [0, 1])
def test_an_account_that_never_moved_is_as_old_as_time(driver: Driver, seconds: int) -> None:
    made = builder(driver, ALICE).add_time_bounds(0, 0).set_min_sequence_age(1_000_000 + seconds)
    assert driver.land(_signed(made)).successful


def test_conditions_are_asked_again_when_applied(driver: Driver) -> None:
    """A payment of one ledger is spoiled by another that bumps its source's sequence."""
    bump = driver.build(BOB, BumpSequence(driver.sequence(ALICE) + 5, source=ALICE.public_key))
    bump.sign(ALICE)
    pay = driver.build(ALICE, PAY)
    for envelope in (bump, pay):
        assert driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes()).status == "PENDING"
    driver.close()
    first = driver.chain.head.transactions[0]
    applied = driver.chain.find(pay.hash())
    assert applied is not None
    assert applied.fee_charged == 100
    expected = "txBAD_SEQ" if first.hash == bump.hash() else "PAYMENT_SUCCESS"
    assert codes(applied.result) == [expected]
