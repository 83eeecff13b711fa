"""The house's rules of size, words and order, held as tests."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = ("core", "server", "tui")
LINES_A_FILE = 500
LINES_A_FUNCTION = 70

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplemented)\b")
FOREIGN = re.compile(  # one letter of each stands in brackets, so that this file names none itself
    r"/[w]ork/|/[r]oot/|py[p]i[.]org|python[h]osted|registry[.]npm[j]s|proxy[.]go[l]ang"
    r"|crates[.][i]o|deb[.]de[b]ian"
)


def _tracked() -> list[Path]:
    """What git knows or would add; all files where there is no git (an unpacked archive)."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        return [file for file in ROOT.rglob("*") if file.is_file()]
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def _texts() -> Iterator[tuple[str, str]]:
    for file in _tracked():
        if file.suffix in {".py", ".sh", ".tcss", ".md", ".toml", ".json", ".lock", ""}:
            try:
                yield str(file.relative_to(ROOT)), file.read_text()
            except UnicodeDecodeError:
                continue


def _modules(*folders: str) -> Iterator[tuple[str, str]]:
    for name, text in _texts():
        if name.endswith(".py") and name.split("/")[0] in folders:
            yield name, text


def test_files_are_short() -> None:
    long = {
        name: lines
        for name, text in _modules(*PRODUCT, "scripts", "tests")
        if (lines := text.count("\n")) > LINES_A_FILE and "/migrations/" not in name
    }
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        f"{name}:{node.lineno} {node.name}": size
        for name, text in _modules(*PRODUCT, "scripts", "tests")
        if "/migrations/" not in name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > LINES_A_FUNCTION
    }
    assert long == {}


def test_nothing_stands_for_something_unfinished() -> None:
    found = [
        f"{name}:{number} {line.strip()}"
        for name, text in _modules(*PRODUCT, "scripts", "tests")
        if not name.endswith("test_tidy.py")
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_the_project_speaks_of_itself_alone() -> None:
    found = [
        f"{name}:{number} {line.strip()[:80]}"
        for name, text in _texts()
        if not name.endswith(("test_tidy.py", "Cargo.lock"))
        for number, line in enumerate(text.splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_product_code_silences_no_type_checker() -> None:
    found = [
        f"{name}:{number}"
        for name, text in _modules(*PRODUCT)
        for number, line in enumerate(text.splitlines(), 1)
        if "type: ignore" in line
    ]
    assert found == []


def test_every_test_can_fail() -> None:
    checking = re.compile(r"raises|assert|snap_compare|warns|check|verify|expect")
    bare = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in _modules("tests")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(
            isinstance(inner, ast.Assert)
            or (isinstance(inner, ast.Call) and checking.search(ast.unparse(inner.func)))
            for inner in ast.walk(node)
        )
    ]
    assert bare == []


def test_no_test_is_skipped_in_silence() -> None:
    found = [
        f"{name}:{number}"
        for name, text in _modules("tests")
        if not name.endswith("test_tidy.py")
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"\bpytest\.(skip|mark\.skip|mark\.skipif|mark\.xfail)\b(?!.*reason)", line)
    ]
    assert found == []


@pytest.mark.parametrize("script", ["demo", "test", "check", "bench"])
def test_scripts_are_runnable_and_tiny(script: str) -> None:
    file = ROOT / "scripts" / script
    assert file.stat().st_mode & 0o111
    assert len(file.read_text().splitlines()) <= 20


def test_locks_name_no_index() -> None:
    for lock in ("runtime", "dev"):
        text = (ROOT / "requirements" / f"{lock}.lock").read_text()
        assert "http" not in re.sub(r"(?m)^(http\w+|aiohttp\S*)==", "", text)
        assert "--hash=sha256:" in text
