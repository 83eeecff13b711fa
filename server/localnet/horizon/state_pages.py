"""Pages over live entries, which have no history order but one of their own."""

from collections.abc import Iterable
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from server.localnet.horizon.query import PageQuery

K = TypeVar("K", str, int, tuple[int, str])
T = TypeVar("T")


def page_of(found: Iterable[tuple[K, T]], page: PageQuery, after: K | None) -> list[T]:
    """Up to `limit` of the keyed things, in the page's order of keys, beyond the key `after`."""
    ordered = sorted(found, key=itemgetter(0), reverse=not page.ascending)
    beyond = (
        thing
        for key, thing in ordered
        if after is None or (key > after if page.ascending else key < after)
    )
    return list(islice(beyond, page.limit))
