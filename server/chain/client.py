"""HTTP to the network: one aiohttp session, exact timeouts, and what a failure means.

Either no byte left this machine (`Unsent`), or the outcome is unknown (`Unanswered`): a timeout, a
reset, a cut body and every 5xx look alike. Nothing is retried in here.
"""

from functools import cache
from typing import TypeVar

import aiohttp
import msgspec
from msgspec import Struct

CONNECT_SECONDS = 2.0
_JSON = {"Content-Type": "application/json"}
_BUSY = frozenset({429, 503})

Result = TypeVar("Result")


class Unsent(Exception):
    """No connection: nothing was asked."""


class Unanswered(Exception):
    """The question may have arrived; whether it did is not known."""

    def __init__(self, why: str, retry_after_ms: int = 0) -> None:
        super().__init__(why)
        self.retry_after_ms = retry_after_ms


class RpcRefused(Exception):
    """An error object of JSON-RPC: the node has read the question and says no."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


class Reply(Struct, frozen=True):
    status: int
    body: bytes


class _RpcError(Struct):
    code: int
    message: str = ""


class _RpcReply(Struct):
    result: msgspec.Raw = msgspec.Raw()
    error: _RpcError | None = None


class Client:
    """`seconds` bound a whole exchange, connecting included."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, url: str, seconds: float, **parameters: str) -> Reply:
        """Any status below 500 but 429. Raises `Unsent`, `Unanswered`."""
        return await self._exchange("GET", url, seconds, parameters=parameters)

    async def rpc(
        self, url: str, method: str, parameters: object, wanted: type[Result], *, seconds: float
    ) -> Result:
        """Raises `Unsent`, `Unanswered`, `RpcRefused`. Numbers may come as strings."""
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        reply = await self._exchange("POST", url, seconds, body=msgspec.json.encode(question))
        try:
            answer = msgspec.json.decode(reply.body, type=_RpcReply)
            if answer.error is not None:
                raise RpcRefused(answer.error.code, answer.error.message)
            return msgspec.json.decode(answer.result, type=wanted, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Unanswered(f"{method}: unreadable, status {reply.status}") from None

    async def _exchange(
        self,
        verb: str,
        url: str,
        seconds: float,
        *,
        body: bytes | None = None,
        parameters: dict[str, str] | None = None,
    ) -> Reply:
        headers = _JSON if body else None
        try:
            async with self._session.request(
                verb, url, data=body, params=parameters, headers=headers, timeout=_within(seconds)
            ) as response:
                _refuse_if_busy(response)
                return Reply(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unsent(str(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(f"{type(error).__name__} {error}") from None


@cache
def _within(seconds: float) -> aiohttp.ClientTimeout:
    """One object for each of the few bounds there are; its checks cost more than a look-up."""
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)


def _refuse_if_busy(response: aiohttp.ClientResponse) -> None:
    if response.status >= 500 or response.status in _BUSY:
        wait = response.headers.get("Retry-After", "")
        wait_ms = min(int(wait), 3600) * 1000 if wait.isascii() and wait.isdigit() else 0
        raise Unanswered(f"status {response.status}", wait_ms)
