"""Amounts of money: integer stroops of an asset; exact to parse and to print, never a float.

One unit is 10,000,000 stroops (7 decimals), the largest amount is int64's, as on Stellar
(developers.stellar.org, "Assets": amounts are 64-bit signed integers scaled by 10^7).
"""

import re
from typing import Self

from msgspec import Struct

from core.errors import Refused, hold

STROOPS = 10_000_000
MAX_STROOPS = 2**63 - 1
NATIVE = "XLM"

_PLAIN = re.compile(r"(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9]{1,12}", re.ASCII)
_ISSUER = re.compile(r"G[A-Z2-7]{55}", re.ASCII)


def parse_stroops(text: str, field: str = "amount") -> int:
    """The stroops of a decimal string.

    Raises `Refused`: `amount.malformed` (signs, exponents, blanks, NaN, separators),
    `amount.too_many_decimals`, `amount.not_positive` (zero), `amount.too_large` (over int64).
    """
    match = _PLAIN.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        raise Refused("amount.malformed", field=field)
    part = match["part"] or ""
    if len(part) > 7:
        raise Refused("amount.too_many_decimals", field=field)
    stroops = int(match["whole"]) * STROOPS + int(part.ljust(7, "0"))
    if stroops == 0:
        raise Refused("amount.not_positive", field=field)
    if stroops > MAX_STROOPS:
        raise Refused("amount.too_large", field=field)
    return stroops


def format_stroops(stroops: int) -> str:
    """The shortest decimal string: 255000000 is "25.5". Negative amounts keep their sign."""
    sign = "-" if stroops < 0 else ""
    whole, part = divmod(abs(stroops), STROOPS)
    return f"{sign}{whole}.{part:07d}".rstrip("0").rstrip(".")


class Asset(Struct, frozen=True, order=True):
    """A currency of the network: the native one has no issuer."""

    code: str
    issuer: str = ""

    @property
    def name(self) -> str:
        """The wire form: "XLM", or "CODE:ISSUER"."""
        return f"{self.code}:{self.issuer}" if self.issuer else self.code

    @property
    def native(self) -> bool:
        return not self.issuer

    @classmethod
    def parse(cls, text: str, usdc_issuer: str | None = None) -> Self:
        """Read "XLM", "USDC" (the configured issuer's) or "CODE:ISSUER"; else `asset.unknown`."""
        if text == NATIVE:
            return cls(NATIVE)
        if text == "USDC" and usdc_issuer:
            return cls("USDC", usdc_issuer)
        code, colon, issuer = text.partition(":")
        if not colon or not _CODE.fullmatch(code) or not _ISSUER.fullmatch(issuer):
            raise Refused("asset.unknown", field="asset")
        return cls(code, issuer)


class Amount(Struct, frozen=True):
    """So many stroops of one asset. Adding two assets is our own fault, not a user's."""

    stroops: int
    asset: Asset

    def __add__(self, other: Self) -> Self:
        hold(self.asset == other.asset, "amounts of one asset")
        return self._of(self.stroops + other.stroops)

    def __sub__(self, other: Self) -> Self:
        hold(self.asset == other.asset, "amounts of one asset")
        return self._of(self.stroops - other.stroops)

    def _of(self, stroops: int) -> Self:
        hold(abs(stroops) <= MAX_STROOPS, "an amount fits into int64")
        return type(self)(stroops, self.asset)

    def __str__(self) -> str:
        return f"{format_stroops(self.stroops)} {self.asset.code}"
