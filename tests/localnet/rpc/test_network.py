from stellar_sdk import Network

from server.localnet.rpc.methods import methods
from tests.localnet.driver import Driver
from tests.localnet.fields import RPC
from tests.localnet.rpc.client import FRIENDBOT, Rpc


def test_every_published_method_is_there(market: Driver) -> None:
    assert methods(market.chain, None).keys() == RPC["methods"].keys()


def test_network(rpc: Rpc) -> None:
    assert rpc.ask("getNetwork") == {
        "passphrase": Network.STANDALONE_NETWORK_PASSPHRASE,
        "protocolVersion": 27,
        "friendbotUrl": FRIENDBOT,
    }


def test_a_network_without_friendbot_does_not_name_one(market: Driver) -> None:
    assert b"friendbot" not in methods(market.chain, None)["getNetwork"](b"{}")  # type: ignore[arg-type]


def test_version(rpc: Rpc) -> None:
    found = rpc.ask("getVersionInfo")
    assert found["protocolVersion"] == 27
    assert found["version"].startswith("lumenpay-localnet ")
