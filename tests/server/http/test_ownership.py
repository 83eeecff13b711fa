"""Other people's things are as absent as what never was: the same bytes, and nothing changes.

The sweep is made from the route table: every call that takes an id, with every id that somebody
else has.
"""

import json
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from msgspec.structs import fields

from server.http.operations import Operation
from tests.server.http.asgi import Reply
from tests.server.http.office import PIN, Office, Person
from tests.server.http.samples import samples

NOT_AN_ID = {"idempotencyKey", "referralCode"}
"""`idempotencyKey` is swept by name below; a referral code is meant to be given away."""

ID_FIELDS = {"transactionId", "contactId", "idempotencyKey", "cursor"}


class Owned(NamedTuple):
    """What ben has, by the field in which somebody might send it."""

    ids: dict[str, list[str]]

    def of(self, field: str) -> list[str]:
        """Ids of other sorts too: an id in the wrong place must not work either."""
        if field == "idempotencyKey":
            return self.ids[field]
        return [one for name, ids in self.ids.items() if name != "idempotencyKey" for one in ids]


@pytest.fixture
def owned(office: Office, anna: Person, ben: Person) -> Owned:
    paid = office.pay(ben, "anna", "1")
    waiting = office.initiate(ben, "anna", "2")
    contact = office.get("/api/contacts", ben).json["items"][0]["contactId"]
    keys = office.rows(
        "SELECT idempotency_key FROM transactions WHERE user_id = ? AND direction = 'out'",
        ben.user_id,
    )
    received = office.rows(
        "SELECT id FROM transactions WHERE user_id = ? AND direction = 'in'", ben.user_id
    )
    return Owned(
        {
            "transactionId": [paid, waiting, *(str(id_) for (id_,) in received)],
            "contactId": [contact],
            "userId": [ben.user_id],
            "idempotencyKey": [str(key) for (key,) in keys],
        }
    )


def id_fields(operation: Operation) -> list[str]:
    names = [field.encode_name for field in fields(operation.sends)]
    return [name for name in names if name in ID_FIELDS]


def test_every_field_that_holds_an_id_is_swept(office: Office) -> None:
    suspicious = {
        field.encode_name
        for operation in office.table
        for field in fields(operation.sends)
        if field.encode_name.endswith(("Id", "Key", "Code")) or field.encode_name == "cursor"
    }
    assert suspicious - NOT_AN_ID == ID_FIELDS - NOT_AN_ID


def test_what_others_have_is_as_absent_as_what_never_was(
    office: Office, anna: Person, owned: Owned
) -> None:
    mine = samples(office, anna)
    before = office.everything()
    swept = 0
    for operation in office.table:
        for field in id_fields(operation):
            if field == "cursor":
                continue
            sends = dict(mine[operation.name].sends)
            sends.pop("idempotencyKey", None)
            nothing = office.new_id() if field != "idempotencyKey" else "never-used-key"
            absent = send(office, operation, sends | {field: nothing}, anna)
            assert absent.status == 404
            for theirs in owned.of(field):
                reply = send(office, operation, sends | {field: theirs}, anna)
                assert reply.status == 404
                assert without_request(reply) == without_request(absent)
                anonymous = send(office, operation, sends | {field: theirs}, None)
                assert (anonymous.status, anonymous.code) == (401, "auth.required")
                swept += 1
    assert swept >= 30
    assert office.everything() == before


def send(
    office: Office, operation: Operation, sends: dict[str, object], by: Person | None
) -> Reply:
    if operation.in_body:
        return office.call(operation.method, operation.path, sends, by=by)
    return office.get(f"{operation.path}?{urlencode(sends)}", by)


def without_request(reply: Reply) -> tuple[dict[str, str], dict[str, object]]:
    headers = {name: value for name, value in reply.headers.items() if name != "x-request-id"}
    body: dict[str, object] = json.loads(reply.body)
    del body["requestId"]
    return headers, body


def test_another_persons_cursor_shows_only_ones_own(
    office: Office, anna: Person, owned: Owned
) -> None:
    own = {
        item["transactionId"]
        for item in office.get("/api/wallet?action=transactions", anna).json["items"]
    }
    for cursor in owned.of("cursor"):
        page = office.get(f"/api/wallet?action=transactions&cursor={cursor}", anna).json
        assert {item["transactionId"] for item in page["items"]} <= own
        assert office.get(f"/api/contacts?cursor={cursor}", anna).json["items"] == []


def test_lists_and_files_hold_only_ones_own(office: Office, anna: Person, owned: Owned) -> None:
    for target in (
        "/api/wallet?action=transactions&limit=200",
        "/api/wallet?action=transactions&person=ben",
        "/api/contacts",
        "/api/export?kind=statement&format=json",
        "/api/profile",
        "/api/wallet?action=info",
        "/api/wallet?action=balance",
    ):
        told = office.get(target, anna).body.decode()
        for ids in owned.ids.values():
            for theirs in ids:
                assert theirs not in told, target


def test_a_refresh_token_serves_its_owner_only(office: Office, anna: Person, ben: Person) -> None:
    crossed = ben.refresh_token.split(".")[0] + "." + anna.refresh_token.split(".")[1]
    reply = office.post("/api/auth/session", {"action": "refresh", "refreshToken": crossed})
    assert reply.status == 401
    assert office.get("/api/profile", anna).status == 200


def test_a_pin_serves_its_owner_only(office: Office, anna: Person) -> None:
    """The tag of one person's PIN opens nothing in another's row."""
    other = office.person("carl")
    office.change("UPDATE payers SET pin_salt = (SELECT pin_salt FROM payers WHERE user_id = ?), "
                  "pin_tag = (SELECT pin_tag FROM payers WHERE user_id = ?) WHERE user_id = ?",
                  other.user_id, other.user_id, anna.user_id)  # fmt: skip
    transaction = office.initiate(anna, "carl")
    assert office.confirm(anna, transaction, PIN).code == "auth.wrong_pin"
