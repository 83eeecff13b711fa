"""What is read from the live entries: accounts, offers, books, paths, balances, assets."""

import base64
from itertools import groupby, pairwise
from typing import Any

import pytest
from stellar_sdk import Asset, Keypair
from stellar_sdk.operation import (
    ChangeTrust,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
)

from tests.localnet.driver import person
from tests.localnet.horizon.explorer import BASE, Explorer
from tests.localnet.horizon.story import (
    ALICE,
    BOB,
    CAROL,
    GUEST,
    ISSUER,
    SECOND,
    SPONSOR,
    USD,
    Story,
)
from tests.localnet.market import ALICE as MAKER
from tests.localnet.market import BOB as PAYER
from tests.localnet.market import CAROL as PAYEE
from tests.localnet.market import EUR, XLM, open_market, sell
from tests.localnet.market import USD as DOLLAR

Record = dict[str, Any]
ACCOUNT = "GET /accounts/{account_id}"
PLACES = (
    "id paging_token hash prev_hash sequence closed_at total_coins fee_pool base_fee_in_stroops"
)


def account(horizon: Explorer, of: Keypair) -> Record:
    return horizon.get(ACCOUNT, f"/accounts/{of.public_key}")


def params(asset: Asset, prefix: str) -> dict[str, str]:
    if asset.is_native():
        return {f"{prefix}asset_type": "native"}
    assert asset.issuer is not None
    return {
        f"{prefix}asset_type": asset.type,
        f"{prefix}asset_code": asset.code,
        f"{prefix}asset_issuer": asset.issuer,
    }


def test_an_account_shows_all_that_it_holds(horizon: Explorer, story: Story) -> None:
    alice, bob = account(horizon, ALICE), account(horizon, BOB)
    assert alice["sequence"] == str(story.driver.sequence(ALICE))
    assert alice["data"] == {"name/with slash": base64.b64encode(b"second").decode()}
    assert [line["asset_type"] for line in bob["balances"]][-1] == "native"
    assert bob["thresholds"] == {"low_threshold": 1, "med_threshold": 1, "high_threshold": 1}
    assert {signer["type"] for signer in bob["signers"]} == {
        "ed25519_public_key",
        "preauth_tx",
        "ed25519_signed_payload",
    }
    weights = {signer["key"]: signer["weight"] for signer in bob["signers"]}
    assert weights[BOB.public_key] == 3
    issuer = account(horizon, ISSUER)
    assert issuer["home_domain"] == "issuer.example"
    assert issuer["inflation_destination"] == ALICE.public_key
    assert issuer["flags"] == {
        "auth_required": False,
        "auth_revocable": True,
        "auth_immutable": False,
        "auth_clawback_enabled": True,
    }


def test_state_names_its_ledger(horizon: Explorer, story: Story) -> None:
    answer = horizon.raw(f"/accounts/{ALICE.public_key}")
    assert answer.headers["Latest-Ledger"] == str(story.chain.head.sequence)
    assert answer.headers["content-type"] == "application/hal+json; charset=utf-8"


def test_a_data_entry_is_had_as_json_and_as_bytes(horizon: Explorer) -> None:
    path = f"/accounts/{ALICE.public_key}/data/name%2Fwith%20slash"
    body = horizon.get("GET /accounts/{account_id}/data/{key}", path)
    assert body == {"value": base64.b64encode(b"second").decode()}
    raw = horizon.raw(path, headers={"Accept": "application/octet-stream"})
    assert raw.content == b"second"
    assert raw.headers["content-type"] == "application/octet-stream"


def test_accounts_are_found_by_asset_signer_and_sponsor(horizon: Explorer) -> None:
    def ids(**filters: str) -> list[str]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return [a["id"] for a in horizon.every("Account", f"/accounts?{query}&limit=2")]

    holders = {ALICE.public_key, BOB.public_key, CAROL.public_key, GUEST.public_key}
    assert set(ids(asset=f"USD:{USD.issuer}")) == holders
    assert ids(asset=f"USD:{USD.issuer}") == sorted(holders)
    assert ids(asset=f"USD:{USD.issuer}", order="desc") == sorted(holders, reverse=True)
    assert set(ids(signer=CAROL.public_key)) == {k.public_key for k in (CAROL, BOB, GUEST)}
    assert ids(sponsor=SPONSOR.public_key) == []
    assert ids(liquidity_pool="ab" * 32) == []


def test_ledgers_form_a_chain(horizon: Explorer, story: Story) -> None:
    ledgers = horizon.every("Ledger", "/ledgers?limit=9")
    assert [ledger["sequence"] for ledger in ledgers] == list(
        range(1, story.chain.head.sequence + 1)
    )
    for earlier, later in pairwise(ledgers):
        assert later["prev_hash"] == earlier["hash"]
    assert horizon.every("Ledger", "/ledgers?limit=9&order=desc") == ledgers[::-1]
    one = horizon.get("GET /ledgers/{sequence}", "/ledgers/5")
    assert one == ledgers[4]
    middle = horizon.records("GET /ledgers", "/ledgers", cursor=ledgers[4]["paging_token"])
    assert middle == ledgers[5:15]


def test_counts_of_a_ledger_agree_with_its_transactions(horizon: Explorer) -> None:
    for ledger in horizon.every("Ledger", "/ledgers?limit=200"):
        path = f"/ledgers/{ledger['sequence']}/transactions?include_failed=true"
        inside = horizon.every("Transaction", path)
        good = [t for t in inside if t["successful"]]
        assert ledger["successful_transaction_count"] == len(good)
        assert ledger["failed_transaction_count"] == len(inside) - len(good)
        assert ledger["operation_count"] == sum(t["operation_count"] for t in good)
        assert ledger["tx_set_operation_count"] == sum(t["operation_count"] for t in inside)


def test_offers_by_their_filters(horizon: Explorer) -> None:
    offers = horizon.every("Offer", "/offers?limit=2")
    assert [int(o["id"]) for o in offers] == sorted(int(o["id"]) for o in offers)
    assert horizon.every("Offer", "/offers?limit=2&order=desc") == offers[::-1]
    for offer in offers:
        assert horizon.get("GET /offers/{offer_id}", f"/offers/{offer['id']}") == offer
        own = horizon.every("Offer", f"/offers?seller={offer['seller']}")
        assert own == [o for o in offers if o["seller"] == offer["seller"]]
        assert horizon.every("Offer", f"/accounts/{offer['seller']}/offers") == own
    usd = f"USD:{USD.issuer}"
    selling = horizon.every("Offer", f"/offers?selling={usd}")
    assert selling == [o for o in offers if o["selling"].get("asset_code") == "USD"]
    buying = horizon.every("Offer", f"/offers?buying={usd}&selling=native")
    assert buying == [o for o in offers if o["buying"].get("asset_code") == "USD"]
    spelled = horizon.records("GET /offers", "/offers", **params(USD, "selling_"))
    assert spelled == selling
    assert horizon.every("Offer", f"/offers?sponsor={SPONSOR.public_key}") == []


def test_the_order_book_sums_up_the_offers(horizon: Explorer) -> None:
    pair = params(XLM, "selling_") | params(USD, "buying_")
    book = horizon.get("GET /order_book", "/order_book", **pair)
    offers = horizon.every("Offer", "/offers?limit=200")
    asks = [o for o in offers if o["selling"]["asset_type"] == "native"]
    asks.sort(key=lambda o: o["price_r"]["n"] / o["price_r"]["d"])
    expected = [
        (rate, sum(float(o["amount"]) for o in level))
        for rate, level in groupby(asks, lambda o: o["price"])
    ]
    assert [(level["price"], float(level["amount"])) for level in book["asks"]] == expected
    turned = horizon.get(
        "GET /order_book", "/order_book", **(params(USD, "selling_") | params(XLM, "buying_"))
    )
    assert [level["amount"] for level in turned["bids"]] == [a["amount"] for a in book["asks"]]
    assert [level["price_r"] for level in turned["bids"]] == [
        {"n": a["price_r"]["d"], "d": a["price_r"]["n"]} for a in book["asks"]
    ]
    first = horizon.get("GET /order_book", "/order_book", **pair, limit=1)
    assert first["asks"] == book["asks"][:1]


def test_claimable_balances_by_their_filters(horizon: Explorer, story: Story) -> None:
    waiting = story.balances["waiting"]
    path = f"/claimable_balances/{waiting}"
    one = horizon.get("GET /claimable_balances/{claimable_balance_id}", path)
    assert one["id"] == waiting
    assert one["sponsor"] == ALICE.public_key
    assert [c["destination"] for c in one["claimants"]] == [BOB.public_key, CAROL.public_key]
    for query, found in (
        ("", True),
        (f"?claimant={CAROL.public_key}", True),
        (f"?claimant={ALICE.public_key}", False),
        (f"?asset=USD:{USD.issuer}", True),
        ("?asset=native", False),
        (f"?sponsor={ALICE.public_key}", True),
        (f"?sponsor={BOB.public_key}", False),
        (f"?cursor={one['paging_token']}", False),
        (f"?cursor={one['paging_token']}&order=desc", False),
    ):
        records = horizon.every("ClaimableBalance", f"/claimable_balances{query}")
        assert records == ([one] if found else [])


def test_assets_count_who_holds_them(horizon: Explorer) -> None:
    assets = {a["asset_code"]: a for a in horizon.every("AssetStat", "/assets?limit=1")}
    assert list(assets) == ["LONGCODE", "USD"]
    usd = assets["USD"]
    lines = [
        line
        for holder in (ALICE, BOB, CAROL, GUEST)
        for line in account(horizon, holder)["balances"]
        if line.get("asset_code") == "USD"
    ]
    assert sum(usd["accounts"].values()) == len(lines)
    held = sum(float(amount) for amount in usd["balances"].values())
    assert held == pytest.approx(sum(float(line["balance"]) for line in lines))
    assert usd["num_claimable_balances"] == 1
    assert usd["claimable_balances_amount"] == "7.0000000"
    assert usd["_links"]["toml"]["href"] == "https://issuer.example/.well-known/stellar.toml"
    by_code = horizon.every("AssetStat", f"/assets?asset_code=USD&asset_issuer={USD.issuer}")
    assert by_code == [usd]


def test_the_root_tells_what_the_network_is(horizon: Explorer, story: Story) -> None:
    root = horizon.get("GET /", "/")
    assert root["network_passphrase"] == story.chain.passphrase
    assert root["history_latest_ledger"] == story.chain.head.sequence
    assert root["current_protocol_version"] == 27
    assert root["_links"]["self"]["href"] == f"{BASE}/"
    assert horizon.get("GET /health", "/health")["core_synced"]


def test_fee_statistics_cover_the_last_five_ledgers(horizon: Explorer, story: Story) -> None:
    stats = horizon.get("GET /fee_stats", "/fee_stats")
    head = story.chain.head.sequence
    assert (stats["last_ledger"], stats["last_ledger_base_fee"]) == (str(head), "100")
    recent = [
        t
        for sequence in range(head - 4, head + 1)
        for t in horizon.every(
            "Transaction", f"/ledgers/{sequence}/transactions?include_failed=true"
        )
    ]
    rates = sorted(
        -(-int(t["max_fee"]) // (t["operation_count"] + ("inner_transaction" in t))) for t in recent
    )
    assert (stats["max_fee"]["min"], stats["max_fee"]["max"]) == (str(rates[0]), str(rates[-1]))
    assert int(stats["max_fee"]["p10"]) <= int(stats["max_fee"]["p50"]) <= rates[-1]
    assert stats["fee_charged"]["mode"] == "100"


def test_trade_aggregations_sum_up_the_trades(horizon: Explorer) -> None:
    pair = params(XLM, "base_") | params(USD, "counter_")
    trades = horizon.records("GET /trades", "/trades", **pair, limit=200)
    endpoint, path = "GET /trade_aggregations", "/trade_aggregations"
    (day,) = horizon.records(endpoint, path, **pair, resolution=86_400_000)
    assert day["trade_count"] == str(len(trades))
    for side in ("base", "counter"):
        volume = sum(int(t[f"{side}_amount"].replace(".", "")) for t in trades)
        assert int(day[f"{side}_volume"].replace(".", "")) == volume
    prices = [int(t["price"]["n"]) / int(t["price"]["d"]) for t in trades]
    assert float(day["high"]) == pytest.approx(max(prices), abs=1e-7)
    assert float(day["low"]) == pytest.approx(min(prices), abs=1e-7)
    assert float(day["open"]) == pytest.approx(prices[0], abs=1e-7)
    assert float(day["close"]) == pytest.approx(prices[-1], abs=1e-7)
    turned = params(USD, "base_") | params(XLM, "counter_")
    (inverse,) = horizon.records(endpoint, path, **turned, resolution=86_400_000)
    assert inverse["base_volume"] == day["counter_volume"]
    assert inverse["high_r"] == {"n": day["low_r"]["d"], "d": day["low_r"]["n"]}
    start = int(day["timestamp"]) + 86_400_000
    assert horizon.records(endpoint, path, **pair, resolution=86_400_000, start_time=start) == []


@pytest.fixture(scope="module")
def market() -> tuple[Any, Explorer]:
    """EUR for USD and USD for XLM, but nothing between EUR and XLM."""
    driver = open_market()
    driver.do(MAKER, sell(DOLLAR, "20", "3"), sell(DOLLAR, "20", "4"))
    driver.do(MAKER, sell(EUR, "10", "2", buying=DOLLAR), sell(EUR, "10", "2.5", buying=DOLLAR))
    return driver, Explorer(driver.chain)


def test_a_strict_receive_path_costs_what_it_says(market: tuple[Any, Explorer]) -> None:
    driver, horizon = market
    (path,) = horizon.records(
        "GET /paths/strict-receive",
        "/paths/strict-receive",
        source_assets="native",
        destination_amount="12",
        **params(EUR, "destination_"),
    )
    assert [hop["asset_code"] for hop in path["path"]] == ["USD"]
    before = driver.lumens(PAYER)
    driver.do(
        PAYER,
        PathPaymentStrictReceive(PAYEE.public_key, XLM, path["source_amount"], EUR, "12", [DOLLAR]),
    )
    cost = before - driver.lumens(PAYER) - 100
    assert cost == int(path["source_amount"].replace(".", ""))


def test_a_strict_send_path_brings_what_it_says(market: tuple[Any, Explorer]) -> None:
    driver, horizon = market
    found = horizon.records(
        "GET /paths/strict-send",
        "/paths/strict-send",
        destination_account=PAYEE.public_key,
        source_amount="20",
        **params(XLM, "source_"),
    )
    by_asset = {path.get("destination_asset_code", "XLM"): path for path in found}
    assert set(by_asset) == {"XLM", "USD", "EUROPEAN"}
    assert by_asset["XLM"]["destination_amount"] == "20.0000000"
    path = by_asset["EUROPEAN"]
    before = driver.holding(PAYEE, EUR)
    received = path["destination_amount"]
    driver.do(PAYER, PathPaymentStrictSend(PAYEE.public_key, XLM, "20", EUR, received, [DOLLAR]))
    assert driver.holding(PAYEE, EUR) - before == int(received.replace(".", ""))


def test_paths_end_where_books_and_balances_do(market: tuple[Any, Explorer]) -> None:
    driver, horizon = market
    endpoint, path = "GET /paths/strict-receive", "/paths/strict-receive"
    wanted = params(EUR, "destination_")
    too_much = horizon.records(
        endpoint, path, source_assets="native", destination_amount="1000", **wanted
    )
    assert too_much == []
    poor = horizon.records(
        endpoint, path, source_account=PAYER.public_key, destination_amount="6", **wanted
    )
    codes = {found.get("source_asset_code", "XLM") for found in poor}
    driver.do(PAYER, Payment(MAKER.public_key, DOLLAR, "100"))
    poorer = horizon.records(
        endpoint, path, source_account=PAYER.public_key, destination_amount="6", **wanted
    )
    assert codes - {found.get("source_asset_code", "XLM") for found in poorer} == {"USD"}
    own = horizon.records(
        endpoint, path, source_account=MAKER.public_key, destination_amount="6", **wanted
    )
    assert {found.get("source_asset_code", "XLM") for found in own} == {"EUROPEAN"}


def test_an_account_of_too_many_assets_must_list_some(market: tuple[Any, Explorer]) -> None:
    driver, horizon = market
    collector = person("collector")
    driver.fund(collector)
    lines = [ChangeTrust(Asset(f"A{n}", MAKER.public_key)) for n in range(15)]
    driver.do(collector, *lines)
    status, body = horizon.ask(
        "GET /paths/strict-send",
        "/paths/strict-send",
        destination_account=collector.public_key,
        source_amount="20",
        **params(XLM, "source_"),
    )
    assert (status, body["extras"]["invalid_field"]) == (400, "destination_assets")


def test_sponsored_holdings_name_their_sponsor(horizon: Explorer) -> None:
    """All of them were given up in the end; what they were is in the operations."""
    guest = account(horizon, GUEST)
    assert "sponsor" not in guest
    assert all("sponsor" not in held for held in (*guest["balances"], *guest["signers"]))
    assert guest["num_sponsored"] == 0
    assert account(horizon, SECOND)["num_sponsoring"] == 0
