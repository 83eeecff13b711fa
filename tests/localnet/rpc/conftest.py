from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.localnet.rpc.client import Client


@pytest.fixture
def serve() -> Callable[[list[Route]], Client]:
    """Gives a client for a list of routes."""
    return lambda routes: Client(Starlette(routes=routes))
