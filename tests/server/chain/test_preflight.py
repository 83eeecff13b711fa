"""What is looked up before money is held, and that the order shown is the order signed."""

import asyncio
import base64

import msgspec
import pytest
from stellar_sdk import FeeBumpTransactionEnvelope, Keypair, MuxedAccount, TransactionEnvelope, xdr

from core.attempts import Bounds
from core.errors import Unavailable
from core.paying import Terms
from server.chain import preflight as module
from server.chain.client import Client, RpcRefused, Unanswered, Unsent
from server.chain.preflight import KEPT_MAX, KEPT_MS, Payee, Preflight
from server.chain.transactions import network_id
from tests.server.chain.sdk_xdr import ASHA, BEN, USDC, account_entry, data_entry, trustline_entry
from tests.server.chain.test_signing import House, payment_to

PASSPHRASE = "Standalone Network ; February 2017"


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000

    def wall_ms(self) -> int:
        return self.now_ms

    def business_ms(self) -> int:
        return self.now_ms


class ScriptedClient(Client):
    def __init__(self) -> None:
        self.entries: list[xdr.LedgerEntryData] = []
        self.trouble: Exception | None = None
        self.asked: list[float] = []

    async def rpc(self, url, method, parameters, wanted, *, seconds):
        self.asked.append(seconds)
        if self.trouble is not None:
            raise self.trouble
        found = [{"xdr": entry.to_xdr()} for entry in self.entries]
        return msgspec.convert({"entries": found}, wanted)


@pytest.fixture
def client() -> ScriptedClient:
    return ScriptedClient()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def preflight(client, clock) -> Preflight:
    network = network_id(PASSPHRASE)
    return Preflight(client, "url", network=network, assets=[USDC], clock=clock)


def look(preflight: Preflight, address: str = ASHA.public_key) -> Payee:
    return asyncio.run(preflight.account(address))


def test_an_account_tells_what_it_can_take(client, preflight):
    client.entries = [
        account_entry(ASHA, 500, rich=True),
        trustline_entry(ASHA, USDC, 300, rich=True),
        data_entry(),
    ]
    payee = look(preflight)
    assert (payee.exists, payee.memo_required) == (True, True)
    assert payee.room("XLM") == 2**63 - 1 - 500 - 11
    assert payee.room(USDC) == 1_000 - 300 - 33
    assert payee.room("EURC:GISSUER") is None


def test_nobody_is_there(preflight):
    payee = look(preflight)
    assert payee == Payee(exists=False, memo_required=False, rooms={})


def test_a_trustline_without_authorization_takes_nothing(client, preflight):
    line = trustline_entry(ASHA, USDC, 300)
    line.trust_line.flags = xdr.Uint32(2)
    client.entries = [account_entry(ASHA, 500), line]
    assert look(preflight).room(USDC) is None


def test_a_look_is_kept_half_a_minute(client, preflight, clock):
    assert not look(preflight).exists
    client.entries = [account_entry(ASHA, 500)]
    clock.now_ms += KEPT_MS - 1
    assert not look(preflight).exists
    clock.now_ms += 1
    assert look(preflight).exists
    assert client.asked == [module.LOOK_SECONDS] * 2


def test_no_more_is_kept_than_there_is_room_for(client, preflight, monkeypatch):
    monkeypatch.setattr(module, "KEPT_MAX", 2)
    assert KEPT_MAX > 2
    addresses = [Keypair.from_raw_ed25519_seed(bytes([n]) * 32).public_key for n in range(3)]
    for address in (*addresses, addresses[2], addresses[1], addresses[0]):
        look(preflight, address)
    assert len(client.asked) == 4


@pytest.mark.parametrize(
    "trouble",
    [Unsent("no"), Unanswered("no"), RpcRefused(-32603, "no")],
    ids=lambda t: type(t).__name__,
)
def test_without_an_answer_nothing_is_known_and_nothing_kept(client, preflight, trouble):
    client.trouble = trouble
    with pytest.raises(Unavailable) as told:
        look(preflight)
    assert told.value.code == "network.unavailable"
    client.trouble = None
    assert not look(preflight).exists


@pytest.mark.parametrize("asset", ["XLM", USDC])
@pytest.mark.parametrize(
    "address", [BEN.public_key, MuxedAccount(BEN.public_key, 9).account_muxed], ids=["G", "M"]
)
@pytest.mark.parametrize("memo", [(None, None), ("text", "rent"), ("hash", "ab" * 32)])
def test_what_is_signed_is_what_was_shown(preflight, asset, address, memo):
    """Sequence, bounds and packing may differ; source, destination, asset, amount, memo never."""
    house = House()
    payer = house.wallet("payer")
    terms = Terms(address, None, 255_000_000, asset, *memo)
    shown = preflight.unsigned(payer.public_key, terms, 41, 1_800_000_600_000)
    unsigned = TransactionEnvelope.from_xdr(shown, PASSPHRASE)
    assert unsigned.signatures == []
    assert unsigned.transaction.preconditions.time_bounds.max_time == 1_800_000_600
    assert unsigned.transaction.sequence == 41

    payment = payment_to(address)
    payment.asset, payment.memo_type, payment.memo = asset, *memo
    signed = house.signing.payments([payment] * 2, payer, 77, Bounds(9, 1_800_000_900))
    outer = FeeBumpTransactionEnvelope.from_xdr(
        base64.b64encode(signed.envelope).decode(), PASSPHRASE
    )
    sent = outer.transaction.inner_transaction_envelope.transaction
    assert sent.source == unsigned.transaction.source
    assert sent.memo == unsigned.transaction.memo
    assert sent.operations == unsigned.transaction.operations * 2
