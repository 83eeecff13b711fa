"""A bank by real HTTP, a home folder of its own, and the commands run in this process."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from core.__main__ import run
from tests.tui.bank import Bank, served


class Ran(msgspec.Struct, frozen=True):
    status: int
    out: str
    words: str

    def json(self) -> dict[str, object]:
        return msgspec.json.decode(self.out, type=dict[str, object])


Twin = Callable[..., Ran]


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def url(bank: Bank) -> Iterator[str]:
    with served(bank) as url:
        yield url


@pytest.fixture
def twin(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Twin:
    """`twin("balance", "--json", stdin="…")`; stdin is no terminal."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LUMENPAY_PIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LUMENPAY_SERVER", url)
    monkeypatch.setenv("TZ", "UTC")

    def call(*arguments: str, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            status = run(list(arguments))
        except SystemExit as end:
            status = int(str(end.code))
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


@pytest.fixture
def signed_in(twin: Twin, bank: Bank) -> Twin:
    ran = twin("login", "--handle", "asha", "--password-stdin", stdin=f"{bank.password}\n")
    assert ran.status == 0
    return twin
