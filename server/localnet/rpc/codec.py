"""Text to XDR and back: base64, exactly one value, or JSON (SEP-0051)."""

import binascii
from base64 import b64decode
from typing import Protocol, Self, TypeVar

from msgspec import Raw
from xdrlib3 import Error as XdrError


class FromXdr(Protocol):
    """An SDK type that reads itself from XDR."""

    @classmethod
    def from_xdr_bytes(cls, xdr: bytes) -> Self: ...

    def to_xdr_bytes(self) -> bytes: ...

    def to_json(self) -> str: ...


X = TypeVar("X", bound=FromXdr)

_XDR_ERRORS = (ValueError, TypeError, EOFError, OverflowError, RecursionError, XdrError)


def parse_base64(text: str) -> bytes:
    """Raises ValueError unless it is canonical base64."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error


def parse_xdr(kind: type[X], data: bytes) -> X:
    """Raises ValueError unless `data` is exactly one value of that type."""
    try:
        value = kind.from_xdr_bytes(data)
        whole = value.to_xdr_bytes() == data
    except _XDR_ERRORS as error:
        raise ValueError("not the XDR of that type") from error
    if not whole:
        raise ValueError("bytes follow the value")
    return value


def xdr_json(value: FromXdr) -> Raw:
    return Raw(value.to_json().encode())
