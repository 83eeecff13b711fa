"""The effects of an operation, from its body, result and changes, in Horizon's order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedOperation
from server.localnet.horizon.effects import Effect, EffectList
from server.localnet.horizon.operation_details import (
    allowed_asset,
    received_amount,
    sent_amount,
)
from server.localnet.horizon.sponsorship_effects import add_sponsorships
from server.localnet.horizon.trades import claimed_offers
from server.localnet.horizon.values import (
    Json,
    address,
    amount,
    asset_fields,
    b64,
    balance_id,
    predicate_json,
    put_account,
    signer_key,
)
from server.localnet.ledger.assets import Asset, account_id_bytes, arm, asset_from_xdr
from server.localnet.ledger.entries import (
    AUTH_REQUIRED,
    AUTHORIZED,
    AUTHORIZED_TO_MAINTAIN_LIABILITIES,
    TRUSTLINE_CLAWBACK_ENABLED,
    Account,
    ClaimableBalance,
    DataEntry,
    Entry,
    TrustLine,
)

_T = xdr.OperationType
_ANY_AUTHORIZATION = AUTHORIZED | AUTHORIZED_TO_MAINTAIN_LIABILITIES


@lru_cache(maxsize=1024)
def operation_effects(operation: DecodedOperation) -> list[Effect]:
    """Empty for an operation that did not succeed."""
    found = EffectList(operation)
    if operation.successful:
        _EFFECTS[operation.type](found)
        add_sponsorships(found)
    return found.effects


def _value(asset: Asset, stroops: int) -> Json:
    return {**asset_fields(asset), "amount": amount(stroops)}


def _native(stroops: int) -> Json:
    return {"asset_type": "native", "amount": amount(stroops)}


def _create_account(found: EffectList) -> None:
    body = arm(found.operation.body.create_account_op)
    created = account_id_bytes(body.destination)
    start = body.starting_balance.int64
    found.add("account_created", created, {"starting_balance": amount(start)})
    found.add_source("account_debited", _native(start))
    key = address(created)
    found.add("signer_created", created, {"weight": 1, "public_key": key, "key": key})


def _payment(found: EffectList) -> None:
    body = arm(found.operation.body.payment_op)
    moved = _value(asset_from_xdr(body.asset), body.amount.int64)
    found.add_muxed("account_credited", body.destination, moved)
    found.add_source("account_debited", moved)


def _strict_receive(found: EffectList) -> None:
    body = arm(found.operation.body.path_payment_strict_receive_op)
    received = _value(asset_from_xdr(body.dest_asset), body.dest_amount.int64)
    sent = _value(asset_from_xdr(body.send_asset), sent_amount(found.operation))
    found.add_muxed("account_credited", body.destination, received)
    found.add_source("account_debited", sent)
    _trades(found)


def _strict_send(found: EffectList) -> None:
    body = arm(found.operation.body.path_payment_strict_send_op)
    received = _value(asset_from_xdr(body.dest_asset), received_amount(found.operation))
    sent = _value(asset_from_xdr(body.send_asset), body.send_amount.int64)
    found.add_muxed("account_credited", body.destination, received)
    found.add_source("account_debited", sent)
    _trades(found)


def _trades(found: EffectList) -> None:
    """Two effects a claimed offer: of the buyer, whose operation took it, and of the seller."""
    claimed, _ = claimed_offers(arm(found.operation.result))
    for atom in claimed:
        offer = arm(atom.order_book)
        if not (offer.amount_sold.int64 or offer.amount_bought.int64):
            continue
        sold = asset_from_xdr(offer.asset_sold), offer.amount_sold.int64
        bought = asset_from_xdr(offer.asset_bought), offer.amount_bought.int64
        seller = account_id_bytes(offer.seller_id)
        identity = {"offer_id": str(offer.offer_id.int64)}
        to_buyer: Json = {"seller": address(seller), **identity, **_exchange(bought, sold)}
        found.add_source("trade", to_buyer)
        to_seller: Json = {}
        put_account(to_seller, "seller", found.operation.source)
        found.add("trade", seller, to_seller | identity | _exchange(sold, bought))


def _exchange(given: tuple[Asset, int], taken: tuple[Asset, int]) -> Json:
    return {
        "sold_amount": amount(given[1]),
        **asset_fields(given[0], "sold_"),
        "bought_amount": amount(taken[1]),
        **asset_fields(taken[0], "bought_"),
    }


def _set_options(found: EffectList) -> None:
    body = arm(found.operation.body.set_options_op)
    if body.home_domain is not None:
        domain = body.home_domain.string32.decode("utf-8", "replace")
        found.add_source("account_home_domain_updated", {"home_domain": domain})
    thresholds = (body.low_threshold, body.med_threshold, body.high_threshold)
    if any(threshold is not None for threshold in thresholds):
        names = ("low_threshold", "med_threshold", "high_threshold")
        details: Json = {
            name: threshold.uint32 if threshold is not None else 0
            for name, threshold in zip(names, thresholds, strict=True)
        }
        found.add_source("account_thresholds_updated", details)
    set_flags, cleared = _bits(body.set_flags), _bits(body.clear_flags)
    if set_flags or cleared:
        required = _flag("auth_required_flag", AUTH_REQUIRED, set_flags, cleared)
        found.add_source("account_flags_updated", required)
    if body.inflation_dest is not None:
        found.add_source("account_inflation_destination_updated", {})
    _signers(found)


def _bits(flags: xdr.Uint32 | None) -> int:
    return flags.uint32 if flags is not None else 0


def _flag(name: str, bit: int, set_flags: int, cleared: int) -> Json:
    """`name` with what became of the bit; empty when the operation left it alone."""
    if cleared & bit:
        return {name: False}
    return {name: True} if set_flags & bit else {}


def _signers(found: EffectList) -> None:
    for change in found.operation.changes:
        if not isinstance(change.entry, Account):
            continue
        before, after = _weights(change.before), _weights(change.after)
        for key in sorted(before):
            if key not in after:
                _signer(found, "signer_removed", key, 0)
            elif before[key] != after[key]:
                _signer(found, "signer_updated", key, after[key])
        for key in sorted(after.keys() - before.keys()):
            _signer(found, "signer_created", key, after[key])


def _signer(found: EffectList, kind: str, key: str, weight: int) -> None:
    found.add_source(kind, {"weight": weight, "public_key": key, "key": key})


def _weights(entry: Entry | None) -> dict[str, int]:
    """Every signer with its weight, the master key among them unless its weight is 0."""
    if not isinstance(entry, Account):
        return {}
    weights = {signer_key(signer.key): signer.weight for signer in entry.signers}
    if entry.master_weight:
        weights[address(entry.id)] = entry.master_weight
    return weights


def _change_trust(found: EffectList) -> None:
    limit = arm(found.operation.body.change_trust_op).limit.int64
    for change in found.operation.changes:
        if not isinstance(change.entry, TrustLine):
            continue
        verb = "updated"
        if change.before is None:
            verb = "created"
        elif change.after is None:
            verb = "removed"
        details = {**asset_fields(change.entry.asset), "limit": amount(limit)}
        found.add_source(f"trustline_{verb}", details)


def _allow_trust(found: EffectList) -> None:
    body = arm(found.operation.body.allow_trust_op)
    asset, trustor = allowed_asset(found.operation), account_id_bytes(body.trustor)
    granted, verb = body.authorize.uint32, "deauthorized"
    if granted & AUTHORIZED:
        verb = "authorized"
    elif granted & AUTHORIZED_TO_MAINTAIN_LIABILITIES:
        verb = "authorized_to_maintain_liabilities"
    fields = asset_fields(asset)
    fields.pop("asset_issuer")
    found.add_source(f"trustline_{verb}", {"trustor": address(trustor), **fields})
    _line_flags(found, asset, trustor, granted, 0 if granted else _ANY_AUTHORIZATION)


def _line_flags(
    found: EffectList, asset: Asset, trustor: bytes, set_flags: int, cleared: int
) -> None:
    details = {
        **asset_fields(asset),
        "trustor": address(trustor),
        **_flag("authorized_flag", AUTHORIZED, set_flags, cleared),
        **_flag("clawback_enabled_flag", TRUSTLINE_CLAWBACK_ENABLED, set_flags, cleared),
    }
    found.add_source("trustline_flags_updated", details)


def _set_trust_line_flags(found: EffectList) -> None:
    body = arm(found.operation.body.set_trust_line_flags_op)
    asset, trustor = asset_from_xdr(body.asset), account_id_bytes(body.trustor)
    _line_flags(found, asset, trustor, body.set_flags.uint32, body.clear_flags.uint32)


def _account_merge(found: EffectList) -> None:
    result = arm(arm(found.operation.result).account_merge_result)
    moved = _native(arm(result.source_account_balance).int64)
    found.add_source("account_debited", moved)
    found.add_muxed("account_credited", arm(found.operation.body.destination), moved)
    found.add_source("account_removed", {})


def _manage_data(found: EffectList) -> None:
    for change in found.operation.changes:
        if not isinstance(change.entry, DataEntry):
            continue
        details: Json = {"name": change.entry.name.decode("utf-8", "replace")}
        if change.after is None:
            found.add_source("data_removed", details)
            continue
        details["value"] = b64(change.entry.value)
        verb = "created" if change.before is None else "updated"
        found.add_source(f"data_{verb}", details)


def _bump_sequence(found: EffectList) -> None:
    for change in found.operation.changes:
        before, after = change
        if (
            isinstance(before, Account)
            and isinstance(after, Account)
            and before.sequence != after.sequence
        ):
            found.add_source("sequence_bumped", {"new_seq": str(after.sequence)})


def _create_claimable_balance(found: EffectList) -> None:
    """Predicates are told as they were sent: the entry holds relative times as absolute ones."""
    balance = _touched_balance(found)
    details = _balance_details(balance)
    found.add_source("claimable_balance_created", details)
    for claimant in arm(found.operation.body.create_claimable_balance_op).claimants:
        named = arm(claimant.v0)
        found.add(
            "claimable_balance_claimant_created",
            account_id_bytes(named.destination),
            {**details, "predicate": predicate_json(named.predicate)},
        )
    found.add_source("account_debited", _value(balance.asset, balance.amount))


def _touched_balance(found: EffectList) -> ClaimableBalance:
    entries = (change.entry for change in found.operation.changes)
    return next(entry for entry in entries if isinstance(entry, ClaimableBalance))


def _balance_details(balance: ClaimableBalance) -> Json:
    return {
        "asset": str(balance.asset),
        "balance_id": balance_id(balance.id),
        "amount": amount(balance.amount),
    }


def _claim_claimable_balance(found: EffectList) -> None:
    balance = _touched_balance(found)
    found.add_source("claimable_balance_claimed", _balance_details(balance))
    found.add_source("account_credited", _value(balance.asset, balance.amount))


def _clawback(found: EffectList) -> None:
    """The issuer is shown as credited although the amount ceases to exist."""
    body = arm(found.operation.body.clawback_op)
    moved = _value(asset_from_xdr(body.asset), body.amount.int64)
    found.add_source("account_credited", moved)
    found.add_muxed("account_debited", body.from_, moved)


def _clawback_claimable_balance(found: EffectList) -> None:
    balance = _touched_balance(found)
    found.add_source("claimable_balance_clawed_back", {"balance_id": balance_id(balance.id)})
    found.add_source("account_credited", _value(balance.asset, balance.amount))


def _none(found: EffectList) -> None:
    """The type has no effects of its own; sponsorships are added for all types."""


_EFFECTS: Mapping[xdr.OperationType, Callable[[EffectList], None]] = {
    _T.CREATE_ACCOUNT: _create_account,
    _T.PAYMENT: _payment,
    _T.PATH_PAYMENT_STRICT_RECEIVE: _strict_receive,
    _T.MANAGE_SELL_OFFER: _trades,
    _T.CREATE_PASSIVE_SELL_OFFER: _trades,
    _T.SET_OPTIONS: _set_options,
    _T.CHANGE_TRUST: _change_trust,
    _T.ALLOW_TRUST: _allow_trust,
    _T.ACCOUNT_MERGE: _account_merge,
    _T.INFLATION: _none,
    _T.MANAGE_DATA: _manage_data,
    _T.BUMP_SEQUENCE: _bump_sequence,
    _T.MANAGE_BUY_OFFER: _trades,
    _T.PATH_PAYMENT_STRICT_SEND: _strict_send,
    _T.CREATE_CLAIMABLE_BALANCE: _create_claimable_balance,
    _T.CLAIM_CLAIMABLE_BALANCE: _claim_claimable_balance,
    _T.BEGIN_SPONSORING_FUTURE_RESERVES: _none,
    _T.END_SPONSORING_FUTURE_RESERVES: _none,
    _T.REVOKE_SPONSORSHIP: _none,
    _T.CLAWBACK: _clawback,
    _T.CLAWBACK_CLAIMABLE_BALANCE: _clawback_claimable_balance,
    _T.SET_TRUST_LINE_FLAGS: _set_trust_line_flags,
}
