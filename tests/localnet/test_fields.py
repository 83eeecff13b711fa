"""The checker itself: a sound record passes, every damage is seen and named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.localnet.fields import (
    FieldError,
    check_effect,
    check_friendbot,
    check_horizon,
    check_operation,
    check_page,
    check_problem,
    check_record,
    check_rpc,
    check_rpc_error,
    check_rpc_reply,
)

Record = dict[str, Any]
OFFER: Record = {
    "_links": {"self": {"href": "x"}, "offer_maker": {"href": "y"}},
    "id": "7",
    "paging_token": "7",
    "seller": "G",
    "selling": {"asset_type": "native"},
    "buying": {"asset_type": "credit_alphanum4", "asset_code": "USD", "asset_issuer": "G"},
    "amount": "1.0000000",
    "price_r": {"n": 1, "d": 2},
    "price": "0.5000000",
    "last_modified_ledger": 3,
    "last_modified_time": "2026-01-02T03:04:05Z",
}
LINK = {"href": "x"}
EFFECT: Record = {
    "_links": {"operation": LINK, "succeeds": LINK, "precedes": LINK},
    "id": "1-1",
    "paging_token": "1-1",
    "account": "G",
    "type": "account_credited",
    "type_i": 2,
    "created_at": "2026-01-02T03:04:05Z",
    "asset_type": "native",
    "amount": "1.0000000",
}
PROBLEM: Record = {
    "type": "https://stellar.org/horizon-errors/bad_request",
    "title": "Bad Request",
    "status": 400,
    "detail": "a sentence",
    "extras": {"invalid_field": "limit", "reason": "why"},
}
PAGE: Record = {
    "_links": {"self": LINK, "next": LINK, "prev": LINK},
    "_embedded": {"records": [OFFER]},
}
HEALTH = {
    "status": "healthy",
    "latestLedger": 2,
    "latestLedgerCloseTime": "5",
    "oldestLedger": 1,
    "oldestLedgerCloseTime": "1",
    "ledgerRetentionWindow": 9,
}


def damaged(record: Record, **changes: Any) -> Record:
    """With the fields set, or removed where the value is Ellipsis; "a__b" is b within a."""
    twin = copy.deepcopy(record)
    for path, value in changes.items():
        *outer, last = path.split("__")
        place = twin
        for name in outer:
            place = place[name]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return twin


def test_sound_records_pass() -> None:
    check_record("Offer", OFFER)
    check_effect(EFFECT)
    check_record("Effect", EFFECT)
    assert check_problem(PROBLEM, 400, ["bad_request"]) == "bad_request"
    assert check_page("Offer", PAGE) == [OFFER]
    check_horizon("GET /offers", 200, PAGE)
    check_horizon("GET /offers", 400, PROBLEM)
    check_rpc("getHealth", HEALTH)
    check_rpc_reply("getHealth", {"jsonrpc": "2.0", "id": 1, "result": HEALTH})


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1.0"},
        {"amount": 1},
        {"amount": None},
        {"amount": ...},
        {"id": "seven"},
        {"id": str(2**63)},
        {"price_r__n": "1"},
        {"price_r__n": True},
        {"price_r__n": 2**31},
        {"price_r__d": ...},
        {"last_modified_time": "2026-01-02 03:04:05"},
        {"selling__asset_type": "gold"},
        {"selling__asset_code": "USD"},
        {"buying__asset_issuer": ...},
        {"more": 1},
        {"_links__self__href": 5},
        {"_links__other": LINK},
    ],
)
def test_each_damage_is_seen(changes: Record) -> None:
    with pytest.raises(FieldError):
        check_record("Offer", damaged(OFFER, **changes))


@pytest.mark.parametrize(
    "changes",
    [{"type": "account_vanished"}, {"type_i": 3}, {"limit": "1.0000000"}, {"amount": ...}],
)
def test_a_type_has_its_own_fields_only(changes: Record) -> None:
    with pytest.raises(FieldError):
        check_effect(damaged(EFFECT, **changes))
    with pytest.raises(FieldError):
        check_operation(damaged(EFFECT, **changes))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 404),
        ({"status": 404}, 404),
        ({"title": "Bad request"}, 400),
        ({"type": "https://stellar.org/horizon-errors/odd"}, 400),
        ({"extras": {}}, 400),
        ({"extras": None}, 400),
        ({"extras__other": 1}, 400),
    ],
)
def test_a_problem_is_the_published_one(changes: Record, status: int) -> None:
    with pytest.raises(FieldError):
        check_problem(damaged(PROBLEM, **changes), status)


def test_an_answer_must_fit_its_endpoint() -> None:
    refused: list[Callable[[], object]] = [
        lambda: check_horizon("GET /offers", 200, OFFER),
        lambda: check_horizon("GET /offers", 418, PROBLEM),
        lambda: check_horizon("GET /accounts", 200, PAGE),
        lambda: check_horizon("GET /order_book", 400, PROBLEM),
        lambda: check_page("Offer", damaged(PAGE, _links__next=...)),
        lambda: check_friendbot(200, {"successful": True, "hash": "x"}),
        lambda: check_friendbot(400, PROBLEM),
        lambda: check_rpc("getHealth", damaged(HEALTH, oldestLedger="1")),
        lambda: check_rpc_reply("getHealth", {"jsonrpc": "2.0", "result": HEALTH}),
        lambda: check_rpc_error("getHealth", {"code": -5, "message": "x"}),
        lambda: check_rpc_error("getHealth", {"code": -32603}),
    ]
    for check in refused:
        with pytest.raises(FieldError):
            check()
