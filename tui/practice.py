"""Practice people: what `lumenpay demo` writes down for whoever tries the wallet."""

import os
from functools import lru_cache
from pathlib import Path

import msgspec

from tui.text import safe_text


class Person(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    handle: str
    email: str
    password: str
    pin: str
    note: str = ""


class _People(msgspec.Struct):
    people: list[Person]


@lru_cache(maxsize=1)
def practice_people() -> tuple[Person, ...]:
    """The people of the file that LUMENPAY_PRACTICE names; none without one, or if unreadable."""
    path = os.environ.get("LUMENPAY_PRACTICE")
    if not path:
        return ()
    try:
        found = msgspec.json.decode(Path(path).read_bytes(), type=_People).people
    except (OSError, msgspec.DecodeError):
        return ()
    return tuple(
        Person(**{name: safe_text(value) for name, value in msgspec.structs.asdict(one).items()})
        for one in found
    )
