"""Ledger entries and result metas of every kind, built with the SDK."""

from stellar_sdk import Address, Keypair, StrKey, scval, xdr

ASHA, BEN, ISSUER = (Keypair.from_raw_ed25519_seed(bytes([n]) * 32) for n in (1, 2, 3))
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
