from typing import Any

import pytest

from server.localnet.app import close_ledger, create_app
from server.localnet.clock import NetworkClock
from server.localnet.ledger.chain import Chain
from tests.localnet.rpc.client import Client


@pytest.mark.parametrize("client", ["192.0.2.7", "2001:db8::1", "", "nonsense"])
def test_the_switches_obey_this_machine_only(chain: Chain, client: str) -> None:
    chain.close(1_700_000_000)
    app = create_app(chain, NetworkClock(), close_seconds=0, friendbot_url="")

    async def from_afar(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": (client, 1234) if client else None}, receive, send)

    sequence = chain.head.sequence
    for path in ("/admin/close", "/admin/clock"):
        answer = Client(from_afar).request("POST", path, json={"advanceSeconds": 5})
        assert answer.status_code == 404
    assert chain.head.sequence == sequence


def test_pages_in_browsers_may_use_it(chain: Chain) -> None:
    app = create_app(chain, NetworkClock(), close_seconds=0, friendbot_url="")
    origin = {"Origin": "https://lab.example"}
    answer = Client(app).request("GET", "/fee_stats", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    asked = origin | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for path in ("/rpc", "/transactions"):
        answer = Client(app).request("OPTIONS", path, headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-headers"] == "content-type"
    plain = Client(app).request("GET", "/fee_stats")
    assert "access-control-allow-origin" not in plain.headers


def test_a_ledger_that_cannot_be_closed_ends_the_network(
    chain: Chain, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(close_time: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(chain, "close", fail)
    monkeypatch.setattr("os._exit", exit_)
    with pytest.raises(SystemExit) as ended:
        close_ledger(chain, NetworkClock())
    assert ended.value.code == 1
    assert "the disk is full" in caplog.text


def exit_(code: int) -> None:
    raise SystemExit(code)
