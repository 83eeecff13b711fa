"""The profile file: private, whole after any crash, shared by several processes."""

import asyncio
import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from core import wire
from tui.profile import BadProfile, Profile

TOKENS = wire.Session(token="t", refresh_token="r", expires_at="2026-11-25T14:31:00.000Z")


def signed_in(folder: Path) -> Profile:
    profile = Profile("default", folder)
    profile.signed_in("http://127.0.0.1:9", "01JUSER", "asha", TOKENS)
    return profile


def test_the_file_is_private(tmp_path: Path) -> None:
    profile = signed_in(tmp_path / "new")
    assert stat.S_IMODE(profile.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(profile.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in profile.path.parent.iterdir()].count("default.json") == 1


def test_it_is_read_again(tmp_path: Path) -> None:
    signed_in(tmp_path)
    again = Profile("default", tmp_path)
    assert again.sign_in is not None
    assert (again.sign_in.handle, again.sign_in.token) == ("asha", "t")
    again.prefer("theme", "day")
    assert Profile("default", tmp_path).preference("theme") == "day"
    assert Profile("other", tmp_path).sign_in is None


def test_unfinished_payments_are_those_of_who_is_signed_in(tmp_path: Path) -> None:
    profile = signed_in(tmp_path)
    profile.begin_payment("key-00000001", "01JUSER", "2026-11-24T14:31:00.000Z")
    profile.begin_payment("key-00000001", "01JUSER", "2026-11-24T14:31:00.000Z")
    profile.begin_payment("key-00000002", "01JOTHER", "2026-11-24T14:31:00.000Z")
    assert [one.key for one in profile.unfinished] == ["key-00000001"]
    profile.signed_out()
    assert profile.unfinished == []
    profile.signed_in("http://127.0.0.1:9", "01JUSER", "asha", TOKENS)
    assert [one.key for one in profile.unfinished] == ["key-00000001"]
    profile.finish_payment("key-00000001")
    assert Profile("default", tmp_path).unfinished == []


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = signed_in(tmp_path)
    before = profile.path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        profile.begin_payment("key-00000001", "01JUSER", "2026-11-24T14:31:00.000Z")
    assert profile.path.read_bytes() == before
    assert not list(tmp_path.glob(".default-*"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"sign_in": 5}', b"\xff"])
def test_a_broken_file_is_said_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "default.json"
    path.write_bytes(content)
    with pytest.raises(BadProfile):
        Profile("default", tmp_path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "é", "a" * 33])
def test_names_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadProfile):
        Profile(name, tmp_path)


def _begin_many(folder: str, number: int) -> None:
    profile = Profile("default", Path(folder))
    for count in range(20):
        profile.begin_payment(f"key-{number}-{count:06d}", "01JUSER", "2026-11-24T14:31:00.000Z")


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    signed_in(tmp_path)
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_begin_many, args=(str(tmp_path), number)) for number in (1, 2)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    kept = json.loads((tmp_path / "default.json").read_text())["unfinished"]
    assert len({one["key"] for one in kept}) == 40


async def test_one_renews_at_a_time(tmp_path: Path) -> None:
    first, second = signed_in(tmp_path), Profile("default", tmp_path)
    order: list[str] = []

    async def renew(profile: Profile, name: str) -> None:
        async with profile.renewing():
            order.append(f"{name} in")
            await asyncio.sleep(0.05)
            order.append(f"{name} out")

    await asyncio.gather(renew(first, "a"), renew(second, "b"))
    assert [step.split()[1] for step in order] == ["in", "out", "in", "out"]
