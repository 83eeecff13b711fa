"""The command finds the others by entry points, and says what is wrong in one sentence."""

import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points

import pytest

from core import __main__ as command


def test_every_command_of_the_wire_is_there() -> None:
    names = {point.name for point in entry_points(group="lumenpay.commands")}
    wire = "signup login logout balance pay status cancel activity request contacts serve work"
    wire += " localnet demo migrate verify treasury doctor"
    assert set(wire.split()) <= names


def test_every_command_loads_and_knows_help(capsys: pytest.CaptureFixture[str]) -> None:
    for point in entry_points(group="lumenpay.commands"):
        with pytest.raises(SystemExit) as ended:
            point.load()(["--help"])
        assert ended.value.code == 0
        assert f"lumenpay {point.name}" in capsys.readouterr().out or point.name == "wallet"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "  pay        pay somebody" in shown
    assert "  verify     proves the books" in shown


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("lumenpay 0.")


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["pya"]) == 2
    assert "'pya'" in capsys.readouterr().err


def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(_: EntryPoint) -> None:
        raise ModuleNotFoundError("No module named 'starlette'", name="starlette")

    monkeypatch.setattr(EntryPoint, "load", load)
    assert command.run(["serve"]) == 2
    assert "install lumenpay[server]" in capsys.readouterr().err


def test_help_is_instant_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, core.__main__ as m; m.run(['--help']);"
        "print(sorted({'textual', 'starlette', 'sqlalchemy', 'stellar_sdk'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
