"""Server-sent events: from where, in which form, until when."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from stellar_sdk import Asset
from stellar_sdk.operation import (
    AccountMerge,
    ChangeTrust,
    ManageData,
    PathPaymentStrictSend,
    Payment,
)

from tests.localnet.fields import check_record
from tests.localnet.horizon.explorer import Explorer
from tests.localnet.horizon.story import Story
from tests.localnet.network import Network

XLM = Asset.native()


class Events:
    """The blocks of one stream, each as its fields."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(": ")
            fields[name] = value
        raise EOFError

    def record(self) -> tuple[str, dict[str, Any]]:
        event = self.next()
        return event.get("id", ""), json.loads(event["data"])


@contextmanager
def streaming(network: Network, path: str, **params: Any) -> Iterator[Events]:
    headers = {"Accept": "text/event-stream"}
    with network.http.stream(
        "GET", network.horizon + path, params=params, headers=headers
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        events = Events(answer)
        assert events.next() == {"retry": "1000", "event": "open", "data": '"hello"'}
        yield events


def test_a_payment_arrives_on_the_stream(network: Network) -> None:
    payer, payee = network.person(), network.person()
    path = f"/accounts/{payee.public_key}/payments"
    with streaming(network, path, cursor="now") as events:
        sent = [network.pay(payer, Payment(payee.public_key, XLM, str(n))) for n in (1, 2)]
        for number, transaction in enumerate(sent, 1):
            token, record = events.record()
            check_record("Operation", record)
            assert token == record["paging_token"]
            assert record["transaction_hash"] == transaction["hash"]
            assert record["amount"] == f"{number}.0000000"


def test_a_stream_ends_after_its_limit_and_goes_on_from_its_last_token(
    network: Network,
) -> None:
    somebody = network.person()
    network.pay(somebody, *(ManageData(f"name {n}", b"value") for n in range(4)))
    path = f"/accounts/{somebody.public_key}/operations"
    with streaming(network, path, limit=3) as events:
        tokens = [events.record()[0] for _ in range(3)]
        assert events.next() == {"retry": "10", "event": "close", "data": '"byebye"'}
        with pytest.raises(EOFError):
            events.next()
    with streaming(network, path, limit=2, cursor=tokens[-1]) as events:
        rest = [events.record()[0] for _ in range(2)]
    assert len({*tokens, *rest}) == 5


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/ledgers", "Ledger"),
        ("/transactions", "Transaction"),
        ("/operations", "Operation"),
        ("/payments", "Operation"),
        ("/effects", "Effect"),
        ("/trades", "Trade"),
    ],
)
def test_each_list_streams_what_comes(network: Network, path: str, schema: str) -> None:
    somebody = network.person()
    with streaming(network, path, cursor="now", limit=1) as events:
        offer = network.usdc
        network.pay(
            somebody,
            Payment(somebody.public_key, XLM, "1"),
            *_conversion(somebody.public_key, offer),
        )
        token, record = events.record()
    check_record(schema, record)
    assert token == record["paging_token"]


def _conversion(account: str, usdc: Asset) -> tuple[Any, ...]:
    return ChangeTrust(usdc), PathPaymentStrictSend(account, XLM, "1", usdc, "0.1", [])


def test_an_account_is_sent_again_when_it_changed(network: Network) -> None:
    somebody = network.person()
    with streaming(network, f"/accounts/{somebody.public_key}") as events:
        _, before = events.record()
        check_record("Account", before)
        network.pay(somebody, ManageData("name", b"value"))
        _, after = events.record()
    assert before["data"] == {}
    assert set(after["data"]) == {"name"}


def test_an_account_that_ceases_to_exist_ends_its_stream(network: Network) -> None:
    somebody, heir = network.person(), network.person()
    with streaming(network, f"/accounts/{somebody.public_key}") as events:
        events.record()
        network.pay(somebody, AccountMerge(heir.public_key))
        last = events.next()
        assert last["event"] == "error"
        assert json.loads(last["data"])["title"] == "Resource Missing"
        assert events.next()["event"] == "close"


BOOK = "/order_book?selling_asset_type=native&buying_asset_type=native"


@pytest.mark.parametrize(("path", "sent"), [("/ledgers?cursor=now", 0), (BOOK, 1)])
def test_a_quiet_stream_ends_in_time(
    story: Story, monkeypatch: pytest.MonkeyPatch, path: str, sent: int
) -> None:
    monkeypatch.setattr("server.localnet.horizon.streams.STREAM_SECONDS", 0.05)
    answer = Explorer(story.chain).raw(path, headers={"Accept": "text/event-stream"})
    blocks = answer.text.strip().split("\n\n")
    assert blocks[0] == 'retry: 1000\nevent: open\ndata: "hello"'
    assert blocks[-1] == 'retry: 10\nevent: close\ndata: "byebye"'
    assert len(blocks) == 2 + sent


def test_an_order_book_is_sent_again_when_it_changed(network: Network) -> None:
    somebody = network.person()
    usdc = network.usdc
    params = {
        "selling_asset_type": "native",
        "buying_asset_type": "credit_alphanum4",
        "buying_asset_code": usdc.code,
        "buying_asset_issuer": usdc.issuer,
    }
    with streaming(network, "/order_book", **params) as events:
        _, before = events.record()
        network.pay(somebody, *_conversion(somebody.public_key, usdc))
        _, after = events.record()
    check_record("OrderBookSummary", after)
    assert after["bids"] != before["bids"]
