"""The same walk over the wire on SQLite and on PostgreSQL: what differs below must not show."""

from collections.abc import Iterator

import pytest

from tests.server.http.office import PASSWORD, STRANGER, USDC, Office, paying

LARGEST = "922337203685.4775807"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    office = Office(database_url)
    office.open()
    yield office
    office.close()


def test_a_payment_and_all_that_is_seen_of_it(office: Office) -> None:
    anna, ben = office.person("anna"), office.person("ben")
    transaction = office.pay(anna, "@ben", note="tea 🍵 \\u0000 ' \" ; --")
    told = office.get(f"/api/pay?action=status&transactionId={transaction}", anna).json
    assert (told["status"], told["note"]) == ("success", "tea 🍵 \\u0000 ' \" ; --")
    key = told["idempotencyKey"]
    assert office.get(f"/api/pay?action=status&idempotencyKey={key}", anna).json == told
    assert (office.balance(anna), office.balance(ben)) == (("9974.5", "0"), ("10025.5", "0"))
    (contact,) = office.get("/api/contacts", anna).json["items"]
    assert contact["handle"] == "ben"
    listed = office.get("/api/wallet?action=transactions&person=ben&limit=1", anna).json
    assert listed == {"items": [told]}
    rows = office.get("/api/export?kind=statement&format=json", ben).json["transactions"]
    assert [row["amount"] for row in rows] == ["10000", "500", "25.5"]
    stranger = office.get(f"/api/pay?action=status&transactionId={transaction}", ben)
    assert (stranger.status, stranger.code) == (404, "payment.not_found")


def test_sessions_and_profiles(office: Office) -> None:
    anna = office.person("anna")
    fresh = office.post(
        "/api/auth/session", {"action": "refresh", "refreshToken": anna.refresh_token}
    ).json["session"]
    assert office.get("/api/profile", anna).code == "auth.session_expired"
    changed = office.call("PATCH", "/api/profile", {"language": "de"}, by=fresh["token"])
    assert changed.json["language"] == "de"
    wrong = {"action": "signIn", "email": anna.email, "password": PASSWORD + "!"}
    assert office.post("/api/auth/session", wrong).code == "auth.wrong_credentials"
    stolen = {"action": "refresh", "refreshToken": anna.refresh_token}
    assert office.post("/api/auth/session", stolen).code == "auth.refresh_reused"
    assert office.get("/api/profile", fresh["token"]).code == "auth.session_expired"


def test_refusals_change_nothing(office: Office) -> None:
    anna = office.person("anna")
    office.person("ben")
    before = office.everything()
    for body, code in (
        (paying("ben", "10001"), "payment.balance_too_low"),
        (paying("ben", LARGEST), "payment.balance_too_low"),
        (paying("ben", "1", asset="USDC"), "asset.no_price"),
        (paying("ben\0"), "request.invalid"),
        (paying("nobody_here"), "recipient.unknown"),
        (paying(STRANGER, memo={"type": "id", "value": str(2**64)}), "memo.malformed"),
    ):
        reply = office.post("/api/pay", body, anna)
        assert (reply.status // 100, reply.code) == (4, code)
    assert office.everything() == before


def test_requests_and_their_payment(office: Office) -> None:
    anna, ben = office.person("anna"), office.person("ben")
    asked = office.post("/api/requests", {"amount": "5", "note": "tea"}, ben).json
    assert office.get(f"/p/{asked['requestId']}").json["status"] == "open"
    office.pay(anna, asked["link"], "5")
    assert office.get(f"/p/{asked['requestId']}").json["status"] == "paid"


def test_the_largest_memo(office: Office) -> None:
    anna = office.person("anna")
    transaction = office.initiate(anna, STRANGER, memo={"type": "id", "value": str(2**64 - 1)})
    assert office.confirm(anna, transaction).json["memo"]["value"] == str(2**64 - 1)
    office.land(transaction)
    assert office.balance(anna, USDC) == ("500", "0")
