"""Handles, account addresses, payment links and QR payloads (SEP-7).

A recipient is read in the order of `read_recipient`; address checks follow the strkey format
(SEP-23): base 32, a version byte, the payload, a CRC16-XModem.
"""

import base64
import binascii
import re
import unicodedata
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit

from msgspec import Struct

from core.errors import Malformed, Refused
from core.ids import is_link_id

_HANDLE = re.compile(r"[a-z][a-z0-9_]{2,29}", re.ASCII)
_FEDERATION = re.compile(r"[^\s*,<>]{1,64}\*[a-z0-9][a-z0-9.:-]{0,253}", re.IGNORECASE)
_ACCOUNT_VERSION = 6 << 3
_MUXED_VERSION = 12 << 3

RESERVED = frozenset(
    """about abuse account admin administrator api app bank billing contact demo faq federation
    friendbot help info kiosk kyc legal loan loans lumenpay lumens mail me money news null official
    operator owner pay payment payments postmaster practice privacy root sales security server
    service staff stellar status support system team terms treasury undefined usdc user users
    verify wallet webmaster www xlm you""".split()
)


class Account(Struct, frozen=True):
    """A G-address, or the G-address and id inside an M-address."""

    address: str
    muxed_id: int | None = None


class Link(Struct, frozen=True):
    """A payment request of this or another LumenPay server."""

    request_id: str


class Federated(Struct, frozen=True):
    name: str
    domain: str


class Handle(Struct, frozen=True):
    handle: str


class PayLink(Struct, frozen=True):
    """The `web+stellar:pay` operation of SEP-7; `amount` stays the text that was given."""

    destination: Account
    amount: str | None = None
    asset: str = "XLM"
    memo: str | None = None
    memo_type: Literal["text", "id", "hash", "return"] | None = None
    message: str | None = None


Recipient = Account | Link | Federated | Handle | PayLink


def read_recipient(text: str) -> Recipient:
    """Read what somebody typed or pasted: payment link, `web+stellar:` URI, G- or M-address,
    `name*domain`, handle with or without `@`. Raises `Malformed` `recipient.malformed`."""
    text = text.strip()
    for read in (_read_link, _read_sep7, _read_account, _read_federated, _read_handle):
        if (recipient := read(text)) is not None:
            return recipient
    raise malformed()


def malformed() -> Malformed:
    return Malformed("recipient.malformed", field="recipientAddress")


def _read_link(text: str) -> Link | None:
    if not re.match(r"https?://", text, re.IGNORECASE):
        return None
    folder, _, request_id = urlsplit(text).path.rpartition("/")
    request_id = request_id.upper()
    if not folder.upper().endswith("/P") or not is_link_id(request_id):
        raise malformed()
    return Link(request_id)


def _read_sep7(text: str) -> PayLink | None:
    if not text.lower().startswith("web+stellar:"):
        return None
    operation, _, query = text[len("web+stellar:") :].partition("?")
    fields = dict(parse_qsl(query))
    account = _read_account(fields.get("destination", ""))
    if operation.lower() != "pay" or account is None:
        raise malformed()
    code, issuer = fields.get("asset_code"), fields.get("asset_issuer")
    memo_type = fields.get("memo_type", "MEMO_TEXT")
    if memo_type not in _MEMO_TYPES or ((code or "XLM") != "XLM" and not issuer):
        raise malformed()
    memo = fields.get("memo")
    return PayLink(
        destination=account,
        amount=fields.get("amount"),
        asset=f"{code}:{issuer}" if issuer else "XLM",
        memo=_memo_from_sep7(memo, memo_type) if memo is not None else None,
        memo_type=_MEMO_TYPES[memo_type] if memo is not None else None,
        message=fields.get("msg"),
    )


_MEMO_TYPES: dict[str, Literal["text", "id", "hash", "return"]] = {
    "MEMO_TEXT": "text",
    "MEMO_ID": "id",
    "MEMO_HASH": "hash",
    "MEMO_RETURN": "return",
}


def _memo_from_sep7(memo: str, memo_type: str) -> str:
    """SEP-7 writes hash memos in base 64, the wire in hexadecimal."""
    if memo_type in {"MEMO_TEXT", "MEMO_ID"}:
        return memo
    try:
        return base64.b64decode(memo, validate=True).hex()
    except ValueError:
        raise malformed() from None


def _read_account(text: str) -> Account | None:
    if not re.fullmatch(r"[GM][A-Z2-7]{55,68}", text, re.ASCII):
        return None
    version, payload = decode_strkey(text)
    if version == _ACCOUNT_VERSION and len(payload) == 32:
        return Account(text)
    if version == _MUXED_VERSION and len(payload) == 40:
        return Account(encode_strkey(_ACCOUNT_VERSION, payload[:32]), int.from_bytes(payload[32:]))
    raise malformed()


def _read_federated(text: str) -> Federated | None:
    if "*" not in text:
        return None
    if not _FEDERATION.fullmatch(text):
        raise malformed()
    name, _, domain = text.rpartition("*")
    return Federated(name.lower(), domain.lower())


def _read_handle(text: str) -> Handle | None:
    folded = text.removeprefix("@").lower()
    return Handle(folded) if _HANDLE.fullmatch(folded) else None


def is_account(address: str) -> bool:
    """Whether this is a well-formed G-address."""
    try:
        account = _read_account(address)
    except Malformed:
        return False
    return account is not None and account.address == address


def account_address(key: bytes) -> str:
    """The G-address of an account's 32-byte key."""
    return encode_strkey(_ACCOUNT_VERSION, key)


def encode_strkey(version: int, payload: bytes) -> str:
    body = bytes([version]) + payload
    return base64.b32encode(body + _crc16(body)).decode().rstrip("=")


def decode_strkey(text: str) -> tuple[int, bytes]:
    """Version byte and payload; raises `recipient.malformed` when the checksum does not fit."""
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        raise malformed() from None
    body, check = raw[:-2], raw[-2:]
    if _crc16(body) != check or encode_strkey(body[0], body[1:]) != text:
        raise malformed()
    return body[0], body[1:]


def _crc16(data: bytes) -> bytes:
    """CRC16-XModem, little end first (SEP-23)."""
    return binascii.crc_hqx(data, 0).to_bytes(2, "little")


def check_handle(text: str) -> str:
    """The folded handle; raises `handle.malformed` or `handle.reserved`."""
    folded = text.removeprefix("@").lower()
    if not _HANDLE.fullmatch(folded):
        raise Refused("handle.malformed", field="handle")
    if folded in RESERVED:
        raise Refused("handle.reserved", field="handle")
    return folded


def derive_handle(full_name: str, number: int) -> str:
    """The `number`-th candidate for somebody without a handle: asha_rao, asha_rao_2, …"""
    plain = unicodedata.normalize("NFKD", full_name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    stem = "_".join(words).lstrip("0123456789_")[:24].rstrip("_")
    stem = stem if len(stem) >= 3 and stem not in RESERVED else f"user_{stem}".rstrip("_")
    return stem if number == 1 else f"{stem[:22]}_{number}"


def request_link(public_url: str, request_id: str) -> str:
    """In capitals, so that a QR code packs it in alphanumeric mode."""
    return f"{public_url.rstrip('/')}/P/{request_id}".upper()


def sep7_pay(
    destination: str,
    amount: str | None = None,
    asset: str = "XLM",
    memo: str | None = None,
    message: str | None = None,
) -> str:
    """The SEP-7 `pay` URI; `memo` is a text memo, `message` is cut at SEP-7's 300 characters."""
    code, _, issuer = asset.partition(":")
    fields = [
        ("destination", destination),
        ("amount", amount),
        ("asset_code", code if issuer else None),
        ("asset_issuer", issuer or None),
        ("memo", memo),
        ("msg", message[:300] if message else None),
    ]
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in fields if value)
    return f"web+stellar:pay?{query}"
