"""Result codes as the words that Horizon gives for them.

Most words follow from the XDR name: `txBAD_SEQ` is tx_bad_seq, `PAYMENT_NO_TRUST` is op_no_trust.
The tables hold the exceptions; two of them are misspelled by Horizon itself.
"""

from collections.abc import Mapping
from enum import IntEnum

from stellar_sdk import xdr

from server.localnet.horizon.values import Json

_TRANSACTION: Mapping[str, str] = {
    "txNO_ACCOUNT": "tx_no_source_account",
    "txBAD_MIN_SEQ_AGE_OR_GAP": "tx_bad_minseq_age_or_gap",
}
_NOT_INNER: Mapping[str, str] = {"opNO_ACCOUNT": "op_no_source_account"}
_OPERATION: Mapping[str, str] = {
    "CREATE_ACCOUNT_ALREADY_EXIST": "op_already_exists",
    "PATH_PAYMENT_STRICT_RECEIVE_OFFER_CROSS_SELF": "op_cross_self",
    "PATH_PAYMENT_STRICT_RECEIVE_OVER_SENDMAX": "op_over_source_max",
    "PATH_PAYMENT_STRICT_SEND_OFFER_CROSS_SELF": "op_cross_self",
    "PATH_PAYMENT_STRICT_SEND_UNDER_DESTMIN": "op_under_dest_min",
    "MANAGE_SELL_OFFER_SELL_NOT_AUTHORIZED": "sell_not_authorized",
    "MANAGE_SELL_OFFER_BUY_NOT_AUTHORIZED": "buy_not_authorized",
    "MANAGE_SELL_OFFER_BUY_NO_ISSUER": "buy_no_issuer",
    "MANAGE_SELL_OFFER_NOT_FOUND": "op_offer_not_found",
    "MANAGE_BUY_OFFER_SELL_NOT_AUTHORIZED": "sell_not_authorized",
    "MANAGE_BUY_OFFER_BUY_NOT_AUTHORIZED": "buy_not_authorized",
    "MANAGE_BUY_OFFER_BUY_NO_ISSUER": "buy_no_issuer",
    "MANAGE_BUY_OFFER_NOT_FOUND": "op_offer_not_found",
    "CHANGE_TRUST_NOT_AUTH_MAINTAIN_LIABILITIES": "op_not_aut_maintain_liabilities",
    "ALLOW_TRUST_NO_TRUST_LINE": "op_no_trust",
    "ALLOW_TRUST_TRUST_NOT_REQUIRED": "op_not_required",
    "ACCOUNT_MERGE_SEQNUM_TOO_FAR": "op_seq_num_too_far",
    "MANAGE_DATA_NAME_NOT_FOUND": "op_data_name_not_found",
    "MANAGE_DATA_INVALID_NAME": "op_data_invalid_name",
    "CLAWBACK_CLAIMABLE_BALANCE_NOT_ISSUER": "op_no_issuer",
    "SET_TRUST_LINE_FLAGS_NO_TRUST_LINE": "op_no_trust",
    "INVOKE_HOST_FUNCTION_TRAPPED": "function_trapped",
    "INVOKE_HOST_FUNCTION_RESOURCE_LIMIT_EXCEEDED": "resource_limit_exceeded",
    "INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED": "entry_archived",
    "INVOKE_HOST_FUNCTION_INSUFFICIENT_REFUNDABLE_FEE": "insufficient_refundable_fee",
    "EXTEND_FOOTPRINT_TTL_RESOURCE_LIMIT_EXCEEDED": "resource_limit_exceeded",
    "EXTEND_FOOTPRINT_TTL_INSUFFICIENT_REFUNDABLE_FEE": "insufficient_refundable_fee",
    "RESTORE_FOOTPRINT_RESOURCE_LIMIT_EXCEEDED": "resource_limit_exceeded",
    "RESTORE_FOOTPRINT_INSUFFICIENT_REFUNDABLE_FEE": "insufficient_refundable_fee",
}


_T = xdr.OperationType
_CODES: Mapping[xdr.OperationType, type[IntEnum]] = {
    _T.CREATE_ACCOUNT: xdr.CreateAccountResultCode,
    _T.PAYMENT: xdr.PaymentResultCode,
    _T.PATH_PAYMENT_STRICT_RECEIVE: xdr.PathPaymentStrictReceiveResultCode,
    _T.MANAGE_SELL_OFFER: xdr.ManageSellOfferResultCode,
    _T.CREATE_PASSIVE_SELL_OFFER: xdr.ManageSellOfferResultCode,
    _T.SET_OPTIONS: xdr.SetOptionsResultCode,
    _T.CHANGE_TRUST: xdr.ChangeTrustResultCode,
    _T.ALLOW_TRUST: xdr.AllowTrustResultCode,
    _T.ACCOUNT_MERGE: xdr.AccountMergeResultCode,
    _T.INFLATION: xdr.InflationResultCode,
    _T.MANAGE_DATA: xdr.ManageDataResultCode,
    _T.BUMP_SEQUENCE: xdr.BumpSequenceResultCode,
    _T.MANAGE_BUY_OFFER: xdr.ManageBuyOfferResultCode,
    _T.PATH_PAYMENT_STRICT_SEND: xdr.PathPaymentStrictSendResultCode,
    _T.CREATE_CLAIMABLE_BALANCE: xdr.CreateClaimableBalanceResultCode,
    _T.CLAIM_CLAIMABLE_BALANCE: xdr.ClaimClaimableBalanceResultCode,
    _T.BEGIN_SPONSORING_FUTURE_RESERVES: xdr.BeginSponsoringFutureReservesResultCode,
    _T.END_SPONSORING_FUTURE_RESERVES: xdr.EndSponsoringFutureReservesResultCode,
    _T.REVOKE_SPONSORSHIP: xdr.RevokeSponsorshipResultCode,
    _T.CLAWBACK: xdr.ClawbackResultCode,
    _T.CLAWBACK_CLAIMABLE_BALANCE: xdr.ClawbackClaimableBalanceResultCode,
    _T.SET_TRUST_LINE_FLAGS: xdr.SetTrustLineFlagsResultCode,
    _T.LIQUIDITY_POOL_DEPOSIT: xdr.LiquidityPoolDepositResultCode,
    _T.LIQUIDITY_POOL_WITHDRAW: xdr.LiquidityPoolWithdrawResultCode,
    _T.INVOKE_HOST_FUNCTION: xdr.InvokeHostFunctionResultCode,
    _T.EXTEND_FOOTPRINT_TTL: xdr.ExtendFootprintTTLResultCode,
    _T.RESTORE_FOOTPRINT: xdr.RestoreFootprintResultCode,
}


def transaction_word(code: xdr.TransactionResultCode) -> str:
    return _TRANSACTION.get(code.name, f"tx_{code.name[2:].lower()}")


def operation_word(result: xdr.OperationResult) -> str:
    if result.tr is None:
        return _NOT_INNER.get(result.code.name, f"op_{result.code.name[2:].lower()}")
    # every arm of OperationResultTr begins with its type and its code, 4 bytes each
    code = int.from_bytes(result.tr.to_xdr_bytes()[4:8], "big", signed=True)
    return inner_word(_CODES[result.tr.type](code))


def inner_word(code: IntEnum) -> str:
    """Member 0 of each code is named …SUCCESS; what is before it goes from the others' names."""
    prefix = type(code)(0).name.removesuffix("SUCCESS")
    return _OPERATION.get(code.name, f"op_{code.name.removeprefix(prefix).lower()}")


def result_codes(packed: bytes) -> Json:
    """`result_codes` of a packed TransactionResult; `inner_transaction` for a fee-bump only,
    `operations` where there are results of operations."""
    outer = xdr.TransactionResult.from_xdr_bytes(packed).result
    codes: Json = {"transaction": transaction_word(outer.code)}
    results = outer.results
    if outer.inner_result_pair is not None:
        inner = outer.inner_result_pair.result.result
        codes["inner_transaction"] = transaction_word(inner.code)
        results = inner.results
    if results:
        codes["operations"] = [operation_word(result) for result in results]
    return codes
