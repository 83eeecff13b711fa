import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from stellar_sdk import Asset, Claimant
from stellar_sdk.operation import (
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateClaimableBalance,
    EndSponsoringFutureReserves,
    ManageData,
    ManageSellOffer,
    Payment,
    SetOptions,
)
from stellar_sdk.signer import Signer

from server.localnet.ledger.chain import Chain, DataError
from server.localnet.ledger.disk import FILE
from server.localnet.ledger.state_hash import StateHash
from tests.localnet.driver import Driver, person
from tests.localnet.ledger.conftest import PASSPHRASE
from tests.localnet.ledger.doors import bumped

ALICE, BOB, CAROL = person("alice"), person("bob"), person("carol")
XLM = Asset.native()
USD = Asset("USD", CAROL.public_key)


def _live(driver: Driver) -> None:
    """One entry of each kind, a failure, a fee-bump, an entry that went away."""
    driver.close(1_800_000_000)
    driver.fund(ALICE, BOB, CAROL)
    driver.do(ALICE, ChangeTrust(USD), ManageSellOffer(XLM, USD, "5", "2"), ManageData("a", "b"))
    driver.do(
        BOB,
        BeginSponsoringFutureReserves(ALICE.public_key),
        SetOptions(signer=Signer.ed25519_public_key(CAROL.public_key, 3), source=ALICE.public_key),
        EndSponsoringFutureReserves(source=ALICE.public_key),
        signers=(ALICE,),
    )
    driver.do(BOB, CreateClaimableBalance(XLM, "7", [Claimant(CAROL.public_key)]))
    driver.do(ALICE, ManageData("a", None))
    driver.apply(BOB, Payment(person("nobody").public_key, XLM, "1"))
    driver.land(bumped(driver, driver.build(ALICE, Payment(BOB.public_key, XLM, "1")), CAROL))


def _same(one: Chain, other: Chain) -> None:
    assert StateHash.of(one.state).digest() == StateHash.of(other.state).digest()
    for sequence in range(1, one.head.sequence + 1):
        left, right = one.ledger(sequence), other.ledger(sequence)
        assert left is not None
        assert right is not None
        assert (left.hash, left.header, left.meta) == (right.hash, right.header, right.meta)
        for a, b in zip(left.transactions, right.transactions, strict=True):
            names = [name for name in type(a).__slots__ if not name.startswith("_")]
            assert [getattr(a, n) for n in names] == [getattr(b, n) for n in names]
            assert a.events == b.events
            assert other.find(a.hash) is b
            assert a.inner_hash is None or other.find(a.inner_hash) is b


def test_a_chain_comes_back_and_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    stays = Driver(Chain(PASSPHRASE))
    _live(stays)
    stopped = Driver(Chain(PASSPHRASE, data=tmp_path / "new" / "folder"))
    _live(stopped)
    stopped.chain.stop()
    again = Driver(Chain(PASSPHRASE, data=tmp_path / "new" / "folder"))
    _same(stays.chain, again.chain)
    again.check()
    for driver in (stays, again):
        driver.do(BOB, ChangeTrust(USD))
        driver.do(CAROL, Payment(BOB.public_key, USD, "9"))
        driver.do(BOB, ManageSellOffer(USD, XLM, "4", "5"))
        driver.check()
    _same(stays.chain, again.chain)
    assert list(again.chain.state.pairs()) == list(stays.chain.state.pairs())
    assert again.chain.state.id_pool == stays.chain.state.id_pool == 2
    again.chain.stop()


def test_what_was_only_queued_is_forgotten(tmp_path: Path) -> None:
    driver = Driver(Chain(PASSPHRASE, data=tmp_path))
    driver.close(1_800_000_000)
    driver.fund(ALICE, BOB)
    envelope = driver.build(ALICE, Payment(BOB.public_key, XLM, "1"))
    assert driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes()).status == "PENDING"
    driver.chain.stop()
    again = Driver(Chain(PASSPHRASE, data=tmp_path))
    assert not again.chain.pending(envelope.hash())
    assert again.land(envelope).successful
    again.chain.stop()


def test_a_folder_of_another_network_is_refused_and_left_alone(tmp_path: Path) -> None:
    Chain(PASSPHRASE, data=tmp_path).stop()
    with pytest.raises(DataError, match="another passphrase"):
        Chain("Test SDF Network ; September 2015", data=tmp_path)
    Chain(PASSPHRASE, data=tmp_path).stop()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    chain = Chain(PASSPHRASE, data=tmp_path)
    with pytest.raises(DataError, match="locked"):
        Chain(PASSPHRASE, data=tmp_path)
    chain.close(1_800_000_000)
    chain.stop()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else altogether" * 100)
    with pytest.raises(DataError, match="not a database"):
        Chain(PASSPHRASE, data=tmp_path)


def test_a_changed_entry_is_noticed(tmp_path: Path) -> None:
    driver = Driver(Chain(PASSPHRASE, data=tmp_path))
    driver.close(1_800_000_000)
    driver.fund(ALICE)
    driver.chain.stop()
    database = sqlite3.connect(tmp_path / FILE)
    key = b"\x00" * 8 + ALICE.raw_public_key()
    (packed,) = database.execute("SELECT entry FROM entries WHERE key = ?", (key,)).fetchone()
    richer = packed.replace((10_000_000_000).to_bytes(8), (10_000_000_001).to_bytes(8))
    assert richer != packed
    database.execute("UPDATE entries SET entry = ? WHERE key = ?", (richer, key))
    database.commit()
    database.close()
    with pytest.raises(DataError, match="not those"):
        Chain(PASSPHRASE, data=tmp_path)


def _fill(database: sqlite3.Connection) -> None:
    """No page is left for anything more."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}").close()


def test_a_ledger_that_can_not_be_written_has_not_happened(tmp_path: Path) -> None:
    driver = Driver(Chain(PASSPHRASE, data=tmp_path))
    driver.close(1_800_000_000)
    driver.fund(ALICE, BOB)
    envelope = driver.build(ALICE, Payment(BOB.public_key, XLM, "1"))
    assert driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes()).status == "PENDING"
    disk = driver.chain._disk
    assert disk is not None
    database = disk._database
    _fill(database)
    head, before = driver.chain.head, driver.entries()
    with pytest.raises(sqlite3.OperationalError, match="full"):
        driver.close()
    assert driver.chain.head is head
    assert driver.entries() == before
    assert driver.chain.state.depth == 0
    database.execute("PRAGMA max_page_count = 1000000").close()
    driver.close()
    assert driver.chain.find(envelope.hash()) is not None
    driver.chain.stop()
    _same(driver.chain, Chain(PASSPHRASE, data=tmp_path))


_WRITER = """
import sys
from pathlib import Path
from stellar_sdk import Asset
from stellar_sdk.operation import Payment
from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver, person

driver = Driver(Chain(sys.argv[1], data=Path(sys.argv[2])))
people = [person(f"writer {n}") for n in range(20)]
if driver.chain.head.sequence == 1:
    driver.close(1_800_000_000)
    driver.fund(*people)
while True:
    for number, payer in enumerate(people):
        payee = people[number - 1].public_key
        envelope = driver.build(payer, Payment(payee, Asset.native(), "0.0000001"))
        driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    driver.close()
    head = driver.chain.head
    print(head.sequence, head.hash.hex(), len(head.transactions), flush=True)
"""


@pytest.mark.parametrize("told", [1, 7, 30])
def test_kill_9_loses_no_ledger_that_was_told(tmp_path: Path, told: int) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", _WRITER, PASSPHRASE, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline().split() for _ in range(told)]
        os.kill(writer.pid, signal.SIGKILL)
        heard += [line.split() for line in writer.stdout if len(line.split()) == 3]
    driver = Driver(Chain(PASSPHRASE, data=tmp_path))
    assert all(count == "20" for _, _, count in heard)
    for sequence, ledger_hash, _ in heard:
        closed = driver.chain.ledger(int(sequence))
        assert closed is not None
        assert closed.hash.hex() == ledger_hash
    assert driver.chain.head.sequence - int(heard[-1][0]) in (0, 1)
    driver.check()
    payer = person("writer 3")
    driver.do(payer, Payment(person("writer 2").public_key, XLM, "1"))
    driver.chain.stop()
