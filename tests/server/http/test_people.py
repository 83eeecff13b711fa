"""Contacts, payment requests, lists and files."""

import csv
import io
import json

import pytest

from tests.server.http.office import STRANGER, USDC, Office, Person

CONTACTS = "/api/contacts"
REQUESTS = "/api/requests"


def test_a_contact_is_kept_renamed_marked_and_forgotten(
    office: Office, anna: Person, ben: Person
) -> None:
    added = office.post(CONTACTS, {"name": " Benny  B ", "recipient": "@ben"}, anna)
    assert added.status == 201
    contact = added.json
    key = contact.pop("contactId")
    assert contact == {
        "name": "Benny B",
        "handle": "ben",
        "address": ben.address,
        "favourite": False,
        "blocked": False,
    }
    change = {"contactId": key, "name": "Ben", "favourite": True}
    changed = office.call("PATCH", CONTACTS, change, by=anna).json
    assert changed == contact | {"contactId": key, "name": "Ben", "favourite": True}
    assert office.get(CONTACTS, anna).json == {"items": [changed]}
    assert "Benny" not in repr(office.everything())
    gone = office.call("DELETE", CONTACTS, {"contactId": key}, by=anna)
    assert (gone.status, gone.body) == (204, b"")
    assert office.get(CONTACTS, anna).json == {"items": []}
    again = office.call("DELETE", CONTACTS, {"contactId": key}, by=anna)
    assert (again.status, again.code) == (404, "contact.not_found")


def test_a_stranger_may_be_a_contact_too(office: Office, anna: Person) -> None:
    office.post(CONTACTS, {"name": "Exchange", "recipient": STRANGER}, anna)
    transaction = office.initiate(anna, STRANGER)
    found = office.get(f"/api/pay?action=status&transactionId={transaction}", anna).json
    assert found["counterparty"] == {
        "name": "Exchange",
        "address": STRANGER,
        "verified": False,
        "kind": "contact",
    }


REFUSED_CONTACTS = {
    "name": ({"name": "", "recipient": "ben"}, 422, "contact.name_malformed", "name"),
    "control": ({"name": "a\x1b[2J", "recipient": "ben"}, 422, "contact.name_malformed", "name"),
    "unknown": ({"name": "X", "recipient": "nobody_here"}, 422, "recipient.unknown", "recipient"),
    "malformed": ({"name": "X", "recipient": "!!"}, 400, "recipient.malformed", "recipient"),
    "oneself": ({"name": "I", "recipient": "anna"}, 422, "recipient.self", "recipient"),
    "again": ({"name": "Ben2", "recipient": "ben"}, 409, "contact.exists", "recipient"),
}


@pytest.mark.parametrize("case", REFUSED_CONTACTS)
def test_a_contact_that_is_refused(office: Office, anna: Person, ben: Person, case: str) -> None:
    office.post(CONTACTS, {"name": "Ben", "recipient": "ben"}, anna)
    body, status, code, field = REFUSED_CONTACTS[case]
    before = office.everything()
    reply = office.post(CONTACTS, body, anna)
    assert (reply.status, reply.code, reply.json["field"]) == (status, code, field)
    assert office.everything() == before


def test_contacts_come_in_pages(office: Office, anna: Person) -> None:
    for number in range(5):
        office.person(f"friend_{number}")
        office.clock.now_ms += 1
        body = {"name": f"Friend {number}", "recipient": f"friend_{number}"}
        office.post(CONTACTS, body, anna)
    seen, target = [], f"{CONTACTS}?limit=2"
    while True:
        page = office.get(target, anna).json
        seen.append([item["name"][-1] for item in page["items"]])
        if "next" not in page:
            break
        target = f"{CONTACTS}?limit=2&cursor={page['next']}"
    assert seen == [["4", "3"], ["2", "1"], ["0"]]


def test_a_request_makes_a_link_and_a_qr_payload(office: Office, ben: Person) -> None:
    body = {"amount": "5.50", "note": "tea & cake", "expiresAt": "2025-11-25T00:00:00+02:00"}
    made = office.post(REQUESTS, body, ben)
    assert made.status == 201
    key = made.json["requestId"]
    assert made.json == {
        "requestId": key,
        "link": f"HTTPS://PAY.EXAMPLE.ORG/P/{key}",
        "sep7": f"web+stellar:pay?destination={ben.address}&amount=5.5&memo={key}"
        "&msg=tea%20%26%20cake",
    }
    for path in (f"/p/{key}", f"/P/{key}", f"/p/{key.lower()}"):
        shown = office.get(path)
        assert (shown.status, shown.headers["content-type"]) == (200, "application/json")
    assert shown.json == made.json | {
        "status": "open",
        "payee": {
            "name": "Name of ben",
            "handle": "ben",
            "address": ben.address,
            "verified": False,
            "kind": "user",
        },
        "amount": "5.5",
        "asset": "XLM",
        "note": "tea & cake",
        "expiresAt": "2025-11-24T22:00:00.000Z",
    }
    text = office.get(f"/P/{key}", accept="text/plain")
    assert (text.body.decode(), text.headers["content-type"]) == (made.json["sep7"], "text/plain")
    office.clock.now_ms += 6 * 3_600_000
    assert office.get(f"/p/{key}").json["status"] == "expired"


def test_a_request_may_leave_the_amount_to_the_payer(
    office: Office, anna: Person, ben: Person
) -> None:
    made = office.post(REQUESTS, {}, ben).json
    assert "amount" not in office.get(f"/p/{made['requestId']}").json
    office.pay(anna, made["link"], "3")
    assert office.get(f"/p/{made['requestId']}").json["status"] == "paid"


def test_the_same_request_twice_is_one(office: Office, ben: Person) -> None:
    first = office.post(REQUESTS, {"amount": "5"}, ben, key="request-key")
    assert office.post(REQUESTS, {"amount": "5"}, ben, key="request-key").body == first.body
    assert office.post(REQUESTS, {"amount": "6"}, ben, key="request-key").code == (
        "idempotency.conflict"
    )
    assert office.rows("SELECT count(*) FROM payment_requests") == [(1,)]


REFUSED_REQUESTS = {
    "zero": ({"amount": "0"}, "amount.not_positive", "amount"),
    "decimals": ({"amount": "1.00000001"}, "amount.too_many_decimals", "amount"),
    "asset": ({"asset": "DOGE"}, "asset.unknown", "asset"),
    "foreign asset": ({"asset": f"EUR:{STRANGER}"}, "asset.unknown", "asset"),
    "note": ({"note": "x" * 141}, "note.too_long", "note"),
    "past": ({"expiresAt": "2025-11-24T16:00:30Z"}, "request.expiry_malformed", "expiresAt"),
    "far": ({"expiresAt": "2027-01-01T00:00:00Z"}, "request.expiry_malformed", "expiresAt"),
    "no zone": ({"expiresAt": "2025-11-25T00:00:00"}, "request.expiry_malformed", "expiresAt"),
    "no time": ({"expiresAt": "soon"}, "request.expiry_malformed", "expiresAt"),
    "year 0": ({"expiresAt": "0001-01-01T00:00:00+14:00"}, "request.expiry_malformed", "expiresAt"),
}


@pytest.mark.parametrize("case", REFUSED_REQUESTS)
def test_a_request_that_is_refused(office: Office, ben: Person, case: str) -> None:
    body, code, field = REFUSED_REQUESTS[case]
    before = office.everything()
    reply = office.post(REQUESTS, body, ben)
    assert (reply.status, reply.code, reply.json["field"]) == (422, code, field)
    assert office.everything() == before


@pytest.mark.parametrize("key", ["NOSUCHLINK", "0123456789", "x", "%00", "../../etc", "a" * 500])
def test_links_that_lead_nowhere(office: Office, key: str) -> None:
    assert office.get(f"/p/{key}").status == 404


def test_activity_is_paged_and_filtered(office: Office, anna: Person, ben: Person) -> None:
    for amount in ("1", "2", "3"):
        office.pay(anna, "ben", amount)
    base = "/api/wallet?action=transactions"

    def amounts(query: str = "") -> list[str]:
        page = office.get(base + query, anna)
        assert page.status == 200, page
        return [item["amount"] for item in page.json["items"]]

    assert amounts() == ["3", "2", "1", "500", "10000"]
    first = office.get(f"{base}&limit=2", anna).json
    assert [item["amount"] for item in first["items"]] == ["3", "2"]
    assert amounts(f"&limit=2&cursor={first['next']}") == ["1", "500"]
    assert amounts("&kind=friendbot") == ["10000"]
    assert amounts("&kind=loan") == []
    assert amounts("&asset=USDC") == amounts(f"&asset={USDC}") == ["500"]
    assert amounts("&person=ben") == amounts(f"&person={ben.address}") == ["3", "2", "1"]
    assert amounts(f"&person={STRANGER}") == ["500", "10000"]
    middle = first["items"][1]["createdAt"]
    assert amounts(f"&from={middle}") == ["3", "2"]
    assert amounts(f"&to={middle}") == ["1", "500", "10000"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("cursor=x", "request.bad_cursor", "cursor"),
        ("limit=0", "request.bad_range", "limit"),
        ("limit=201", "request.bad_range", "limit"),
        ("kind=nonsense", "request.invalid", "kind"),
        ("from=yesterday", "request.bad_range", "from"),
        ("from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z", "request.bad_range", "from"),
        ("person=!", "recipient.malformed", "person"),
    ],
)
def test_an_activity_that_cannot_be_listed(
    office: Office, anna: Person, query: str, code: str, field: str
) -> None:  # fmt: skip
    reply = office.get(f"/api/wallet?action=transactions&{query}", anna)
    assert (reply.status, reply.code, reply.json["field"]) == (400, code, field)


def test_balances_have_a_value_once_there_is_a_price(office: Office, anna: Person) -> None:
    def values() -> list[str | None]:
        found = office.get("/api/wallet?action=balance", anna).json
        assert (found["valueAsset"], found["asOf"]) == ("XLM", "2025-11-24T16:00:02.000Z")
        return [row.get("value") for row in found["balances"]]

    assert values() == ["10000", None]
    office.change("INSERT INTO prices VALUES (?, ?, ?)", USDC, 20_000_001, office.clock.now_ms)
    assert values() == ["10000", "1000.00005"]


def test_a_statement_opens_safely_in_a_spreadsheet(
    office: Office, anna: Person, ben: Person
) -> None:
    office.pay(anna, "ben", "2", note='=HYPERLINK("http://evil")')
    file = office.get("/api/export?kind=statement&format=csv", anna)
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == ('attachment; filename="lumenpay-statement.csv"')
    rows = list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert [row["amount"] for row in rows] == ["10000", "500", "2"]
    assert rows[2]["note"] == '\'=HYPERLINK("http://evil")'
    assert rows[2]["counterpartyHandle"] == "ben"
    as_json = office.get("/api/export?kind=statement&format=json&asset=USDC", anna)
    assert [row["amount"] for row in json.loads(as_json.body)["transactions"]] == ["500"]


def test_a_receipt_is_one_transaction(office: Office, anna: Person, ben: Person) -> None:
    transaction = office.pay(anna, "ben", "2")
    target = f"/api/export?kind=receipt&transactionId={transaction}&format"
    rows = office.get(f"{target}=json", anna).json["transactions"]
    assert [row["transactionId"] for row in rows] == [transaction]
    theirs = office.get(f"{target}=json", ben)
    assert (theirs.status, theirs.code) == (404, "payment.not_found")
    pdf = office.get(f"{target}=pdf", anna)
    assert (pdf.status, pdf.code, pdf.json["params"]) == (
        422,
        "export.format_unavailable",
        {"known": ["csv", "json"]},
    )


def test_there_is_no_statement_of_nothing(office: Office, anna: Person) -> None:
    reply = office.get("/api/export?kind=statement&format=csv&to=2020-01-01T00:00:00Z", anna)
    assert (reply.status, reply.code) == (404, "export.not_found")
