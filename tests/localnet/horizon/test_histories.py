from typing import Any

import pytest

from server.localnet.horizon.effects import TYPES
from tests.localnet.fields import EFFECTS, OPERATIONS
from tests.localnet.horizon.explorer import BASE, Explorer
from tests.localnet.horizon.story import (
    ALICE,
    BOB,
    CAROL,
    GUEST,
    ISSUER,
    LEAVER,
    SECOND,
    SPONSOR,
    USD,
    Story,
)
from tests.localnet.horizon.sums import balances, sums_of_effects

Record = dict[str, Any]
SWITCHED_OFF = {
    "inflation",
    "invoke_host_function",
    "extend_footprint_ttl",
    "restore_footprint",
    "liquidity_pool_deposit",
    "liquidity_pool_withdraw",
}
LISTS = {
    "transactions": "Transaction",
    "operations": "Operation",
    "payments": "Operation",
    "effects": "Effect",
    "trades": "Trade",
}
PAYMENTS = OPERATIONS["payments_endpoint_types"][:5]


def tokens(records: list[Record]) -> list[str]:
    return [record["paging_token"] for record in records]


def place(token: str) -> tuple[int, ...]:
    return tuple(map(int, token.split("-")))


def test_each_type_of_operation_has_its_fields(horizon: Explorer) -> None:
    records = horizon.every("Operation", "/operations?limit=200&include_failed=true")
    assert {record["type"] for record in records} == OPERATIONS["types"].keys() - SWITCHED_OFF


def test_each_type_of_effect_has_its_fields(horizon: Explorer) -> None:
    records = horizon.every("Effect", "/effects?limit=200")
    assert {record["type"] for record in records} == TYPES.keys()
    assert {TYPES[name] for name in TYPES} <= {e["type_i"] for e in EFFECTS["types"].values()}


@pytest.mark.parametrize(("name", "schema"), LISTS.items())
def test_pages_of_any_size_give_the_whole_list_in_order(
    horizon: Explorer, name: str, schema: str
) -> None:
    whole = tokens(horizon.every(schema, f"/{name}?limit=200"))
    assert whole
    assert whole == sorted(whole, key=place)
    assert tokens(horizon.every(schema, f"/{name}?limit=7")) == whole
    assert tokens(horizon.every(schema, f"/{name}?limit=7&order=desc")) == whole[::-1]


@pytest.mark.parametrize("name", LISTS)
def test_prev_leads_back(horizon: Explorer, name: str) -> None:
    first = horizon.get(f"GET /{name}", f"/{name}", limit=1)
    second = horizon.get(f"GET /{name}", first["_links"]["next"]["href"].removeprefix(BASE))
    assert second["_embedded"]["records"]
    back = horizon.get(f"GET /{name}", second["_links"]["prev"]["href"].removeprefix(BASE))
    assert tokens(back["_embedded"]["records"]) == tokens(first["_embedded"]["records"])


def test_an_empty_page_keeps_its_cursor(horizon: Explorer) -> None:
    body = horizon.get("GET /transactions", "/transactions", cursor="now", order="asc")
    assert body["_embedded"]["records"] == []
    links = {name: link["href"] for name, link in body["_links"].items()}
    assert links["self"] == links["next"]
    assert links["prev"].replace("order=desc", "order=asc") == links["next"]
    assert "cursor=now" not in links["next"]


@pytest.mark.parametrize("account", [ALICE, BOB, CAROL, ISSUER, SPONSOR, SECOND, GUEST, LEAVER])
@pytest.mark.parametrize("name", ["operations", "payments"])
def test_an_accounts_operations_are_those_that_name_it(
    horizon: Explorer, account: Any, name: str
) -> None:
    address = account.public_key
    suffix = "?limit=200&include_failed=true"
    listed = tokens(horizon.every("Operation", f"/accounts/{address}/{name}{suffix}"))
    named = [
        record["paging_token"]
        for record in horizon.every("Operation", f"/{name}{suffix}")
        if address in _parties(record)
    ]
    assert listed == named


def _parties(record: Record) -> set[str]:
    """Source and other side, by the fields that name accounts."""
    fields = (
        "source_account account from to into trustor sponsored_id begin_sponsor account_id"
        " data_account_id trustline_account_id signer_account_id"
    )
    found = {record[field] for field in fields.split() if field in record}
    if record["type"] == "create_claimable_balance":
        found |= {claimant["destination"] for claimant in record["claimants"]}
    if record["type"] == "revoke_sponsorship" and "offer_id" in record:
        found.add(GUEST.public_key)
    return found


def test_payments_are_the_operations_that_move_money(horizon: Explorer) -> None:
    operations = horizon.every("Operation", "/operations?limit=200&include_failed=true")
    payments = horizon.every("Operation", "/payments?limit=200&include_failed=true")
    assert tokens(payments) == tokens([o for o in operations if o["type"] in PAYMENTS])


@pytest.mark.parametrize("account", [ALICE, BOB, CAROL, ISSUER, SPONSOR, SECOND, GUEST])
def test_an_accounts_effects_and_trades_are_its_part_of_all(
    horizon: Explorer, account: Any
) -> None:
    address = account.public_key
    effects = horizon.every("Effect", "/effects?limit=200")
    own = tokens(horizon.every("Effect", f"/accounts/{address}/effects?limit=200"))
    assert own == tokens([effect for effect in effects if effect["account"] == address])
    trades = horizon.every("Trade", "/trades?limit=200")
    own = tokens(horizon.every("Trade", f"/accounts/{address}/trades?limit=200"))
    assert own == tokens(
        [t for t in trades if address in (t["base_account"], t["counter_account"])]
    )


@pytest.mark.parametrize("account", [ALICE, BOB, CAROL, SPONSOR, SECOND, GUEST])
def test_effects_and_fees_add_up_to_the_balances(horizon: Explorer, account: Any) -> None:
    assert sums_of_effects(horizon, account.public_key) == balances(horizon, account.public_key)


def test_failed_transactions_are_shown_on_request_only(horizon: Explorer) -> None:
    for name, schema in (("transactions", "Transaction"), ("operations", "Operation")):
        flag = {"Transaction": "successful", "Operation": "transaction_successful"}[schema]
        plain = horizon.every(schema, f"/{name}?limit=200")
        assert all(record[flag] for record in plain)
        every = horizon.every(schema, f"/{name}?limit=200&include_failed=true")
        failed = [record for record in every if not record[flag]]
        assert failed
        assert len(every) == len(plain) + len(failed)


def test_a_failed_path_payment_moved_nothing(horizon: Explorer) -> None:
    operations = horizon.every("Operation", "/operations?limit=200&include_failed=true")
    failed = {o["type"]: o for o in operations if not o["transaction_successful"]}
    assert failed["path_payment_strict_receive"]["source_amount"] == "0.0000000"
    assert failed["path_payment_strict_send"]["amount"] == "0.0000000"
    effects = horizon.records(
        "GET /transactions/{transaction_hash}/effects",
        f"/transactions/{failed['path_payment_strict_send']['transaction_hash']}/effects",
    )
    assert effects == []


def test_lists_narrowed_to_a_ledger_or_transaction_are_parts_of_the_whole(
    horizon: Explorer,
) -> None:
    transactions = horizon.every("Transaction", "/transactions?limit=200")
    operations = horizon.every("Operation", "/operations?limit=200")
    effects = horizon.every("Effect", "/effects?limit=200")
    for transaction in transactions[::5]:
        path = f"/transactions/{transaction['hash']}"
        inside = [o for o in operations if o["transaction_hash"] == transaction["hash"]]
        assert horizon.every("Operation", f"{path}/operations?limit=200") == inside
        listed = horizon.every("Effect", f"{path}/effects?limit=200")
        ids = {o["id"] for o in inside}
        assert listed == [e for e in effects if e["paging_token"].split("-")[0] in ids]
        ledger = f"/ledgers/{transaction['ledger']}"
        assert transaction in horizon.every("Transaction", f"{ledger}/transactions?limit=200")
        assert horizon.every("Operation", f"{ledger}/operations?limit=200") == inside
        assert horizon.every("Effect", f"{ledger}/effects?limit=200") == listed


def test_an_operation_leads_to_its_effects_and_transaction(horizon: Explorer) -> None:
    for operation in horizon.every("Operation", "/operations?limit=200")[::9]:
        links = {name: link["href"] for name, link in operation["_links"].items()}
        found = horizon.get("GET /operations/{id}", links["self"].removeprefix(BASE))
        assert found == operation
        effects = horizon.every("Effect", links["effects"] + "?limit=200")
        assert {e["paging_token"].split("-")[0] for e in effects} <= {operation["id"]}
        transaction = horizon.raw(links["transaction"]).json()
        assert transaction["hash"] == operation["transaction_hash"]


def test_join_adds_the_transaction(horizon: Explorer) -> None:
    for name in ("operations", "payments"):
        for record in horizon.records(f"GET /{name}", f"/{name}", join="transactions"):
            assert record["transaction"]["hash"] == record["transaction_hash"]
        plain = horizon.records(f"GET /{name}", f"/{name}")
        assert all("transaction" not in record for record in plain)


def test_the_filters_of_the_query_do_what_the_paths_do(horizon: Explorer) -> None:
    account = ALICE.public_key
    for name, schema in LISTS.items():
        path = horizon.every(schema, f"/accounts/{account}/{name}?limit=200")
        assert horizon.every(schema, f"/{name}?account_id={account}&limit=200") == path
    transaction = horizon.records("GET /transactions", "/transactions")[0]
    for name in ("operations", "payments", "effects"):
        by_path = horizon.every(LISTS[name], f"/transactions/{transaction['hash']}/{name}")
        assert horizon.every(LISTS[name], f"/{name}?tx_id={transaction['hash']}") == by_path
        by_path = horizon.every(LISTS[name], f"/ledgers/{transaction['ledger']}/{name}")
        assert horizon.every(LISTS[name], f"/{name}?ledger_id={transaction['ledger']}") == by_path


def test_a_claimable_balance_has_its_story(horizon: Explorer, story: Story) -> None:
    expected = {
        "claimed": ["create_claimable_balance", "claim_claimable_balance"],
        "clawed": ["create_claimable_balance", "clawback_claimable_balance"],
        "waiting": ["create_claimable_balance"],
        "sponsored": ["create_claimable_balance", "revoke_sponsorship", "claim_claimable_balance"],
    }
    for name, types in expected.items():
        path = f"/claimable_balances/{story.balances[name]}"
        assert [o["type"] for o in horizon.every("Operation", f"{path}/operations")] == types
        assert len(horizon.every("Transaction", f"{path}/transactions")) == len(types)


def test_a_sponsored_operation_names_its_sponsor(horizon: Explorer) -> None:
    made = horizon.every("Operation", f"/accounts/{GUEST.public_key}/operations?limit=200")
    sponsored = {o["type"] for o in made if o.get("sponsor") == SPONSOR.public_key}
    assert sponsored == {
        "create_account",
        "change_trust",
        "manage_data",
        "set_options",
        "create_claimable_balance",
        "manage_sell_offer",
    }


def test_muxed_accounts_show_both_forms(horizon: Explorer) -> None:
    payments = horizon.every("Operation", f"/accounts/{BOB.public_key}/payments?limit=200")
    muxed = next(p for p in payments if "to_muxed" in p and "from_muxed" in p)
    assert muxed["to"] == BOB.public_key
    assert muxed["to_muxed_id"] == str(2**63 + 7)
    assert muxed["to_muxed"].startswith("M")
    assert (muxed["from"], muxed["from_muxed_id"]) == (ALICE.public_key, "3")
    effects = horizon.every("Effect", f"/operations/{muxed['id']}/effects")
    assert {e["account_muxed_id"] for e in effects} == {"3", str(2**63 + 7)}


def test_trades_are_told_from_the_side_that_is_asked(horizon: Explorer) -> None:
    usd = {"asset_type": "credit_alphanum4", "asset_code": "USD", "asset_issuer": USD.issuer}
    lumens = {"asset_type": "native"}

    def of(base: dict[str, str | None], counter: dict[str, str | None]) -> list[Record]:
        pair = {f"base_{k}": v for k, v in base.items()}
        pair |= {f"counter_{k}": v for k, v in counter.items()}
        return horizon.records("GET /trades", "/trades", **pair)

    one_way, other_way = of({**lumens}, {**usd}), of({**usd}, {**lumens})
    assert tokens(one_way) == tokens(other_way)
    for here, there in zip(one_way, other_way, strict=True):
        assert here["base_amount"] == there["counter_amount"]
        assert here["price"] == {"n": there["price"]["d"], "d": there["price"]["n"]}
        assert here["base_is_seller"] != there["base_is_seller"]


def test_an_offer_has_its_trades(horizon: Explorer) -> None:
    for trade in horizon.every("Trade", "/trades?limit=200"):
        found = horizon.every("Trade", f"/offers/{trade['offer_id']}/trades?limit=200")
        assert trade in found
        assert all(trade["offer_id"] in (t["base_offer_id"], t["counter_offer_id"]) for t in found)
    pools = horizon.records("GET /trades", "/trades", trade_type="liquidity_pools")
    assert pools == []


def test_the_last_event_seen_counts_more_than_a_cursor(horizon: Explorer) -> None:
    whole = tokens(horizon.every("Effect", "/effects?limit=200"))
    headers = {"Last-Event-ID": whole[4]}
    answer = horizon.raw("/effects?cursor=now&limit=3", headers=headers)
    assert tokens(answer.json()["_embedded"]["records"]) == whole[5:8]


def test_a_cursor_that_is_an_operation_is_behind_its_effects(horizon: Explorer) -> None:
    effects = horizon.every("Effect", "/effects?limit=200")
    operation = next(e for e in effects if e["paging_token"].endswith("-3"))
    number = operation["paging_token"].partition("-")[0]
    links = horizon.raw(f"/operations/{number}").json()["_links"]
    after = horizon.every("Effect", links["precedes"]["href"])
    before = horizon.every("Effect", links["succeeds"]["href"] + "&limit=200")
    own = [e for e in effects if e["paging_token"].startswith(f"{number}-")]
    assert not {*tokens(after)} & {*tokens(own)}
    assert before[: len(own)] == own[::-1]
    assert len(before) + len(after) == len(effects)


def test_a_new_claimants_predicate_is_told_as_it_was_sent(horizon: Explorer, story: Story) -> None:
    path = f"/claimable_balances/{story.balances['waiting']}"
    (made,) = horizon.every("Operation", f"{path}/operations")
    effects = horizon.every("Effect", f"/operations/{made['id']}/effects")
    told = [e["predicate"] for e in effects if "predicate" in e]
    assert told == [claimant["predicate"] for claimant in made["claimants"]]
    assert {"rel_before": "1000000"} in told[1]["and"][1]["or"]
    held = horizon.get("GET /claimable_balances/{claimable_balance_id}", path)
    assert "rel_before" not in str(held["claimants"])


def test_names_of_paths_mean_nothing_in_a_query(horizon: Explorer) -> None:
    whole = horizon.every("Operation", "/operations?limit=200")
    for name in ("sequence=3", "transaction_hash=x", "id=1"):
        assert horizon.every("Operation", f"/operations?{name}&limit=200") == whole
