"""What Horizon says to requests that it cannot use."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.localnet.driver import person
from tests.localnet.fields import HORIZON, check_horizon, check_problem
from tests.localnet.horizon.explorer import Explorer
from tests.localnet.horizon.story import ALICE, BOB, ISSUER, Story

UNKNOWN = person("nobody").public_key
GETS = {
    name.removeprefix("GET "): drawn
    for name, drawn in HORIZON["endpoints"].items()
    if name.startswith("GET ") and "friendbot" not in name
}
NATIVE = {"selling_asset_type": "native", "buying_asset_type": "native"}
HOSTILE = (
    "-1",
    "0",
    "99999999999999999999",
    "1e3",
    "1.00000001",
    "abc",
    "now",
    "native",
    "USD:" + ISSUER.public_key,
    "G" + "A" * 55,
    "M" + "A" * 68,
    "\x00",
    "'; drop table accounts; --",
    "../../etc/passwd",
    "\U0001f4a5",
    "٣",
    "a" * 3000,
    "ff" * 32,
)


def usable(story: Story) -> dict[str, str]:
    """A good value for each parameter that some resource requires."""
    transaction = story.chain.head.transactions[0]
    return {
        "account_id": ALICE.public_key,
        "key": "name",
        "claimable_balance_id": story.balances["waiting"],
        "sequence": str(story.chain.head.sequence),
        "liquidity_pool_id": "ab" * 32,
        "offer_id": "1",
        "id": str(transaction.ledger << 32 | 1 << 12 | 1),
        "transaction_hash": transaction.hash.hex(),
        "destination_asset_type": "native",
        "destination_amount": "10",
        "source_asset_type": "native",
        "source_amount": "10",
        "base_asset_type": "native",
        "counter_asset_type": "native",
        "selling_asset_type": "native",
        "buying_asset_type": "native",
        "resolution": "60000",
        "source_account": ALICE.public_key,
        "destination_account": BOB.public_key,
        "asset": f"USD:{ISSUER.public_key}",
    }


def address(template: str, values: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The path with its parameters filled in, and what is left for the query."""
    left = dict(values)
    for name in GETS[template]["params"]:
        if "{" + name + "}" in template:
            template = template.replace("{" + name + "}", quote(left.pop(name), safe=""))
    return template, left


@pytest.mark.parametrize("template", GETS)
def test_no_value_of_any_parameter_breaks_it(
    horizon: Explorer, story: Story, template: str
) -> None:
    drawn = GETS[template]["params"]
    needed = [name for name, spec in drawn.items() if spec["required"]]
    needed += GETS[template].get("exactly_one_of", [])[:1]
    good = {n: v for n, v in usable(story).items() if n in needed}
    if template == "/accounts":
        good = {"asset": usable(story)["asset"]}
    for name in drawn:
        for value in HOSTILE:
            path, query = address(template, good | {name: value})
            answer = horizon.raw(path, params=query or None)
            assert answer.status_code != 500, (path, query)
            check_horizon(f"GET {template}", answer.status_code, answer.json())


def refusal(horizon: Explorer, path: str, **params: Any) -> tuple[str, str | None]:
    answer = horizon.raw(path, params=params or None)
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    body = answer.json()
    kind = check_problem(body, answer.status_code)
    return kind, body.get("extras", {}).get("invalid_field")


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/transactions", {"limit": "0"}, "limit"),
        ("/transactions", {"limit": "201"}, "limit"),
        ("/transactions", {"limit": "ten"}, "limit"),
        ("/transactions", {"order": "up"}, "order"),
        ("/transactions", {"cursor": "x"}, "cursor"),
        ("/operations", {"cursor": "-5"}, "cursor"),
        ("/transactions", {"include_failed": "maybe"}, "include_failed"),
        ("/operations", {"join": "ledgers"}, "join"),
        ("/operations", {"tx_id": "xy"}, "tx_id"),
        ("/effects", {"account_id": "GABC"}, "account_id"),
        ("/effects", {"account_id": ALICE.public_key, "ledger_id": "3"}, "filters"),
        ("/trades", {"base_asset_type": "native"}, "counter_asset_type"),
        ("/trades", {"trade_type": "swap"}, "trade_type"),
        (
            "/trades",
            {"account_id": ALICE.public_key, "offer_id": "1"},
            "account_id,liquidity_pool_id,offer_id",
        ),
        ("/operations", {"cursor": "1-2"}, "cursor"),
        ("/transactions/" + "AB" * 32, {}, "transaction_hash"),
        ("/offers", {"selling_asset_code": "USD"}, "selling_asset_type"),
        (
            "/offers",
            {"selling_asset_type": "native", "selling_asset_code": "XLM"},
            "selling_asset_code",
        ),
        ("/trades", {"offer_id": "one"}, "offer_id"),
        ("/ledgers/x", {}, "sequence"),
        ("/operations/abc", {}, "id"),
        ("/transactions/abc", {}, "transaction_hash"),
        (f"/accounts/{ALICE.public_key[:-1]}", {}, "account_id"),
        ("/accounts", {"asset": "USD"}, "asset"),
        ("/accounts", {"asset": "native"}, "asset"),
        ("/accounts", {"signer": "G"}, "signer"),
        ("/accounts", {"signer": ALICE.public_key, "cursor": "1"}, "cursor"),
        ("/offers", {"seller": "G"}, "seller"),
        ("/offers", {"selling": "x"}, "selling"),
        ("/offers", {"cursor": "x"}, "cursor"),
        ("/offers/x", {}, "offer_id"),
        ("/offers", {"selling_asset_type": "gold"}, "selling_asset_type"),
        ("/offers", {"selling_asset_type": "credit_alphanum4"}, "selling_asset_code"),
        (
            "/offers",
            {"selling_asset_type": "credit_alphanum4", "selling_asset_code": "TOOLONG"},
            "selling_asset_code",
        ),
        (
            "/offers",
            {"selling_asset_type": "credit_alphanum4", "selling_asset_code": "USD"},
            "selling_asset_issuer",
        ),
        ("/claimable_balances", {"claimant": "x"}, "claimant"),
        ("/claimable_balances", {"cursor": "x"}, "cursor"),
        ("/claimable_balances/xyz", {}, "claimable_balance_id"),
        ("/assets", {"asset_issuer": "x"}, "asset_issuer"),
        ("/assets", {"cursor": "USD"}, "cursor"),
        ("/liquidity_pools", {"reserves": "native,native,native"}, "reserves"),
        ("/liquidity_pools/x", {}, "liquidity_pool_id"),
        ("/paths/strict-send", {}, "destination_assets"),
        ("/paths/strict-receive", {}, "source_assets"),
        (
            "/paths/strict-receive",
            {"source_assets": "native", "destination_asset_type": "native"},
            "destination_amount",
        ),
        (
            "/paths/strict-receive",
            {
                "source_assets": ",".join(["native"] * 16),
                "destination_asset_type": "native",
                "destination_amount": "1",
            },
            "source_assets",
        ),
        (
            "/trade_aggregations",
            {"base_asset_type": "native", "counter_asset_type": "native", "resolution": "7"},
            "resolution",
        ),
        (
            "/trade_aggregations",
            {
                "base_asset_type": "native",
                "counter_asset_type": "native",
                "resolution": "60000",
                "offset": "3600000",
            },
            "offset",
        ),
    ],
)
def test_the_field_that_is_wrong_is_named(
    horizon: Explorer, path: str, params: dict[str, str], field: str
) -> None:
    assert refusal(horizon, path, **params) == ("bad_request", field)


@pytest.mark.parametrize(
    ("path", "params", "kind"),
    [
        (f"/accounts/{UNKNOWN}", {}, "not_found"),
        (f"/accounts/{UNKNOWN}/transactions", {}, "not_found"),
        (f"/accounts/{UNKNOWN}/payments", {}, "not_found"),
        (f"/accounts/{UNKNOWN}/data/x", {}, "not_found"),
        (f"/accounts/{ALICE.public_key}/data/absent", {}, "not_found"),
        ("/ledgers/4000000", {}, "not_found"),
        ("/ledgers/4000000/transactions", {}, "not_found"),
        ("/ledgers/0", {}, "before_history"),
        ("/transactions/" + "ab" * 32, {}, "not_found"),
        ("/transactions/" + "ab" * 32 + "/operations", {}, "not_found"),
        ("/operations/17179873281999", {}, "not_found"),
        ("/operations/1", {}, "before_history"),
        ("/offers/999999", {}, "not_found"),
        ("/claimable_balances/" + "0" * 72, {}, "not_found"),
        ("/claimable_balances/" + "0" * 72 + "/operations", {}, "not_found"),
        ("/liquidity_pools/" + "ab" * 32, {}, "not_found"),
        ("/liquidity_pools/" + "ab" * 32 + "/trades", {}, "not_found"),
        ("/transactions", {"cursor": "1", "order": "desc"}, "before_history"),
        ("/accounts", {}, "invalid_accounts_params"),
        (
            "/accounts",
            {"signer": ALICE.public_key, "sponsor": ALICE.public_key},
            "invalid_accounts_params",
        ),
        ("/order_book", {}, "invalid_order_book"),
        ("/order_book", {"selling_asset_type": "native"}, "invalid_order_book"),
        ("/order_book", NATIVE | {"limit": "500"}, "invalid_order_book"),
        ("/order_book", NATIVE | {"limit": "0"}, "invalid_order_book"),
        (
            "/trade_aggregations",
            {
                "resolution": "60000",
                "base_asset_type": "native",
                "counter_asset_type": "credit_alphanum4",
                "counter_asset_code": "EUR",
                "counter_asset_issuer": ISSUER.public_key,
            },
            "not_found",
        ),
        ("/nothing/here", {}, "not_found"),
    ],
)
def test_what_is_not_there_is_said_so(
    horizon: Explorer, path: str, params: dict[str, str], kind: str
) -> None:
    assert refusal(horizon, path, **params)[0] == kind


def test_empty_lists_are_no_error(horizon: Explorer) -> None:
    for template in ("/accounts/{account_id}/offers",):
        path = template.replace("{account_id}", UNKNOWN)
        assert horizon.records(f"GET {template}", path) == []
    pool = "ab" * 32
    template = "/liquidity_pools/{liquidity_pool_id}/effects"
    assert horizon.records(f"GET {template}", f"/liquidity_pools/{pool}/effects") == []
    assert horizon.records("GET /liquidity_pools", "/liquidity_pools") == []
    found = horizon.records("GET /operations/{id}/effects", "/operations/99999999999/effects")
    assert found == []


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/", "text/html", "not_acceptable"),
        ("/transactions", "image/png", "not_acceptable"),
        ("/fee_stats", "text/event-stream", "not_acceptable"),
        ("/offers", "text/event-stream", "not_acceptable"),
        ("/accounts/x", "text/event-stream", "bad_request"),
        ("/transactions?limit=x", "text/event-stream", "bad_request"),
    ],
)
def test_what_cannot_be_rendered_so_is_said_so(
    horizon: Explorer, path: str, accept: str, kind: str
) -> None:
    answer = horizon.raw(path, headers={"Accept": accept})
    assert check_problem(answer.json(), answer.status_code) == kind
