import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from stellar_sdk import Asset, Keypair, StrKey
from stellar_sdk.operation import CreateAccount, Payment

from server.localnet.bell import LedgerBell
from server.localnet.friendbot import MINIONS, STARTING_BALANCE, Friendbot
from server.localnet.horizon.problems import Problem
from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import AppliedTransaction
from server.localnet.seed import seed
from tests.localnet.driver import Driver, person
from tests.localnet.fields import check_friendbot
from tests.localnet.network import Network, running_network

START = 1_700_000_000


def balance(network: Network, account: str) -> str:
    shown = network.get("GET /accounts/{account_id}", f"/accounts/{account}")
    lumens: str = shown["balances"][-1]["balance"]
    return lumens


@pytest.mark.parametrize("method", ["GET", "POST", "form"])
def test_a_new_account_begins_with_ten_thousand(network: Network, method: str) -> None:
    somebody = Keypair.random().public_key
    url, named = network.facts["friendbot"], {"addr": somebody}
    answer = {
        "GET": lambda: network.http.get(url, params=named),
        "POST": lambda: network.http.post(url, params=named),
        "form": lambda: network.http.post(url, data=named),
    }[method]()
    body = answer.json()
    check_friendbot(answer.status_code, body)
    assert body["successful"]
    transaction = network.get(
        "GET /transactions/{transaction_hash}", f"/transactions/{body['hash']}"
    )
    assert transaction["envelope_xdr"] == body["envelope_xdr"]
    assert balance(network, somebody) == "10000.0000000"


def test_who_has_enough_gets_no_more(network: Network) -> None:
    somebody = network.person()
    answer = network.fund(somebody.public_key)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "account already funded to starting balance"
    assert balance(network, somebody.public_key) == "10000.0000000"


def test_who_has_less_is_topped_up(network: Network) -> None:
    somebody, other = network.person(), network.person()
    network.pay(somebody, Payment(other.public_key, Asset.native(), "5000"))
    assert network.fund(somebody.public_key).status_code == 200
    assert balance(network, somebody.public_key) == "10000.0000000"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "G",
        "GABC",
        Keypair.from_raw_ed25519_seed(bytes(range(32))).secret,
        StrKey.encode_contract(bytes(32)),
        "\x00",
        "é",
    ],
)
def test_what_is_no_account_is_refused(network: Network, address: str) -> None:
    answer = network.http.get(network.facts["friendbot"], params={"addr": address})
    check_friendbot(answer.status_code, answer.json())
    assert answer.status_code == 400
    assert answer.json()["extras"]["invalid_field"] == "addr"


def test_a_crowd_is_served_in_few_ledgers(chain: Chain) -> None:
    """1,000 who ask at once; half of each ledger's 1,000 operations stay free for others."""
    seed(chain, START, market=False)
    driver = Driver(chain)
    crowd = [person(f"guest {number}") for number in range(1_000)]
    before = chain.head.sequence
    applied = asyncio.run(_serve(driver, crowd))
    assert all(one.successful for one in applied)
    assert chain.head.sequence - before == 2
    closed = (chain.ledger(before + number) for number in (1, 2))
    assert [ledger and ledger.operation_count for ledger in closed] == [500, 500]
    assert {driver.lumens(one) for one in crowd} == {STARTING_BALANCE}


async def _turns() -> None:
    """Turns of the loop in which all is sent that can be, and all hear that have an answer."""
    for _ in range(10):
        await asyncio.sleep(0)


async def _serve(driver: Driver, crowd: list[Keypair]) -> list[AppliedTransaction]:
    friendbot = Friendbot(driver.chain, LedgerBell(driver.chain))
    asking = [asyncio.create_task(friendbot.fund(one.raw_public_key())) for one in crowd]
    while len(friendbot._free) == MINIONS:  # it still waits for the others of the burst
        await asyncio.sleep(0.01)
    await _turns()
    while not all(one.done() for one in asking):
        driver.close()
        await _turns()
    return [one.result() for one in asking]


def test_two_who_ask_for_one_account_share_the_gift(network: Network) -> None:
    somebody = Keypair.random().public_key
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: network.fund(somebody), range(2)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["hash"] for answer in answers}) == 1
    assert balance(network, somebody) == "10000.0000000"


def test_who_was_created_meanwhile_is_topped_up_without_harm_to_others(chain: Chain) -> None:
    seed(chain, START, market=False)
    driver = Driver(chain)
    crowd = [person(f"guest {number}") for number in range(12)]
    raced = crowd[::2]
    asyncio.run(_race(driver, crowd, raced))
    assert {driver.lumens(one) for one in crowd} == {STARTING_BALANCE}


async def _race(driver: Driver, crowd: list[Keypair], raced: list[Keypair]) -> None:
    """Creates some of those who asked before friendbot's transactions are in a ledger."""
    friendbot = Friendbot(driver.chain, LedgerBell(driver.chain))
    asking = [asyncio.create_task(friendbot.fund(one.raw_public_key())) for one in crowd]
    await asyncio.sleep(0.1)
    creations = [CreateAccount(one.public_key, "100") for one in raced]
    envelope = driver.build(driver.root, *creations)
    driver.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    for _ in range(10):
        driver.close()
        await asyncio.sleep(0.01)
    applied = await asyncio.gather(*asking)
    assert all(one.successful for one in applied)
    assert driver.chain.find(envelope.hash())


def test_a_full_network_ends_the_wait_with_a_problem(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.localnet.friendbot.WAIT_SECONDS", 0.1)
    seed(chain, START, market=False)
    friendbot = Friendbot(chain, LedgerBell(chain))
    with pytest.raises(Problem) as caught:
        asyncio.run(friendbot.fund(person("guest").raw_public_key()))
    assert caught.value.status == 504
    assert caught.value.body()["type"] == "https://stellar.org/friendbot-errors/timeout"


def test_a_jump_of_the_clock_leaves_nobody_waiting() -> None:
    with running_network("--close-seconds", "0.2", "--no-seed") as network:
        assert network.post("/admin/clock", {"advanceSeconds": 86_400}).status_code == 200
        network.person()
