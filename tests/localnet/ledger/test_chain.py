from hashlib import sha256

import pytest
from stellar_sdk import Asset, Keypair, xdr
from stellar_sdk.operation import ManageData, Payment, SetOptions
from stellar_sdk.signer import Signer

from server.localnet.ledger.chain import Chain, root_account
from server.localnet.ledger.context import Context
from server.localnet.ledger.operations import payments
from server.localnet.ledger.records import ClosedLedger
from tests.localnet.driver import STROOPS, Driver, codes, person
from tests.localnet.ledger.conftest import PASSPHRASE
from tests.localnet.ledger.doors import bumped

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
XLM = Asset.native()
PAY = Payment(BOB.public_key, XLM, "1")


@pytest.mark.parametrize("passphrase", [PASSPHRASE, "Test SDF Network ; September 2015"])
def test_genesis_gives_all_lumens_to_the_root_account(passphrase: str) -> None:
    chain = Chain(passphrase)
    (root,) = chain.state
    assert root.key[8:] == root_account(passphrase)
    seed = sha256(passphrase.encode()).digest()
    assert Keypair.from_raw_ed25519_seed(seed).raw_public_key() == root_account(passphrase)
    header = chain.header
    assert (header.sequence, header.protocol, header.base_fee) == (1, 27, 100)
    assert (header.base_reserve, header.total_coins) == (5_000_000, 10**18)
    assert chain.head is chain.oldest is chain.ledger(1)
    assert chain.ledger(0) is chain.ledger(2) is None


def test_the_known_root_of_a_standalone_network() -> None:
    assert Keypair.from_raw_ed25519_public_key(root_account(PASSPHRASE)).public_key == (
        "GBZXN7PIRZGNMHGA7MUUUF4GWPY5AYPV6LY4UV2GL6VJGIQRXFDNMADI"
    )


def test_ledgers_are_chained_by_their_hashes(driver: Driver) -> None:
    driver.do(ALICE, PAY)
    driver.close()
    previous = bytes(32)
    for sequence in range(1, driver.chain.head.sequence + 1):
        closed = driver.chain.ledger(sequence)
        assert closed is not None
        assert closed.sequence == sequence
        assert closed.previous_hash == previous
        assert closed.hash == sha256(closed.header_xdr).digest()
        entry = xdr.LedgerHeaderHistoryEntry.from_xdr_bytes(closed.history_entry)
        assert entry.hash.hash == closed.hash
        previous = closed.hash


def test_a_close_time_never_moves_back(driver: Driver) -> None:
    last = driver.chain.head.close_time
    assert driver.chain.close(last).close_time == last
    assert driver.chain.close(last - 100).close_time == last
    assert driver.chain.close(last + 500).close_time == last + 500


def _check_meta(closed: ClosedLedger) -> None:
    packed = closed.meta
    decoded = xdr.LedgerCloseMeta.from_xdr_bytes(packed)
    assert decoded.to_xdr_bytes() == packed
    assert decoded.v2 is not None
    tx_set = decoded.v2.tx_set
    assert sha256(tx_set.to_xdr_bytes()).digest() == closed.header.transaction_set_hash
    results = [one.result for one in decoded.v2.tx_processing]
    packed_results = xdr.TransactionResultSet(results).to_xdr_bytes()
    if results:
        assert sha256(packed_results).digest() == closed.header.result_set_hash
    for processing, applied in zip(decoded.v2.tx_processing, closed.transactions, strict=True):
        assert processing.result.transaction_hash.hash == applied.hash
        assert processing.tx_apply_processing.to_xdr_bytes() == applied.meta
        assert processing.fee_processing.to_xdr_bytes() == applied.fee_changes


def test_the_meta_of_a_ledger_holds_all_of_it(driver: Driver) -> None:
    envelopes = [
        driver.build(ALICE, PAY),
        bumped(driver, driver.build(BOB, ManageData("a", "b")), CAROL),
        driver.build(CAROL, Payment(DAVE.public_key, XLM, "1")),
    ]
    for envelope in envelopes:
        packed = envelope.to_xdr_object().to_xdr_bytes()
        assert driver.chain.submit(packed).status == "PENDING"
    driver.close()
    closed = driver.chain.head
    _check_meta(closed)
    assert [one.order for one in closed.transactions] == [1, 2, 3]
    assert (closed.successful_count, closed.failed_count) == (2, 1)
    assert (closed.operation_count, closed.transaction_set_operation_count) == (2, 3)
    driver.close()
    _check_meta(driver.chain.head)
    genesis = driver.chain.ledger(1)
    assert genesis is not None
    decoded = xdr.LedgerCloseMeta.from_xdr_bytes(genesis.meta)
    assert decoded.to_xdr_bytes() == genesis.meta


def test_the_changes_of_a_fee_bumped_payment(driver: Driver) -> None:
    applied = driver.land(bumped(driver, driver.build(ALICE, PAY), CAROL))
    meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta).v4
    assert meta is not None
    fee = xdr.LedgerEntryChanges.from_xdr_bytes(applied.fee_changes).ledger_entry_changes
    assert _told(fee) == [("state", CAROL, 1_000 * STROOPS), ("updated", CAROL, 9_999_999_800)]
    before = meta.tx_changes_before.ledger_entry_changes
    assert [(kind, of) for kind, of, _ in _told(before)] == [
        ("state", CAROL),
        ("updated", CAROL),
        ("state", ALICE),
        ("updated", ALICE),
    ]
    (operation,) = meta.operations
    assert _told(operation.changes.ledger_entry_changes) == [
        ("state", BOB, 1_000 * STROOPS),
        ("updated", BOB, 1_001 * STROOPS),
        ("state", ALICE, 1_000 * STROOPS),
        ("updated", ALICE, 999 * STROOPS),
    ]
    assert meta.tx_changes_after.ledger_entry_changes == []
    assert len(meta.events) == len(operation.events) == 1


def _told(changes: list[xdr.LedgerEntryChange]) -> list[tuple[str, Keypair, int]]:
    told = []
    for change in changes:
        name = change.type.name.removeprefix("LEDGER_ENTRY_").lower()
        entry = change.state or change.updated or change.created
        assert entry is not None
        account = entry.data.account
        assert account is not None
        key = account.account_id.account_id.ed25519
        assert key is not None
        of = Keypair.from_raw_ed25519_public_key(key.uint256)
        told.append((name, person_of(of), account.balance.int64))
    return told


def person_of(public: Keypair) -> Keypair:
    return next(one for one in (ALICE, BOB, CAROL, DAVE) if one.public_key == public.public_key)


def test_a_failed_transaction_tells_fee_and_sequence_alone(driver: Driver) -> None:
    applied = driver.apply(ALICE, Payment(DAVE.public_key, XLM, "1"))
    meta = xdr.TransactionMeta.from_xdr_bytes(applied.meta).v4
    assert meta is not None
    assert meta.operations == []
    assert len(meta.tx_changes_before.ledger_entry_changes) == 2
    assert len(meta.events) == 1


def test_the_age_of_a_sequence_is_kept(driver: Driver) -> None:
    applied = driver.do(ALICE, PAY)
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert account.sequence_ledger == applied.ledger
    assert account.sequence_time == driver.chain.head.close_time


def test_listeners_hear_of_a_ledger_that_can_be_looked_up(driver: Driver) -> None:
    heard = []

    def listen(closed: ClosedLedger) -> None:
        assert driver.chain.head is closed
        assert [driver.chain.find(one.hash) for one in closed.transactions] == list(
            closed.transactions
        )
        heard.append(closed.sequence)

    driver.chain.on_close(listen)
    driver.do(ALICE, PAY)
    driver.close()
    assert heard == [driver.chain.head.sequence - 1, driver.chain.head.sequence]


def _history(passphrase: str) -> Chain:
    driver = Driver(Chain(passphrase))
    driver.close(1_800_000_000)
    driver.fund(ALICE, BOB, CAROL)
    driver.do(ALICE, PAY, SetOptions(signer=Signer.ed25519_public_key(DAVE.public_key, 1)))
    driver.land(bumped(driver, driver.build(BOB, ManageData("a", "b")), CAROL))
    driver.apply(CAROL, Payment(DAVE.public_key, XLM, "5"))
    driver.close()
    return driver.chain


def test_the_same_history_gives_the_same_hashes() -> None:
    one, two, other = (_history(name) for name in (PASSPHRASE, PASSPHRASE, "another"))
    assert one.head.hash == two.head.hash
    assert one.head.hash != other.head.hash


def test_a_fault_in_the_code_costs_one_transaction_and_no_network(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: payments.Payment, context: Context) -> bytes:
        context.state.begin()
        context.state.edit_account(BOB.raw_public_key()).balance = 0
        raise ZeroDivisionError

    monkeypatch.setattr(payments.Payment, "apply", broken)
    data = driver.build(BOB, ManageData("a", "b"))
    assert driver.chain.submit(data.to_xdr_object().to_xdr_bytes()).status == "PENDING"
    applied = driver.apply(ALICE, PAY)
    assert codes(applied.result) == ["txINTERNAL_ERROR"]
    assert driver.lumens(BOB) == 1_000 * STROOPS - 100
    assert driver.chain.state.depth == 0
    other = driver.chain.find(data.hash())
    assert other is not None
    assert other.successful
    assert "broke the ledger's code" in caplog.text


def test_two_transactions_of_one_ledger_share_what_there_is(driver: Driver) -> None:
    """Both are valid alone; the reserve is asked for again when the second is applied."""
    driver.do(CAROL, Payment(BOB.public_key, XLM, "998.9999500"))
    alone = driver.build(CAROL, Payment(BOB.public_key, XLM, "0.0000200"))
    takes = driver.build(ALICE, Payment(BOB.public_key, XLM, "0.0000300", source=CAROL.public_key))
    takes.sign(CAROL)
    for envelope in (alone, takes):
        packed = envelope.to_xdr_object().to_xdr_bytes()
        assert driver.chain.submit(packed).status == "PENDING"
    driver.close()
    outcome = [codes(one.result)[0] for one in driver.chain.head.transactions]
    assert outcome == ["PAYMENT_SUCCESS", "PAYMENT_UNDERFUNDED"]
    assert driver.lumens(CAROL) >= STROOPS
