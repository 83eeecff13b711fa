"""Ledgers from pages of transactions: complete, each once, whatever falls on a page's edge."""

import asyncio
import json
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Unavailable
from server.chain import node as module
from server.chain.client import Client
from server.chain.node import RemoteNode, Urls
from server.usecases.network import Ledger

PAGE = 4
SUCCESS = "AAAAAAAAAGQAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAA="


class ScriptedClient(Client):
    """Answers `getTransactions` and `getLedgers` like a node with these ledgers (numbers of
    transactions from ledger 1 on)."""

    def __init__(self, ledgers: Sequence[int]) -> None:
        self.ledgers = list(ledgers)
        self.calls: list[str] = []

    async def rpc(self, url, method, parameters, wanted, *, seconds):
        self.calls.append(method)
        answer = getattr(self, method)(parameters)
        return msgspec.json.decode(json.dumps(answer), type=wanted, strict=False)

    def getTransactions(self, parameters):  # noqa: N802 - RPC's own name
        everything = [
            (number, place)
            for number, count in enumerate(self.ledgers, 1)
            for place in range(count)
        ]
        cursor = parameters["pagination"].get("cursor")
        start = (parameters["startLedger"], -1) if cursor is None else tuple(json.loads(cursor))
        page = [one for one in everything if one > start][: parameters["pagination"]["limit"]]
        return {
            "transactions": [self._transaction(*one) for one in page],
            "latestLedger": len(self.ledgers),
            "latestLedgerCloseTimestamp": self._time(len(self.ledgers)),
            "cursor": json.dumps(page[-1] if page else start),
        }

    def getLedgers(self, parameters):  # noqa: N802 - RPC's own name
        first, count = parameters["startLedger"], parameters["pagination"]["limit"]
        numbers = range(first, min(first + count, len(self.ledgers) + 1))
        return {
            "ledgers": [{"sequence": n, "ledgerCloseTime": str(self._time(n))} for n in numbers]
        }

    def _transaction(self, number: int, place: int):
        return {
            "txHash": f"{number:032x}{place:032x}",
            "ledger": number,
            "createdAt": self._time(number),
            "resultXdr": SUCCESS,
            "envelopeXdr": "",
            "resultMetaXdr": "",
        }

    def _time(self, number: int) -> int:
        return 1_800_000_000 + 5 * number


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(module, "PAGE", PAGE)
    monkeypatch.setattr(module, "LEDGERS_MAX", 6)


def follow(client: ScriptedClient) -> list[Ledger]:
    """All that a follower gets from ledger 1 on."""

    async def main() -> list[Ledger]:
        remote, got = RemoteNode(client, Urls("", "", None)), []
        while len(got) < len(client.ledgers):
            got += await remote.ledgers(len(got) + 1)
        return got

    return asyncio.run(main())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 11), min_size=1, max_size=20))
def test_every_ledger_comes_once_whole_and_in_time(counts):
    ledgers = follow(ScriptedClient(counts))
    assert [ledger.sequence for ledger in ledgers] == list(range(1, len(counts) + 1))
    assert [len(ledger.transactions) for ledger in ledgers] == counts
    for ledger in ledgers:
        assert ledger.close_ms == (1_800_000_000 + 5 * ledger.sequence) * 1000
        hashes = [one.verdict.hash.hex() for one in ledger.transactions]
        assert hashes == [f"{ledger.sequence:032x}{n:032x}" for n in range(len(hashes))]


def test_a_full_ledger_in_step_costs_no_more_than_its_pages():
    client = ScriptedClient([2 * PAGE + 1])
    follow(client)
    assert client.calls == ["getTransactions"] * 3


def test_a_ledger_that_goes_on_for_ever_is_given_up_not_half_followed(monkeypatch):
    """A node that tells the same full page again and again."""

    class Stuck(ScriptedClient):
        def getTransactions(self, _):  # noqa: N802 - RPC's own name
            first = {"startLedger": 1, "pagination": {"limit": PAGE}}
            return super().getTransactions(first)

    monkeypatch.setattr(module, "PAGES_MAX", 20)
    client = Stuck([PAGE])
    with pytest.raises(Unavailable):
        follow(client)
    assert len(client.calls) == 20
