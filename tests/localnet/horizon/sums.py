"""What Horizon's effects and fees add up to, beside the balances that it shows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.localnet.horizon.explorer import Explorer

Record = dict[str, Any]


def balances(horizon: Explorer, address: str) -> dict[str, int]:
    """Stroops by asset, without those that are zero."""
    shown = horizon.get("GET /accounts/{account_id}", f"/accounts/{address}")
    held = {_asset(line): _stroops(line["balance"]) for line in shown["balances"]}
    return {asset: stroops for asset, stroops in held.items() if stroops}


def sums_of_effects(horizon: Explorer, address: str) -> dict[str, int]:
    """Effects less fees. A path payment's own trades are left out: what it debits and credits
    holds them. An issuer's own asset is left out too: it holds none."""
    operations = {
        record["id"]: record
        for record in horizon.every("Operation", f"/accounts/{address}/operations?limit=200")
    }
    totals: dict[str, int] = defaultdict(int)
    for effect in horizon.every("Effect", f"/accounts/{address}/effects?limit=200"):
        own = operations.get(effect["paging_token"].partition("-")[0])
        for asset, stroops in _moves(effect, own, address):
            totals[asset] += stroops
    totals["native"] -= sum(
        int(transaction["fee_charged"])
        for transaction in horizon.every(
            "Transaction", f"/accounts/{address}/transactions?limit=200&include_failed=true"
        )
        if transaction["fee_account"] == address
    )
    return {
        asset: total
        for asset, total in totals.items()
        if total and not asset.endswith(f":{address}")
    }


def _moves(effect: Record, operation: Record | None, address: str) -> list[tuple[str, int]]:
    match effect["type"]:
        case "account_created":
            return [("native", _stroops(effect["starting_balance"]))]
        case "account_credited":
            return [(_asset(effect), _stroops(effect["amount"]))]
        case "account_debited":
            return [(_asset(effect), -_stroops(effect["amount"]))]
        case "trade":
            is_taker = operation is not None and operation["source_account"] == address
            if is_taker and operation is not None and operation["type"].startswith("path_"):
                return []
            return [
                (_asset(effect, "sold_"), -_stroops(effect["sold_amount"])),
                (_asset(effect, "bought_"), _stroops(effect["bought_amount"])),
            ]
        case _:
            return []


def _asset(record: Record, prefix: str = "") -> str:
    if record[f"{prefix}asset_type"] == "native":
        return "native"
    return f"{record[f'{prefix}asset_code']}:{record[f'{prefix}asset_issuer']}"


def _stroops(text: str) -> int:
    return int(text.replace(".", ""))
