from hashlib import sha256

import pytest
from stellar_sdk import Address, IdMemo, Keypair, Network, StrKey, TextMemo, scval, xdr
from stellar_sdk import Asset as SdkAsset
from stellar_sdk.memo import HashMemo, Memo, NoneMemo, ReturnHashMemo

from server.localnet.ledger.assets import NATIVE, Asset
from server.localnet.ledger.events import (
    AssetContracts,
    Event,
    OperationEvents,
    account_address,
    balance_address,
    memo_value,
    read_events,
)

PASSPHRASE = Network.STANDALONE_NETWORK_PASSPHRASE
ISSUER, ALICE, BOB = (Keypair.from_raw_ed25519_seed(bytes([n]) * 32) for n in (1, 2, 3))
USDC = Asset(b"USDC", ISSUER.raw_public_key())
BALANCE_ID = bytes(range(32))
CONTRACTS = AssetContracts(sha256(PASSPHRASE.encode()).digest())


def _collect(memo: bytes | None = None) -> OperationEvents:
    return OperationEvents(CONTRACTS, memo)


def _event(asset: SdkAsset, topics: list[xdr.SCVal], data: xdr.SCVal) -> xdr.ContractEvent:
    contract = StrKey.decode_contract(asset.contract_id(PASSPHRASE))
    return xdr.ContractEvent(
        ext=xdr.ExtensionPoint(0),
        contract_id=xdr.ContractID(xdr.Hash(contract)),
        type=xdr.ContractEventType.CONTRACT,
        body=xdr.ContractEventBody(0, xdr.ContractEventV0(topics, data)),
    )


def _sdk_usdc() -> SdkAsset:
    return SdkAsset("USDC", ISSUER.public_key)


def _named(amount: int, who: xdr.SCVal) -> xdr.SCVal:
    return scval.to_map(
        {scval.to_symbol("amount"): scval.to_int128(amount), scval.to_symbol("to_muxed_id"): who}
    )


def _only(events: OperationEvents) -> xdr.ContractEvent:
    (event,) = events.events
    return xdr.ContractEvent.from_xdr_bytes(event.pack())


def test_native_contract_of_the_standalone_network() -> None:
    contract, _ = CONTRACTS.of(NATIVE)
    known = "CDMLFMKMMD7MWZP3FKUBZPVHTUEDLSX4BYGYKH4GCESXYHS3IHQ4EIG4"
    assert StrKey.encode_contract(contract) == known


def test_transfer() -> None:
    events = _collect()
    events.payment(NATIVE, account_address(ALICE.raw_public_key()), BOB.raw_public_key(), 255)
    assert _only(events) == _event(
        SdkAsset.native(),
        [
            scval.to_symbol("transfer"),
            scval.to_address(ALICE.public_key),
            scval.to_address(BOB.public_key),
            scval.to_string("native"),
        ],
        scval.to_int128(255),
    )


def test_the_issuer_mints_and_burns() -> None:
    events = _collect()
    issuer, alice = ISSUER.raw_public_key(), ALICE.raw_public_key()
    events.payment(USDC, account_address(issuer), alice, 2**63 - 1)
    events.payment(USDC, account_address(alice), issuer, 1)
    events.payment(USDC, account_address(issuer), issuer, 3)
    packed = [xdr.ContractEvent.from_xdr_bytes(event.pack()) for event in events.events]
    name = scval.to_string(f"USDC:{ISSUER.public_key}")
    alice_value, issuer_value = (scval.to_address(k.public_key) for k in (ALICE, ISSUER))
    most, usdc = 2**63 - 1, _sdk_usdc()
    assert packed == [
        _event(usdc, [scval.to_symbol("mint"), alice_value, name], scval.to_int128(most)),
        _event(usdc, [scval.to_symbol("burn"), alice_value, name], scval.to_int128(1)),
        _event(
            usdc,
            [scval.to_symbol("transfer"), issuer_value, issuer_value, name],
            scval.to_int128(3),
        ),
    ]


@pytest.mark.parametrize(
    ("memo", "expected"),
    [
        (NoneMemo(), None),
        (IdMemo(2**64 - 1), scval.to_uint64(2**64 - 1)),
        (TextMemo("rent ✓"), scval.to_string("rent ✓")),
        (HashMemo(BALANCE_ID), scval.to_bytes(BALANCE_ID)),
        (ReturnHashMemo(BALANCE_ID), scval.to_bytes(BALANCE_ID)),
    ],
)
def test_a_memo_names_the_payee(memo: Memo, expected: xdr.SCVal | None) -> None:
    value = memo_value(memo.to_xdr_object())
    assert (value and xdr.SCVal.from_xdr_bytes(value)) == expected
    events = _collect(value)
    events.payment(USDC, account_address(ALICE.raw_public_key()), BOB.raw_public_key(), 7)
    data = _only(events).body.v0.data  # type: ignore[union-attr]
    assert data == (scval.to_int128(7) if expected is None else _named(7, expected))


def test_a_muxed_id_wins_over_the_memo_and_survives_a_mint() -> None:
    memo = memo_value(TextMemo("x").to_xdr_object())
    events = _collect(memo)
    source = account_address(ISSUER.raw_public_key())
    events.payment(USDC, source, BOB.raw_public_key(), 7, muxed_id=0)
    assert _only(events).body.v0.data == _named(7, scval.to_uint64(0))  # type: ignore[union-attr]


def test_trades_balances_and_burns_never_carry_a_memo() -> None:
    events = _collect(memo_value(IdMemo(9).to_xdr_object()))
    alice = account_address(ALICE.raw_public_key())
    events.movement(NATIVE, alice, balance_address(BALANCE_ID), 5)
    events.payment(USDC, alice, ISSUER.raw_public_key(), 5)
    for event in events.events:
        assert xdr.SCVal.from_xdr_bytes(event.data) == scval.to_int128(5)


def test_claimable_balance_address() -> None:
    strkey = StrKey.encode_claimable_balance(b"\x00" + BALANCE_ID)
    assert balance_address(BALANCE_ID) == Address(strkey).to_xdr_sc_val().to_xdr_bytes()


def test_clawback_and_authorization() -> None:
    events = _collect()
    events.clawback(USDC, balance_address(BALANCE_ID), 8)
    events.authorization(USDC, ALICE.raw_public_key(), authorized=True)
    events.authorization(USDC, ALICE.raw_public_key(), authorized=False)
    topics = [[xdr.SCVal.from_xdr_bytes(t) for t in event.topics] for event in events.events]
    name = scval.to_string(f"USDC:{ISSUER.public_key}")
    strkey = StrKey.encode_claimable_balance(b"\x00" + BALANCE_ID)
    alice = scval.to_address(ALICE.public_key)
    assert topics == [
        [scval.to_symbol("clawback"), scval.to_address(strkey), name],
        [scval.to_symbol("set_authorized"), alice, name],
        [scval.to_symbol("set_authorized"), alice, name],
    ]
    data = [xdr.SCVal.from_xdr_bytes(event.data) for event in events.events]
    assert data == [scval.to_int128(8), scval.to_bool(True), scval.to_bool(False)]


def test_fee() -> None:
    event = CONTRACTS.fee(ALICE.raw_public_key(), 200)
    packed = xdr.TransactionEvent.from_xdr_bytes(event.pack_before_all())
    assert packed.stage == xdr.TransactionEventStage.TRANSACTION_EVENT_STAGE_BEFORE_ALL_TXS
    topics = [scval.to_symbol("fee"), scval.to_address(ALICE.public_key)]
    assert packed.event == _event(SdkAsset.native(), topics, scval.to_int128(200))


def test_events_are_read_back_from_the_meta() -> None:
    fee = CONTRACTS.fee(ALICE.raw_public_key(), 100)
    moved = _collect()
    moved.movement(USDC, account_address(ALICE.raw_public_key()), balance_address(BALANCE_ID), 5)
    meta = xdr.TransactionMeta(
        v=4,
        v4=xdr.TransactionMetaV4(
            ext=xdr.ExtensionPoint(0),
            tx_changes_before=xdr.LedgerEntryChanges([]),
            operations=[_operation_meta(moved.events), _operation_meta([])],
            tx_changes_after=xdr.LedgerEntryChanges([]),
            soroban_meta=None,
            events=[xdr.TransactionEvent.from_xdr_bytes(fee.pack_before_all())],
            diagnostic_events=[],
        ),
    )
    assert read_events(meta.to_xdr_bytes()) == ([fee], [moved.events, []])


def _operation_meta(events: list[Event]) -> xdr.OperationMetaV2:
    packed = [xdr.ContractEvent.from_xdr_bytes(event.pack()) for event in events]
    return xdr.OperationMetaV2(xdr.ExtensionPoint(0), xdr.LedgerEntryChanges([]), packed)
