"""Assets as small hashable values."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeVar

from stellar_sdk import StrKey, xdr

T = TypeVar("T")

_CODE = re.compile(rb"[A-Za-z0-9]{1,12}\Z")
_ED25519 = b"\x00\x00\x00\x00"


class Asset(NamedTuple):
    """A classic asset; both fields are empty for lumens. `issuer` is the raw 32-byte key."""

    code: bytes
    issuer: bytes

    @property
    def is_native(self) -> bool:
        return not self.code

    def pack(self) -> bytes:
        """The bytes of the XDR type Asset (and of TrustLineAsset, which agrees with it here)."""
        if not self.code:
            return b"\x00\x00\x00\x00"
        if len(self.code) <= 4:
            return b"\x00\x00\x00\x01" + self.code.ljust(4, b"\x00") + _ED25519 + self.issuer
        return b"\x00\x00\x00\x02" + self.code.ljust(12, b"\x00") + _ED25519 + self.issuer

    def __str__(self) -> str:
        """The canonical form: "native", or "CODE:G…"."""
        if not self.code:
            return "native"
        return f"{self.code.decode()}:{StrKey.encode_ed25519_public_key(self.issuer)}"


NATIVE = Asset(b"", b"")


class InvalidAssetError(ValueError):
    """An asset that the network refuses: a bad code, or a kind that it does not hold."""


def asset_from_xdr(source: xdr.Asset | xdr.TrustLineAsset | xdr.ChangeTrustAsset) -> Asset:
    """Raises InvalidAssetError for a malformed code and for a liquidity pool share."""
    if source.type == xdr.AssetType.ASSET_TYPE_NATIVE:
        return NATIVE
    if source.alpha_num4 is not None:
        issuer = account_id_bytes(source.alpha_num4.issuer)
        return credit_asset(source.alpha_num4.asset_code.asset_code4, issuer, range(1, 5))
    if source.alpha_num12 is not None:
        issuer = account_id_bytes(source.alpha_num12.issuer)
        return credit_asset(source.alpha_num12.asset_code.asset_code12, issuer, range(5, 13))
    raise InvalidAssetError("a pool share is not an asset")


def credit_asset(padded_code: bytes, issuer: bytes, lengths: range) -> Asset:
    """The code must be alphanumeric, zero-padded at its end only, of a length that its type
    (alphanum4 or alphanum12) is meant for."""
    code = padded_code.rstrip(b"\x00")
    if len(code) not in lengths or not _CODE.match(code):
        raise InvalidAssetError("malformed asset code")
    return Asset(code, issuer)


def account_id_bytes(account: xdr.AccountID) -> bytes:
    """The raw 32-byte public key."""
    return arm(account.account_id.ed25519).uint256


def arm(value: T | None) -> T:
    """The arm of an XDR union that its discriminant promises; ValueError if it is not there."""
    if value is None:
        raise ValueError("the union lacks its arm")
    return value
