"""What the network is, and where its resources are."""

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.values import Json, timestamp

HORIZON_VERSION = "28.0.0-lumenpay"
CORE_VERSION = "lumenpay localnet"
_PAGE = "{?cursor,limit,order}"
_TEMPLATES = {
    "account": "/accounts/{account_id}",
    "accounts": "/accounts{?signer,sponsor,asset,liquidity_pool,cursor,limit,order}",
    "account_transactions": f"/accounts/{{account_id}}/transactions{_PAGE}",
    "claimable_balances": "/claimable_balances{?asset,sponsor,claimant,cursor,limit,order}",
    "assets": "/assets{?asset_code,asset_issuer,cursor,limit,order}",
    "effects": f"/effects{_PAGE}",
    "fee_stats": "/fee_stats",
    "friendbot": "/friendbot{?addr}",
    "ledger": "/ledgers/{sequence}",
    "ledgers": f"/ledgers{_PAGE}",
    "liquidity_pools": "/liquidity_pools{?reserves,account,cursor,limit,order}",
    "offer": "/offers/{offer_id}",
    "offers": "/offers{?selling,buying,seller,sponsor,cursor,limit,order}",
    "operation": "/operations/{id}",
    "operations": f"/operations{_PAGE[:-1]},include_failed}}",
    "order_book": "/order_book{?selling_asset_type,selling_asset_code,selling_asset_issuer,"
    "buying_asset_type,buying_asset_code,buying_asset_issuer,limit}",
    "payments": f"/payments{_PAGE[:-1]},include_failed}}",
    "strict_receive_paths": "/paths/strict-receive{?source_assets,source_account,"
    "destination_account,destination_asset_type,destination_asset_issuer,"
    "destination_asset_code,destination_amount}",
    "strict_send_paths": "/paths/strict-send{?destination_account,destination_assets,"
    "source_asset_type,source_asset_issuer,source_asset_code,source_amount}",
    "trade_aggregations": "/trade_aggregations{?base_asset_type,base_asset_code,"
    "base_asset_issuer,counter_asset_type,counter_asset_code,counter_asset_issuer,"
    "start_time,end_time,resolution,offset,order,limit}",
    "trades": "/trades{?base_asset_type,base_asset_code,base_asset_issuer,"
    "counter_asset_type,counter_asset_code,counter_asset_issuer,offer_id,trade_type,"
    "cursor,limit,order}",
    "transaction": "/transactions/{hash}",
    "transactions": f"/transactions{_PAGE}",
}


async def root(call: Call) -> Json:
    chain = call.horizon.chain
    head = chain.head
    links: Json = {"self": {"href": f"{call.base}/"}}
    for name, path in _TEMPLATES.items():
        link: Json = {"href": call.base + path}
        links[name] = link | {"templated": True} if "{" in path else link
    return {
        "_links": links,
        "horizon_version": HORIZON_VERSION,
        "core_version": CORE_VERSION,
        "ingest_latest_ledger": head.sequence,
        "history_latest_ledger": head.sequence,
        "history_latest_ledger_closed_at": timestamp(head.close_time),
        "history_elder_ledger": chain.oldest.sequence,
        "core_latest_ledger": head.sequence,
        "network_passphrase": chain.passphrase,
        "current_protocol_version": head.header.protocol,
        "supported_protocol_version": head.header.protocol,
        "core_supported_protocol_version": head.header.protocol,
    }


async def health(call: Call) -> Json:
    return {"database_connected": True, "core_up": True, "core_synced": True}
