"""What other servers, operators and machines read."""

import tomllib

import pytest

from core.errors import Unavailable
from tests.server.http.office import ISSUER, PASSPHRASE, STRANGER, Office, Person


def test_federation_answers_both_ways(office: Office, anna: Person) -> None:
    named = office.get("/federation?q=Anna*pay.example.org&type=name")
    assert named.json == {
        "stellar_address": "anna*pay.example.org",
        "account_id": anna.address,
    }
    assert named.headers["access-control-allow-origin"] == "*"
    assert office.get(f"/federation?q={anna.address}&type=id").json == named.json


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("q=nobody*pay.example.org&type=name", 404, "federation.not_found"),
        ("q=anna*other.example&type=name", 404, "federation.not_found"),
        ("q=anna&type=name", 404, "federation.not_found"),
        ("q=***&type=name", 404, "federation.not_found"),
        (f"q={STRANGER}&type=id", 404, "federation.not_found"),
        ("q=G&type=id", 404, "federation.not_found"),
        ("q=x&type=txid", 400, "federation.type_unsupported"),
        ("type=name", 400, "request.invalid"),
    ],
)
def test_federation_of_nobody(
    office: Office, anna: Person, query: str, status: int, code: str
) -> None:  # fmt: skip
    reply = office.get(f"/federation?{query}")
    assert (reply.status, reply.code) == (status, code)


def test_stellar_toml_is_toml(office: Office) -> None:
    reply = office.get("/.well-known/stellar.toml")
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["access-control-allow-origin"] == "*"
    found = tomllib.loads(reply.body.decode())
    assert found["NETWORK_PASSPHRASE"] == PASSPHRASE
    assert found["FEDERATION_SERVER"] == "https://pay.example.org/federation"
    assert found["CURRENCIES"] == [{"code": "USDC", "issuer": ISSUER, "display_decimals": 7}]


def test_health_and_readiness(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert office.get("/healthz").json == {"status": "ok"}
    ready = office.get("/readyz")
    assert (ready.status, ready.json) == (
        200,
        {
            "status": "ready",
            "database": True,
            "network": "followed",
            "ledger": 1_000,
            "networkAgeSeconds": 0,
        },
    )
    office.clock.now_ms += 61_000
    behind = office.get("/readyz")
    assert (behind.status, behind.json["network"], behind.json["networkAgeSeconds"]) == (
        503,
        "behind",
        61,
    )
    office.change("DELETE FROM cursors")
    assert (office.get("/readyz").json["network"], office.get("/healthz").status) == (
        "unknown",
        200,
    )

    async def away() -> None:
        raise Unavailable("server.unavailable", retry_after=1)

    monkeypatch.setattr(office.reads, "cursor", away)
    down = office.get("/readyz")
    assert (down.status, down.json["database"]) == (503, False)


def test_metrics_name_no_person(office: Office, anna: Person, ben: Person) -> None:
    office.pay(anna, "ben")
    office.get("/api/profile")
    page = office.get("/metrics").body.decode()
    assert 'lumenpay_http_seconds_count{operation="initiate"} 1.0' in page
    assert 'lumenpay_http_problems_total{code="auth.required"} 1.0' in page
    for word in (anna.user_id, anna.address, "anna", "ben"):
        assert word not in page
