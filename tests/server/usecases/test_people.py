"""Names are opened once in a while, and only for whom they were sealed."""

import random
from typing import NamedTuple

import pytest

from server.usecases import people
from server.usecases.people import NAMES_KEPT_MS, NAMES_MAX, People, Personal
from server.usecases.views import PersonView
from server.vault.keks import CannotOpen, LocalKek
from server.vault.keyring import Secrets
from server.vault.sealing import Sealing
from server.vault.vault import Vault


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_000_000

    def wall_ms(self) -> int:
        return self.now_ms

    def business_ms(self) -> int:
        return self.now_ms


class CountingVault(Vault):
    opened = 0

    def open(self, user_id: str, sealed: bytes) -> bytes:
        self.opened += 1
        return super().open(user_id, sealed)


class Desk(NamedTuple):
    clock: Clock
    vault: CountingVault
    people: People

    def person(self, user_id: str, name: str) -> PersonView:
        sealed = self.people.seal(user_id, Personal(name=name))
        return PersonView(user_id, user_id.lower(), 0, sealed, "G", "open")


@pytest.fixture
def desk() -> Desk:
    source = random.Random(7).randbytes
    secrets = Secrets(source(32), source(32), source(32))
    vault = CountingVault(Sealing(LocalKek(source(32), source), source), secrets, source)
    clock = Clock()
    return Desk(clock, vault, People(vault, clock))


def test_a_name_is_opened_once_within_its_time(desk: Desk) -> None:
    anna = desk.person("ANNA", "Anna")
    assert [desk.people.name(anna) for _ in range(3)] == ["Anna"] * 3
    assert desk.vault.opened == 1


@pytest.mark.parametrize("step_ms", [NAMES_KEPT_MS, -1], ids=["later", "clock set back"])
def test_a_name_is_forgotten_with_time(desk: Desk, step_ms: int) -> None:
    anna = desk.person("ANNA", "Anna")
    desk.people.name(anna)
    desk.clock.now_ms += step_ms
    assert desk.people.name(anna) == "Anna"
    assert desk.vault.opened == 2


def test_a_changed_name_shows_at_once(desk: Desk) -> None:
    assert desk.people.name(desk.person("ANNA", "Anna")) == "Anna"
    assert desk.people.name(desk.person("ANNA", "Anne")) == "Anne"


def test_a_kept_name_is_not_told_of_somebody_else(desk: Desk) -> None:
    """A profile copied into another person's row is still refused."""
    anna = desk.person("ANNA", "Anna")
    desk.people.name(anna)
    moved = PersonView("BERT", "bert", 0, anna.sealed, "G", "open")
    with pytest.raises(CannotOpen):
        desk.people.name(moved)


def test_no_more_names_are_kept_than_allowed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert NAMES_MAX < 10_000
    monkeypatch.setattr(people, "NAMES_MAX", 2)
    crowd = [desk.person(f"P{number}", f"Person {number}") for number in range(3)]
    for one in [*crowd, crowd[0]]:
        desk.people.name(one)
    assert desk.vault.opened == 4
