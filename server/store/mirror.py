"""What our books say that accounts hold on the network, and at which ledger."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from server.store.sets import Statements, ask
from server.store.tables import postings

Holdings = dict[str, int]
"""Stroops by asset."""


class Account(NamedTuple):
    owner: str
    address: str
    holdings: Holdings


def accounts(connection: Connection) -> list[Account]:
    """All our accounts that exist on the network, by address."""
    found: dict[str, Account] = {}
    for owner, address, asset, total in ask(
        connection,
        "SELECT w.user_id, w.public_key, b.asset, b.available + b.held "
        "FROM wallets w JOIN lanes l ON l.user_id = w.user_id "
        "LEFT JOIN balances b ON b.user_id = w.user_id ORDER BY w.public_key",
    ):
        account = found.setdefault(str(address), Account(str(owner), str(address), {}))
        if asset is not None and isinstance(total, int):
            account.holdings[str(asset)] = total
    return list(found.values())


_POSTINGS = Statements(postings, ["id", "owner", "asset", "amount", "ledger"])


def posted_until(
    connection: Connection, owners: Collection[str], ledger: int
) -> dict[str, Holdings]:
    """What these owners held when that ledger had closed."""
    held: defaultdict[str, Holdings] = defaultdict(lambda: defaultdict(int))
    for _, owner, asset, amount, posted in _POSTINGS.load(connection, ("owner",), owners):
        if isinstance(amount, int) and isinstance(posted, int) and posted <= ledger:
            held[str(owner)][str(asset)] += amount
    return held
