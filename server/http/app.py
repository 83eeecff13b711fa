"""The ASGI application: the route table behind the frame."""

from collections.abc import Callable, Sequence
from itertools import groupby

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import Absent
from server.http.metrics import HttpMetrics
from server.http.middleware import Frame
from server.http.operations import Operation
from server.http.resources import Resource, SignIn


def create_app(
    operations: Sequence[Operation],
    sign_in: SignIn,
    metrics: HttpMetrics,
    new_id: Callable[[], str],
) -> ASGIApp:
    """`operations` of one address, and of one of its methods, stand together."""
    routes = [
        Route(path, Resource(list(group), sign_in, metrics))
        for path, group in groupby(operations, lambda operation: operation.path)
    ]
    return Frame(Router(routes, redirect_slashes=False, default=_nothing_here), new_id, metrics)


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Absent("request.not_found")
