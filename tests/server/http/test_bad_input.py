"""Every route against every sort of bad input: a 4xx that names what is wrong, and no change.

Made from the route table: a new route is tested as soon as it has a sample.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from core import wire
from server.http.operations import Nothing, Operation
from server.http.reading import BODY_BYTES_MAX
from tests.server.http.asgi import Reply
from tests.server.http.office import STRANGER, Office, Person, paying
from tests.server.http.samples import Sample, samples

OPERATIONS = sorted(
    """signUp signIn refresh signOut signOutEverywhere profile changeProfile walletInfo
    walletBalance walletTransactions initiate confirm cancel status contacts addContact
    changeContact removeContact createRequest request requestOfCode events federation stellarToml
    statement receipt health readiness metrics openapi""".split()
)
IN_BODY = [name for name in OPERATIONS if name in """signUp signIn refresh signOut
    signOutEverywhere changeProfile initiate confirm cancel addContact changeContact removeContact
    createRequest""".split()]  # fmt: skip


class Case(NamedTuple):
    office: Office
    owner: Person
    operation: Operation
    sample: Sample

    def send(
        self,
        body: object = None,
        *,
        by: Person | None = None,
        target: str | None = None,
        **headers: str,
    ) -> Reply:
        return self.office.call(
            self.operation.method,
            target or self.sample.target(self.operation),
            self.sample.body(self.operation) if body is None else body,
            by=by or self.owner,
            **headers,
        )


@pytest.fixture
def owner(office: Office) -> Person:
    person = office.person("anna")
    office.person("ben")
    office.person("dora")
    return person


@pytest.fixture
def case(office: Office, owner: Person, request: pytest.FixtureRequest) -> Case:
    (operation,) = [row for row in office.table if row.name == request.param]
    return Case(office, owner, operation, samples(office, owner)[request.param])


@pytest.fixture
def unchanged(office: Office, owner: Person, case: Case) -> Iterator[None]:
    """Whatever the test sends, all rows stay as they are."""
    before = office.everything()
    yield
    assert office.everything() == before


def test_the_samples_are_the_route_table(office: Office, owner: Person) -> None:
    assert sorted(row.name for row in office.table) == OPERATIONS
    assert sorted(row.name for row in office.table if row.in_body) == IN_BODY
    assert sorted(samples(office, owner)) == OPERATIONS


@pytest.mark.parametrize("case", [name for name in OPERATIONS if name != "events"], indirect=True)
def test_the_good_call_is_answered(case: Case) -> None:
    reply = case.send()
    assert reply.status == case.operation.status, reply


@pytest.mark.parametrize("case", IN_BODY, indirect=True)
@pytest.mark.usefixtures("unchanged")
def test_what_is_no_body(case: Case) -> None:
    for body in (b"", b"{", b"null", b"[1]", b'"text"', b"\xff", b'{"a":' * 3_000):
        reply = case.send(body)
        assert (reply.status, reply.code.partition(".")[0]) == (400, "request"), body
    large = b'{"action":"' + b"x" * BODY_BYTES_MAX + b'"}'
    reply = case.send(large)
    assert (reply.status, reply.code) == (413, "request.too_large")
    reply = case.send(content_type="text/plain")
    assert (reply.status, reply.code) == (415, "request.wrong_media")


@pytest.mark.parametrize("case", IN_BODY, indirect=True)
@pytest.mark.usefixtures("unchanged")
def test_a_field_of_the_wrong_sort_is_named(case: Case) -> None:
    fields = case.operation.sends.__struct_encode_fields__
    for field in fields:
        for value in (7, ["x"], {"x": 1}):
            if field == "memo" and isinstance(value, dict):
                continue
            reply = case.send(case.sample.sends | {field: value})
            assert (reply.status, reply.code, reply.json["field"]) == (
                400,
                "request.invalid",
                field,
            ), (field, value)


@pytest.mark.parametrize("case", IN_BODY, indirect=True)
@pytest.mark.usefixtures("unchanged")
def test_unknown_missing_and_impossible_fields_are_named(case: Case) -> None:
    sends = case.sample.sends
    reply = case.send(sends | {"unknownField": 1})
    assert (reply.status, reply.code, reply.json["field"]) == (
        400,
        "request.invalid",
        "unknownField",
    )
    for field in required(case.operation):
        reply = case.send({name: value for name, value in sends.items() if name != field})
        assert (reply.status, reply.json["field"]) == (400, field)
    for field, value in sends.items():
        if isinstance(value, str):
            reply = case.send(sends | {field: value + "\0"})
            assert (reply.status, reply.json["field"]) == (400, field)
    if case.operation.action is not None:
        reply = case.send(sends | {"action": "explode"})
        assert (reply.status, reply.code) == (400, "request.unknown_action")


def required(operation: Operation) -> list[str]:
    config = operation.sends.__struct_config__
    names = operation.sends.__struct_encode_fields__
    optional = len(operation.sends.__struct_defaults__)
    tag = [config.tag_field] if isinstance(config.tag, str) and config.tag_field else []
    defaults = [name for name in names if name not in _with_default(operation.sends, optional)]
    return tag + defaults


def _with_default(struct: type[wire.Request], optional: int) -> set[str]:
    from msgspec import NODEFAULT
    from msgspec.structs import fields

    named = {
        field.encode_name
        for field in fields(struct)
        if field.default is not NODEFAULT or field.default_factory is not NODEFAULT
    }
    assert len(named) <= optional
    return named


@pytest.mark.parametrize(
    "case", [name for name in OPERATIONS if name not in IN_BODY], indirect=True
)
@pytest.mark.usefixtures("unchanged")
def test_a_query_that_cannot_be_read(case: Case) -> None:
    base = case.sample.target(case.operation)
    mark = "&" if "?" in base else "?"
    for more in ("unknownField=1", "x", "%ff=1", "a=1&a=2"):
        reply = case.send(target=f"{base}{mark}{more}")
        assert (reply.status, reply.code) == (400, "request.invalid"), more
    if case.operation.sends is not Nothing:
        for field in required(case.operation):
            query = {name: value for name, value in case.sample.sends.items() if name != field}
            reply = case.send(target=Sample(case.sample.path, query).target(case.operation))
            assert (reply.status, reply.json["field"]) == (400, field)


@pytest.mark.parametrize("case", OPERATIONS, indirect=True)
@pytest.mark.usefixtures("unchanged")
def test_without_a_session_private_calls_say_nothing(case: Case) -> None:
    if case.operation.public:
        return
    target, body = case.sample.target(case.operation), case.sample.body(case.operation)
    for token, code in ((None, "auth.required"), ("x" * 43, "auth.session_expired")):
        reply = case.office.call(case.operation.method, target, body, by=token)
        assert (reply.status, reply.code) == (401, code)


@pytest.mark.parametrize("case", OPERATIONS, indirect=True)
@pytest.mark.usefixtures("unchanged")
def test_an_old_client_is_refused_everywhere(case: Case) -> None:
    reply = case.send(lumenpay_api="0")
    assert (reply.status, reply.code) == (426, "request.client_too_old")


@pytest.mark.parametrize("case", ["signUp", "initiate", "createRequest"], indirect=True)
@pytest.mark.usefixtures("unchanged")
def test_a_call_that_must_not_happen_twice_needs_its_key(case: Case) -> None:
    assert case.operation.idempotent
    reply = case.send(key="short")
    assert (reply.status, reply.code) == (400, "idempotency.malformed")


def test_no_other_call_needs_a_key(office: Office) -> None:
    marked = [row.name for row in office.table if row.idempotent]
    assert sorted(marked) == ["createRequest", "initiate", "signUp"]


BAD_PAYMENTS: dict[str, tuple[dict[str, object], int, str, str]] = {
    "no number": ({"amount": "ten"}, 422, "amount.malformed", "amount"),
    "sign": ({"amount": "-1"}, 422, "amount.malformed", "amount"),
    "plus": ({"amount": "+1"}, 422, "amount.malformed", "amount"),
    "exponent": ({"amount": "1e3"}, 422, "amount.malformed", "amount"),
    "nan": ({"amount": "NaN"}, 422, "amount.malformed", "amount"),
    "comma": ({"amount": "1,5"}, 422, "amount.malformed", "amount"),
    "blank": ({"amount": " 1"}, 422, "amount.malformed", "amount"),
    "empty": ({"amount": ""}, 422, "amount.malformed", "amount"),
    "other digits": ({"amount": "١"}, 422, "amount.malformed", "amount"),
    "zero": ({"amount": "0.0000000"}, 422, "amount.not_positive", "amount"),
    "decimals": ({"amount": "0.00000001"}, 422, "amount.too_many_decimals", "amount"),
    "int64": ({"amount": "922337203685.4775808"}, 422, "amount.too_large", "amount"),
    "too much": ({"amount": "9999.99999999"}, 422, "amount.too_many_decimals", "amount"),
    "balance": ({"amount": "10001"}, 422, "payment.balance_too_low", "amount"),
    "asset": ({"asset": "DOGE"}, 422, "asset.unknown", "asset"),
    "lower case": ({"asset": "xlm"}, 422, "asset.unknown", "asset"),
    "strange asset": ({"asset": f"EUR:{STRANGER}"}, 422, "asset.unknown", "asset"),
    "nobody": ({"recipientAddress": "nobody_here"}, 422, "recipient.unknown", "recipientAddress"),
    "oneself": ({"recipientAddress": "anna"}, 422, "recipient.self", "recipientAddress"),
    "elsewhere": (
        {"recipientAddress": "ben*other.example"},
        422,
        "recipient.unknown",
        "recipientAddress",
    ),
    "nonsense": ({"recipientAddress": "?"}, 400, "recipient.malformed", "recipientAddress"),
    "checksum": (
        {"recipientAddress": STRANGER[:-1] + "A"},
        400,
        "recipient.malformed",
        "recipientAddress",
    ),
    "secret": (
        {"recipientAddress": "SC5O7VZUXDJ6JBDSZ74DSERXL7W3Y5LTOAMRF7RQRL3TAGAPS7LUVG3L"},
        400,
        "recipient.malformed",
        "recipientAddress",
    ),
    "no account": (
        {"recipientAddress": "GBZXN7PIRZGNMHGA7MUUUF4GWPY5AYPV6LY4UV2GL6VJGIQRXFDNMADI"},
        422,
        "recipient.no_account",
        "recipientAddress",
    ),
    "lost link": (
        {"recipientAddress": "https://pay.example.org/p/0123456789"},
        404,
        "request.link_not_found",
        "recipientAddress",
    ),
    "long memo": (
        {"memo": {"type": "text", "value": "é" * 15}},
        422,
        "memo.too_long",
        "memo",
    ),
    "empty memo": ({"memo": {"type": "text", "value": ""}}, 422, "memo.malformed", "memo"),
    "memo id": ({"memo": {"type": "id", "value": str(2**64)}}, 422, "memo.malformed", "memo"),
    "memo hash": ({"memo": {"type": "hash", "value": "ab"}}, 422, "memo.malformed", "memo"),
    "memo type": ({"memo": {"type": "poem", "value": "x"}}, 422, "memo.malformed", "memo"),
    "long note": ({"note": "x" * 141}, 422, "note.too_long", "note"),
}


@pytest.mark.parametrize("name", BAD_PAYMENTS)
def test_a_payment_that_cannot_be(office: Office, owner: Person, name: str) -> None:
    changes, status, code, field = BAD_PAYMENTS[name]
    before = office.everything()
    reply = office.post("/api/pay", paying("ben") | changes, owner)
    assert (reply.status, reply.code, reply.json.get("field")) == (status, code, field)
    assert office.everything() == before
    assert json.loads(reply.body)["detail"]


HOSTILE = "[red]\x1b]0;x\x07\u202e<script>{0}%s\n"


def test_hostile_text_is_kept_as_it_is(office: Office, owner: Person) -> None:
    transaction = office.pay(owner, "ben", "1", note=HOSTILE, memo={"type": "text", "value": "[b]"})
    told = office.get(f"/api/pay?action=status&transactionId={transaction}", owner).json
    assert (told["note"], told["memo"]["value"]) == (HOSTILE, "[b]")
