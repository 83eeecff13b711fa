"""Accounts as they are in the last closed ledger."""

from collections.abc import Iterable

from stellar_sdk import StrKey

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import Problem, invalid_field, not_found
from server.localnet.horizon.query import PageQuery
from server.localnet.horizon.state_pages import page_of
from server.localnet.horizon.values import (
    Json,
    address,
    amount,
    asset_fields,
    b64,
    signer_key,
    signer_type,
)
from server.localnet.ledger.entries import (
    AUTH_CLAWBACK_ENABLED,
    AUTH_IMMUTABLE,
    AUTH_REQUIRED,
    AUTH_REVOCABLE,
    TRUSTLINE_CLAWBACK_ENABLED,
    Account,
    DataEntry,
    TrustLine,
)

_PAGE = "{?cursor,limit,order}"
_FILTERS = ("signer", "sponsor", "asset", "liquidity_pool")


async def account(call: Call) -> Json:
    entry = call.horizon.chain.state.account(call.query.required_account("account_id"))
    if entry is None:
        raise not_found()
    return account_record(call, entry)


async def accounts(call: Call, page: PageQuery) -> list[Json]:
    """In the order of their addresses."""
    if page.cursor and not StrKey.is_valid_ed25519_public_key(page.cursor):
        raise invalid_field("cursor", "is no account address")
    found = ((address(entry.id), entry) for entry in _filtered(call))
    chosen = page_of(found, page, page.cursor or None)
    return [account_record(call, entry) for entry in chosen]


def _filtered(call: Call) -> Iterable[Account]:
    query, state = call.query, call.horizon.chain.state
    if sum(query.text(name) is not None for name in _FILTERS) != 1:
        raise Problem("invalid_accounts_params")
    asset = query.canonical_asset("asset")
    if asset is not None:
        if asset.is_native:
            raise invalid_field("asset", "every account holds lumens; name an issued asset")
        holders = (state.account(line.account) for line in state.holders(asset))
        return [holder for holder in holders if holder is not None]
    everyone = (entry for entry in state if isinstance(entry, Account))
    sponsor = query.account("sponsor")
    if sponsor is not None:
        return [entry for entry in everyone if _has_sponsor(call, entry, sponsor)]
    signer = query.account("signer")
    if signer is not None:
        return [entry for entry in everyone if _has_signer(entry, signer)]
    query.hash("liquidity_pool")
    return []


def _has_sponsor(call: Call, entry: Account, sponsor: bytes) -> bool:
    """Horizon counts an account when itself, a signer or a trustline of it is sponsored."""
    if entry.sponsor == sponsor or any(signer.sponsor == sponsor for signer in entry.signers):
        return True
    owned = call.horizon.chain.state.owned(entry.id) if entry.sponsored else ()
    return any(isinstance(line, TrustLine) and line.sponsor == sponsor for line in owned)


def _has_signer(entry: Account, signer: bytes) -> bool:
    if entry.id == signer:
        return entry.master_weight > 0
    return any(known.key == b"\x00\x00\x00\x00" + signer for known in entry.signers)


def account_record(call: Call, entry: Account) -> Json:
    shown = address(entry.id)
    owned = list(call.horizon.chain.state.owned(entry.id))
    record: Json = {
        "_links": _links(f"{call.base}/accounts/{shown}"),
        "id": shown,
        "account_id": shown,
        "sequence": str(entry.sequence),
    }
    if entry.sequence_ledger:
        record["sequence_ledger"] = entry.sequence_ledger
        record["sequence_time"] = str(entry.sequence_time)
    record["subentry_count"] = entry.sub_entries
    if entry.inflation_destination is not None:
        record["inflation_destination"] = address(entry.inflation_destination)
    if entry.home_domain:
        record["home_domain"] = entry.home_domain.decode("utf-8", "replace")
    record |= {
        "last_modified_ledger": entry.modified,
        "last_modified_time": call.modified_at(entry.modified),
        "thresholds": _thresholds(entry),
        "flags": flags(entry.flags),
        "balances": [_line(e) for e in owned if isinstance(e, TrustLine)] + [_native(entry)],
        "signers": _signers(entry),
        "data": {
            e.name.decode("utf-8", "replace"): b64(e.value)
            for e in owned
            if isinstance(e, DataEntry)
        },
        "num_sponsoring": entry.sponsoring,
        "num_sponsored": entry.sponsored,
    }
    if entry.sponsor is not None:
        record["sponsor"] = address(entry.sponsor)
    record["paging_token"] = shown
    return record


def _links(itself: str) -> Json:
    links: Json = {"self": {"href": itself}}
    for name in ("transactions", "operations", "payments", "effects", "offers", "trades"):
        links[name] = {"href": f"{itself}/{name}{_PAGE}", "templated": True}
    links["data"] = {"href": f"{itself}/data/{{key}}", "templated": True}
    return links


def _thresholds(entry: Account) -> Json:
    _, low, medium, high = entry.thresholds
    return {"low_threshold": low, "med_threshold": medium, "high_threshold": high}


def flags(bits: int) -> Json:
    return {
        "auth_required": bool(bits & AUTH_REQUIRED),
        "auth_revocable": bool(bits & AUTH_REVOCABLE),
        "auth_immutable": bool(bits & AUTH_IMMUTABLE),
        "auth_clawback_enabled": bool(bits & AUTH_CLAWBACK_ENABLED),
    }


def _native(entry: Account) -> Json:
    return {
        "balance": amount(entry.balance),
        "buying_liabilities": amount(entry.buying_liabilities),
        "selling_liabilities": amount(entry.selling_liabilities),
        "asset_type": "native",
    }


def _line(line: TrustLine) -> Json:
    record: Json = {
        "balance": amount(line.balance),
        "limit": amount(line.limit),
        "buying_liabilities": amount(line.buying_liabilities),
        "selling_liabilities": amount(line.selling_liabilities),
        "last_modified_ledger": line.modified,
        "is_authorized": line.is_authorized,
        "is_authorized_to_maintain_liabilities": line.may_maintain_liabilities,
    }
    if line.flags & TRUSTLINE_CLAWBACK_ENABLED:
        record["is_clawback_enabled"] = True
    if line.sponsor is not None:
        record["sponsor"] = address(line.sponsor)
    return record | asset_fields(line.asset)


def _signers(entry: Account) -> list[Json]:
    """The master key is always among them, with weight 0 when it may not sign."""
    signers: list[Json] = []
    for signer in entry.signers:
        record: Json = {
            "weight": signer.weight,
            "key": signer_key(signer.key),
            "type": signer_type(signer.key),
        }
        if signer.sponsor is not None:
            record["sponsor"] = address(signer.sponsor)
        signers.append(record)
    master: Json = {
        "weight": entry.master_weight,
        "key": address(entry.id),
        "type": "ed25519_public_key",
    }
    return [*signers, master]


async def account_data(call: Call) -> Json:
    account_id = call.query.required_account("account_id")
    name = call.query.required("key")
    if not 1 <= len(name.encode()) <= 64:
        raise invalid_field("key", "has 1 to 64 bytes")
    entry = call.horizon.chain.state.data(account_id, name.encode())
    if entry is None:
        raise not_found()
    record: Json = {"value": b64(entry.value)}
    if entry.sponsor is not None:
        record["sponsor"] = address(entry.sponsor)
    return record
