"""The hand-written readers against the SDK's own bytes."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stellar_sdk import (
    Account,
    Address,
    HashMemo,
    IdMemo,
    Keypair,
    MuxedAccount,
    ReturnHashMemo,
    SignedPayloadSigner,
    SignerKey,
    StrKey,
    TextMemo,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)

from server.chain.entries import (
    AccountEntry,
    DataEntry,
    TrustlineEntry,
    read_entry,
    read_entry_data,
)
from server.chain.envelopes import read_head
from server.chain.meta import read_moves
from server.chain.results import (
    _BEFORE_THE_OPERATION,
    _OPERATION_CODES,
    _TRANSACTION_CODES,
    Result,
    read_result,
)
from server.chain.xdr import Reader
from server.usecases.network import Head, Move, Unreadable

ASHA, BEN, ISSUER = (Keypair.from_raw_ed25519_seed(bytes([n]) * 32) for n in (1, 2, 3))
PASSPHRASE = "Standalone Network ; February 2017"
USDC = f"USDC:{ISSUER.public_key}"
LONG = f"LONGCODE:{ISSUER.public_key}"


def account_id(pair: Keypair) -> xdr.AccountID:
    return pair.xdr_account_id()


def account_entry(pair, balance, *, rich=False) -> xdr.LedgerEntryData:
    signers, ext, inflation = [], xdr.AccountEntryExt(0), None
    if rich:
        inflation = account_id(BEN)
        signers = [
            xdr.Signer(
                xdr.SignerKey(
                    xdr.SignerKeyType.SIGNER_KEY_TYPE_ED25519, ed25519=xdr.Uint256(b"\5" * 32)
                ),
                xdr.Uint32(1),
            ),
            xdr.Signer(
                xdr.SignerKey(
                    xdr.SignerKeyType.SIGNER_KEY_TYPE_ED25519_SIGNED_PAYLOAD,
                    ed25519_signed_payload=xdr.SignerKeyEd25519SignedPayload(
                        xdr.Uint256(b"\6" * 32), b"abcde"
                    ),
                ),
                xdr.Uint32(2),
            ),
        ]
        third = xdr.AccountEntryExtensionV3(
            xdr.ExtensionPoint(0), xdr.Uint32(9), xdr.TimePoint(xdr.Uint64(10))
        )
        second = xdr.AccountEntryExtensionV2(
            xdr.Uint32(3),
            xdr.Uint32(4),
            [xdr.SponsorshipDescriptor(account_id(BEN)), xdr.SponsorshipDescriptor(None)],
            xdr.AccountEntryExtensionV2Ext(3, v3=third),
        )
        first = xdr.AccountEntryExtensionV1(
            xdr.Liabilities(xdr.Int64(11), xdr.Int64(22)),
            xdr.AccountEntryExtensionV1Ext(2, v2=second),
        )
        ext = xdr.AccountEntryExt(1, v1=first)
    entry = xdr.AccountEntry(
        account_id(pair),
        xdr.Int64(balance),
        xdr.SequenceNumber(xdr.Int64(77)),
        xdr.Uint32(2),
        inflation,
        xdr.Uint32(0),
        xdr.String32(b"home.example" if rich else b""),
        xdr.Thresholds(b"\1\0\0\0"),
        signers,
        ext,
    )
    return xdr.LedgerEntryData(xdr.LedgerEntryType.ACCOUNT, account=entry)


def asset_xdr(name: str, kind=xdr.TrustLineAsset):
    if name == "XLM":
        return kind(xdr.AssetType.ASSET_TYPE_NATIVE)
    code, _, issuer = name.partition(":")
    key = Keypair.from_public_key(issuer).xdr_account_id()
    if len(code) <= 4:
        alpha4 = xdr.AlphaNum4(xdr.AssetCode4(code.encode().ljust(4, b"\0")), key)
        return kind(xdr.AssetType.ASSET_TYPE_CREDIT_ALPHANUM4, alpha_num4=alpha4)
    alpha12 = xdr.AlphaNum12(xdr.AssetCode12(code.encode().ljust(12, b"\0")), key)
    return kind(xdr.AssetType.ASSET_TYPE_CREDIT_ALPHANUM12, alpha_num12=alpha12)


def trustline_entry(pair, asset, balance, *, rich=False) -> xdr.LedgerEntryData:
    ext = xdr.TrustLineEntryExt(0)
    if rich:
        second = xdr.TrustLineEntryExtensionV2(xdr.Int32(1), xdr.TrustLineEntryExtensionV2Ext(0))
        first = xdr.TrustLineEntryV1(
            xdr.Liabilities(xdr.Int64(33), xdr.Int64(44)), xdr.TrustLineEntryV1Ext(2, v2=second)
        )
        ext = xdr.TrustLineEntryExt(1, v1=first)
    entry = xdr.TrustLineEntry(
        account_id(pair),
        asset_xdr(asset),
        xdr.Int64(balance),
        xdr.Int64(1_000),
        xdr.Uint32(1),
        ext,
    )
    return xdr.LedgerEntryData(xdr.LedgerEntryType.TRUSTLINE, trust_line=entry)


def pool_share_entry() -> xdr.LedgerEntryData:
    share = xdr.TrustLineAsset(
        xdr.AssetType.ASSET_TYPE_POOL_SHARE, liquidity_pool_id=xdr.PoolID(xdr.Hash(b"\7" * 32))
    )
    entry = xdr.TrustLineEntry(
        account_id(ASHA),
        share,
        xdr.Int64(5),
        xdr.Int64(9),
        xdr.Uint32(1),
        xdr.TrustLineEntryExt(0),
    )
    return xdr.LedgerEntryData(xdr.LedgerEntryType.TRUSTLINE, trust_line=entry)


def data_entry() -> xdr.LedgerEntryData:
    entry = xdr.DataEntry(
        account_id(ASHA),
        xdr.String64(b"config.memo_required"),
        xdr.DataValue(b"1"),
        xdr.DataEntryExt(0),
    )
    return xdr.LedgerEntryData(xdr.LedgerEntryType.DATA, data=entry)


def offer_entry() -> xdr.LedgerEntryData:
    entry = xdr.OfferEntry(
        account_id(ASHA),
        xdr.Int64(4),
        asset_xdr("XLM", xdr.Asset),
        asset_xdr(LONG, xdr.Asset),
        xdr.Int64(5),
        xdr.Price(xdr.Int32(1), xdr.Int32(2)),
        xdr.Uint32(0),
        xdr.OfferEntryExt(0),
    )
    return xdr.LedgerEntryData(xdr.LedgerEntryType.OFFER, offer=entry)


def predicate(kind, **value) -> xdr.ClaimPredicate:
    return xdr.ClaimPredicate(xdr.ClaimPredicateType(kind), **value)


def claimable_entry() -> xdr.LedgerEntryData:
    nested = predicate(
        2,
        or_predicates=[
            predicate(0),
            predicate(
                1,
                and_predicates=[
                    predicate(4, abs_before=xdr.Int64(9)),
                    predicate(3, not_predicate=predicate(5, rel_before=xdr.Int64(8))),
                ],
            ),
        ],
    )
    claimant = xdr.Claimant(
        xdr.ClaimantType.CLAIMANT_TYPE_V0, v0=xdr.ClaimantV0(account_id(BEN), nested)
    )
    flags = xdr.ClaimableBalanceEntryExtensionV1(
        xdr.ClaimableBalanceEntryExtensionV1Ext(0), xdr.Uint32(1)
    )
    entry = xdr.ClaimableBalanceEntry(
        xdr.ClaimableBalanceID(
            xdr.ClaimableBalanceIDType.CLAIMABLE_BALANCE_ID_TYPE_V0, v0=xdr.Hash(b"\3" * 32)
        ),
        [claimant],
        asset_xdr(USDC, xdr.Asset),
        xdr.Int64(5),
        xdr.ClaimableBalanceEntryExt(1, v1=flags),
    )
    return xdr.LedgerEntryData(xdr.LedgerEntryType.CLAIMABLE_BALANCE, claimable_balance=entry)


def pool_entry() -> xdr.LedgerEntryData:
    product = xdr.LiquidityPoolEntryConstantProduct(
        xdr.LiquidityPoolConstantProductParameters(
            asset_xdr("XLM", xdr.Asset), asset_xdr(USDC, xdr.Asset), xdr.Int32(30)
        ),
        *(xdr.Int64(n) for n in (1, 2, 3, 4)),
    )
    body = xdr.LiquidityPoolEntryBody(
        xdr.LiquidityPoolType.LIQUIDITY_POOL_CONSTANT_PRODUCT, constant_product=product
    )
    entry = xdr.LiquidityPoolEntry(xdr.PoolID(xdr.Hash(b"\4" * 32)), body)
    return xdr.LedgerEntryData(xdr.LedgerEntryType.LIQUIDITY_POOL, liquidity_pool=entry)


def values() -> list[xdr.SCVal]:
    simple = [
        scval.to_bool(True),
        scval.to_void(),
        scval.to_uint32(4),
        scval.to_int32(-4),
        scval.to_uint64(5),
        scval.to_int64(-5),
        scval.to_timepoint(6),
        scval.to_duration(7),
        scval.to_uint128(2**100),
        scval.to_int128(-(2**100)),
        scval.to_uint256(2**200),
        scval.to_int256(-(2**200)),
        scval.to_bytes(b"abc"),
        scval.to_string("hello"),
        scval.to_symbol("transfer"),
        scval.to_address(Address(ASHA.public_key)),
        scval.to_address(Address(StrKey.encode_contract(b"\2" * 32))),
        xdr.SCVal(
            xdr.SCValType.SCV_ERROR,
            error=xdr.SCError(xdr.SCErrorType.SCE_CONTRACT, contract_code=xdr.Uint32(3)),
        ),
        xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE),
        xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_NONCE, nonce_key=xdr.SCNonceKey(xdr.Int64(3))),
    ]
    mapped = scval.to_map({scval.to_symbol("amount"): scval.to_vec(simple[:4])})
    instance = xdr.SCContractInstance(
        xdr.ContractExecutable(
            xdr.ContractExecutableType.CONTRACT_EXECUTABLE_WASM, wasm_hash=xdr.Hash(b"\1" * 32)
        ),
        mapped.map,
    )
    whole = xdr.SCVal(xdr.SCValType.SCV_CONTRACT_INSTANCE, instance=instance)
    return [*simple, scval.to_vec(simple), mapped, whole]


def contract_entries() -> list[xdr.LedgerEntryData]:
    contract = Address(StrKey.encode_contract(b"\2" * 32)).to_xdr_sc_address()
    data = xdr.ContractDataEntry(
        xdr.ExtensionPoint(0),
        contract,
        scval.to_symbol("Balance"),
        xdr.ContractDataDurability.PERSISTENT,
        scval.to_vec(values()),
    )
    costs = xdr.ContractCodeCostInputs(xdr.ExtensionPoint(0), *(xdr.Uint32(n) for n in range(10)))
    code = xdr.ContractCodeEntry(
        xdr.ContractCodeEntryExt(1, v1=xdr.ContractCodeEntryV1(xdr.ExtensionPoint(0), costs)),
        xdr.Hash(b"\5" * 32),
        b"\0asm-code",
    )
    ttl = xdr.TTLEntry(xdr.Hash(b"\6" * 32), xdr.Uint32(99))
    return [
        xdr.LedgerEntryData(xdr.LedgerEntryType.CONTRACT_DATA, contract_data=data),
        xdr.LedgerEntryData(xdr.LedgerEntryType.CONTRACT_CODE, contract_code=code),
        xdr.LedgerEntryData(xdr.LedgerEntryType.TTL, ttl=ttl),
    ]


OTHER_ENTRIES = [
    pool_share_entry(),
    offer_entry(),
    claimable_entry(),
    pool_entry(),
    *contract_entries(),
]


def ledger_entry(data, *, sponsored=False) -> xdr.LedgerEntry:
    ext = xdr.LedgerEntryExt(0)
    if sponsored:
        sponsor = xdr.SponsorshipDescriptor(account_id(BEN))
        ext = xdr.LedgerEntryExt(
            1, v1=xdr.LedgerEntryExtensionV1(sponsor, xdr.LedgerEntryExtensionV1Ext(0))
        )
    return xdr.LedgerEntry(xdr.Uint32(5), data, ext)


@pytest.mark.parametrize("rich", [False, True])
def test_an_account_is_read_whole(rich):
    raw = account_entry(ASHA, 500, rich=rich).to_xdr_bytes()
    reader = Reader(raw)
    entry = read_entry_data(reader)
    extra = (3, 4, 11, 22) if rich else (0, 0, 0, 0)
    assert entry == AccountEntry(ASHA.raw_public_key(), 500, 77, 2, *extra)
    assert reader.done()


@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("asset", [USDC, LONG])
def test_a_trustline_is_read_whole(asset, rich):
    reader = Reader(trustline_entry(ASHA, asset, 300, rich=rich).to_xdr_bytes())
    entry = read_entry_data(reader)
    buying = 33 if rich else 0
    assert entry == TrustlineEntry(ASHA.raw_public_key(), asset, 300, 1_000, 1, buying)
    assert entry.room == 700 - buying
    assert reader.done()


def test_a_data_entry_is_read():
    entry = read_entry_data(Reader(data_entry().to_xdr_bytes()))
    assert entry == DataEntry("config.memo_required", b"1")


@pytest.mark.parametrize("data", OTHER_ENTRIES, ids=lambda data: data.type.name)
def test_other_entries_are_walked_over_to_their_last_byte(data):
    reader = Reader(ledger_entry(data, sponsored=True).to_xdr_bytes())
    assert read_entry(reader) is None
    assert reader.done()


# meta


def change(kind: str, what) -> xdr.LedgerEntryChange:
    types = xdr.LedgerEntryChangeType
    if kind == "removed":
        return xdr.LedgerEntryChange(types.LEDGER_ENTRY_REMOVED, removed=what)
    return xdr.LedgerEntryChange(
        getattr(types, f"LEDGER_ENTRY_{kind.upper()}"), **{kind: ledger_entry(what)}
    )


def changes(*all_of_them) -> xdr.LedgerEntryChanges:
    return xdr.LedgerEntryChanges(list(all_of_them))


def account_key_of(pair) -> xdr.LedgerKey:
    return xdr.LedgerKey(
        xdr.LedgerEntryType.ACCOUNT, account=xdr.LedgerKeyAccount(account_id(pair))
    )


def event() -> xdr.ContractEvent:
    body = xdr.ContractEventBody(
        0, v0=xdr.ContractEventV0([scval.to_symbol("transfer")], scval.to_int128(5))
    )
    contract = xdr.ContractID(xdr.Hash(b"\1" * 32))
    return xdr.ContractEvent(xdr.ExtensionPoint(0), contract, xdr.ContractEventType.CONTRACT, body)


def metas(operations: list[xdr.LedgerEntryChanges]) -> list[xdr.TransactionMeta]:
    """The same operations in each version of result meta."""
    before = changes(
        change("state", account_entry(ASHA, 100)), change("updated", account_entry(ASHA, 100))
    )
    plain = [xdr.OperationMeta(one) for one in operations]
    newest = [
        xdr.OperationMetaV2(xdr.ExtensionPoint(0), one, [event(), event()]) for one in operations
    ]
    third = xdr.TransactionMetaV3(xdr.ExtensionPoint(0), before, plain, changes(), None)
    fourth = xdr.TransactionMetaV4(xdr.ExtensionPoint(0), before, newest, changes(), None, [], [])
    return [
        xdr.TransactionMeta(1, v1=xdr.TransactionMetaV1(before, plain)),
        xdr.TransactionMeta(2, v2=xdr.TransactionMetaV2(before, plain, changes())),
        xdr.TransactionMeta(3, v3=third),
        xdr.TransactionMeta(4, v4=fourth),
    ]


OPERATIONS = [
    changes(
        change("state", account_entry(ASHA, 100)),
        change("updated", account_entry(ASHA, 60, rich=True)),
        change("created", account_entry(BEN, 40)),
    ),
    changes(*(change("created", data) for data in OTHER_ENTRIES)),
    changes(
        change("state", trustline_entry(BEN, USDC, 5)),
        change("updated", trustline_entry(BEN, USDC, 7, rich=True)),
        change("state", account_entry(BEN, 40)),
        change("updated", account_entry(BEN, 40)),
    ),
    changes(
        change("state", account_entry(BEN, 40)),
        change("state", account_entry(ASHA, 60)),
        change("updated", account_entry(ASHA, 100)),
        change("removed", account_key_of(BEN)),
    ),
]


@pytest.mark.parametrize("meta", metas(OPERATIONS), ids=lambda meta: f"v{meta.v}")
def test_moves_are_what_each_operation_changed(meta):
    asha, ben = ASHA.public_key, BEN.public_key
    assert read_moves(meta.to_xdr_bytes()) == [
        Move(0, asha, "XLM", -40),
        Move(0, ben, "XLM", 40),
        Move(2, ben, USDC, 2),
        Move(3, ben, "XLM", -40),
        Move(3, asha, "XLM", 40),
    ]


def test_a_meta_of_the_future_is_not_guessed_at():
    with pytest.raises(Unreadable):
        read_moves(b"\0\0\0\5" + bytes(64))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bytes_are_unreadable_or_read_but_never_crash(data):
    raw = bytearray(metas(OPERATIONS)[3].to_xdr_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_moves(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except Unreadable:
        return


# envelopes and results

MEMOS = [
    (None, None, None),
    ("text", "until the end of the month", TextMemo("until the end of the month")),
    ("id", "18446744073709551615", IdMemo(2**64 - 1)),
    ("hash", "ab" * 32, HashMemo("ab" * 32)),
    ("return", "cd" * 32, ReturnHashMemo("cd" * 32)),
]


def envelope(memo, conditions: str, source) -> TransactionEnvelope:
    builder = TransactionBuilder(Account(source, 5), PASSPHRASE, 100)
    builder.append_bump_sequence_op(9)
    if memo is not None:
        builder.add_memo(memo)
    if conditions != "none":
        builder.add_time_bounds(1, 2)
    if conditions == "all":
        payload = SignedPayloadSigner(BEN.public_key, b"abcde")
        builder.set_ledger_bounds(3, 4).set_min_sequence_number(1).set_min_sequence_age(2)
        builder.set_min_sequence_ledger_gap(3)
        builder.add_extra_signer(SignerKey.ed25519_signed_payload(payload))
        builder.add_extra_signer(SignerKey.sha256_hash(b"\1" * 32))
    return builder.build()


@pytest.mark.filterwarnings("ignore:It looks like you haven't set a TimeBounds")
@pytest.mark.parametrize(("memo_type", "memo", "sdk_memo"), MEMOS)
@pytest.mark.parametrize("conditions", ["none", "time", "all"])
def test_the_head_of_an_envelope(memo_type, memo, sdk_memo, conditions):
    for source in (ASHA.public_key, MuxedAccount(ASHA.public_key, 7)):
        inner = envelope(sdk_memo, conditions, source)
        inner.sign(ASHA)
        outer = TransactionBuilder.build_fee_bump_transaction(
            BEN.public_key, 200, inner, PASSPHRASE
        )
        for whole, payer in ((inner, ASHA), (outer, BEN)):
            head = read_head(base64.b64decode(whole.to_xdr()))
            assert head == Head(ASHA.public_key, payer.public_key, memo_type, memo)


def test_the_head_of_an_old_envelope():
    old = envelope(None, "time", ASHA.public_key).transaction
    old.v1 = False
    whole = TransactionEnvelope(old, PASSPHRASE)
    head = read_head(base64.b64decode(whole.to_xdr()))
    assert head == Head(ASHA.public_key, ASHA.public_key, None, None)


def payment_result(code: int) -> xdr.OperationResult:
    inner = xdr.PaymentResult(xdr.PaymentResultCode(code))
    return xdr.OperationResult(
        xdr.OperationResultCode.opINNER,
        tr=xdr.OperationResultTr(xdr.OperationType.PAYMENT, payment_result=inner),
    )


def test_a_refusal_tells_its_code_and_what_it_would_have_cost():
    raw = xdr.TransactionResult(
        xdr.Int64(4_000),
        xdr.TransactionResultResult(xdr.TransactionResultCode.txINSUFFICIENT_FEE),
        xdr.TransactionResultExt(0),
    )
    assert read_result(raw.to_xdr_bytes()) == Result(4_000, "tx_insufficient_fee")


def bumped_result(code, results=None) -> bytes:
    inner = xdr.InnerTransactionResult(
        xdr.Int64(200),
        xdr.InnerTransactionResultResult(code, results=results),
        xdr.InnerTransactionResultExt(0),
    )
    pair = xdr.InnerTransactionResultPair(xdr.Hash(b"\7" * 32), inner)
    outer = (
        xdr.TransactionResultCode.txFEE_BUMP_INNER_SUCCESS
        if code == xdr.TransactionResultCode.txSUCCESS
        else xdr.TransactionResultCode.txFEE_BUMP_INNER_FAILED
    )
    return xdr.TransactionResult(
        xdr.Int64(300),
        xdr.TransactionResultResult(outer, inner_result_pair=pair),
        xdr.TransactionResultExt(0),
    ).to_xdr_bytes()


def test_a_fee_bump_is_unwrapped():
    codes = xdr.TransactionResultCode
    good = read_result(bumped_result(codes.txSUCCESS, [payment_result(0)]))
    assert good == Result(300, "tx_success", (), b"\7" * 32)
    late = read_result(bumped_result(codes.txTOO_LATE))
    assert late == Result(300, "tx_too_late", (), b"\7" * 32)
    results = [payment_result(0), payment_result(-6), payment_result(-2)]
    failed = read_result(bumped_result(codes.txFAILED, results))
    assert failed.operations == ("op_success", "op_no_trust", "op_underfunded")
    assert (failed.code, failed.success) == ("tx_failed", False)


def test_results_of_operations_that_are_never_sent_end_the_list():
    merge = xdr.OperationResult(
        xdr.OperationResultCode.opINNER,
        tr=xdr.OperationResultTr(
            xdr.OperationType.ACCOUNT_MERGE,
            account_merge_result=xdr.AccountMergeResult(
                xdr.AccountMergeResultCode.ACCOUNT_MERGE_NO_ACCOUNT
            ),
        ),
    )
    bare = xdr.OperationResult(xdr.OperationResultCode.opBAD_AUTH)
    results = [payment_result(0), bare, merge, payment_result(0)]
    read = read_result(bumped_result(xdr.TransactionResultCode.txFAILED, results))
    assert read.operations == ("op_success", "op_bad_auth")


def test_every_code_of_the_protocol_has_its_name():
    """Horizon's names are the protocol's in snake case, but for a few older abbreviations."""
    transaction = {int(member) for member in xdr.TransactionResultCode} - {1}
    assert transaction <= _TRANSACTION_CODES.keys()
    for kind, enum in (
        (0, xdr.CreateAccountResultCode),
        (1, xdr.PaymentResultCode),
        (6, xdr.ChangeTrustResultCode),
        (16, xdr.BeginSponsoringFutureReservesResultCode),
        (17, xdr.EndSponsoringFutureReservesResultCode),
    ):
        assert {int(member) for member in enum} == _OPERATION_CODES[kind].keys()
    before = {int(member) for member in xdr.OperationResultCode} - {0}
    assert before == _BEFORE_THE_OPERATION.keys()
