"""The wallet's language: gettext, safe text, and how money, times and ages are written.

Language and time zone are set once a person is known (`use_language`, `use_timezone`); before that
they are the machine's. Every reply of a server passes `safe_text` before anything else sees it.
"""

import gettext as _gettext
import os
import re
import unicodedata
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.clock import parse_rfc3339
from core.money import format_stroops, parse_stroops

LANGUAGES = {"en": "English", "de": "Deutsch"}
LOCALE_FOLDER = Path(__file__).parent / "locale"

MONEY_TYPING = r"\d{0,12}(\.\d{0,7})?"
"""What an amount field lets a person type: the largest amount has 12 digits before the point."""


class _Speech:
    """The one language that the wallet speaks now."""

    def __init__(self) -> None:
        self.language = "en"
        self.translations: _gettext.NullTranslations = _gettext.NullTranslations()
        self.zone: tzinfo = UTC


_speech = _Speech()


def use_language(language: str) -> None:
    """Speak one of `LANGUAGES`; any other is English."""
    base = re.split(r"[-_.]", language)[0].lower()
    _speech.language = base if base in LANGUAGES else "en"
    use_translations(
        _gettext.translation("lumenpay", LOCALE_FOLDER, languages=[_speech.language], fallback=True)
    )


def use_translations(translations: _gettext.NullTranslations) -> None:
    """Speak from a catalogue that is not one of `LANGUAGES`: the pseudo-locale of the tests."""
    _speech.translations = translations


def use_timezone(name: str) -> None:
    """An IANA name; an unknown one is UTC."""
    try:
        _speech.zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _speech.zone = UTC


def machine_language() -> str:
    """The language that the environment asks for, if the wallet speaks it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            base = re.split(r"[-_.]", value)[0].lower()
            return base if base in LANGUAGES else "en"
    return "en"


def machine_timezone() -> str:
    """The machine's IANA zone by TZ or /etc/localtime; "UTC" where it has no such name."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        target = os.path.realpath("/etc/localtime")
        name = target.partition("/zoneinfo/")[2]
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def language() -> str:
    return _speech.language


def _(message: str) -> str:
    return _speech.translations.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return _speech.translations.ngettext(singular, plural, number)


def marked(message: str) -> str:
    """Names a message for the catalogue where it is only translated later."""
    return message


# what others wrote

_MARKS_MAX = 4
_HIDDEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"  # fillers without a glyph
    + "".join(map(chr, range(0xFE00, 0xFE10)))  # variation selectors change widths
)


def safe_text(text: str) -> str:
    """Text that cannot drive a terminal: one line, no controls, no bidi or zero-width marks.

    ESC stays visible as `\\x1b`; line ends and tabs become blanks. Safe text stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_calm(text))


def _calm(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0  # combining marks since the last letter
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if character == "\x1b":
            kept.append(r"\x1b")
        elif character in "\t\n\v\f\r\x85" or category in {"Zl", "Zp"}:
            kept.append(" ")
        elif category[0] != "C" and character not in _HIDDEN and marks <= _MARKS_MAX:
            kept.append(character)
    return kept


def safe_values(value: object) -> object:
    """The same value of JSON with every text in it made safe, the names of fields too."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, list):
        return [safe_values(item) for item in value]
    if isinstance(value, dict):
        return {safe_values(key): safe_values(item) for key, item in value.items()}
    return value


def cut(text: str, cells: int) -> str:
    """The text in at most so many terminal cells; what was cut ends in "…"."""
    from rich.cells import cell_len, set_cell_size

    text = text[: cells * 8 + 1]  # measuring need not walk ten thousand characters
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 1, 0)).rstrip() + "…" if cells > 0 else ""


# money


def amount(decimal: str) -> str:
    """A wire amount with the language's separators and at least two decimals: "1,850.00".

    No digit is ever rounded away. What is not an amount comes back as it is.
    """
    sign, digits = ("−", decimal[1:]) if decimal.startswith("-") else ("", decimal)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", digits, re.ASCII):
        return decimal
    whole, _point, part = digits.partition(".")
    point, group = _number_symbols(_speech.language)
    grouped = f"{int(whole):,}".replace(",", group)
    return f"{sign}{grouped}{point}{part.ljust(2, '0')}"


def money(decimal: str, asset: str) -> str:
    """ "1,850.00 USDC"."""
    return f"{amount(decimal)} {asset_code(asset)}"


def remainder(available: str, spent: str) -> str | None:
    """What stays of an amount of the wire; None where it is too little."""
    left = _stroops(available) - _stroops(spent)
    return format_stroops(left) if left >= 0 else None


def _stroops(decimal: str) -> int:
    return 0 if decimal == "0" else parse_stroops(decimal)


def asset_code(asset: str) -> str:
    """What people call a currency: the code without its issuer."""
    return asset.partition(":")[0]


@lru_cache
def _number_symbols(language: str) -> tuple[str, str]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_decimal_symbol(language), get_group_symbol(language)


def plain_amount(text: str) -> str:
    """The wire form of what an amount field or an option holds: its point is always a point,
    whatever the language. Raises the `Problem` of `core.money.parse_stroops`."""
    plain = f"0{text}" if text.startswith(".") else text
    return format_stroops(parse_stroops(plain.removesuffix(".")))


def pasted_amount(text: str) -> str:
    """The wire form of an amount as people write it: blanks and the language's separators go.

    A single separator that could be a point or thousands, "1.234", is read as the language reads
    it. Raises like `plain_amount`.
    """
    point, group = _number_symbols(_speech.language)
    plain = re.sub(r"[\s'_\u2019]", "", text.strip())
    grouped = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?"
    if re.fullmatch(grouped, plain):
        plain = plain.replace(group, "")
    if point != "." and plain.count(point) == 1 and "." not in plain:
        plain = plain.replace(point, ".")
    return plain_amount(plain)


# times


def date(time: str | int) -> str:
    """ "24 Nov 2026"."""
    return _formatted(time, "d MMM y")


def clock_time(time: str | int) -> str:
    """ "14:02"."""
    return f"{_local(time):%H:%M}"


def date_time(time: str | int) -> str:
    """ "24 Nov 2026, 14:02"."""
    return f"{date(time)}, {clock_time(time)}"


def day(time: str | int, now_ms: int) -> str:
    """The day as people say it: "today", "yesterday", "Monday", "12 Nov", "12 Nov 2025"."""
    then, today = _local(time), _local(now_ms)
    days = (today.date() - then.date()).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if 1 < days < 7:
        return _formatted(time, "EEEE")
    return _formatted(time, "d MMM" if then.year == today.year else "d MMM y")


def age(seconds: float) -> str:
    """How old something is, in the largest whole unit: "12 s", "3 min", "2 h", "5 d"."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _("{n} min").format(n=whole // 60)
    if whole < 86_400:
        return _("{n} h").format(n=whole // 3600)
    return _("{n} d").format(n=whole // 86_400)


def _local(time: str | int) -> datetime:
    ms = parse_rfc3339(time) if isinstance(time, str) else time
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(_speech.zone)


def _formatted(time: str | int, pattern: str) -> str:
    from babel.dates import format_datetime

    return format_datetime(_local(time), pattern, locale=_speech.language)
