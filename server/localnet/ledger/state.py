"""All live entries by key, with nested change sets.

An entry that was read is never changed in place. `edit` gives the one copy that may be changed
until the change set ends; after `begin` or `commit`, fetch it again. What an index is built from
(an offer's price, say) may only change through `put`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeVar

from server.localnet.ledger.assets import Asset
from server.localnet.ledger.entries import (
    Account,
    ClaimableBalance,
    DataEntry,
    Entry,
    Offer,
    TrustLine,
    account_key,
    claimable_balance_key,
    data_key,
    offer_key,
    trustline_key,
)
from server.localnet.ledger.meta import Change

Pair = tuple[Asset, Asset]
Place = tuple[Fraction, int, bytes]  # of an offer in its book: price, id, key
E = TypeVar("E", bound=Entry)
G = TypeVar("G")


class State:
    """`ledger` is the sequence number that changed entries are stamped with."""

    def __init__(self) -> None:
        self.ledger = 1
        self.id_pool = 0
        self._entries: dict[bytes, Entry] = {}
        self._layers: list[dict[bytes, Entry | None]] = []  # what each touched key held before
        self._id_pools: list[int] = []
        self._owned: dict[bytes | None, dict[bytes, None]] = {}  # None: claimable balances
        self._holders: dict[Asset, dict[bytes, None]] = {}
        self._books: dict[Pair, list[Place]] = {}

    def get(self, key: bytes) -> Entry | None:
        return self._entries.get(key)

    def account(self, account: bytes) -> Account | None:
        entry = self._entries.get(account_key(account))
        return entry if isinstance(entry, Account) else None

    def trustline(self, account: bytes, asset: Asset) -> TrustLine | None:
        entry = self._entries.get(trustline_key(account, asset))
        return entry if isinstance(entry, TrustLine) else None

    def offer(self, seller: bytes, offer_id: int) -> Offer | None:
        entry = self._entries.get(offer_key(seller, offer_id))
        return entry if isinstance(entry, Offer) else None

    def data(self, account: bytes, name: bytes) -> DataEntry | None:
        entry = self._entries.get(data_key(account, name))
        return entry if isinstance(entry, DataEntry) else None

    def claimable_balance(self, balance_id: bytes) -> ClaimableBalance | None:
        entry = self._entries.get(claimable_balance_key(balance_id))
        return entry if isinstance(entry, ClaimableBalance) else None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def owned(self, account: bytes) -> Iterator[Entry]:
        """The account's trustlines, offers and data entries, in the order of their keys."""
        return (self._entries[key] for key in sorted(self._owned.get(account, ())))

    def claimable_balances(self) -> Iterator[ClaimableBalance]:
        found = (self._entries[key] for key in self._owned.get(None, ()))
        return (entry for entry in found if isinstance(entry, ClaimableBalance))

    def holders(self, asset: Asset) -> Iterator[TrustLine]:
        found = (self._entries[key] for key in self._holders.get(asset, ()))
        return (entry for entry in found if isinstance(entry, TrustLine))

    def assets(self) -> Iterator[Asset]:
        """Every asset that somebody has a trustline for."""
        return iter(self._holders)

    def book(self, selling: Asset, buying: Asset) -> Iterator[Offer]:
        """The offers of one side, best price first, then oldest. Not to be changed meanwhile."""
        found = (self._entries[key] for _, _, key in self._books.get((selling, buying), ()))
        return (entry for entry in found if isinstance(entry, Offer))

    def pairs(self) -> Iterator[Pair]:
        """(selling, buying) of every book that holds an offer."""
        return (pair for pair, places in self._books.items() if places)

    def best_offer(self, selling: Asset, buying: Asset) -> Offer | None:
        return next(self.book(selling, buying), None)

    @property
    def depth(self) -> int:
        """How many change sets are open."""
        return len(self._layers)

    def begin(self) -> None:
        self._layers.append({})
        self._id_pools.append(self.id_pool)

    def changes(self) -> list[Change]:
        """What the innermost change set has changed so far, in the order of first touch."""
        entries = self._entries
        touched = [Change(before, entries.get(key)) for key, before in self._layers[-1].items()]
        return [c for c in touched if c.before is not None or c.after is not None]

    def commit(self) -> list[Change]:
        """Ends the innermost change set; gives what it has changed."""
        changes = self.changes()
        layer = self._layers.pop()
        self._id_pools.pop()
        if self._layers:
            outer = self._layers[-1]
            for key, before in layer.items():
                outer.setdefault(key, before)
        return changes

    def rollback(self) -> None:
        """Ends the innermost change set as if it had never been."""
        self.id_pool = self._id_pools.pop()
        for key, before in self._layers.pop().items():
            self._replace(key, self._entries.get(key), before)

    def next_id(self) -> int:
        self.id_pool += 1
        return self.id_pool

    def edit(self, entry: E) -> E:
        """The copy of a live entry that this change set may change."""
        key = entry.key
        layer = self._layers[-1]
        live = self._entries[key]
        if not isinstance(live, type(entry)):
            raise TypeError("an entry changed its kind")
        if key in layer:
            return live
        layer[key] = live
        twin = live.copy()
        twin.modified = self.ledger
        self._entries[key] = twin
        return twin

    def edit_account(self, account: bytes) -> Account:
        """The same for an account that must be there: LookupError if it is not."""
        found = self.account(account)
        if found is None:
            raise LookupError("no such account")
        return self.edit(found)

    def put(self, entry: Entry) -> None:
        """Creates the entry, or replaces the one with its key."""
        key = entry.key
        before = self._entries.get(key)
        self._layers[-1].setdefault(key, before)
        entry.modified = self.ledger
        self._replace(key, before, entry)

    def remove(self, key: bytes) -> None:
        before = self._entries[key]
        self._layers[-1].setdefault(key, before)
        self._replace(key, before, None)

    def load(self, entry: Entry) -> None:
        """Takes an entry as it was stored; outside of change sets."""
        self._replace(entry.key, None, entry)

    def _replace(self, key: bytes, before: Entry | None, after: Entry | None) -> None:
        moved = before is None or after is None or isinstance(after, Offer)
        if moved and before is not None:
            self._unindex(key, before)
        if after is None:
            self._entries.pop(key, None)
            return
        self._entries[key] = after
        if moved:
            self._index(key, after)

    def _index(self, key: bytes, entry: Entry) -> None:
        if isinstance(entry, Account):
            return
        self._owned.setdefault(entry.owner, {})[key] = None
        if isinstance(entry, TrustLine):
            self._holders.setdefault(entry.asset, {})[key] = None
        elif isinstance(entry, Offer):
            insort(self._books.setdefault((entry.selling, entry.buying), []), _place(key, entry))

    def _unindex(self, key: bytes, entry: Entry) -> None:
        if isinstance(entry, Account):
            return
        _drop(self._owned, entry.owner, key)
        if isinstance(entry, TrustLine):
            _drop(self._holders, entry.asset, key)
        elif isinstance(entry, Offer):
            places = self._books[entry.selling, entry.buying]
            del places[bisect_left(places, _place(key, entry))]


def _place(key: bytes, offer: Offer) -> Place:
    return Fraction(offer.price.n, offer.price.d), offer.id, key


def _drop(groups: dict[G, dict[bytes, None]], group: G, key: bytes) -> None:
    members = groups[group]
    del members[key]
    if not members:
        del groups[group]
