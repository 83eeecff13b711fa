import pytest
from stellar_sdk import Asset, Keypair, xdr
from stellar_sdk.operation import ManageData, Payment, SetOptions
from stellar_sdk.operation.set_options import AuthorizationFlag
from stellar_sdk.signer import Signer

from server.localnet.ledger.entries import Account
from tests.localnet.driver import Driver, person
from tests.localnet.ledger.doors import altered, turned_away

ALICE, BOB, CAROL, DAVE = (person(name) for name in ("alice", "bob", "carol", "dave"))
XLM = Asset.native()


def _account(driver: Driver, of: Keypair = ALICE) -> Account:
    account = driver.chain.state.account(of.raw_public_key())
    assert account is not None
    return account


def _signer(of: Keypair, weight: int) -> SetOptions:
    return SetOptions(signer=Signer.ed25519_public_key(of.public_key, weight))


def test_everything_at_once(driver: Driver) -> None:
    driver.do(
        ALICE,
        SetOptions(
            inflation_dest=BOB.public_key,
            set_flags=AuthorizationFlag(3),
            master_weight=10,
            low_threshold=1,
            med_threshold=2,
            high_threshold=3,
            home_domain="example.com",
            signer=Signer.ed25519_public_key(BOB.public_key, 4),
        ),
    )
    account = _account(driver)
    assert account.inflation_destination == BOB.raw_public_key()
    assert (account.flags, account.home_domain) == (3, b"example.com")
    assert account.thresholds == b"\x0a\x01\x02\x03"
    assert [(s.key[4:], s.weight) for s in account.signers] == [(BOB.raw_public_key(), 4)]
    driver.do(ALICE, SetOptions(clear_flags=AuthorizationFlag(1), home_domain=""))
    account = _account(driver)
    assert (account.flags, account.home_domain) == (2, b"")


def test_a_signer_is_added_changed_and_removed(driver: Driver) -> None:
    driver.do(ALICE, _signer(CAROL, 1), _signer(BOB, 5))
    assert len(_account(driver).signers) == _account(driver).sub_entries == 2
    assert list(_account(driver).signers) == sorted(_account(driver).signers)
    driver.do(ALICE, _signer(BOB, 7))
    assert {s.weight for s in _account(driver).signers} == {1, 7}
    driver.do(ALICE, _signer(BOB, 0), _signer(CAROL, 0), _signer(DAVE, 0))
    assert _account(driver).signers == ()
    assert _account(driver).sub_entries == 0


def test_a_signer_costs_a_reserve(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, XLM, "998.6"))
    assert driver.refuse(ALICE, _signer(BOB, 1)) == ["SET_OPTIONS_LOW_RESERVE"]


def test_twenty_signers_and_no_more(driver: Driver) -> None:
    driver.do(ALICE, *[_signer(person(f"signer {n}"), 1) for n in range(20)])
    assert driver.refuse(ALICE, _signer(BOB, 1)) == ["SET_OPTIONS_TOO_MANY_SIGNERS"]
    driver.do(ALICE, _signer(person("signer 3"), 2))


def test_a_locked_account_keeps_its_flags(driver: Driver) -> None:
    driver.do(ALICE, SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_IMMUTABLE))
    for change in (
        SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED),
        SetOptions(clear_flags=AuthorizationFlag.AUTHORIZATION_IMMUTABLE),
    ):
        assert driver.refuse(ALICE, change) == ["SET_OPTIONS_CANT_CHANGE"]
    driver.do(ALICE, SetOptions(home_domain="still.free"))


def test_clawback_needs_revocable(driver: Driver) -> None:
    clawback = AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED
    assert driver.refuse(ALICE, SetOptions(set_flags=clawback)) == [
        "SET_OPTIONS_AUTH_REVOCABLE_REQUIRED"
    ]
    driver.do(ALICE, SetOptions(set_flags=AuthorizationFlag(10)))
    revocable = AuthorizationFlag.AUTHORIZATION_REVOCABLE
    assert driver.refuse(ALICE, SetOptions(clear_flags=revocable)) == [
        "SET_OPTIONS_AUTH_REVOCABLE_REQUIRED"
    ]


def test_an_inflation_destination_must_exist(driver: Driver) -> None:
    assert driver.refuse(ALICE, SetOptions(inflation_dest=DAVE.public_key)) == [
        "SET_OPTIONS_INVALID_INFLATION"
    ]
    driver.do(ALICE, SetOptions(inflation_dest=ALICE.public_key))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("set_flags", 16, "SET_OPTIONS_UNKNOWN_FLAG"),
        ("clear_flags", 2**31, "SET_OPTIONS_UNKNOWN_FLAG"),
        ("master_weight", 256, "SET_OPTIONS_THRESHOLD_OUT_OF_RANGE"),
        ("low_threshold", 256, "SET_OPTIONS_THRESHOLD_OUT_OF_RANGE"),
        ("med_threshold", 256, "SET_OPTIONS_THRESHOLD_OUT_OF_RANGE"),
        ("high_threshold", 2**32 - 1, "SET_OPTIONS_THRESHOLD_OUT_OF_RANGE"),
    ],
)
def test_numbers_out_of_range(driver: Driver, field: str, value: int, code: str) -> None:
    def change(transaction: xdr.Transaction) -> None:
        setattr(transaction.operations[0].body.set_options_op, field, xdr.Uint32(value))

    assert turned_away(driver, altered(driver, ALICE, SetOptions(), change)) == [code]


def test_a_flag_can_not_be_set_and_cleared(driver: Driver) -> None:
    both = SetOptions(set_flags=AuthorizationFlag(3), clear_flags=AuthorizationFlag(2))
    assert turned_away(driver, driver.build(ALICE, both)) == ["SET_OPTIONS_BAD_FLAGS"]


@pytest.mark.parametrize("domain", [b"a\x00b", b"\x7f", b"caf\xc3\xa9", b"a\nb"])
def test_a_home_domain_is_printable_ascii(driver: Driver, domain: bytes) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.set_options_op
        assert operation is not None
        operation.home_domain = xdr.String32(domain)

    envelope = altered(driver, ALICE, SetOptions(), change)
    assert turned_away(driver, envelope) == ["SET_OPTIONS_INVALID_HOME_DOMAIN"]


def test_bad_signers(driver: Driver) -> None:
    master = driver.build(ALICE, _signer(ALICE, 1))
    assert turned_away(driver, master) == ["SET_OPTIONS_BAD_SIGNER"]

    def heavy(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.set_options_op
        assert operation is not None
        assert operation.signer is not None
        operation.signer.weight = xdr.Uint32(256)

    envelope = altered(driver, ALICE, _signer(BOB, 1), heavy)
    assert turned_away(driver, envelope) == ["SET_OPTIONS_BAD_SIGNER"]

    def hollow(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.set_options_op
        assert operation is not None
        assert operation.signer is not None
        operation.signer.key = xdr.SignerKey(
            xdr.SignerKeyType.SIGNER_KEY_TYPE_ED25519_SIGNED_PAYLOAD,
            ed25519_signed_payload=xdr.SignerKeyEd25519SignedPayload(
                xdr.Uint256(BOB.raw_public_key()), b""
            ),
        )

    envelope = altered(driver, ALICE, _signer(BOB, 1), hollow)
    assert turned_away(driver, envelope) == ["SET_OPTIONS_BAD_SIGNER"]


def test_data_is_set_changed_and_removed(driver: Driver) -> None:
    driver.do(ALICE, ManageData("config.memo_required", "1"), ManageData("b", b"\x00" * 64))
    entry = driver.chain.state.data(ALICE.raw_public_key(), b"config.memo_required")
    assert entry is not None
    assert entry.value == b"1"
    driver.do(ALICE, ManageData("config.memo_required", "2"))
    assert _account(driver).sub_entries == 2
    driver.do(ALICE, ManageData("config.memo_required", None), ManageData("b", None))
    assert _account(driver).sub_entries == 0
    assert driver.refuse(ALICE, ManageData("b", None)) == ["MANAGE_DATA_NAME_NOT_FOUND"]


def test_data_costs_a_reserve(driver: Driver) -> None:
    driver.do(ALICE, Payment(BOB.public_key, XLM, "998.6"))
    assert driver.refuse(ALICE, ManageData("a", "b")) == ["MANAGE_DATA_LOW_RESERVE"]


@pytest.mark.parametrize("name", [b"", b"a\x00", b"\xff"])
def test_a_data_name_is_printable_ascii(driver: Driver, name: bytes) -> None:
    def change(transaction: xdr.Transaction) -> None:
        operation = transaction.operations[0].body.manage_data_op
        assert operation is not None
        operation.data_name = xdr.String64(name)

    envelope = altered(driver, ALICE, ManageData("a", "b"), change)
    assert turned_away(driver, envelope) == ["MANAGE_DATA_INVALID_NAME"]
