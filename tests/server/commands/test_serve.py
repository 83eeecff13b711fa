"""`lumenpay serve` and `lumenpay work` as processes: how they refuse, start, stand, and end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from server.settings import load
from server.usecases.treasury import make_missing
from server.wiring import CannotStart, claimed_worker, open_foundation
from tests.server.http.office import ISSUER, PASSWORD, signing_up

KEY = "ab" * 32


def settings_of(folder: Path) -> dict[str, str]:
    """The network's addresses lead nowhere: a server has to stand without it."""
    return {
        "STELLAR_NETWORK": "local",
        "STELLAR_HORIZON_URL": "http://127.0.0.1:9",
        "STELLAR_RPC_URL": "http://127.0.0.1:9/rpc",
        "USDC_ISSUER": ISSUER,
        "LUMENPAY_DATA": str(folder),
        "WALLET_ENCRYPTION_KEY": KEY,
        "PATH": os.environ["PATH"],
    }


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: bytes) -> Path:
    """A data folder with a migrated database and the treasury's keys."""
    (tmp_path / "lumenpay.db").write_bytes(sqlite_template)

    async def make_treasury() -> None:
        async with open_foundation(load(settings_of(tmp_path))) as foundation:
            now_ms = foundation.clock.wall_ms()
            await make_missing(foundation.engine, foundation.reads, foundation.vault, now_ms)

    asyncio.run(make_treasury())
    return tmp_path


class Process:
    def __init__(self, command: str, folder: Path, *arguments: str) -> None:
        self.log = folder / f"{command}.log"
        with self.log.open("a") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "core", command, *arguments],
                env=settings_of(folder),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.url = ""

    @property
    def stdout(self) -> IO[str]:
        assert self.popen.stdout is not None
        return self.popen.stdout

    def ready(self) -> "Process":
        line = self.stdout.readline()
        assert line, self.log.read_text()
        self.url = json.loads(line)["server"]
        return self

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        try:
            return self.popen.wait(10)
        finally:
            self.stdout.close()

    def call(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Idempotency-Key": "a-key-for-tests", "Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, json.loads(reply.read())
        except HTTPError as problem:
            with problem:
                return problem.code, json.loads(problem.read())

    def socket(self) -> socket.socket:
        parts = urlsplit(self.url)
        return socket.create_connection((parts.hostname, parts.port), timeout=10)


@pytest.fixture
def server(folder: Path) -> Iterator[Process]:
    process = Process("serve", folder, "--port", "0", "--json").ready()
    yield process
    if process.popen.poll() is None:
        assert process.end() == 0, process.log.read_text()


def refused(
    command: str, folder: Path, changes: dict[str, str], *arguments: str
) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "core", command, *arguments],
        env={**settings_of(folder), **changes},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["serve", "work"])
def test_what_is_missing_is_named(command: str, folder: Path) -> None:
    changes = {"STELLAR_NETWORK": "", "USDC_ISSUER": "nobody"}
    code, out, said = refused(command, folder, changes)
    assert (code, out) == (2, "")
    assert said.splitlines() == [
        f"lumenpay {command}: STELLAR_NETWORK is missing",
        f"lumenpay {command}: USDC_ISSUER is the address of an account, G…",
    ]


@pytest.mark.parametrize("command", ["serve", "work"])
def test_another_encryption_key_is_refused(command: str, folder: Path) -> None:
    code, out, said = refused(command, folder, {"WALLET_ENCRYPTION_KEY": "cd" * 32})
    assert (code, out) == (2, "")
    assert said.splitlines()[-1] == (
        f"lumenpay {command}: WALLET_ENCRYPTION_KEY is another than the one in use"
    )
    assert "cdcd" not in said


def test_a_database_without_a_schema_is_refused(tmp_path: Path) -> None:
    code, out, said = refused("serve", tmp_path, {})
    assert (code, out) == (2, "")
    assert "lumenpay migrate" in said


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/x.db", "postgresql://u:secret@127.0.0.1:9/lumenpay"]
)
def test_a_database_that_does_not_open_is_refused(folder: Path, url: str) -> None:
    code, out, said = refused("serve", folder, {"DATABASE_URL": url})
    assert (code, out) == (2, "")
    assert said.startswith("lumenpay serve: DATABASE_URL: the database does not open (")
    assert "Traceback" not in said
    assert "secret" not in said


def test_a_server_without_a_treasury_is_refused(tmp_path: Path, sqlite_template: bytes) -> None:
    (tmp_path / "lumenpay.db").write_bytes(sqlite_template)
    code, out, said = refused("serve", tmp_path, {}, "--port", "0")
    assert (code, out) == (2, "")
    assert "lumenpay treasury init" in said


def test_a_port_in_use_is_refused(server: Process, folder: Path) -> None:
    port = urlsplit(server.url).port
    code, out, said = refused("serve", folder, {}, "--port", str(port), "--json")
    assert (code, out) == (2, "")
    assert f"cannot listen at 127.0.0.1:{port}" in said
    assert server.call("GET", "/healthz") == (200, {"status": "ok"})


def test_without_the_network_it_stands_and_says_so(server: Process, folder: Path) -> None:
    assert server.call("GET", "/healthz") == (200, {"status": "ok"})
    status, ready = server.call("GET", "/readyz")
    assert (status, ready["status"], ready["database"]) == (503, "waiting", True)
    status, made = server.call("POST", "/api/auth/signup", signing_up("carl"))
    assert (status, made["walletState"]) == (201, "opening")
    signing_in = {"action": "signIn", "handle": "carl", "password": PASSWORD}
    status, again = server.call("POST", "/api/auth/session", signing_in)
    assert (status, again["userId"]) == (200, made["userId"])
    token = again["session"]["token"]
    _, asked = server.call("POST", "/api/requests", {"amount": "5"}, token)
    assert asked["link"] == f"{server.url.upper()}/P/{asked['requestId']}"
    assert server.end() == 0
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert any(line.get("event") == "job.waits" for line in lines)
    for secret in (PASSWORD, KEY, made["session"]["token"], again["session"]["token"]):
        assert secret not in server.log.read_text()


def test_open_streams_do_not_hold_up_the_end(server: Process) -> None:
    _, made = server.call("POST", "/api/auth/signup", signing_up("carl"))
    request = urllib.request.Request(
        server.url + "/api/events",
        headers={"Authorization": f"Bearer {made['session']['token']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.readline() == b"retry: 2000\n"
        begun = time.monotonic()
        assert server.end(signal.SIGINT) == 0
        assert time.monotonic() - begun < 5
        assert stream.read().endswith(b"\n\n")


def test_nonsense_on_the_wire_harms_nobody_else(server: Process) -> None:
    slow = [server.socket() for _ in range(40)]
    for connection in slow:
        connection.sendall(b"POST /api/pay HTTP/1.1\r\nHost: x\r\nContent-")
    garbage = [
        b"\x00\xff\xfe nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/auth/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/auth/session HTTP/1.1\r\nHost: x\r\nContent-Length: nope\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
    for bytes_ in garbage:
        with server.socket() as connection:
            connection.sendall(bytes_)
            connection.shutdown(socket.SHUT_WR)
            assert b"HTTP/1.1 5" not in _all(connection)
    assert server.call("GET", "/healthz") == (200, {"status": "ok"})
    for connection in slow:
        connection.close()


def _all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionError:
        pass
    return received


def test_the_workers_run_alone_and_beside_the_server(server: Process, folder: Path) -> None:
    work = Process("work", folder)
    deadline = time.monotonic() + 15
    while not (folder / "worker-1").exists() or not (folder / "worker-1").read_text():
        assert time.monotonic() < deadline, work.log.read_text()
        time.sleep(0.05)
    names = {(folder / f"worker-{number}").read_text() for number in (0, 1)}
    assert len(names) == 2
    while "job.waits" not in work.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert work.end() == 0


def test_a_restarted_process_keeps_its_name(tmp_path: Path) -> None:
    with claimed_worker(tmp_path) as first, claimed_worker(tmp_path) as second:
        assert first != second
    with claimed_worker(tmp_path) as again:
        assert again == first


def test_there_is_an_end_to_the_names_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.wiring.WORKERS_MAX", 1)
    with (
        claimed_worker(tmp_path),
        pytest.raises(CannotStart, match="1 processes share"),
        claimed_worker(tmp_path),
    ):
        pass
