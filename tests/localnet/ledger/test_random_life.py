from collections import Counter
from pathlib import Path
from random import Random

import pytest
from stellar_sdk import xdr

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.entries import Account, TrustLine
from server.localnet.ledger.readers import entry_from_xdr
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger
from tests.localnet.driver import Driver, codes
from tests.localnet.ledger.conftest import PASSPHRASE
from tests.localnet.ledger.random_life import RandomLife

LEDGERS = 60


def _live(driver: Driver, seed: int, ledgers: int) -> list[list[bytes]]:
    """Gives the envelopes submitted before each close."""
    life = RandomLife(driver, seed)
    life.begin()
    random = Random(seed)
    submitted = []
    for _ in range(ledgers):
        packed = [one.to_xdr_object().to_xdr_bytes() for one in life.transactions(6)]
        submitted.append(packed)
        sequences = _sequences(driver)
        for envelope in packed:
            submission = driver.chain.submit(envelope)
            assert (submission.result is not None) == (submission.status == "ERROR")
        driver.close(random.randint(1, 20))
        driver.check()
        _check_sequences(driver, sequences)
        for applied in driver.chain.head.transactions:
            _check_xdr(applied)
    return submitted


def _sequences(driver: Driver) -> dict[bytes, int]:
    return {one.id: one.sequence for one in driver.chain.state if isinstance(one, Account)}


def _check_sequences(driver: Driver, before: dict[bytes, int]) -> None:
    """Exactly the sources of applied transactions have moved, and forward only."""
    sources = {applied.source for applied in driver.chain.head.transactions}
    for account, sequence in _sequences(driver).items():
        if account in before and account in sources:
            assert sequence > before[account]
        elif account in before:
            assert sequence == before[account] or sequence == driver.chain.head.sequence << 32


def _check_xdr(applied: AppliedTransaction) -> None:
    result = xdr.TransactionResult.from_xdr_bytes(applied.result)
    assert result.to_xdr_bytes() == applied.result
    assert result.fee_charged.int64 == applied.fee_charged <= applied.max_fee
    meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta)
    assert meta.to_xdr_bytes() == applied.meta
    assert meta.v4 is not None
    assert len(meta.v4.operations) == (applied.operation_count if applied.successful else 0)
    changes = xdr.LedgerEntryChanges.from_xdr_bytes(applied.fee_changes)
    assert changes.to_xdr_bytes() == applied.fee_changes


def _check_entries(driver: Driver) -> None:
    for entry in driver.chain.state:
        assert entry_from_xdr(entry.to_xdr()).pack() == entry.pack()
        if isinstance(entry, Account | TrustLine):
            assert entry.balance >= 0


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_do_the_ledger_stays_coherent(seed: int) -> None:
    driver = Driver(Chain(PASSPHRASE))
    _live(driver, seed, LEDGERS)
    _check_entries(driver)
    applied = [one for closed in _ledgers(driver.chain) for one in closed.transactions]
    outcomes = Counter(code for one in applied for code in codes(one.result))
    assert len(outcomes) > 30
    assert sum(one.successful for one in applied) > 40


def _ledgers(chain: Chain) -> list[ClosedLedger]:
    found = [chain.ledger(sequence) for sequence in range(1, chain.head.sequence + 1)]
    return [closed for closed in found if closed is not None]


def test_the_same_envelopes_in_the_same_ledgers_give_the_same_chain(tmp_path: Path) -> None:
    """The second chain lives on disk and is stopped and opened again all the while."""
    first = Driver(Chain(PASSPHRASE))
    submitted = _live(first, 99, 25)
    second = Driver(Chain(PASSPHRASE, data=tmp_path))
    RandomLife(second, 99).begin()
    for number, envelopes in enumerate(submitted):
        if number % 4 == 3:
            second.chain.stop()
            second = Driver(Chain(PASSPHRASE, data=tmp_path))
        for envelope in envelopes:
            second.chain.submit(envelope)
        closed = first.chain.ledger(second.chain.head.sequence + 1)
        assert closed is not None
        assert second.chain.close(closed.close_time).hash == closed.hash
    second.check()
    second.chain.stop()
