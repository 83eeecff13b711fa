import pytest
from stellar_sdk import Asset, MuxedAccount, xdr
from stellar_sdk.operation import (
    AccountMerge,
    BeginSponsoringFutureReserves,
    BumpSequence,
    ChangeTrust,
    CreateAccount,
    EndSponsoringFutureReserves,
    Inflation,
    ManageData,
    Payment,
    SetOptions,
)
from stellar_sdk.operation.set_options import AuthorizationFlag
from stellar_sdk.signer import Signer

from tests.localnet.driver import STROOPS, Driver, person, result_of
from tests.localnet.ledger.doors import altered, turned_away

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
XLM = Asset.native()


def test_a_created_account_starts_at_the_ledger_s_own_sequence(driver: Driver) -> None:
    applied = driver.do(ALICE, CreateAccount(DAVE.public_key, "1"))
    account = driver.chain.state.account(DAVE.raw_public_key())
    assert account is not None
    assert (account.balance, account.sequence) == (STROOPS, applied.ledger << 32)
    assert account.thresholds == b"\x01\x00\x00\x00"
    assert driver.lumens(ALICE) == 999 * STROOPS - 100


def test_an_account_below_its_reserve_is_not_created(driver: Driver) -> None:
    assert driver.refuse(ALICE, CreateAccount(DAVE.public_key, "0.9999999")) == [
        "CREATE_ACCOUNT_LOW_RESERVE"
    ]


def test_an_account_is_not_created_twice(driver: Driver) -> None:
    assert driver.refuse(ALICE, CreateAccount(BOB.public_key, "1")) == [
        "CREATE_ACCOUNT_ALREADY_EXIST"
    ]


def test_the_funder_keeps_its_own_reserve(driver: Driver) -> None:
    # 1,000 less the fee of 100 stroops less the reserve of 1
    assert driver.refuse(ALICE, CreateAccount(DAVE.public_key, "998.9999901")) == [
        "CREATE_ACCOUNT_UNDERFUNDED"
    ]
    driver.do(BOB, CreateAccount(DAVE.public_key, "998.99999"))
    assert driver.lumens(BOB) == STROOPS


def test_a_malformed_creation_does_not_enter_the_queue(driver: Driver) -> None:
    to_itself = driver.build(ALICE, CreateAccount(ALICE.public_key, "1"))
    assert turned_away(driver, to_itself) == ["CREATE_ACCOUNT_MALFORMED"]

    def below_zero(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.create_account_op
        assert operation is not None
        operation.starting_balance = xdr.Int64(-1)

    negative = altered(driver, ALICE, CreateAccount(DAVE.public_key, "1"), below_zero)
    assert turned_away(driver, negative) == ["CREATE_ACCOUNT_MALFORMED"]


def test_a_merge_moves_all_and_removes_the_account(driver: Driver) -> None:
    before = driver.lumens(BOB)
    left = driver.lumens(ALICE) - 100
    applied = driver.do(ALICE, AccountMerge(BOB.public_key))
    assert driver.chain.state.account(ALICE.raw_public_key()) is None
    assert driver.lumens(BOB) == before + left
    result = result_of(applied).account_merge_result
    assert result is not None
    assert result.source_account_balance is not None
    assert result.source_account_balance.int64 == left


def test_a_merge_into_a_muxed_address(driver: Driver) -> None:
    driver.do(ALICE, AccountMerge(MuxedAccount(BOB.public_key, 77)))
    assert driver.chain.state.account(ALICE.raw_public_key()) is None


def test_a_merge_drops_signers_and_gives_sponsored_reserves_back(driver: Driver) -> None:
    driver.do(
        BOB,
        BeginSponsoringFutureReserves(DAVE.public_key),
        CreateAccount(DAVE.public_key, "0"),
        SetOptions(signer=Signer.ed25519_public_key(CAROL.public_key, 1), source=DAVE.public_key),
        EndSponsoringFutureReserves(source=DAVE.public_key),
        signers=(DAVE,),
    )
    sponsor = driver.chain.state.account(BOB.raw_public_key())
    assert sponsor is not None
    assert sponsor.sponsoring == 3
    driver.close()
    driver.do(BOB, AccountMerge(ALICE.public_key, source=DAVE.public_key), signers=(DAVE,))
    sponsor = driver.chain.state.account(BOB.raw_public_key())
    assert sponsor is not None
    assert sponsor.sponsoring == 0


def test_what_keeps_an_account_from_merging(driver: Driver) -> None:
    assert driver.refuse(ALICE, AccountMerge(DAVE.public_key)) == ["ACCOUNT_MERGE_NO_ACCOUNT"]
    driver.do(ALICE, ManageData("name", "value"))
    assert driver.refuse(ALICE, AccountMerge(BOB.public_key)) == ["ACCOUNT_MERGE_HAS_SUB_ENTRIES"]
    driver.do(BOB, SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_IMMUTABLE))
    assert driver.refuse(BOB, AccountMerge(ALICE.public_key)) == ["ACCOUNT_MERGE_IMMUTABLE_SET"]


def test_a_sponsor_can_not_merge(driver: Driver) -> None:
    driver.do(
        BOB,
        BeginSponsoringFutureReserves(DAVE.public_key),
        CreateAccount(DAVE.public_key, "0"),
        EndSponsoringFutureReserves(source=DAVE.public_key),
        signers=(DAVE,),
    )
    assert driver.refuse(BOB, AccountMerge(ALICE.public_key)) == ["ACCOUNT_MERGE_IS_SPONSOR"]
    begun = driver.refuse(
        CAROL,
        BeginSponsoringFutureReserves(DAVE.public_key),
        AccountMerge(ALICE.public_key),
        EndSponsoringFutureReserves(source=DAVE.public_key),
        signers=(DAVE,),
    )
    assert begun[1] == "ACCOUNT_MERGE_IS_SPONSOR"


def test_a_sequence_of_the_future_can_not_be_merged_away(driver: Driver) -> None:
    ahead = (driver.chain.head.sequence + 5) << 32
    driver.do(ALICE, BumpSequence(ahead))
    assert driver.refuse(ALICE, AccountMerge(BOB.public_key)) == ["ACCOUNT_MERGE_SEQNUM_TOO_FAR"]
    for _ in range(6):
        driver.close()
    driver.do(ALICE, AccountMerge(BOB.public_key))


def test_a_merge_does_not_overflow_the_receiver(driver: Driver) -> None:
    state = driver.chain.state
    state.begin()
    receiver = state.edit_account(BOB.raw_public_key())
    receiver.buying_liabilities = 2**63 - 1 - receiver.balance
    state.commit()
    assert driver.refuse(ALICE, AccountMerge(BOB.public_key)) == ["ACCOUNT_MERGE_DEST_FULL"]
    assert driver.refuse(ALICE, Payment(BOB.public_key, XLM, "1")) == ["PAYMENT_LINE_FULL"]
    state.begin()
    state.edit_account(BOB.raw_public_key()).buying_liabilities = 0
    state.commit()


def test_an_account_does_not_merge_into_itself(driver: Driver) -> None:
    envelope = driver.build(ALICE, AccountMerge(ALICE.public_key))
    assert turned_away(driver, envelope) == ["ACCOUNT_MERGE_MALFORMED"]


def test_operations_after_a_merge_have_no_source(driver: Driver) -> None:
    assert driver.refuse(
        ALICE, AccountMerge(BOB.public_key), Payment(BOB.public_key, XLM, "1")
    ) == ["ACCOUNT_MERGE_SUCCESS", "opNO_ACCOUNT"]


def test_a_bump_raises_the_sequence_and_never_lowers_it(driver: Driver) -> None:
    target = driver.sequence(ALICE) + 1_000
    applied = driver.do(ALICE, BumpSequence(target))
    account = driver.chain.state.account(ALICE.raw_public_key())
    assert account is not None
    assert (account.sequence, account.sequence_ledger) == (target, applied.ledger)
    driver.do(ALICE, BumpSequence(5))
    assert driver.sequence(ALICE) == target + 1


def test_a_bump_below_zero_is_malformed(driver: Driver) -> None:
    def below_zero(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.bump_sequence_op
        assert operation is not None
        operation.bump_to = xdr.SequenceNumber(xdr.Int64(-1))

    envelope = altered(driver, ALICE, BumpSequence(1), below_zero)
    assert turned_away(driver, envelope) == ["BUMP_SEQUENCE_BAD_SEQ"]


def test_inflation_is_off(driver: Driver) -> None:
    assert turned_away(driver, driver.build(ALICE, Inflation())) == ["opNOT_SUPPORTED"]


@pytest.mark.parametrize("count", [1, 3])
def test_an_account_holds_a_thousand_sub_entries_at_most(driver: Driver, count: int) -> None:
    state = driver.chain.state
    state.begin()
    state.edit_account(ALICE.raw_public_key()).sub_entries = 1_000 - count + 1
    state.commit()
    lines = [ChangeTrust(Asset(f"T{n}", BOB.public_key)) for n in range(count)]
    assert driver.refuse(ALICE, *lines)[-1] == "opTOO_MANY_SUBENTRIES"
    state.begin()
    state.edit_account(ALICE.raw_public_key()).sub_entries = 0
    state.commit()


def test_a_signature_by_the_new_account_itself_is_asked_for(driver: Driver) -> None:
    unsigned = driver.build(
        ALICE, CreateAccount(DAVE.public_key, "5"), ManageData("a", "b", source=DAVE.public_key)
    )
    assert turned_away(driver, unsigned) == ["CREATE_ACCOUNT_SUCCESS", "opBAD_AUTH"]
    driver.do(
        ALICE,
        CreateAccount(DAVE.public_key, "5"),
        ManageData("a", "b", source=DAVE.public_key),
        signers=(DAVE,),
    )
