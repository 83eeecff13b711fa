"""`lumenpay migrate`: explicit, repeatable, honest about what it did."""

import json
from pathlib import Path

import pytest

from server.commands import migrate


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "LUMENPAY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUMENPAY_DATA", str(tmp_path / "not" / "there" / "yet"))


def test_a_fresh_folder_gets_a_database_and_a_second_run_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert migrate.run([]) == 0
    assert capsys.readouterr().out == "schema none -> 0001\n"
    database = tmp_path / "not" / "there" / "yet" / "lumenpay.db"
    assert database.parent.stat().st_mode & 0o077 == 0
    before = database.read_bytes()
    assert migrate.run(["--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"before": "0001", "after": "0001"}
    assert database.read_bytes() == before


def test_a_bad_url_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://secret@there/x")
    assert migrate.run([]) == 2
    told = capsys.readouterr()
    assert "DATABASE_URL" in told.err
    assert "secret" not in told.err + told.out


def test_postgresql_by_its_url(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert migrate.run(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["after"] == "0001"
