"""Every refusal has a stable code, a sentence and a status."""

import re

import pytest

from core import errors


def _problems() -> list[type[errors.Problem]]:
    return [kind for kind in errors.Problem.__subclasses__() if kind.__module__ == "core.errors"]


def test_each_kind_has_a_status_of_its_own() -> None:
    statuses = [kind.status for kind in _problems()]
    assert sorted(statuses) == [400, 401, 403, 404, 409, 413, 415, 422, 426, 429, 503]


def test_codes_are_dotted_and_have_a_sentence() -> None:
    for code, sentence in errors.CODES.items():
        assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+", code), code
        assert sentence.endswith("."), code
        assert sentence[0].isupper(), code


def test_an_unknown_code_is_our_own_fault() -> None:
    with pytest.raises(errors.InvariantBroken):
        errors.Refused("no.such_code")


def test_a_refusal_carries_what_helps() -> None:
    refused = errors.TooMany("request.too_many", field="pin", params={"left": 0}, retry_after=7)
    assert (refused.field, refused.params, refused.retry_after) == ("pin", {"left": 0}, 7)
    assert refused.detail == errors.CODES["request.too_many"]


def test_our_own_rules_are_held() -> None:
    errors.hold(True, "fine")
    with pytest.raises(errors.InvariantBroken, match="sums to zero"):
        errors.hold(False, "sums to zero")
