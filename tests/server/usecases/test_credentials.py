"""What somebody may sign up with."""

from collections.abc import Callable

import pytest

from core.errors import Refused
from server.usecases import credentials


def refusal(check: Callable[[str], str], text: str) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        check(text)
    return refused.value.code, refused.value.field


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("asha@example.org", "asha@example.org"),
        ("  Asha.Rao+pay@Mail.Example.ORG ", "asha.rao+pay@mail.example.org"),
        ("o'neil@example.co", "o'neil@example.co"),
    ],
)
def test_an_email_is_stored_folded(text: str, stored: str) -> None:
    assert credentials.email(text) == stored


@pytest.mark.parametrize(
    "text",
    ["", "asha", "@example.org", "asha@", "asha@localhost", "a b@example.org", "a@b@c.org",
     "a..b@example.org", "asha@exa_mple.org", "asha@-x.org", "a" * 65 + "@example.org",
     "a@" + "b." * 130 + "org", "asha@example.org\n.evil", "аsha@example.org"],
)  # fmt: skip
def test_what_is_no_email(text: str) -> None:
    assert refusal(credentials.email, text) == ("account.email_malformed", "email")


def test_a_phone_number_is_stored_with_its_country() -> None:
    assert credentials.phone("+91 98123-45678") == "+919812345678"


@pytest.mark.parametrize("text", ["", "9812345678", "+", "+99999", "phone", "+1" + "2" * 50])
def test_what_is_no_phone_number(text: str) -> None:
    assert refusal(credentials.phone, text) == ("account.phone_malformed", "phone")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Asha  Rao", "Asha Rao"),
        (" 李雷 ", "李雷"),
        ("Jose\u0301", "José"),
        ("[bold]Bob[/bold]", "[bold]Bob[/bold]"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_name_is_one_printable_line(text: str, stored: str) -> None:
    assert credentials.name(text) == stored


@pytest.mark.parametrize("text", ["", "   ", "x" * 81, "a\x1b[31mb", "a\u202eb", "a\u200bb", "\0"])
def test_what_is_no_name(text: str) -> None:
    assert refusal(credentials.name, text) == ("account.name_malformed", "fullName")


@pytest.mark.parametrize(
    "text",
    ["correct horse battery", "practice-asha-lumen", "Tr0ub4dor&3xyz", "żółta kaczka leci 7",
     "x9!kQ2#mW8@z", "🐎 horse 🔋 staple"],
)  # fmt: skip
def test_a_password_that_takes_guessing(text: str) -> None:
    assert credentials.password(text, ("Ravi Menon", "ravi", "ravi@example.org")) == text


@pytest.mark.parametrize(
    "text",
    ["", "short", "elevenchars", "password1234", "P@ssw0rd123456", "passwordpassword",
     "qwertyuiop12", "asdfghjkl1234", "aaaaaaaaaaaaaaaa", "123456789012", "abcdefghijklmnop",
     "Sunshine2024!!", "iloveyou12345", "lumenpaylumenpay", "ravimenon12345", "ravi@ravi@ravi",
     "x" * 257, " " * 20],
)  # fmt: skip
def test_a_password_that_falls_to_a_guess(text: str) -> None:
    def check(text: str) -> str:
        return credentials.password(text, ("Ravi Menon", "ravi", "ravi"))

    assert refusal(check, text) == ("account.password_weak", "password")


@pytest.mark.parametrize("text", ["428517", "736194", "902741"])
def test_a_pin(text: str) -> None:
    assert credentials.pin(text) == text


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12a456", "１２３４５６", "12345 ", "12345\n"]
)
def test_what_is_no_pin(text: str) -> None:
    assert refusal(credentials.pin, text) == ("account.pin_malformed", "pin")


@pytest.mark.parametrize(
    "text", ["000000", "123456", "654321", "890123", "121212", "123123", "112233", "100001"]
)
def test_a_pin_that_everybody_tries(text: str) -> None:
    assert refusal(credentials.pin, text) == ("account.pin_weak", "pin")


def test_language_timezone_and_currency_come_from_lists() -> None:
    assert credentials.language("de") == "de"
    assert refusal(credentials.language, "tlh") == ("account.language_unknown", "language")
    assert credentials.timezone("Asia/Kolkata") == "Asia/Kolkata"
    assert refusal(credentials.timezone, "../UTC") == ("account.timezone_unknown", "timezone")
    assert credentials.display_currency("XLM") == "XLM"
    unknown = ("account.currency_unknown", "displayCurrency")
    assert refusal(credentials.display_currency, "DOGE") == unknown
