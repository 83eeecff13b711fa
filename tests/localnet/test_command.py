"""`lumenpay localnet`: its flags, its switches, its end."""

import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from stellar_sdk import Asset, Keypair
from stellar_sdk import Network as Passphrases
from stellar_sdk.operation import Payment

from server.commands.localnet import run
from server.localnet.ledger.chain import Chain
from tests.localnet.network import Network, running_network

XLM = Asset.native()


def ledger(network: Network) -> dict[str, Any]:
    newest: dict[str, Any] = network.get("GET /ledgers", "/ledgers", order="desc", limit=1)
    (record,) = newest["_embedded"]["records"]
    found: dict[str, Any] = record
    return found


def test_the_line_says_where_and_what_it_is(network: Network) -> None:
    facts = network.facts
    assert facts["rpc"] == facts["horizon"] + "/rpc"
    assert facts["friendbot"] == facts["horizon"] + "/friendbot"
    assert facts["passphrase"] == Passphrases.STANDALONE_NETWORK_PASSPHRASE
    assert facts["root"] == "GBZXN7PIRZGNMHGA7MUUUF4GWPY5AYPV6LY4UV2GL6VJGIQRXFDNMADI"
    assert facts["usdc"] == f"USDC:{facts['issuer']}"
    for name in ("root", "issuer", "marketMaker"):
        assert Keypair.from_secret(facts[f"{name}Secret"]).public_key == facts[name]
        network.get("GET /accounts/{account_id}", f"/accounts/{facts[name]}")


def test_it_listens_on_the_other_loopback_too() -> None:
    if not socket.has_dualstack_ipv6():
        assert run(["--host", "::1"]) == 2
        return
    with running_network("--host", "::1", "--no-seed", "--close-seconds", "0") as network:
        assert network.horizon.startswith("http://[::1]:")
        assert network.post("/admin/close").status_code == 200


def test_ledgers_close_on_demand_at_the_networks_own_time() -> None:
    with running_network("--close-seconds", "0") as network:
        before = ledger(network)
        answer = network.post("/admin/close")
        assert answer.json()["ledger"] == before["sequence"] + 1
        assert ledger(network)["sequence"] == before["sequence"] + 1
        moved = network.post("/admin/clock", {"advanceSeconds": 86_400}).json()
        assert moved["advancedSeconds"] == 86_400
        closed = network.post("/admin/close").json()
        assert closed["closeTime"] - answer.json()["closeTime"] >= 86_400
        assert abs(closed["closeTime"] - moved["now"]) < 10


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"advanceSeconds": -1}',
        b'{"advanceSeconds": "5"}',
        b'{"advanceSeconds": 1.5}',
        b'{"advanceSeconds": true}',
        b'{"advanceSeconds": 1, "more": 2}',
        b'{"advanceSeconds": 99999999999999999999}',
        b"\xff",
        b" " * 5_000 + b'{"advanceSeconds": 1}',
    ],
)
def test_the_clock_takes_nothing_else(network: Network, body: bytes) -> None:
    answer = network.http.post(network.horizon + "/admin/clock", content=body)
    assert answer.status_code == 400
    assert answer.json()["extras"]["invalid_field"] == "advanceSeconds"
    still = network.post("/admin/clock", {"advanceSeconds": 0}).json()
    assert still["advancedSeconds"] == 0


def test_without_seed_there_is_friendbot_only() -> None:
    passphrase = Passphrases.TESTNET_NETWORK_PASSPHRASE
    with running_network("--no-seed", "--passphrase", passphrase, "--close-seconds", "0.2") as own:
        assert own.passphrase == passphrase
        assert "usdc" not in own.facts
        assert own.get("GET /assets", "/assets")["_embedded"]["records"] == []
        assert own.get("GET /offers", "/offers")["_embedded"]["records"] == []
        payer, payee = own.person(), own.person()
        own.pay(payer, Payment(payee.public_key, XLM, "1"))


def test_a_folder_keeps_the_network(tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "network"), "--close-seconds", "0.2")
    with running_network(*arguments) as first:
        somebody, other = first.person(), first.person()
        sent = first.pay(somebody, Payment(other.public_key, XLM, "7"))
        offers = first.get("GET /offers", "/offers", limit=200)["_embedded"]["records"]
        path = f"/accounts/{other.public_key}"
        effects = first.get("GET /accounts/{account_id}/effects", f"{path}/effects")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    with running_network(*arguments) as second:
        base = (first.horizon, second.horizon)
        found = second.get("GET /transactions/{transaction_hash}", f"/transactions/{sent['hash']}")
        assert json.dumps(found) == json.dumps(sent).replace(*base)
        again = second.get("GET /offers", "/offers", limit=200)["_embedded"]["records"]
        assert json.dumps(again) == json.dumps(offers).replace(*base)
        shown = second.get("GET /accounts/{account_id}/effects", f"{path}/effects")
        assert json.dumps(shown) == json.dumps(effects).replace(*base)
        second.pay(other, Payment(somebody.public_key, XLM, "7"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--close-seconds", "-1"),
        ("--close-seconds", "soon"),
        ("--close-seconds", "nan"),
        ("--ledger-operations", "0"),
        ("--port", "70000"),
        ("--port", "x"),
        ("--unknown",),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(list(arguments))
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_a_host_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--host", "no.such.host.invalid"]) == 2
    assert capsys.readouterr().err


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["--port", str(port)]) == 2
    assert str(port) in capsys.readouterr().err


def test_a_folder_of_another_network_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Chain("One Network", data=tmp_path).stop()
    assert run(["--port", "0", "--data", str(tmp_path), "--passphrase", "Another"]) == 2
    assert "One Network" in capsys.readouterr().err


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_even_while_somebody_listens(end: signal.Signals) -> None:
    with running_network("--close-seconds", "0.5", "--no-seed") as network:
        headers = {"Accept": "text/event-stream"}
        url = network.horizon + "/ledgers?cursor=now"
        with network.http.stream("GET", url, headers=headers):
            network.process.send_signal(end)
            assert network.process.wait(5) == 0
