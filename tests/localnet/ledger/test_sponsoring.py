import pytest
from stellar_sdk import Asset, Claimant, Keypair, LiquidityPoolId, xdr
from stellar_sdk.operation import (
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    CreateClaimableBalance,
    EndSponsoringFutureReserves,
    ManageData,
    ManageSellOffer,
    Payment,
    RevokeSponsorship,
    SetOptions,
)
from stellar_sdk.operation.operation import Operation
from stellar_sdk.signer import Signer
from stellar_sdk.signer_key import SignerKey

from server.localnet.ledger.assets import NATIVE
from server.localnet.ledger.entries import Account
from server.localnet.ledger.reserves import spendable
from tests.localnet.driver import STROOPS, Driver, ledger_asset, person
from tests.localnet.ledger.doors import altered, turned_away

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
XLM = Asset.native()
USD = Asset("USD", CAROL.public_key)


def _account(driver: Driver, of: Keypair) -> Account:
    account = driver.chain.state.account(of.raw_public_key())
    assert account is not None
    return account


def _sponsored(by: Keypair, whom: Keypair, *operations: Operation) -> list[Operation]:
    """The operations, sponsored; all in a transaction of the sponsor."""
    return [
        BeginSponsoringFutureReserves(whom.public_key, source=by.public_key),
        *operations,
        EndSponsoringFutureReserves(source=whom.public_key),
    ]


def _revoke_signer(of: Keypair, signer: Keypair, source: str | None = None) -> RevokeSponsorship:
    key = SignerKey.ed25519_public_key(signer.public_key)
    return RevokeSponsorship.revoke_signer_sponsorship(of.public_key, key, source)


def _counts(driver: Driver, of: Keypair) -> tuple[int, int, int]:
    account = _account(driver, of)
    return account.sub_entries, account.sponsoring, account.sponsored


def test_an_account_and_its_line_without_a_lumen_of_its_own(driver: Driver) -> None:
    driver.do(
        ALICE,
        *_sponsored(
            ALICE,
            DAVE,
            CreateAccount(DAVE.public_key, "0"),
            ChangeTrust(USD, source=DAVE.public_key),
        ),
        signers=(DAVE,),
    )
    assert _counts(driver, ALICE) == (0, 3, 0)
    assert _counts(driver, DAVE) == (1, 0, 3)
    assert spendable(_account(driver, DAVE), 5_000_000) == 0
    assert _account(driver, DAVE).sponsor == ALICE.raw_public_key()
    driver.do(CAROL, Payment(DAVE.public_key, USD, "3"))
    driver.check()


def test_every_kind_of_entry_is_sponsored_and_given_back(driver: Driver) -> None:
    mine = {"source": BOB.public_key}
    signer = Signer.ed25519_public_key(DAVE.public_key, 1)
    driver.do(
        ALICE,
        *_sponsored(
            ALICE,
            BOB,
            ChangeTrust(USD, **mine),
            ManageData("a", "b", **mine),
            ManageSellOffer(XLM, USD, "10", "1", **mine),
            SetOptions(signer=signer, **mine),
            CreateClaimableBalance(
                XLM, "5", [Claimant(CAROL.public_key), Claimant(DAVE.public_key)], **mine
            ),
        ),
        signers=(BOB,),
    )
    assert _counts(driver, ALICE) == (0, 6, 0)
    assert _counts(driver, BOB) == (4, 0, 4)
    driver.check()
    (offer,) = driver.chain.state.book(NATIVE, ledger_asset(USD))
    driver.do(
        BOB,
        ManageSellOffer(XLM, USD, "0", "1", offer_id=offer.id),
        ManageData("a", None),
        ChangeTrust(USD, "0"),
        SetOptions(signer=Signer.ed25519_public_key(DAVE.public_key, 0)),
    )
    assert _counts(driver, ALICE) == (0, 2, 0)
    assert _counts(driver, BOB) == (0, 0, 0)


def test_sponsoring_must_be_ended_in_the_same_transaction(driver: Driver) -> None:
    assert driver.refuse(ALICE, BeginSponsoringFutureReserves(BOB.public_key)) == [
        "txBAD_SPONSORSHIP"
    ]


def test_nobody_is_sponsored_twice_nor_in_a_chain(driver: Driver) -> None:
    begin = BeginSponsoringFutureReserves
    twice = [begin(BOB.public_key), begin(BOB.public_key, source=CAROL.public_key)]
    assert driver.refuse(ALICE, *twice, signers=(CAROL,))[1] == (
        "BEGIN_SPONSORING_FUTURE_RESERVES_ALREADY_SPONSORED"
    )
    chain = [begin(BOB.public_key), begin(CAROL.public_key, source=BOB.public_key)]
    assert driver.refuse(ALICE, *chain, signers=(BOB,))[1] == (
        "BEGIN_SPONSORING_FUTURE_RESERVES_RECURSIVE"
    )
    back = [begin(BOB.public_key), begin(ALICE.public_key, source=CAROL.public_key)]
    assert driver.refuse(ALICE, *back, signers=(CAROL,))[1] == (
        "BEGIN_SPONSORING_FUTURE_RESERVES_RECURSIVE"
    )


def test_malformed_and_unbegun(driver: Driver) -> None:
    own = driver.build(ALICE, BeginSponsoringFutureReserves(ALICE.public_key))
    assert turned_away(driver, own) == ["BEGIN_SPONSORING_FUTURE_RESERVES_MALFORMED"]
    assert driver.refuse(ALICE, EndSponsoringFutureReserves()) == [
        "END_SPONSORING_FUTURE_RESERVES_NOT_SPONSORED"
    ]


def test_a_poor_sponsor(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, XLM, "998.2"))
    create = _sponsored(ALICE, DAVE, CreateAccount(DAVE.public_key, "0"))
    assert driver.refuse(ALICE, *create, signers=(DAVE,))[1] == "CREATE_ACCOUNT_LOW_RESERVE"
    line = _sponsored(
        ALICE,
        BOB,
        ManageData("a", "1", source=BOB.public_key),
        ChangeTrust(USD, source=BOB.public_key),
    )
    assert driver.refuse(ALICE, *line, signers=(BOB,))[2] == "CHANGE_TRUST_LOW_RESERVE"


def test_a_sponsor_s_count_has_an_end(driver: Driver) -> None:
    state = driver.chain.state
    state.begin()
    busy = state.edit_account(ALICE.raw_public_key())
    busy.sponsoring = 2**32 - 1
    busy.sponsored = 2**32 - 1
    state.commit()
    line = _sponsored(ALICE, BOB, ChangeTrust(USD, source=BOB.public_key))
    assert driver.refuse(ALICE, *line, signers=(BOB,))[1] == "opTOO_MANY_SPONSORING"
    state.begin()
    calm = state.edit_account(ALICE.raw_public_key())
    calm.sponsoring = calm.sponsored = 0
    state.commit()


def test_a_sponsor_hands_the_reserve_back(driver: Driver) -> None:
    line = ChangeTrust(USD, source=BOB.public_key)
    driver.do(ALICE, *_sponsored(ALICE, BOB, line), signers=(BOB,))
    revoke = RevokeSponsorship.revoke_trustline_sponsorship(BOB.public_key, USD)
    assert driver.refuse(BOB, revoke) == ["REVOKE_SPONSORSHIP_NOT_SPONSOR"]
    driver.do(ALICE, revoke)
    assert _counts(driver, ALICE) == (0, 0, 0)
    assert _counts(driver, BOB) == (1, 0, 0)
    assert driver.refuse(ALICE, revoke) == ["REVOKE_SPONSORSHIP_NOT_SPONSOR"]
    driver.do(BOB, revoke)  # its own reserve stays its own


def test_the_reserve_must_be_affordable_to_go_back(driver: Driver) -> None:
    create = _sponsored(
        ALICE, DAVE, CreateAccount(DAVE.public_key, "0"), ChangeTrust(USD, source=DAVE.public_key)
    )
    driver.do(ALICE, *create, signers=(DAVE,))
    account = RevokeSponsorship.revoke_account_sponsorship(DAVE.public_key)
    line = RevokeSponsorship.revoke_trustline_sponsorship(DAVE.public_key, USD)
    for revoke in (account, line):
        assert driver.refuse(ALICE, revoke) == ["REVOKE_SPONSORSHIP_LOW_RESERVE"]
    driver.do(BOB, Payment(DAVE.public_key, XLM, "1"))
    driver.do(ALICE, account)
    assert _counts(driver, DAVE) == (1, 0, 1)
    assert _account(driver, DAVE).sponsor is None
    assert driver.refuse(ALICE, line) == ["REVOKE_SPONSORSHIP_LOW_RESERVE"]


def test_a_reserve_is_handed_on_to_the_next_sponsor(driver: Driver) -> None:
    line = ChangeTrust(USD, source=BOB.public_key)
    driver.do(ALICE, *_sponsored(ALICE, BOB, line), signers=(BOB,))
    revoke = RevokeSponsorship.revoke_trustline_sponsorship(BOB.public_key, USD, ALICE.public_key)
    driver.do(CAROL, *_sponsored(CAROL, ALICE, revoke), signers=(ALICE,))
    assert _counts(driver, ALICE) == (0, 0, 0)
    assert _counts(driver, CAROL) == (0, 1, 0)
    assert _counts(driver, BOB) == (1, 0, 1)


def test_an_owner_s_reserve_is_taken_over(driver: Driver) -> None:
    driver.do(BOB, ChangeTrust(USD), ManageData("a", "b"))
    signer = Signer.ed25519_public_key(DAVE.public_key, 1)
    driver.do(BOB, SetOptions(signer=signer))
    revokes = [
        RevokeSponsorship.revoke_trustline_sponsorship(BOB.public_key, USD, BOB.public_key),
        RevokeSponsorship.revoke_data_sponsorship(BOB.public_key, "a", BOB.public_key),
        RevokeSponsorship.revoke_account_sponsorship(BOB.public_key, BOB.public_key),
        _revoke_signer(BOB, DAVE, BOB.public_key),
    ]
    driver.do(ALICE, *_sponsored(ALICE, BOB, *revokes), signers=(BOB,))
    assert _counts(driver, ALICE) == (0, 5, 0)
    assert _counts(driver, BOB) == (3, 0, 5)
    (held,) = _account(driver, BOB).signers
    assert held.sponsor == ALICE.raw_public_key()
    driver.do(
        ALICE,
        _revoke_signer(BOB, DAVE),
    )
    assert _counts(driver, BOB) == (3, 0, 4)


def test_a_sponsored_offer_and_its_revocation(driver: Driver) -> None:
    driver.do(BOB, ChangeTrust(USD))
    offer = ManageSellOffer(XLM, USD, "10", "1", source=BOB.public_key)
    driver.do(ALICE, *_sponsored(ALICE, BOB, offer), signers=(BOB,))
    (held,) = driver.chain.state.book(NATIVE, ledger_asset(USD))
    driver.do(ALICE, RevokeSponsorship.revoke_offer_sponsorship(BOB.public_key, held.id))
    assert _counts(driver, BOB) == (2, 0, 0)


def test_a_claimable_balance_always_has_a_sponsor(driver: Driver) -> None:
    driver.do(ALICE, CreateClaimableBalance(XLM, "5", [Claimant(BOB.public_key)]))
    (balance,) = driver.chain.state.claimable_balances()
    name = "00000000" + balance.id.hex()
    revoke = RevokeSponsorship.revoke_claimable_balance_sponsorship(name)
    assert driver.refuse(ALICE, revoke) == ["REVOKE_SPONSORSHIP_ONLY_TRANSFERABLE"]
    assert driver.refuse(BOB, revoke) == ["REVOKE_SPONSORSHIP_NOT_SPONSOR"]
    handed = RevokeSponsorship.revoke_claimable_balance_sponsorship(name, ALICE.public_key)
    driver.do(CAROL, *_sponsored(CAROL, ALICE, handed), signers=(ALICE,))
    assert _counts(driver, ALICE) == (0, 0, 0)
    assert _counts(driver, CAROL) == (0, 1, 0)


def test_what_is_not_there_can_not_be_revoked(driver: Driver) -> None:
    missing = [
        RevokeSponsorship.revoke_account_sponsorship(DAVE.public_key),
        RevokeSponsorship.revoke_trustline_sponsorship(ALICE.public_key, USD),
        RevokeSponsorship.revoke_offer_sponsorship(ALICE.public_key, 9),
        RevokeSponsorship.revoke_data_sponsorship(ALICE.public_key, "a"),
        RevokeSponsorship.revoke_claimable_balance_sponsorship("00" * 36),
        _revoke_signer(DAVE, BOB),
        _revoke_signer(ALICE, BOB),
    ]
    for revoke in missing:
        assert driver.refuse(ALICE, revoke) == ["REVOKE_SPONSORSHIP_DOES_NOT_EXIST"]


@pytest.mark.parametrize(
    "key",
    [
        RevokeSponsorship.revoke_trustline_sponsorship(ALICE.public_key, XLM),
        RevokeSponsorship.revoke_trustline_sponsorship(CAROL.public_key, USD),
        RevokeSponsorship.revoke_offer_sponsorship(ALICE.public_key, 0),
        RevokeSponsorship.revoke_liquidity_pool_sponsorship("00" * 32),
    ],
)
def test_malformed_keys(driver: Driver, key: RevokeSponsorship) -> None:
    assert turned_away(driver, driver.build(ALICE, key)) == ["REVOKE_SPONSORSHIP_MALFORMED"]


def test_a_pool_share_is_well_formed_and_never_there(driver: Driver) -> None:
    share = LiquidityPoolId("00" * 32)
    revoke = RevokeSponsorship.revoke_trustline_sponsorship(ALICE.public_key, share)
    assert driver.refuse(ALICE, revoke) == ["REVOKE_SPONSORSHIP_DOES_NOT_EXIST"]


def test_a_malformed_data_name(driver: Driver) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.revoke_sponsorship_op
        assert operation is not None
        assert operation.ledger_key is not None
        assert operation.ledger_key.data is not None
        operation.ledger_key.data.data_name = xdr.String64(b"")

    valid = RevokeSponsorship.revoke_data_sponsorship(ALICE.public_key, "a")
    envelope = altered(driver, ALICE, valid, change)
    assert turned_away(driver, envelope) == ["REVOKE_SPONSORSHIP_MALFORMED"]


def test_a_sponsored_account_pays_its_way_when_it_grows(driver: Driver) -> None:
    create = _sponsored(ALICE, DAVE, CreateAccount(DAVE.public_key, "0.5"))
    driver.do(ALICE, *create, signers=(DAVE,))
    assert driver.lumens(DAVE) == STROOPS // 2
    driver.do(ALICE, ChangeTrust(USD, source=DAVE.public_key), signers=(DAVE,))
    short = ManageData("a", "b", source=DAVE.public_key)
    assert driver.refuse(ALICE, short, signers=(DAVE,)) == ["MANAGE_DATA_LOW_RESERVE"]
