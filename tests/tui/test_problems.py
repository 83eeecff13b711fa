"""A sentence for every code, and one for those of a newer server."""

import pytest

from core import wire
from core.errors import CODES
from tui.api import ApiProblem, Away, OutcomeUnknown
from tui.problems import SENTENCES, problem_sentence, reason_sentence, sentence


def test_every_code_has_its_sentence() -> None:
    assert SENTENCES.keys() == CODES.keys()


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_needs_no_params_and_repeats_no_detail(code: str) -> None:
    said = problem_sentence(code)
    assert said.endswith((".", "?", "…"))
    assert "{" not in said
    assert code not in said


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        ("auth.wrong_pin", {"triesLeft": 2}, "This PIN is not right. Tries left: 2."),
        ("payment.limit_day", {"dayLeft": "19750"}, "You can send 19,750.00 XLM more today."),
        (
            "payment.limit_payment",
            {"perPayment": "10000", "levelNeeded": 1},
            "One payment can be 10,000.00 XLM at most, from level 1 on more.",
        ),
        (
            "payment.limit_payment",
            {"perPayment": "10000", "levelNeeded": None},
            "One payment can be 10,000.00 XLM at most.",
        ),
        ("payment.balance_too_low", {"available": "5"}, "You have 5.00 to spend."),
        (
            "payment.balance_too_low",
            {"available": "5", "asset": "USDC:G"},
            "You have 5.00 USDC to spend.",
        ),
        (
            "auth.pin_locked",
            {"until": "2026-11-25T10:00:00.000Z"},
            "The PIN was wrong too often. Paying opens again at 25 Nov 2026, 10:00.",
        ),
        (
            "auth.pin_locked",
            {"until": "soon"},
            "The PIN was wrong too often. Paying opens again at soon.",
        ),
    ],
)
def test_params_say_what_would_help(
    code: str, params: dict[str, str | int | list[str] | None], said: str
) -> None:
    assert problem_sentence(code, params) == said


def test_a_wait_is_told_in_its_largest_unit() -> None:
    assert "24 h" not in problem_sentence("auth.pin_locked", retry_after=3600)
    assert "1 h" in problem_sentence("auth.pin_locked", retry_after=3600)


def test_a_code_of_a_newer_server() -> None:
    said = problem_sentence("loan.moon_phase", {}, "req-7")
    assert "loan.moon_phase" in said
    assert "req-7" in said
    assert reason_sentence("loan.moon_phase") == ""


def test_braces_in_params_are_only_text() -> None:
    said = problem_sentence("auth.wrong_pin", {"triesLeft": "{0} {x}"})
    assert said == "This PIN is not right. Tries left: {0} {x}."


def test_each_kind_of_failure_has_its_words() -> None:
    problem = wire.Problem(
        type="t",
        title="t",
        status=422,
        detail="never shown",
        code="recipient.self",
        request_id="r",
    )
    words = [
        sentence(ApiProblem(problem)),
        sentence(Away("x", sent=False)),
        sentence(Away("x", sent=True)),
        sentence(OutcomeUnknown("x")),
    ]
    assert len(set(words)) == 4
    assert not any("never shown" in said for said in words)
    assert "Do not pay again" in words[3]
