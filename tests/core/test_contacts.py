"""Contacts and payment requests, on bare books."""

import pytest
from msgspec.structs import replace

from core.books import Contact, PaymentRequest
from core.contacts import AddContact, ChangeContact, RemoveContact
from core.recall import Recall
from core.requests import CreateRequest
from core.tries import Rate
from tests.core.town import NOW, Town


@pytest.fixture
def town() -> Town:
    town = Town("asha", "ben")
    town.do(adding("first", "asha", "GBEN"))
    return town


def adding(key: str, user_id: str, address: str) -> AddContact:
    contact = Contact(key, user_id, address, None, b"name", 0, 0, None, NOW)
    return AddContact(now_ms=NOW, contact=contact)


def test_an_address_is_one_contact_of_one_person(town: Town) -> None:
    refusal = town.refusal(adding("second", "asha", "GBEN"))
    assert (refusal.code, refusal.field) == ("contact.exists", "recipient")
    town.do(adding("second", "asha", "GOTHER"))
    town.do(adding("third", "ben", "GBEN"))
    assert sorted(town.books.contacts) == ["first", "second", "third"]
    assert [event.subject for event in town.books.outbox] == ["first", "second", "third"]


def test_a_change_leaves_what_is_not_given(town: Town) -> None:
    change = ChangeContact(now_ms=NOW, contact_id="first", user_id="asha", favourite=True)
    contact = town.do(change)
    assert (contact.sealed_name, contact.favourite, contact.blocked) == (b"name", 1, 0)
    contact = town.do(replace(change, favourite=None, blocked=True, sealed_name=b"new"))
    assert (contact.sealed_name, contact.favourite, contact.blocked) == (b"new", 1, 1)
    contact = town.do(replace(change, favourite=False, blocked=False))
    assert (contact.favourite, contact.blocked) == (0, 0)


def test_a_contact_can_be_removed_and_added_again(town: Town) -> None:
    town.do(RemoveContact(now_ms=NOW, contact_id="first", user_id="asha"))
    town.do(adding("again", "asha", "GBEN"))
    assert sorted(town.books.contacts) == ["again"]


def test_nobody_touches_anothers_contact(town: Town) -> None:
    for command in (
        ChangeContact(now_ms=NOW, contact_id="first", user_id="ben", blocked=True),
        RemoveContact(now_ms=NOW, contact_id="first", user_id="ben"),
        RemoveContact(now_ms=NOW, contact_id="none", user_id="asha"),
    ):
        refusal = town.refusal(command)
        assert (refusal.code, refusal.status) == ("contact.not_found", 404)


def asking(key: str = "key", body_hash: bytes = b"body", limit: int = 9) -> CreateRequest:
    return CreateRequest(
        now_ms=NOW,
        request=PaymentRequest("LINK", "asha", 5, "XLM", None, "open", NOW + 1, NOW),
        key=key,
        body_hash=body_hash,
        body=b"reply",
        rate=Rate("ask:asha", limit, 60_000),
    )


def test_a_request_is_written_once_a_key(town: Town) -> None:
    assert not town.do(asking()).replayed
    town.books.requests["LINK"].status = "paid"
    again = town.do(asking())
    assert (again.body, again.replayed) == (b"reply", True)
    assert town.books.requests["LINK"].status == "paid"
    assert town.refusal(asking(body_hash=b"other")).code == "idempotency.conflict"


def test_requests_are_counted(town: Town) -> None:
    town.do(asking("one", limit=2))
    town.do(asking("two", limit=2))
    refusal = town.refusal(asking("three", limit=2))
    assert (refusal.code, refusal.status) == ("request.too_many", 429)
    assert town.do(asking("one", limit=2)).replayed


def test_a_first_reply_can_be_asked_for_again(town: Town) -> None:
    town.do(asking())
    recall = Recall(now_ms=NOW, scope="asha", key="key", body_hash=b"body")
    reply = town.do(recall)
    assert reply is not None
    assert (reply.body, reply.replayed) == (b"reply", True)
    assert town.do(replace(recall, key="another")) is None
    assert town.do(replace(recall, scope="ben")) is None
    assert town.refusal(replace(recall, body_hash=b"other")).code == "idempotency.conflict"
