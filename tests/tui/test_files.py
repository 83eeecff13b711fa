"""Saved files: private, and never over another one."""

import stat
from pathlib import Path

import pytest

from tui.files import download_folder, save_new


def test_no_file_is_written_over(tmp_path: Path) -> None:
    first = save_new(tmp_path, "a.csv", "one\r\n")
    second = save_new(tmp_path, "a.csv", "two\r\n")
    assert (first.name, second.name) == ("a.csv", "a-2.csv")
    assert first.read_bytes() == b"one\r\n"
    assert stat.S_IMODE(second.stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    (tmp_path / "a.csv").symlink_to(target)
    assert save_new(tmp_path, "a.csv", "x").name == "a-2.csv"
    assert not target.exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        save_new(tmp_path / "gone", "a.csv", "x")


def test_without_a_download_folder_it_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DOWNLOAD_DIR", raising=False)
    assert download_folder() == tmp_path
    (tmp_path / "Downloads").mkdir()
    assert download_folder() == tmp_path / "Downloads"
