"""stellar-sdk's own clients of RPC, unchanged, against a real network."""

import asyncio

import pytest
from stellar_sdk import (
    Keypair,
    SorobanServer,
    SorobanServerAsync,
    StrKey,
    TransactionBuilder,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.exceptions import (
    AccountNotFoundException,
    PrepareTransactionException,
    SorobanRpcErrorResponse,
)
from stellar_sdk.operation import ChangeTrust, PathPaymentStrictReceive, Payment
from stellar_sdk.soroban_rpc import (
    EventFilter,
    EventFilterType,
    GetTransactionResponse,
    GetTransactionStatus,
    SendTransactionStatus,
)

from tests.localnet.fields import RPC
from tests.localnet.market import XLM
from tests.localnet.network import Network


@pytest.fixture
def server(network: Network) -> SorobanServer:
    return SorobanServer(network.rpc)


@pytest.fixture(scope="module")
def payer(network: Network) -> Keypair:
    return network.person()


def _payment(server: SorobanServer, network: Network, payer: Keypair) -> TransactionEnvelope:
    source = server.load_account(payer.public_key)
    envelope = (
        TransactionBuilder(source, network.passphrase, base_fee=200)
        .add_text_memo("rent")
        .append_payment_op(payer.public_key, XLM, "1")
        .append_change_trust_op(network.usdc)
        .set_timeout(60)
        .build()
    )
    envelope.sign(payer)
    return envelope


def _wait(server: SorobanServer, envelope: TransactionEnvelope) -> GetTransactionResponse:
    """Until it is found; the network closes five ledgers a second, when it is given the time."""
    found = server.poll_transaction(envelope.hash_hex(), 600, lambda _attempt: 0.05)  # type: ignore[arg-type, return-value]
    assert found.status is not GetTransactionStatus.NOT_FOUND
    return found


def test_what_the_network_is(server: SorobanServer, network: Network) -> None:
    assert server.get_health().status == "healthy"
    told = server.get_network()
    assert (told.passphrase, told.protocol_version) == (network.passphrase, 27)
    assert told.friendbot_url == network.facts["friendbot"]
    assert server.get_version_info().protocol_version == 27
    assert server.get_fee_stats().inclusion_fee.ledger_count >= 0


def test_a_transaction_from_building_to_its_meta(
    server: SorobanServer, network: Network, payer: Keypair
) -> None:
    envelope = _payment(server, network, payer)
    sent = server.send_transaction(envelope)
    assert (sent.status, sent.hash) == (SendTransactionStatus.PENDING, envelope.hash_hex())
    found = _wait(server, envelope)
    assert found.status is GetTransactionStatus.SUCCESS
    assert found.envelope_xdr == envelope.to_xdr()
    assert found.result_meta_xdr is not None
    meta = xdr.TransactionMeta.from_xdr(found.result_meta_xdr)
    assert meta.v4 is not None
    assert len(meta.v4.operations) == 2
    again = server.send_transaction(envelope)  # a hash that was included is banned for a while
    assert again.status is SendTransactionStatus.TRY_AGAIN_LATER


def test_a_used_sequence_number(server: SorobanServer, network: Network, payer: Keypair) -> None:
    envelope = _payment(server, network, payer)
    server.send_transaction(envelope)
    _wait(server, envelope)
    envelope.transaction.fee += 1
    envelope.signatures.clear()
    envelope.sign(payer)
    sent = server.send_transaction(envelope)
    assert sent.status is SendTransactionStatus.ERROR
    assert sent.error_result_xdr is not None
    result = xdr.TransactionResult.from_xdr(sent.error_result_xdr)
    assert result.result.code == xdr.TransactionResultCode.txBAD_SEQ


def test_accounts_and_entries(server: SorobanServer, network: Network, payer: Keypair) -> None:
    assert server.load_account(payer.public_key).sequence == network.sequence(payer)
    stranger = Keypair.random()
    with pytest.raises(AccountNotFoundException):
        server.load_account(stranger.public_key)
    issuer = Keypair.from_public_key(network.facts["issuer"])
    key = xdr.LedgerKey(
        xdr.LedgerEntryType.ACCOUNT, account=xdr.LedgerKeyAccount(issuer.xdr_account_id())
    )
    (entry,) = server.get_ledger_entries([key]).entries or []
    assert xdr.LedgerEntryData.from_xdr(entry.xdr).account is not None


def test_ledgers_and_transactions_page(
    server: SorobanServer, network: Network, payer: Keypair
) -> None:
    envelope = _payment(server, network, payer)
    server.send_transaction(envelope)
    found = _wait(server, envelope)
    ledgers = server.get_ledgers(found.ledger, limit=1)
    assert ledgers.ledgers[0].sequence == found.ledger
    xdr.LedgerCloseMeta.from_xdr(ledgers.ledgers[0].metadata_xdr)
    page = server.get_transactions(found.ledger, limit=200)
    hashes = [one.transaction_hash for one in page.transactions]
    while envelope.hash_hex() not in hashes:
        page = server.get_transactions(cursor=page.cursor, limit=200)
        hashes += [one.transaction_hash for one in page.transactions]
    assert len(hashes) == len(set(hashes))
    latest = server.get_latest_ledger()
    assert latest.sequence >= (found.ledger or 0)
    assert xdr.LedgerHeader.from_xdr(latest.header_xdr).ledger_seq.uint32 == latest.sequence


def test_events_of_a_payment(server: SorobanServer, network: Network, payer: Keypair) -> None:
    envelope = _payment(server, network, payer)
    server.send_transaction(envelope)
    found = _wait(server, envelope)
    own = scval.to_address(payer.public_key).to_xdr()
    topics = [scval.to_symbol("transfer").to_xdr(), own, own, "*"]
    only = EventFilter(
        event_type=EventFilterType.CONTRACT,
        contract_ids=[XLM.contract_id(network.passphrase)],
        topics=[topics],
    )
    page = server.get_events(found.ledger, filters=[only], limit=10)
    (event,) = [one for one in page.events if one.transaction_hash == envelope.hash_hex()]
    assert scval.to_native(event.value) == {"amount": 10_000_000, "to_muxed_id": "rent"}
    assert server.get_events(cursor=page.cursor).latest_ledger >= (found.ledger or 0)


def test_a_conversion_at_the_market_maker_s_price(
    server: SorobanServer, network: Network, payer: Keypair
) -> None:
    source = server.load_account(payer.public_key)
    convert = PathPaymentStrictReceive(payer.public_key, XLM, "25", network.usdc, "10", [])
    builder = TransactionBuilder(source, network.passphrase, base_fee=200).set_timeout(60)
    envelope = builder.append_operation(ChangeTrust(network.usdc)).append_operation(convert).build()
    envelope.sign(payer)
    server.send_transaction(envelope)
    found = _wait(server, envelope)
    assert found.status is GetTransactionStatus.SUCCESS
    assert found.events is not None
    assert [len(one) for one in found.events.contract_events_xdr or []] == [0, 3]


def test_contracts_are_refused_in_the_public_way(
    server: SorobanServer, network: Network, payer: Keypair
) -> None:
    source = server.load_account(payer.public_key)
    envelope = (
        TransactionBuilder(source, network.passphrase, base_fee=200)
        .append_invoke_contract_function_op(XLM.contract_id(network.passphrase), "decimals")
        .set_timeout(60)
        .build()
    )
    assert "does not run contracts" in (server.simulate_transaction(envelope).error or "")
    with pytest.raises(PrepareTransactionException):
        server.prepare_transaction(envelope)
    envelope.sign(payer)
    assert server.send_transaction(envelope).status is SendTransactionStatus.ERROR
    assert server.get_contract_data(StrKey.encode_contract(bytes(32)), scval.to_void()) is None


def test_errors_arrive_as_the_client_s_own(server: SorobanServer) -> None:
    with pytest.raises(SorobanRpcErrorResponse) as caught:
        server.send_transaction("AAAA")
    assert (caught.value.code, caught.value.message) == (-32602, "invalid_xdr")
    with pytest.raises(SorobanRpcErrorResponse) as caught:
        server.get_ledgers(2**32 - 1)
    assert caught.value.code in RPC["methods"]["getLedgers"]["error_codes"]


def test_the_async_client(network: Network) -> None:
    payer = network.person()

    async def pay() -> GetTransactionStatus:
        async with SorobanServerAsync(network.rpc) as server:
            source = await server.load_account(payer.public_key)
            builder = TransactionBuilder(source, network.passphrase).set_timeout(60)
            envelope = builder.append_operation(Payment(payer.public_key, XLM, "1")).build()
            envelope.sign(payer)
            sent = await server.send_transaction(envelope)
            assert sent.status is SendTransactionStatus.PENDING
            return (await server.poll_transaction(sent.hash)).status

    assert asyncio.run(pay()) is GetTransactionStatus.SUCCESS


def test_the_older_path(network: Network) -> None:
    older = SorobanServer(network.horizon + "/soroban/rpc")
    assert older.get_health().status == "healthy"
