"""The table of Horizon's resources."""

from starlette.routing import Route
from starlette.types import ASGIApp

from server.localnet.bell import LedgerBell
from server.localnet.horizon import (
    accounts,
    assets,
    claimable_balances,
    fee_stats,
    histories,
    ledgers,
    liquidity_pools,
    offers,
    order_book,
    paths,
    root,
    trade_aggregations,
)
from server.localnet.horizon.endpoints import (
    Call,
    Horizon,
    ObjectEndpoint,
    ObjectHandler,
    PageEndpoint,
    PageHandler,
    RawEndpoint,
)
from server.localnet.horizon.history import History
from server.localnet.horizon.problems import not_found
from server.localnet.horizon.submission import SubmitAsyncEndpoint, SubmitEndpoint
from server.localnet.horizon.values import Json
from server.localnet.ledger.chain import Chain

_HISTORIES: tuple[tuple[str, PageHandler], ...] = (
    ("transactions", histories.transactions),
    ("operations", histories.operations),
    ("payments", histories.payments),
    ("effects", histories.effects),
    ("trades", histories.trades),
)


def routes(chain: Chain, bell: LedgerBell) -> list[Route]:
    horizon = Horizon(chain, History(chain), bell)
    return [
        Route("/transactions", SubmitEndpoint(horizon), methods=["POST"]),
        Route("/transactions_async", SubmitAsyncEndpoint(horizon), methods=["POST"]),
        *_objects(horizon),
        *_scoped_histories(horizon),
        *_pages(horizon),
        Route("/{anything:path}", ObjectEndpoint(horizon, _nothing)),
    ]


async def _nothing(call: Call) -> Json:
    raise not_found()


def _get(path: str, endpoint: ASGIApp) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _objects(horizon: Horizon) -> list[Route]:
    def of_history(path: str, handler: ObjectHandler) -> Route:
        return _get(path, ObjectEndpoint(horizon, handler))

    def of_state(path: str, handler: ObjectHandler, *, streams: bool = False) -> Route:
        return _get(path, ObjectEndpoint(horizon, handler, of_state=True, streams=streams))

    data = RawEndpoint(horizon, accounts.account_data, of_state=True, streams=True)
    return [
        # what clients ask for most comes first, as routes are tried in turn
        of_state("/accounts/{account_id}", accounts.account, streams=True),
        of_history("/transactions/{transaction_hash}", histories.transaction),
        of_history("/", root.root),
        of_history("/health", root.health),
        of_history("/fee_stats", fee_stats.fee_stats),
        of_history("/ledgers/{sequence}", ledgers.ledger),
        of_history("/operations/{id}", histories.operation),
        of_history("/trade_aggregations", trade_aggregations.trade_aggregations),
        of_state("/offers/{offer_id}", offers.offer),
        of_state(
            "/claimable_balances/{claimable_balance_id}", claimable_balances.claimable_balance
        ),
        of_state("/liquidity_pools/{liquidity_pool_id}", liquidity_pools.liquidity_pool),
        of_state("/order_book", order_book.order_book, streams=True),
        of_state("/paths", paths.strict_receive),
        of_state("/paths/strict-receive", paths.strict_receive),
        of_state("/paths/strict-send", paths.strict_send),
        _get("/accounts/{account_id}/data/{key:path}", data),
    ]


def _scoped_histories(horizon: Horizon) -> list[Route]:
    """Each list of history under each thing that Horizon scopes it by."""
    endpoints = {name: PageEndpoint(horizon, h, streams=True) for name, h in _HISTORIES}
    scopes = {
        "": ("transactions", "operations", "payments", "effects", "trades"),
        "/accounts/{account_id}": ("transactions", "operations", "payments", "effects", "trades"),
        "/ledgers/{sequence}": ("transactions", "operations", "payments", "effects"),
        "/transactions/{transaction_hash}": ("operations", "payments", "effects"),
        "/operations/{id}": ("effects",),
        "/claimable_balances/{claimable_balance_id}": ("transactions", "operations"),
        "/liquidity_pools/{liquidity_pool_id}": (
            "transactions",
            "operations",
            "effects",
            "trades",
        ),
        "/offers/{offer_id}": ("trades",),
    }
    return [
        _get(f"{scope}/{name}", endpoints[name])
        for scope, names in scopes.items()
        for name in names
    ]


def _pages(horizon: Horizon) -> list[Route]:
    def of_state(path: str, handler: PageHandler, *, streams: bool = False) -> Route:
        return _get(path, PageEndpoint(horizon, handler, of_state=True, streams=streams))

    return [
        _get("/ledgers", PageEndpoint(horizon, ledgers.ledgers, streams=True)),
        of_state("/accounts", accounts.accounts),
        of_state("/accounts/{account_id}/offers", offers.account_offers, streams=True),
        of_state("/offers", offers.offers),
        of_state("/assets", assets.assets),
        of_state("/claimable_balances", claimable_balances.claimable_balances),
        of_state("/liquidity_pools", liquidity_pools.liquidity_pools),
    ]
