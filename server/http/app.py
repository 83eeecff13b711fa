"""The ASGI application: the route table behind the frame."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
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
    resources = {
        path: Resource(list(group), sign_in, metrics)
        for path, group in groupby(operations, lambda operation: operation.path)
    }
    return Frame(_Addresses(resources), new_id, metrics)


class _Addresses:
    """Finds the resource of a path. Fixed paths, which nearly all calls have, are looked up as
    they are; only those with parameters are matched, one after another. No path is both."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._fixed = {path: one for path, one in resources.items() if "{" not in path}
        self._matched = Router(
            [Route(path, one) for path, one in resources.items() if "{" in path],
            redirect_slashes=False,
            default=_nothing_here,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        resource = self._fixed.get(scope["path"])
        if resource is None:
            return self._matched(scope, receive, send)
        scope["path_params"] = {}
        return resource(scope, receive, send)


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Absent("request.not_found")
