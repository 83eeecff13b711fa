"""The public SDK's own clients, unchanged, against the network."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice

import pytest
from stellar_sdk import (
    AiohttpClient,
    Asset,
    Keypair,
    Server,
    ServerAsync,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.exceptions import BadRequestError, NotFoundError
from stellar_sdk.sep.exceptions import AccountRequiresMemoError

from tests.localnet.network import Network

XLM = Asset.native()


@pytest.fixture
def server(network: Network) -> Iterator[Server]:
    with Server(network.horizon) as server:
        yield server


@asynccontextmanager
async def async_server(network: Network) -> AsyncIterator[ServerAsync]:
    async with ServerAsync(network.horizon, client=AiohttpClient()) as server:
        yield server


def payment(
    server: Server, network: Network, payer: Keypair, payee: str, amount: str = "25.5"
) -> TransactionEnvelope:
    account = server.load_account(payer)
    builder = TransactionBuilder(account, network.passphrase, server.fetch_base_fee())
    envelope = builder.append_payment_op(payee, XLM, amount).set_timeout(60).build()
    envelope.sign(payer)
    return envelope


def test_load_pay_and_find(server: Server, network: Network) -> None:
    payer, payee = network.person(), network.person()
    envelope = payment(server, network, payer, payee.public_key)
    sent = server.submit_transaction(envelope)
    assert sent["hash"] == envelope.hash_hex()
    found = server.transactions().transaction(sent["hash"]).call()
    assert found["successful"]
    (received,) = [
        record
        for record in server.payments().for_account(payee.public_key).call()["_embedded"]["records"]
        if record["type"] == "payment"
    ]
    assert (received["amount"], received["from"]) == ("25.5000000", payer.public_key)


def test_the_queue_answers_and_the_ledger_follows(server: Server, network: Network) -> None:
    payer, payee = network.person(), network.person()
    envelope = payment(server, network, payer, payee.public_key)
    assert server.submit_transaction_async(envelope)["tx_status"] == "PENDING"
    stream = server.transactions().for_account(payee.public_key).cursor("0").stream()
    hashes = [record["hash"] for record in islice(stream, 2)]
    assert hashes[-1] == envelope.hash_hex()


def test_errors_are_those_of_the_library(server: Server, network: Network) -> None:
    payer = network.person()
    with pytest.raises(NotFoundError):
        server.load_account(Keypair.random())
    with pytest.raises(BadRequestError) as caught:
        server.submit_transaction(
            payment(server, network, payer, Keypair.random().public_key, "99999")
        )
    assert caught.value.extras is not None
    assert caught.value.extras["result_codes"]["operations"] == ["op_no_destination"]


def test_a_destination_that_requires_a_memo_is_respected(server: Server, network: Network) -> None:
    payer, payee = network.person(), network.person()
    account = server.load_account(payee)
    builder = TransactionBuilder(account, network.passphrase)
    envelope = builder.append_manage_data_op("config.memo_required", "1").set_timeout(60).build()
    envelope.sign(payee)
    server.submit_transaction(envelope)
    with pytest.raises(AccountRequiresMemoError):
        server.submit_transaction(payment(server, network, payer, payee.public_key))


def test_pages_are_followed(server: Server, network: Network) -> None:
    somebody = network.person()
    builder = TransactionBuilder(server.load_account(somebody), network.passphrase)
    for number in range(5):
        builder.append_manage_data_op(f"name {number}", "value")
    envelope = builder.set_timeout(60).build()
    envelope.sign(somebody)
    server.submit_transaction(envelope)
    call = server.operations().for_account(somebody.public_key).limit(2).order(desc=True)
    page, found = call.call(), []
    while page["_embedded"]["records"]:
        found += page["_embedded"]["records"]
        page = call.next()
    assert [record["type"] for record in found] == ["manage_data"] * 5 + ["create_account"]
    assert call.prev()["_embedded"]["records"]


def test_each_builder_gets_an_answer(server: Server, network: Network) -> None:
    usdc = network.usdc
    issuer, maker = network.facts["issuer"], network.facts["marketMaker"]
    calls = [
        server.root(),
        server.accounts().for_asset(usdc),
        server.accounts().for_signer(maker),
        server.accounts().for_sponsor(maker),
        server.assets().for_issuer(issuer),
        server.claimable_balances().for_claimant(maker),
        server.effects().for_account(maker),
        server.fee_stats(),
        server.ledgers(),
        server.liquidity_pools(),
        server.offers().for_seller(maker).for_selling(XLM).for_buying(usdc),
        server.operations().include_failed(True),
        server.orderbook(XLM, usdc),
        server.payments().limit(5),
        server.strict_receive_paths([XLM], usdc, "10"),
        server.strict_send_paths(XLM, "10", [usdc]),
        server.trades().for_account(maker),
        server.transactions().for_account(maker),
    ]
    for call in calls:
        assert call.call()


def test_the_seeded_market_gives_half_a_dollar_for_a_lumen(
    server: Server, network: Network
) -> None:
    (path,) = server.strict_send_paths(XLM, "100", [network.usdc]).call()["_embedded"]["records"]
    assert 49 <= float(path["destination_amount"]) <= 51
    book = server.orderbook(XLM, network.usdc).call()
    assert len(book["bids"]) >= 5
    assert len(book["asks"]) >= 5
    assert float(book["bids"][0]["price"]) < 0.5 < float(book["asks"][0]["price"])


def test_the_stream_gives_payments_as_they_come(server: Server, network: Network) -> None:
    payer, payee = network.person(), network.person()
    for amount in ("1", "2"):
        server.submit_transaction(payment(server, network, payer, payee.public_key, amount))
    stream = server.payments().for_account(payee.public_key).cursor("0").stream()
    records = list(islice(stream, 3))
    assert [record.get("amount") for record in records] == [None, "1.0000000", "2.0000000"]


def test_the_asynchronous_client_does_the_same(network: Network) -> None:
    payer, payee = network.person(), network.person()
    asyncio.run(_check_asynchronous(network, payer, payee))


async def _check_asynchronous(network: Network, payer: Keypair, payee: Keypair) -> None:
    async with async_server(network) as server:
        account = await server.load_account(payer)
        builder = TransactionBuilder(account, network.passphrase, await server.fetch_base_fee())
        builder.append_payment_op(payee.public_key, XLM, "3").set_timeout(60)
        envelope = builder.build()
        envelope.sign(payer)
        pending = await server.submit_transaction_async(envelope)
        assert pending["tx_status"] == "PENDING"
        stream = server.payments().for_account(payee.public_key).cursor("now").stream()
        if await _is_applied(server, envelope):
            stream = server.payments().for_account(payee.public_key).cursor("0").stream()
        async for record in stream:
            if record["type"] == "payment":
                break
        assert (record["amount"], record["transaction_hash"]) == (
            "3.0000000",
            envelope.hash_hex(),
        )
        second = builder.build()
        second.sign(payer)
        assert (await server.submit_transaction(second))["successful"]
        page = await server.payments().for_account(payee.public_key).limit(2).call()
        assert len(page["_embedded"]["records"]) == 2


async def _is_applied(server: ServerAsync, envelope: TransactionEnvelope) -> bool:
    try:
        await server.transactions().transaction(envelope.hash_hex()).call()
    except NotFoundError:
        return False
    return True
