"""The catalogue: whole, current, in people's words; no word on a screen is outside of it."""

import ast
import gettext
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.tui.conftest import opened, settle, shown, wallet_of
from tests.tui.fake_server import FakeServer
from tests.tui.pseudo import Pseudo
from tui import text
from tui.app import PLACES
from tui.session import Session

TUI = Path(text.__file__).parent
TEMPLATE = text.LOCALE_FOLDER / "lumenpay.pot"
OTHERS = [language for language in text.LANGUAGES if language != "en"]
KEYWORDS = {"_": None, "marked": None, "ngettext": (1, 2)}

BANNED = re.compile(
    r"""\b(wallet\ address | public\ key | account\ id | gas | network\ fee | base\ fee | fee.bump
    | sponsor\w* | xdr | envelope | broadcast\w* | sign\ a | ledger | on-chain | blockchain
    | finality | trust\ ?line\w* | issuer | sequence | stroops? | friendbot | testnet
    | transaction\ hash | hash | smart\ contract | soroban | seed | private\ key | mnemonic | web3
    | stellar | crypto\w* | token\w*)\b""",
    re.IGNORECASE | re.VERBOSE,
)
DETAILS = {"Hash", "Ledger"}
"""Labels of the technical details, which alone may name such things."""


def catalogue_of(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()))


def messages_of(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {_tuple(message.id): _tuple(message.string) for message in catalogue if message.id}


def _tuple(text_or_plural: object) -> tuple[str, ...]:
    if isinstance(text_or_plural, str):
        return (text_or_plural,)
    return tuple(str(one) for one in text_or_plural)  # type: ignore[attr-defined]


def test_the_template_is_what_the_code_says() -> None:
    found = {
        _tuple(message)
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(TUI), keywords=KEYWORDS
        )
    }
    assert messages_of(catalogue_of(TEMPLATE)).keys() == found, "run scripts/catalogue"


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_whole(language: str) -> None:
    folder = text.LOCALE_FOLDER / language / "LC_MESSAGES"
    translated = messages_of(catalogue_of(folder / "lumenpay.po"))
    assert translated.keys() == messages_of(catalogue_of(TEMPLATE)).keys()
    assert [message for message, said in translated.items() if not all(said)] == []
    for message, said in translated.items():
        for source, one in zip(message, said, strict=True):
            assert placeholders(one) == placeholders(source), message


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    folder = text.LOCALE_FOLDER / language / "LC_MESSAGES"
    fresh = io.BytesIO()
    write_mo(fresh, catalogue_of(folder / "lumenpay.po"))
    fresh.seek(0)
    compiled = gettext.GNUTranslations(io.BytesIO((folder / "lumenpay.mo").read_bytes()))
    written = gettext.GNUTranslations(fresh)
    for message in messages_of(catalogue_of(TEMPLATE)):
        assert compiled.gettext(message[0]) == written.gettext(message[0]), "run scripts/catalogue"


def placeholders(message: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(message) if name}


def test_no_word_of_the_machinery_is_shown() -> None:
    found = [
        (message, match.group())
        for path in [TEMPLATE, *text.LOCALE_FOLDER.glob("*/LC_MESSAGES/*.po")]
        for pair in messages_of(catalogue_of(path)).items()
        for message in (*pair[0], *pair[1])
        if message not in DETAILS and (match := BANNED.search(message))
    ]
    assert found == []


def test_no_picture_shows_such_a_word() -> None:
    pictures = list(Path(__file__).parent.rglob("__snapshots__/**/*.svg"))
    found = [
        (picture.name, match.group())
        for picture in pictures
        if "f4" not in picture.name  # the technical details alone may name such things
        for shown_text in re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text())
        if (match := BANNED.search(html.unescape(shown_text).replace("\xa0", " ")))
    ]
    assert len(pictures) >= 15
    assert found == []


SHOWN = {
    *("Text", "Action", "Panel", "Sheet", "Entry", "Column", "TableColumn", "Cell", "Choice"),
    *("Meter", "Question", "Field", "Receipt", "Payee", "HowMuch"),
    *("notify", "rename", "refuse", "update", "explain", "copy", "say", "Stop"),
}
NOT_WORDS = {"id", "classes", "restrict", "severity", "token", "name", "group"}


def literals(path: Path) -> Iterator[str]:
    """Words given to a widget as they stand in the code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name not in SHOWN:
            continue
        given = [*node.args, *(word.value for word in node.keywords if word.arg not in NOT_WORDS)]
        if name == "Cell":
            given = given[:1]  # the second is the name of an ink
        for argument in given:
            if isinstance(argument, ast.Constant) and is_words(argument.value):
                yield f"{path.name}:{node.lineno} {argument.value!r}"


def is_words(value: object) -> bool:
    """Neither a currency nor a time zone: those belong to no language."""
    return (
        isinstance(value, str)
        and re.search(r"[A-Za-z]{2}", value) is not None
        and not re.fullmatch(r"[A-Z]{3,4}|[A-Z]\w+/[A-Z]\w+", value)
    )


def test_no_words_go_round_the_catalogue() -> None:
    found = [line for path in sorted(TUI.rglob("*.py")) for line in literals(path)]
    assert found == []


@pytest.mark.parametrize("language", OTHERS)
async def test_the_wallet_speaks_it(signed_in: Session, language: str) -> None:
    text.use_language(language)
    async with opened(signed_in) as pilot:
        words = shown(pilot)
        assert text._("Recent activity") in words
        assert "Recent activity" not in words


async def test_every_word_on_every_page_comes_from_the_catalogue(
    server: FakeServer, signed_in: Session
) -> None:
    """And a third more letters crash nothing and push neither help nor quit off the last line."""
    server.history = server.history[:4]
    server.name, data = "Åšħå", words_of(server)
    text.use_translations(Pseudo())
    async with opened(signed_in) as pilot:
        for mode in PLACES:
            await wallet_of(pilot).switch_mode(mode)
            await settle(pilot)
            page = shown(pilot)
            last = page.splitlines()[-1]
            assert "F1 " in last, mode
            assert "F10 " in last, mode
            left = set(re.findall(r"[A-Za-z]{3,}", page)) - data
            assert left == set(), mode


def words_of(server: FakeServer) -> set[str]:
    """What comes from the server or belongs to no language."""
    texts = [f"{one.counterparty.name} {one.counterparty.handle}" for one in server.history]
    texts += ["XLM USDC LumenPay asha Esc Enter Nov Monday Tuesday Sunday example UTC English"]
    texts += [server.handle, "asha@example.org lumenpay 2026 ASHA2026 ASHA"]
    return set(re.findall(r"[A-Za-z]{3,}", " ".join(texts)))
