"""The fields of each type of operation, as Horizon names them."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedOperation
from server.localnet.horizon.participants import sponsorship_beginning
from server.localnet.horizon.trades import claimed_offers
from server.localnet.horizon.values import (
    Json,
    address,
    amount,
    asset_fields,
    b64,
    balance_id,
    predicate_json,
    price,
    price_fraction,
    put_account,
    signer_key,
    split_muxed,
)
from server.localnet.ledger.assets import (
    Asset,
    account_id_bytes,
    arm,
    asset_from_xdr,
)

ACCOUNT_FLAGS: Mapping[int, str] = {
    1: "auth_required",
    2: "auth_revocable",
    4: "auth_immutable",
    8: "auth_clawback_enabled",
}
LINE_FLAGS: Mapping[int, str] = {
    1: "authorized",
    2: "authorized_to_maintain_liabilites",  # Horizon spells it so
    4: "clawback_enabled",
}
_T = xdr.OperationType


def _create_account(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.create_account_op)
    record["starting_balance"] = amount(body.starting_balance.int64)
    put_account(record, "funder", operation.source)
    record["account"] = address(account_id_bytes(body.destination))


def _payment(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.payment_op)
    record |= asset_fields(asset_from_xdr(body.asset))
    put_account(record, "from", operation.source)
    put_account(record, "to", body.destination)
    record["amount"] = amount(body.amount.int64)


def _path_payment(
    operation: DecodedOperation,
    record: Json,
    body: xdr.PathPaymentStrictReceiveOp | xdr.PathPaymentStrictSendOp,
) -> None:
    record |= asset_fields(asset_from_xdr(body.dest_asset))
    put_account(record, "from", operation.source)
    put_account(record, "to", body.destination)
    record["path"] = [asset_fields(asset_from_xdr(hop)) for hop in body.path]
    record |= asset_fields(asset_from_xdr(body.send_asset), "source_")


def _strict_receive(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.path_payment_strict_receive_op)
    _path_payment(operation, record, body)
    record["amount"] = amount(body.dest_amount.int64)
    record["source_amount"] = amount(sent_amount(operation))
    record["source_max"] = amount(body.send_max.int64)


def _strict_send(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.path_payment_strict_send_op)
    _path_payment(operation, record, body)
    record["amount"] = amount(received_amount(operation))
    record["source_amount"] = amount(body.send_amount.int64)
    record["destination_min"] = amount(body.dest_min.int64)


def sent_amount(operation: DecodedOperation) -> int:
    """What a strict-receive payment cost its source; 0 when it failed."""
    body = arm(operation.body.path_payment_strict_receive_op)
    if not operation.successful:
        return 0
    claimed, _ = claimed_offers(arm(operation.result))
    if not claimed:
        return body.dest_amount.int64
    first_hop = asset_from_xdr(body.send_asset)
    cost = 0
    for atom in claimed:
        offer = arm(atom.order_book)
        if asset_from_xdr(offer.asset_bought) != first_hop:
            break
        cost += offer.amount_bought.int64
    return cost


def received_amount(operation: DecodedOperation) -> int:
    """What a strict-send payment brought its destination; 0 when it failed."""
    if not operation.successful:
        return 0
    return arm(arm(arm(operation.result).path_payment_strict_send_result).success).last.amount.int64


def _offer(
    record: Json, selling: xdr.Asset, buying: xdr.Asset, quantity: int, rate: xdr.Price
) -> None:
    n, d = rate.n.int32, rate.d.int32
    record["amount"] = amount(quantity)
    record["price"] = price(n, d)
    record["price_r"] = price_fraction(n, d)
    record |= asset_fields(asset_from_xdr(buying), "buying_")
    record |= asset_fields(asset_from_xdr(selling), "selling_")


def _manage_sell_offer(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.manage_sell_offer_op)
    _offer(record, body.selling, body.buying, body.amount.int64, body.price)
    record["offer_id"] = str(body.offer_id.int64)


def _manage_buy_offer(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.manage_buy_offer_op)
    _offer(record, body.selling, body.buying, body.buy_amount.int64, body.price)
    record["offer_id"] = str(body.offer_id.int64)


def _create_passive_sell_offer(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.create_passive_sell_offer_op)
    _offer(record, body.selling, body.buying, body.amount.int64, body.price)


def _set_options(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.set_options_op)
    if body.home_domain is not None:
        record["home_domain"] = body.home_domain.string32.decode("utf-8", "replace")
    if body.inflation_dest is not None:
        record["inflation_dest"] = address(account_id_bytes(body.inflation_dest))
    if body.master_weight is not None:
        record["master_key_weight"] = body.master_weight.uint32
    if body.signer is not None:
        record["signer_key"] = signer_key(body.signer.key.to_xdr_bytes())
        record["signer_weight"] = body.signer.weight.uint32
    put_flags(record, "set_flags", body.set_flags, ACCOUNT_FLAGS)
    put_flags(record, "clear_flags", body.clear_flags, ACCOUNT_FLAGS)
    for name in ("low_threshold", "med_threshold", "high_threshold"):
        threshold: xdr.Uint32 | None = getattr(body, name)
        if threshold is not None:
            record[name] = threshold.uint32


def put_flags(record: Json, name: str, value: xdr.Uint32 | None, known: Mapping[int, str]) -> None:
    """The bits as numbers under `name` and as words under `name_s`; nothing when none is set."""
    bits = [bit for bit in known if value is not None and value.uint32 & bit]
    if bits:
        record[name] = bits
        record[f"{name}_s"] = [known[bit] for bit in bits]


def _change_trust(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.change_trust_op)
    if body.line.liquidity_pool is not None:
        record["asset_type"] = "liquidity_pool_shares"
        record["liquidity_pool_id"] = sha256(body.line.liquidity_pool.to_xdr_bytes()).hexdigest()
    else:
        asset = asset_from_xdr(body.line)
        record |= asset_fields(asset)
        record["trustee"] = address(asset.issuer)
    record["limit"] = amount(body.limit.int64)
    put_account(record, "trustor", operation.source)


def _allow_trust(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.allow_trust_op)
    record |= asset_fields(allowed_asset(operation))
    put_account(record, "trustee", operation.source)
    record["trustor"] = address(account_id_bytes(body.trustor))
    record["authorize"] = bool(body.authorize.uint32 & 1)
    record["authorize_to_maintain_liabilities"] = bool(body.authorize.uint32 & 2)


def allowed_asset(operation: DecodedOperation) -> Asset:
    """The asset of an allow_trust: it names the code only, the issuer is its source."""
    code = arm(operation.body.allow_trust_op).asset
    short, long = code.asset_code4, code.asset_code12
    padded = short.asset_code4 if short is not None else arm(long).asset_code12
    return Asset(padded.rstrip(b"\x00"), split_muxed(operation.source)[0])


def _account_merge(operation: DecodedOperation, record: Json) -> None:
    put_account(record, "account", operation.source)
    put_account(record, "into", arm(operation.body.destination))


def _nothing(operation: DecodedOperation, record: Json) -> None:
    """The type has no field of its own."""


def _manage_data(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.manage_data_op)
    record["name"] = body.data_name.string64.decode("utf-8", "replace")
    record["value"] = b64(body.data_value.data_value) if body.data_value is not None else ""


def _bump_sequence(operation: DecodedOperation, record: Json) -> None:
    record["bump_to"] = str(arm(operation.body.bump_sequence_op).bump_to.sequence_number.int64)


def _create_claimable_balance(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.create_claimable_balance_op)
    record["asset"] = str(asset_from_xdr(body.asset))
    record["amount"] = amount(body.amount.int64)
    record["claimants"] = [
        {
            "destination": address(account_id_bytes(arm(claimant.v0).destination)),
            "predicate": predicate_json(arm(claimant.v0).predicate),
        }
        for claimant in body.claimants
    ]


def _claim_claimable_balance(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.claim_claimable_balance_op)
    record["balance_id"] = balance_id(arm(body.balance_id.v0).hash)
    put_account(record, "claimant", operation.source)


def _begin_sponsoring(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.begin_sponsoring_future_reserves_op)
    record["sponsored_id"] = address(account_id_bytes(body.sponsored_id))


def _end_sponsoring(operation: DecodedOperation, record: Json) -> None:
    beginning = sponsorship_beginning(operation)
    if beginning is not None:
        put_account(record, "begin_sponsor", beginning.source)


def _revoke_sponsorship(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.revoke_sponsorship_op)
    if body.signer is not None:
        record["signer_account_id"] = address(account_id_bytes(body.signer.account_id))
        record["signer_key"] = signer_key(body.signer.signer_key.to_xdr_bytes())
        return
    key = arm(body.ledger_key)
    if key.account is not None:
        record["account_id"] = address(account_id_bytes(key.account.account_id))
    elif key.claimable_balance is not None:
        record["claimable_balance_id"] = balance_id(arm(key.claimable_balance.balance_id.v0).hash)
    elif key.data is not None:
        record["data_account_id"] = address(account_id_bytes(key.data.account_id))
        record["data_name"] = key.data.data_name.string64.decode("utf-8", "replace")
    elif key.offer is not None:
        record["offer_id"] = str(key.offer.offer_id.int64)
    else:
        _revoked_line(arm(key.trust_line), record)


def _revoked_line(key: xdr.LedgerKeyTrustLine, record: Json) -> None:
    record["trustline_account_id"] = address(account_id_bytes(key.account_id))
    pool = key.asset.liquidity_pool_id
    if pool is not None:
        record["trustline_liquidity_pool_id"] = pool.pool_id.hash.hex()
    else:
        record["trustline_asset"] = str(asset_from_xdr(key.asset))


def _clawback(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.clawback_op)
    record |= asset_fields(asset_from_xdr(body.asset))
    put_account(record, "from", body.from_)
    record["amount"] = amount(body.amount.int64)


def _clawback_claimable_balance(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.clawback_claimable_balance_op)
    record["balance_id"] = balance_id(arm(body.balance_id.v0).hash)


def _set_trust_line_flags(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.set_trust_line_flags_op)
    record |= asset_fields(asset_from_xdr(body.asset))
    record["trustor"] = address(account_id_bytes(body.trustor))
    put_flags(record, "set_flags", body.set_flags, LINE_FLAGS)
    put_flags(record, "clear_flags", body.clear_flags, LINE_FLAGS)


def _pool_deposit(operation: DecodedOperation, record: Json) -> None:
    """Only ever failed here, as the network has no pools; so no asset can be named."""
    body = arm(operation.body.liquidity_pool_deposit_op)
    limits = (body.max_amount_a.int64, body.max_amount_b.int64)
    record["liquidity_pool_id"] = body.liquidity_pool_id.pool_id.hash.hex()
    record["reserves_max"] = [{"amount": amount(limit)} for limit in limits]
    for name, bound in (("min_price", body.min_price), ("max_price", body.max_price)):
        record[name] = price(bound.n.int32, bound.d.int32)
        record[f"{name}_r"] = price_fraction(bound.n.int32, bound.d.int32)
    record["reserves_deposited"] = [{"amount": amount(0)}, {"amount": amount(0)}]
    record["shares_received"] = amount(0)


def _pool_withdraw(operation: DecodedOperation, record: Json) -> None:
    body = arm(operation.body.liquidity_pool_withdraw_op)
    limits = (body.min_amount_a.int64, body.min_amount_b.int64)
    record["liquidity_pool_id"] = body.liquidity_pool_id.pool_id.hash.hex()
    record["reserves_min"] = [{"amount": amount(limit)} for limit in limits]
    record["shares"] = amount(body.amount.int64)
    record["reserves_received"] = [{"amount": amount(0)}, {"amount": amount(0)}]


DETAILS: Mapping[xdr.OperationType, Callable[[DecodedOperation, Json], None]] = {
    _T.CREATE_ACCOUNT: _create_account,
    _T.PAYMENT: _payment,
    _T.PATH_PAYMENT_STRICT_RECEIVE: _strict_receive,
    _T.MANAGE_SELL_OFFER: _manage_sell_offer,
    _T.CREATE_PASSIVE_SELL_OFFER: _create_passive_sell_offer,
    _T.SET_OPTIONS: _set_options,
    _T.CHANGE_TRUST: _change_trust,
    _T.ALLOW_TRUST: _allow_trust,
    _T.ACCOUNT_MERGE: _account_merge,
    _T.INFLATION: _nothing,
    _T.MANAGE_DATA: _manage_data,
    _T.BUMP_SEQUENCE: _bump_sequence,
    _T.MANAGE_BUY_OFFER: _manage_buy_offer,
    _T.PATH_PAYMENT_STRICT_SEND: _strict_send,
    _T.CREATE_CLAIMABLE_BALANCE: _create_claimable_balance,
    _T.CLAIM_CLAIMABLE_BALANCE: _claim_claimable_balance,
    _T.BEGIN_SPONSORING_FUTURE_RESERVES: _begin_sponsoring,
    _T.END_SPONSORING_FUTURE_RESERVES: _end_sponsoring,
    _T.REVOKE_SPONSORSHIP: _revoke_sponsorship,
    _T.CLAWBACK: _clawback,
    _T.CLAWBACK_CLAIMABLE_BALANCE: _clawback_claimable_balance,
    _T.SET_TRUST_LINE_FLAGS: _set_trust_line_flags,
    _T.LIQUIDITY_POOL_DEPOSIT: _pool_deposit,
    _T.LIQUIDITY_POOL_WITHDRAW: _pool_withdraw,
}
