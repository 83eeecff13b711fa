from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.http.office import Office, Person


@pytest.fixture
def open_office(tmp_path: Path, sqlite_template: bytes) -> Iterator[Callable[..., Office]]:
    """Opens offices with settings of their own; all of them are closed."""
    opened: list[Office] = []

    def make(**site: int) -> Office:
        path = tmp_path / f"office-{len(opened)}.db"
        path.write_bytes(sqlite_template)
        office = Office(f"sqlite:///{path}", **site)
        office.open()
        opened.append(office)
        return office

    yield make
    for office in opened:
        office.close()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office()


@pytest.fixture
def anna(office: Office) -> Person:
    return office.person("anna")


@pytest.fixture
def ben(office: Office) -> Person:
    return office.person("ben")
