"""Identifiers: ULIDs (time-ordered, 26 Crockford characters), idempotency keys, short link ids."""

import re
from collections.abc import Callable

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_LINK = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}", re.ASCII)

Random = Callable[[int], bytes]
"""So many random bytes: `secrets.token_bytes`, or a seeded source in a simulation."""


_PAIRS = [one + other for one in CROCKFORD for other in CROCKFORD]


def encode(number: int, length: int) -> str:
    """A number in Crockford base 32, left-padded with zeros; two digits a step, because every
    request and row has an id. `length` is even."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * length - 10, -1, -10)])


def ulid(now_ms: int, random: Random) -> str:
    """48 bits of milliseconds, 80 random bits (the ULID specification)."""
    return encode(now_ms << 80 | int.from_bytes(random(10)), 26)


def ulid_time_ms(text: str) -> int:
    number = 0
    for character in text[:10]:
        number = number << 5 | CROCKFORD.index(character)
    return number


def is_ulid(text: str) -> bool:
    return _ULID.fullmatch(text) is not None


def is_idempotency_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def link_id(random: Random) -> str:
    """The 10 Crockford characters of a payment request's link: 50 random bits."""
    return encode(int.from_bytes(random(7)) >> 6, 10)


def is_link_id(text: str) -> bool:
    return _LINK.fullmatch(text) is not None
