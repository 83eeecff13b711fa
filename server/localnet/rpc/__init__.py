"""The network's JSON-RPC (openrpc 27.1.1) over the chain."""

from starlette.routing import Route

from server.localnet.ledger.chain import Chain
from server.localnet.rpc.endpoint import Endpoint
from server.localnet.rpc.methods import methods

__all__ = ["routes"]


def routes(chain: Chain, *, friendbot_url: str | None = None) -> list[Route]:
    """`/rpc` and its older name; `friendbot_url` is told by getNetwork when there is one."""
    endpoint = Endpoint(methods(chain, friendbot_url))
    return [Route("/rpc", endpoint), Route("/soroban/rpc", endpoint)]
