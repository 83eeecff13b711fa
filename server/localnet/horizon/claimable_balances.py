"""Claimable balances that nobody has claimed yet."""

import re

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import invalid_field, not_found
from server.localnet.horizon.query import PageQuery
from server.localnet.horizon.state_pages import page_of
from server.localnet.horizon.values import (
    Json,
    address,
    amount,
    balance_id,
    predicate,
)
from server.localnet.ledger.entries import BALANCE_CLAWBACK_ENABLED, ClaimableBalance

_CURSOR = re.compile(r"(\d{1,10})-(0{8}[0-9a-f]{64})")
_PAGE = "{?cursor,limit,order}"


async def claimable_balance(call: Call) -> Json:
    wanted = call.query.balance_id("claimable_balance_id") or b""
    found = call.horizon.chain.state.claimable_balance(wanted)
    if found is None:
        raise not_found()
    return balance_record(call, found)


async def claimable_balances(call: Call, page: PageQuery) -> list[Json]:
    """In the order of the ledgers that changed them last."""
    query = call.query
    asset = query.canonical_asset("asset")
    claimant, sponsor = query.account("claimant"), query.account("sponsor")
    found = (
        ((balance.modified, balance_id(balance.id)), balance)
        for balance in call.horizon.chain.state.claimable_balances()
        if (asset is None or balance.asset == asset)
        and (sponsor is None or balance.sponsor == sponsor)
        and (claimant is None or any(c.destination == claimant for c in balance.claimants))
    )
    return [balance_record(call, balance) for balance in page_of(found, page, _after(page))]


def _after(page: PageQuery) -> tuple[int, str] | None:
    if not page.cursor:
        return None
    match = _CURSOR.fullmatch(page.cursor)
    if match is None:
        raise invalid_field("cursor", "is no paging token of a claimable balance")
    return int(match[1]), match[2]


def balance_record(call: Call, balance: ClaimableBalance) -> Json:
    shown = balance_id(balance.id)
    itself = f"{call.base}/claimable_balances/{shown}"
    record: Json = {
        "_links": {
            "self": {"href": itself},
            "transactions": {"href": f"{itself}/transactions{_PAGE}", "templated": True},
            "operations": {"href": f"{itself}/operations{_PAGE}", "templated": True},
        },
        "id": shown,
        "asset": str(balance.asset),
        "amount": amount(balance.amount),
    }
    if balance.sponsor is not None:
        record["sponsor"] = address(balance.sponsor)
    record |= {
        "last_modified_ledger": balance.modified,
        "last_modified_time": call.modified_at(balance.modified),
        "claimants": [
            {"destination": address(c.destination), "predicate": predicate(c.predicate)}
            for c in balance.claimants
        ],
        "flags": {"clawback_enabled": bool(balance.flags & BALANCE_CLAWBACK_ENABLED)},
        "paging_token": f"{balance.modified}-{shown}",
    }
    return record
