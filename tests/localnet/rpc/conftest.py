from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.localnet.driver import Driver
from tests.localnet.market import open_market
from tests.localnet.rpc.client import Client, Rpc


@pytest.fixture
def serve() -> Callable[[list[Route]], Client]:
    """Gives a client for a list of routes."""
    return lambda routes: Client(Starlette(routes=routes))


@pytest.fixture
def market() -> Driver:
    """Four people with lumens and assets; ledgers 2 to 6."""
    return open_market()


@pytest.fixture
def rpc(market: Driver) -> Rpc:
    return Rpc(market.chain)
