"""The shapes: camelCase, strict on the way in, lenient on the way out, nothing optional as null."""

import inspect
import re

import msgspec
import pytest

from core import wire


def _structs(base: type) -> list[type]:
    return [
        kind
        for _, kind in inspect.getmembers(wire, inspect.isclass)
        if issubclass(kind, base) and kind is not base
    ]


@pytest.mark.parametrize("kind", _structs(wire.Request))
def test_requests_refuse_unknown_fields(kind: type) -> None:
    assert kind.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("kind", _structs(wire.Reply))
def test_clients_ignore_unknown_reply_fields(kind: type) -> None:
    assert not kind.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("kind", _structs(wire.Request) + _structs(wire.Reply))
def test_names_are_camel_case(kind: type) -> None:
    for field in msgspec.structs.fields(kind):
        assert re.fullmatch(r"[a-z][a-zA-Z0-9]*", field.encode_name)


def test_an_absent_field_is_left_out() -> None:
    sent = wire.SignIn(password="x" * 12, email="a@example.org")
    assert msgspec.json.decode(msgspec.json.encode(sent)) == {
        "action": "signIn",
        "password": "x" * 12,
        "email": "a@example.org",
    }


def test_the_fee_is_always_told() -> None:
    party = wire.Party(name="Asha", address="G", verified=False, kind="user")
    told = wire.Transaction(
        transaction_id="1",
        kind="payment",
        direction="out",
        status="pending",
        counterparty=party,
        amount="1",
        asset="XLM",
        fee="0",
        created_at="2026-11-24T00:00:00.000Z",
    )
    plain = msgspec.json.decode(msgspec.json.encode(told))
    assert plain["fee"] == "0"
    assert "hash" not in plain


def test_an_action_chooses_the_shape() -> None:
    read = msgspec.json.Decoder(wire.Initiate | wire.Confirm | wire.Cancel)
    assert read.decode(b'{"action":"cancel","transactionId":"7"}') == wire.Cancel(
        transaction_id="7"
    )
    for body in (b'{"action":"other"}', b'{"action":"cancel","transactionId":"7","x":1}', b"{}"):
        with pytest.raises(msgspec.ValidationError):
            read.decode(body)
