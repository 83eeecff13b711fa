"""Identifiers sort by time, carry their randomness, and read as what they are."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import (
    CROCKFORD,
    encode,
    is_idempotency_key,
    is_link_id,
    is_ulid,
    link_id,
    ulid,
    ulid_time_ms,
)

MOMENTS = st.integers(0, 2**48 - 1)


def test_a_known_ulid() -> None:
    """The extremes of the ULID specification."""
    assert ulid(0, bytes) == "0" * 26
    assert ulid(2**48 - 1, lambda size: b"\xff" * size) == "7" + "Z" * 25


@given(MOMENTS)
def test_ulids_are_well_formed_and_tell_their_time(now_ms: int) -> None:
    made = ulid(now_ms, secrets.token_bytes)
    assert is_ulid(made)
    assert ulid_time_ms(made) == now_ms


@given(MOMENTS, MOMENTS)
def test_ulids_sort_by_time(one: int, other: int) -> None:
    first, second = ulid(one, secrets.token_bytes), ulid(other, secrets.token_bytes)
    assert (one < other) <= (first < second)


@given(st.integers(0, 32**10 - 1))
def test_encoding_is_base_32(number: int) -> None:
    value = 0
    for character in encode(number, 10):
        value = value * 32 + CROCKFORD.index(character)
    assert value == number


@pytest.mark.parametrize(
    "text", ["", "8" + "Z" * 25, "0" * 25, "0" * 27, "I" * 26, "0" * 26 + "\n"]
)
def test_what_is_no_ulid(text: str) -> None:
    assert not is_ulid(text)


@pytest.mark.parametrize("text", ["a1234567", "A-b_" * 16])
def test_idempotency_keys(text: str) -> None:
    assert is_idempotency_key(text)


@pytest.mark.parametrize("text", ["", "short12", "x" * 65, "has space", "ümlaut-key", "key12345\n"])
def test_what_is_no_idempotency_key(text: str) -> None:
    assert not is_idempotency_key(text)


def test_link_ids_use_all_their_bits() -> None:
    assert link_id(bytes) == "0" * 10
    assert link_id(lambda size: b"\xff" * size) == "Z" * 10
    assert is_link_id(link_id(secrets.token_bytes))
    assert not is_link_id("ABC")
