"""The parameters of the methods: their shapes and ranges."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw

from server.localnet.rpc.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, RpcError

Uint32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
_Count = Annotated[int, Meta(ge=0)]
P = TypeVar("P", bound="Params")


class Params(msgspec.Struct, rename="camel"):
    """Unknown names are ignored and null is as good as nothing, as with the public servers."""


class Formatted(Params):
    """Those of a method that can tell XDR as JSON (SEP-0051) too."""

    xdr_format: str | None = None

    @property
    def wants_json(self) -> bool:
        """Raises RpcError for another format."""
        if self.xdr_format not in (None, "", "base64", "json"):
            problem = f"expected xdrFormat to be 'base64' or 'json', got '{self.xdr_format}'"
            raise RpcError(INVALID_PARAMS, problem)
        return self.xdr_format == "json"


class _Pagination(Params):
    cursor: str | None = None
    limit: _Count | None = None


class Page(Formatted):
    """Starts at a ledger or after a cursor; no limit, or 0, means the default."""

    start_ledger: Uint32 | None = None
    pagination: _Pagination | None = None

    @property
    def cursor(self) -> str:
        """Empty when there is none."""
        return "" if self.pagination is None else self.pagination.cursor or ""

    def limit(self, default: int, maximum: int) -> int:
        """Raises RpcError above the maximum."""
        asked = 0 if self.pagination is None else self.pagination.limit or 0
        if asked > maximum:
            raise RpcError(INVALID_REQUEST, f"limit must not exceed {maximum}")
        return asked or default

    def check_start(self, oldest: int, latest: int) -> None:
        """A cursor and a start exclude each other; the start must be a ledger that is kept."""
        if self.cursor:
            if self.start_ledger:
                raise RpcError(INVALID_REQUEST, "startLedger and cursor cannot both be set")
        elif not oldest <= (self.start_ledger or 0) <= latest:
            raise RpcError(
                INVALID_REQUEST,
                f"start ledger must be between the oldest ledger: {oldest} and the latest "
                f"ledger: {latest} for this rpc instance",
            )


def parse_params(params: Raw, kind: type[P]) -> P:
    """Raises RpcError naming the field that is wrong."""
    try:
        return msgspec.json.decode(params, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RpcError(INVALID_PARAMS, "invalid parameters", str(error)) from error


def parse_decimal(text: str, maximum: int) -> int:
    """Raises ValueError unless `text` is plain ASCII digits, at most `maximum`."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(maximum)):
        raise ValueError("not a decimal number")
    value = int(text)
    if value > maximum:
        raise ValueError("out of range")
    return value
