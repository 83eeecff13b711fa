"""The parameters of the methods: their shapes and ranges."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw

from server.localnet.rpc.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, RpcError

Uint32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Count = Annotated[int, Meta(ge=0)]
P = TypeVar("P", bound="Params")


class Params(msgspec.Struct, rename="camel"):
    """Unknown names are ignored, as the public servers do."""


class Formatted(Params):
    """Those of a method that can tell XDR as JSON (SEP-0051) too."""

    xdr_format: str = "base64"

    @property
    def wants_json(self) -> bool:
        """Raises RpcError for another format."""
        if self.xdr_format not in ("", "base64", "json"):
            problem = f"expected xdrFormat to be 'base64' or 'json', got '{self.xdr_format}'"
            raise RpcError(INVALID_PARAMS, problem)
        return self.xdr_format == "json"


class Pagination(Params):
    cursor: str = ""
    limit: Count = 0


class Page(Formatted):
    """Starts at a ledger or after a cursor; `limit` 0 means the default."""

    start_ledger: Uint32 = 0
    pagination: Pagination = msgspec.field(default_factory=Pagination)

    def limit(self, default: int, maximum: int) -> int:
        """Raises RpcError above the maximum."""
        if self.pagination.limit > maximum:
            raise RpcError(INVALID_REQUEST, f"limit must not exceed {maximum}")
        return self.pagination.limit or default

    def check_start(self, oldest: int, latest: int) -> None:
        """A cursor and a start exclude each other; the start must be a ledger that is kept."""
        if self.pagination.cursor:
            if self.start_ledger:
                raise RpcError(INVALID_REQUEST, "startLedger and cursor cannot both be set")
        elif not oldest <= self.start_ledger <= latest:
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
