"""Packed transactions on the embedded network, over HTTP, and what is read of them there."""

import os

import pytest
from stellar_sdk import Account, Keypair, MuxedAccount, TransactionBuilder
from stellar_sdk import Asset as SdkAsset

from core.attempts import Bounds, Signed
from core.books import Payment, Wallet
from server.chain.signing import PRACTICE_STROOPS, Signing, Treasury
from server.chain.transactions import BASE_FEE, network_id
from server.usecases.network import Answer, Ledger, Move
from server.vault.keks import LocalKek
from server.vault.sealing import Sealing
from server.vault.signer import Signer
from tests.server.chain.conftest import Localnet

XLM = 10_000_000


class World:
    """A treasury with a channel, and people opened by it; sequences are read from the chain."""

    def __init__(self, localnet: Localnet) -> None:
        self.net = localnet
        self._signer = Signer(Sealing(LocalKek(bytes(32), os.urandom), os.urandom), os.urandom)
        self.fee, self.sponsor, self.channel = map(self.wallet, ("fee", "sponsor", "channel"))
        localnet.fund(self.fee.public_key, self.sponsor.public_key)
        network = network_id(localnet.passphrase)
        treasury = Treasury(self.fee, self.sponsor)
        self.signing = Signing(network, treasury, self._signer.sign_hash)
        self.signing.trust([localnet.usdc])
        self.land(self.sign(self.signing.channels, self.sponsor, [self.channel]))

    def wallet(self, owner: str) -> Wallet:
        key = self._signer.new_key(owner)
        return Wallet(owner, owner, key.public_key, key.encrypted_keys, "open", None, 0, 0)

    def sequence(self, wallet: Wallet) -> int:
        snapshot = self.net.ask(lambda node: node.accounts([wallet.public_key], ()))
        return snapshot.accounts[wallet.public_key].sequence

    def bounds(self) -> Bounds:
        tip = self.net.ask(lambda node: node.tip())
        return Bounds(tip.sequence + 10, tip.close_ms // 1000 + 300)

    def sign(self, sign, lane: Wallet, about) -> Signed:
        return sign(lane, about, self.sequence(lane) + 1, self.bounds())

    def send(self, signed: Signed) -> Answer:
        return self.net.ask(lambda node: node.send(signed.envelope))

    def land(self, *signed: Signed) -> Ledger:
        """All in the next ledger."""
        assert [self.send(one) for one in signed] == [Answer("pending")] * len(signed)
        number = self.net.close()
        (ledger,) = self.net.ask(lambda node: node.ledgers(number))
        assert {one.verdict.hash for one in ledger.transactions} == {one.hash for one in signed}
        return ledger

    def people(self, count: int) -> list[Wallet]:
        """Open accounts with practice money."""
        made = [self.wallet(f"person-{number}") for number in range(count)]
        self.land(self.sign(self.signing.opening, self.channel, made))
        self.net.fund(*(one.public_key for one in made))
        return made

    def pay(self, payer: Wallet, *payments: Payment) -> Signed:
        return self.signing.payments(payments, payer, self.sequence(payer) + 1, self.bounds())


def order(address: str, amount: int, asset: str = "XLM", memo=(None, None)) -> Payment:
    known = {"address": address, "amount": amount, "asset": asset}
    known |= {"memo_type": memo[0], "memo": memo[1]}
    return Payment(**dict.fromkeys(Payment.__struct_fields__) | known)


@pytest.fixture(scope="module")
def world(localnet: Localnet) -> World:
    return World(localnet)


@pytest.fixture(scope="module")
def people(world: World) -> list[Wallet]:
    return world.people(18)


def test_opened_accounts_hold_practice_money_and_a_trustline_and_owe_no_reserve(world, people):
    keys = [one.public_key for one in people]
    snapshot = world.net.ask(lambda node: node.accounts(keys, [world.net.usdc]))
    balances = {key: snapshot.accounts[key].balances for key in keys}
    assert balances == {key: {"XLM": PRACTICE_STROOPS, world.net.usdc: 0} for key in keys}
    payer, payee = people[:2]
    everything = order(payee.public_key, PRACTICE_STROOPS)
    (landed,) = world.land(world.pay(payer, everything)).transactions
    assert landed.verdict.succeeded
    world.land(world.pay(payee, order(payer.public_key, PRACTICE_STROOPS)))


def test_a_payment_is_taken_once_and_seen_by_both_hashes(world, people):
    payer, payee = people[:2]
    signed = world.pay(payer, order(payee.public_key, 5 * XLM, memo=("text", "für dich")))
    assert [world.send(signed).status for _ in range(2)] == ["pending", "duplicate"]
    before = world.net.ask(lambda node: node.sight(signed.hash))
    number = world.net.close()
    (ledger,) = world.net.ask(lambda node: node.ledgers(number))
    (landed,) = ledger.transactions
    assert not before.found
    for hash_ in (signed.hash, signed.outer_hash):
        assert world.net.ask(lambda node, hash_=hash_: node.sight(hash_)).found
    verdict = landed.verdict
    assert (verdict.hash, verdict.succeeded, verdict.fee) == (signed.hash, True, 2 * BASE_FEE)
    assert sorted(landed.moves(), key=lambda move: move.amount) == [
        Move(0, payer.public_key, "XLM", -5 * XLM),
        Move(0, payee.public_key, "XLM", 5 * XLM),
    ]
    head = landed.head()
    assert (head.source, head.fee_source) == (payer.public_key, world.fee.public_key)
    assert (head.memo_type, head.memo) == ("text", "für dich")


def test_a_hundred_payments_to_a_muxed_address_in_one_transaction(world, people):
    payer, payee = people[2:4]
    muxed = MuxedAccount(payee.public_key, 2**63).account_muxed
    payments = [order(muxed, n + 1, memo=("id", str(2**64 - 1))) for n in range(100)]
    (landed,) = world.land(world.pay(payer, *payments)).transactions
    got = [move.amount for move in landed.moves() if move.account == payee.public_key]
    assert got == [n + 1 for n in range(100)]


def test_what_the_network_refuses_in_the_ledger_is_told_by_operation(world, people):
    payer, payee, poor = people[4], people[5], Keypair.random().public_key
    signed = world.pay(
        payer,
        order(payee.public_key, XLM),
        order(poor, XLM),
        order(world.fee.public_key, 1, world.net.usdc),
        order(payee.public_key, 2 * PRACTICE_STROOPS),
    )
    (landed,) = world.land(signed).transactions
    assert landed.moves() == ()
    assert (landed.verdict.succeeded, landed.verdict.code) == (False, "tx_failed")
    assert landed.verdict.operations[:2] == ("op_success", "op_no_destination")
    assert set(landed.verdict.operations[2:]) <= {
        "op_src_no_trust",
        "op_no_trust",
        "op_underfunded",
    }


def test_a_wrong_sequence_is_refused_at_once(world, people):
    payer = people[6]
    wrong = world.signing.payments(
        [order(world.fee.public_key, 1)], payer, world.sequence(payer), world.bounds()
    )
    answer = world.send(wrong)
    assert (answer.status, answer.code) == ("refused", "tx_bad_seq")


def test_money_of_strangers_is_told_with_who_lost_it(world, people):
    """USDC from its issuer: nobody lost it but the issuer, who has no balance of it."""
    issuer = Keypair.from_secret(world.net.facts["issuerSecret"])
    payee, usdc = people[7], world.net.usdc
    snapshot = world.net.ask(lambda node: node.accounts([issuer.public_key], ()))
    account = Account(issuer.public_key, snapshot.accounts[issuer.public_key].sequence)
    builder = TransactionBuilder(account, world.net.passphrase, 100).set_timeout(60)
    builder.append_payment_op(payee.public_key, SdkAsset("USDC", issuer.public_key), "12.5")
    envelope = builder.build()
    envelope.sign(issuer)
    raw = envelope.to_xdr_object().to_xdr_bytes()
    assert world.net.ask(lambda node: node.send(raw)) == Answer("pending")
    number = world.net.close()
    (ledger,) = world.net.ask(lambda node: node.ledgers(number))
    (landed,) = ledger.transactions
    assert landed.verdict.hash == envelope.hash()
    assert landed.moves() == [Move(0, payee.public_key, usdc, 125_000_000)]
    assert landed.head().source == issuer.public_key


def test_each_ledger_comes_once_in_order_with_its_own_time(world):
    first = world.net.close()
    for _ in range(4):
        world.net.close()
    ledgers = world.net.ask(lambda node: node.ledgers(first))
    assert [ledger.sequence for ledger in ledgers] == list(range(first, first + 5))
    times = world.net.ask(lambda node: node.close_times(first, 5))
    assert [ledger.close_ms for ledger in ledgers] == list(times)
    assert world.net.ask(lambda node: node.tip()).close_ms == times[-1]


def test_the_network_tells_its_name_its_price_and_its_fee(world):
    assert world.net.ask(lambda node: node.passphrase()) == world.net.passphrase
    price = world.net.ask(lambda node: node.price(world.net.usdc))
    assert abs(price - 2 * XLM) < XLM // 10
    assert world.net.ask(lambda node: node.price(f"NONE:{world.fee.public_key}")) is None
    assert world.net.ask(lambda node: node.rate()) >= 0


def test_the_friendbot_refuses_whom_it_has_funded(world):
    assert world.net.ask(lambda node: node.fund(world.net.facts["root"])) == "refused"


# before money is held


def test_a_receiver_is_looked_at_before_he_is_paid(world, people):
    stranger = world.net.look(lambda preflight: preflight.account(Keypair.random().public_key))
    assert (stranger.exists, stranger.room("XLM")) == (False, None)
    known = world.net.look(lambda preflight: preflight.account(people[8].public_key))
    assert known.exists
    assert not known.memo_required
    assert known.room("XLM") == 2**63 - 1 - PRACTICE_STROOPS
    assert known.room(world.net.usdc) == 2**63 - 1
    house = world.net.look(lambda preflight: preflight.account(world.fee.public_key))
    assert house.room(world.net.usdc) is None


def test_an_account_may_ask_for_memos(world):
    """SEP-29's data entry."""
    pair = Keypair.random()
    world.net.fund(pair.public_key)
    snapshot = world.net.ask(lambda node: node.accounts([pair.public_key], ()))
    account = Account(pair.public_key, snapshot.accounts[pair.public_key].sequence)
    builder = TransactionBuilder(account, world.net.passphrase, 100).set_timeout(60)
    builder.append_manage_data_op("config.memo_required", "1")
    envelope = builder.build()
    envelope.sign(pair)
    raw = envelope.to_xdr_object().to_xdr_bytes()
    assert world.net.ask(lambda node: node.send(raw)) == Answer("pending")
    world.net.close()
    assert world.net.look(lambda preflight: preflight.account(pair.public_key)).memo_required
