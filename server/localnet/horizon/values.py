"""How Horizon writes amounts, prices, times, addresses, assets and predicates."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from stellar_sdk import StrKey, xdr

from server.localnet.ledger.assets import Asset, arm

ONE = 10_000_000
Json = dict[str, object]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, where datetime ends


def amount(stroops: int) -> str:
    whole, rest = divmod(stroops, ONE)
    return f"{whole}.{rest:07d}"


def price(n: int, d: int) -> str:
    """n/d with seven decimals, a half rounded up; "0.0000000" when d is 0."""
    return amount((2 * n * ONE + d) // (2 * d)) if d else amount(0)


def price_fraction(n: int, d: int) -> Json:
    return {"n": n, "d": d}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@lru_cache(maxsize=4096)
def timestamp(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1 << 16)
def address(account: bytes) -> str:
    return StrKey.encode_ed25519_public_key(account)


@lru_cache(maxsize=1 << 16)
def account_bytes(text: str) -> bytes:
    """Raises ValueError for what is no account address."""
    return StrKey.decode_ed25519_public_key(text)


def muxed_address(account: bytes, number: int) -> str:
    return StrKey.encode_med25519_public_key(account + number.to_bytes(8, "big"))


def put_account(record: Json, name: str, account: xdr.MuxedAccount) -> None:
    """`name`, and for a muxed account `name_muxed` and `name_muxed_id` too."""
    raw, number = split_muxed(account)
    record[name] = address(raw)
    if number is not None:
        record[f"{name}_muxed"] = muxed_address(raw, number)
        record[f"{name}_muxed_id"] = str(number)


def split_muxed(account: xdr.MuxedAccount) -> tuple[bytes, int | None]:
    if account.med25519 is not None:
        return account.med25519.ed25519.uint256, account.med25519.id.uint64
    return arm(account.ed25519).uint256, None


def asset_type(asset: Asset) -> str:
    if not asset.code:
        return "native"
    return "credit_alphanum4" if len(asset.code) <= 4 else "credit_alphanum12"


def asset_fields(asset: Asset, prefix: str = "") -> Json:
    """`asset_type`, and code and issuer unless native, each name behind `prefix`."""
    fields: Json = {f"{prefix}asset_type": asset_type(asset)}
    if asset.code:
        fields[f"{prefix}asset_code"] = asset.code.decode()
        fields[f"{prefix}asset_issuer"] = address(asset.issuer)
    return fields


def balance_id(raw: bytes) -> str:
    """The hex of XDR ClaimableBalanceID."""
    return "00000000" + raw.hex()


_SIGNER_TYPES: Mapping[int, str] = {
    0: "ed25519_public_key",
    1: "preauth_tx",
    2: "sha256_hash",
    3: "ed25519_signed_payload",
}


def signer_type(packed: bytes) -> str:
    """Takes the bytes of XDR SignerKey, as `signer_key` does."""
    return _SIGNER_TYPES[packed[3]]


@lru_cache(maxsize=4096)
def signer_key(packed: bytes) -> str:
    match packed[3]:
        case 0:
            return StrKey.encode_ed25519_public_key(packed[4:36])
        case 1:
            return StrKey.encode_pre_auth_tx(packed[4:36])
        case 2:
            return StrKey.encode_sha256_hash(packed[4:36])
        case _:
            return StrKey.encode_ed25519_signed_payload(packed[4:])


def predicate(packed: bytes) -> Json:
    return predicate_json(xdr.ClaimPredicate.from_xdr_bytes(packed))


def predicate_json(source: xdr.ClaimPredicate) -> Json:
    if source.and_predicates is not None:
        return {"and": [predicate_json(part) for part in source.and_predicates]}
    if source.or_predicates is not None:
        return {"or": [predicate_json(part) for part in source.or_predicates]}
    if source.not_predicate is not None:
        return {"not": predicate_json(source.not_predicate)}
    if source.abs_before is not None:
        moment = source.abs_before.int64
        return {"abs_before": far_timestamp(moment), "abs_before_epoch": str(moment)}
    if source.rel_before is not None:
        return {"rel_before": str(source.rel_before.int64)}
    return {"unconditional": True}


def far_timestamp(seconds: int) -> str:
    """RFC 3339 for any int64; years past 9999 carry a plus sign, as Horizon writes them."""
    if 0 <= seconds <= _LAST_SECOND:
        return timestamp(seconds)
    days, of_day = divmod(seconds, 86_400)
    year, month, day = _civil(days)
    hour, rest = divmod(of_day, 3600)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    time = f"{hour:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}T{time}Z"


def _civil(days: int) -> tuple[int, int, int]:
    """Days since 1970-01-01 as a date of the proleptic Gregorian calendar.

    The calendar repeats every 146,097 days (400 years), so datetime can do one period.
    """
    periods, rest = divmod(days, 146_097)
    day = _EPOCH + timedelta(days=rest)
    return day.year + 400 * periods, day.month, day.day
