"""What somebody may sign up with: e-mail or phone, name, password, PIN, language, time zone.

Pure checks; each raises `Refused` with the field named and gives the value in its stored form.
"""

import re
import unicodedata
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

from core.errors import Refused

LANGUAGES = ("en", "de")
CURRENCIES = ("XLM",)
PASSWORD_CHARACTERS = (12, 256)
NAME_CHARACTERS_MAX = 80

_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"[a-z][a-z0-9-]{0,61}[a-z0-9]",
    re.ASCII,
)
"""What HTML's e-mail field takes, with a dot in the domain."""

_SWAPS = str.maketrans("@4310$5!7", "aaeiossit")
_COMMON_WORDS = """password passwort passphrase letmein welcome iloveyou sunshine princess football
    baseball superman batman dragon monkey master shadow trustno secret qwerty qwertz azerty asdfgh
    zxcvbn admin administrator login guest changeme default lumenpay stellar lumen wallet money
    summer winter spring autumn hello whatever starwars pokemon michael jordan ashley charlie
    abcdef abc test user pass love baby angel india london""".split()
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def email(text: str) -> str:
    folded = text.strip().lower()
    if len(folded) > 254 or not _EMAIL.fullmatch(folded) or ".." in folded:
        raise Refused("account.email_malformed", field="email")
    return folded


def phone(text: str) -> str:
    """E.164: a plus, the country code, the number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text if len(text) <= 40 else "", None)
    except phonenumbers.NumberParseException:
        raise Refused("account.phone_malformed", field="phone") from None
    if not phonenumbers.is_possible_number(number):
        raise Refused("account.phone_malformed", field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def name(text: str, code: str = "account.name_malformed", field: str = "fullName") -> str:
    """Printable, in one line, composed (NFC); letters of any script, no direction marks."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    printable = all(unicodedata.category(character)[0] != "C" for character in composed)
    if not composed or len(composed) > NAME_CHARACTERS_MAX or not printable:
        raise Refused(code, field=field)
    return composed


def password(text: str, own_words: tuple[str, ...]) -> str:
    """`own_words` are what anybody would try first: the person's name, handle and address."""
    shortest, longest = PASSWORD_CHARACTERS
    if not shortest <= len(text) <= longest or _is_common(text, own_words):
        raise Refused("account.password_weak", field="password")
    return text


def _is_common(text: str, own_words: tuple[str, ...]) -> bool:
    """Whether too little is left to guess once known words, runs and repeats are taken out."""
    own = [part for word in own_words for part in re.split(r"[\W_]+", word.lower())]
    words = sorted((word for word in {*_COMMON_WORDS, *own} if len(word) >= 3), key=len)
    spelled = text.lower()
    return any(_little_left(written, words) for written in (spelled, spelled.translate(_SWAPS)))


def _little_left(text: str, words: list[str]) -> bool:
    for word in reversed(words):
        text = text.replace(word, " ")
    surprises = [
        letter
        for position, letter in enumerate(text)
        if letter != " " and not _continues(text, position)
    ]
    return len(surprises) < 6 or len(set(surprises)) < 5


def _continues(text: str, position: int) -> bool:
    """The letter follows the one before it in the alphabet, on the keyboard, or repeats it."""
    if position == 0:
        return False
    pair = text[position - 1 : position + 1]
    return pair[0] == pair[1] or any(pair in row or pair in row[::-1] for row in _ROWS)


def pin(text: str) -> str:
    if not re.fullmatch(r"[0-9]{6}", text, re.ASCII):
        raise Refused("account.pin_malformed", field="pin")
    if _is_guessable(text):
        raise Refused("account.pin_weak", field="pin")
    return text


def _is_guessable(digits: str) -> bool:
    """Runs up or down, one or two digits only, a block said twice or three times, 112233."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    repeats = digits in {digits[:2] * 3, digits[:3] * 2}
    pairs = digits[::2] == digits[1::2]
    return steps in ({1}, {9}) or len(set(digits)) <= 2 or repeats or pairs


def language(text: str) -> str:
    if text not in LANGUAGES:
        raise Refused("account.language_unknown", field="language", params={"known": [*LANGUAGES]})
    return text


def timezone(text: str) -> str:
    if text not in _timezones():
        raise Refused("account.timezone_unknown", field="timezone")
    return text


@cache
def _timezones() -> frozenset[str]:
    """Walking the time zone files takes 30 ms: once a process is enough."""
    return frozenset(available_timezones())


def display_currency(text: str) -> str:
    if text not in CURRENCIES:
        known = [*CURRENCIES]
        raise Refused("account.currency_unknown", field="displayCurrency", params={"known": known})
    return text
