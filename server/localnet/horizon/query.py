"""The parameters of a Horizon request, read and checked; a bad one names itself in the problem."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from stellar_sdk import StrKey

from server.localnet.horizon import toid
from server.localnet.horizon.problems import Problem, invalid_field
from server.localnet.horizon.values import ONE, account_bytes
from server.localnet.ledger.assets import NATIVE, Asset, arm

DEFAULT_LIMIT = 10
MAX_LIMIT = 200
MAX_INT64 = 2**63 - 1
MAX_PATH_ASSETS = 15
_INTEGER = re.compile(r"\d{1,19}")
_AMOUNT = re.compile(r"(\d{1,12})(?:\.(\d{1,7}))?")
_CODE = re.compile(r"[A-Za-z0-9]{1,12}")
_HEX_32 = re.compile(r"[0-9a-f]{64}")
_BALANCE_ID = re.compile(r"0{8}[0-9a-f]{64}")
_CODE_LENGTHS = {"credit_alphanum4": range(1, 5), "credit_alphanum12": range(5, 13)}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """`cursor` is a paging token, "" for the beginning of the order."""

    cursor: str
    ascending: bool
    limit: int

    @property
    def order(self) -> str:
        return "asc" if self.ascending else "desc"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in history: an id and, for records that share one, the number within it. Without
    a number the place is behind all that share the id, whatever the order."""

    id: int
    number: int = MAX_INT64


class Query:
    """Path and query parameters of one request, a path parameter before a query one. `resumed`
    is the last token that a client of a broken stream has seen; it counts more than a cursor."""

    def __init__(
        self, values: Mapping[str, str], path: Mapping[str, str], resumed: str | None
    ) -> None:
        self.values = values
        self.path = path
        self.resumed = resumed

    @classmethod
    def of(cls, request: Request) -> "Query":
        resumed = request.headers.get("last-event-id")
        return cls(request.query_params, request.path_params, resumed)

    def of_path(self) -> "Query":
        """Only what the path says."""
        return Query({}, self.path, None)

    def text(self, name: str) -> str | None:
        return self.path.get(name) or self.values.get(name) or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise invalid_field(name, "is required")
        return value

    def page(self) -> PageQuery:
        order = self.text("order") or "asc"
        if order not in ("asc", "desc"):
            raise invalid_field("order", "is neither asc nor desc")
        cursor = self.resumed or self.text("cursor") or ""
        return PageQuery(cursor, order == "asc", self.limit(DEFAULT_LIMIT))

    def limit(self, usual: int) -> int:
        value = self.text("limit") or str(usual)
        if not _INTEGER.fullmatch(value) or not 1 <= int(value) <= MAX_LIMIT:
            raise invalid_field("limit", f"is no whole number from 1 to {MAX_LIMIT}")
        return int(value)

    def integer(self, name: str, maximum: int = MAX_INT64) -> int | None:
        value = self.text(name)
        return None if value is None else parse_integer(name, value, maximum)

    def required_integer(self, name: str, maximum: int = MAX_INT64) -> int:
        self.required(name)
        return arm(self.integer(name, maximum))

    def boolean(self, name: str) -> bool:
        value = self.text(name) or "false"
        if value not in ("true", "false"):
            raise invalid_field(name, "is neither true nor false")
        return value == "true"

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid_field(name, f"is not one of {', '.join(allowed)}")
        return value

    def account(self, name: str) -> bytes | None:
        value = self.text(name)
        return None if value is None else parse_account(value, name)

    def required_account(self, name: str) -> bytes:
        return parse_account(self.required(name), name)

    def hash(self, name: str) -> bytes | None:
        value = self.text(name)
        if value is None:
            return None
        if not _HEX_32.fullmatch(value):
            raise invalid_field(name, "is no hash of 64 hexadecimal digits in lower case")
        return bytes.fromhex(value)

    def balance_id(self, name: str) -> bytes | None:
        """Takes the hex of XDR ClaimableBalanceID and the B… address."""
        value = self.text(name)
        if value is None:
            return None
        if _BALANCE_ID.fullmatch(value.lower()):
            return bytes.fromhex(value[8:])
        if StrKey.is_valid_claimable_balance(value):
            return StrKey.decode_claimable_balance(value)[1:]
        raise invalid_field(name, "is no id of a claimable balance")

    def amount(self, name: str) -> int:
        """Stroops of a decimal amount above zero with up to seven decimals."""
        match = _AMOUNT.fullmatch(self.required(name))
        stroops = 0
        if match:
            stroops = int(match[1]) * ONE + int((match[2] or "").ljust(7, "0"))
        if not 0 < stroops <= MAX_INT64:
            raise invalid_field(name, "is no amount above zero with at most seven decimals")
        return stroops

    def asset(self, prefix: str) -> Asset | None:
        """The asset of `{prefix}asset_type`, `_code` and `_issuer`; None when no type is given."""
        kind = self.choice(f"{prefix}asset_type", ("native", *_CODE_LENGTHS))
        if kind not in _CODE_LENGTHS:
            return self._unissued_asset(prefix, kind)
        code = self.required(f"{prefix}asset_code")
        if not _CODE.fullmatch(code) or len(code) not in _CODE_LENGTHS[kind]:
            raise invalid_field(f"{prefix}asset_code", f"is no code of the type {kind}")
        return Asset(code.encode(), self.required_account(f"{prefix}asset_issuer"))

    def _unissued_asset(self, prefix: str, kind: str | None) -> Asset | None:
        for name in (f"{prefix}asset_code", f"{prefix}asset_issuer"):
            if self.text(name) is not None and kind is None:
                raise invalid_field(f"{prefix}asset_type", f"is required with {name}")
            if self.text(name) is not None:
                raise invalid_field(name, "native has neither code nor issuer")
        return None if kind is None else NATIVE

    def required_asset(self, prefix: str) -> Asset:
        asset = self.asset(prefix)
        if asset is None:
            raise invalid_field(f"{prefix}asset_type", "is required")
        return asset

    def canonical_asset(self, name: str) -> Asset | None:
        """The asset written as "native" or "CODE:ISSUER"."""
        value = self.text(name)
        return None if value is None else parse_asset(value, name)

    def asset_list(self, name: str) -> list[Asset] | None:
        value = self.text(name)
        if value is None:
            return None
        parts = value.split(",")
        if len(parts) > MAX_PATH_ASSETS:
            raise invalid_field(name, f"lists more than {MAX_PATH_ASSETS} assets")
        return [parse_asset(part, name) for part in parts]


def parse_integer(name: str, value: str, maximum: int = MAX_INT64) -> int:
    if not _INTEGER.fullmatch(value) or int(value) > maximum:
        raise invalid_field(name, f"is no whole number from 0 to {maximum}")
    return int(value)


def parse_account(value: str, name: str) -> bytes:
    try:
        return account_bytes(value)
    except ValueError as error:
        reason = "is no account address (56 characters that start with G)"
        raise invalid_field(name, reason) from error


def parse_asset(value: str, name: str) -> Asset:
    if value == "native":
        return NATIVE
    code, _, issuer = value.partition(":")
    if not _CODE.fullmatch(code):
        raise invalid_field(name, "is no asset written as native or CODE:ISSUER")
    return Asset(code.encode(), parse_account(issuer, name))


def parse_position(cursor: str, *, numbered: bool) -> Position:
    """Reads "id" or, where records are numbered within an id, "id-number"; raises the problem for
    anything else."""
    identity, dash, number = cursor.partition("-")
    parts = (identity, number) if dash and numbered else (cursor,)
    if not all(_INTEGER.fullmatch(part) and int(part) <= MAX_INT64 for part in parts):
        raise invalid_field("cursor", "is neither a paging token of this resource nor now")
    return Position(*map(int, parts))


def history_position(page: PageQuery, oldest: int, *, numbered: bool = False) -> Position | None:
    """Where a page over history begins; None at the beginning of its order.

    A cursor before the oldest ledger is moved up to it when ascending; descending from there is
    refused as Horizon does, because nothing that is kept could follow.
    """
    if not page.cursor:
        return None
    position = parse_position(page.cursor, numbered=numbered)
    if not page.ascending and position.id < toid.of(oldest):
        raise Problem("before_history")
    return position
