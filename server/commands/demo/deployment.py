"""The processes of a demonstration: embedded network and server, and the wallet in front."""

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

TESTNET = {
    "STELLAR_HORIZON_URL": "https://horizon-testnet.stellar.org",
    "STELLAR_RPC_URL": "https://soroban-testnet.stellar.org",
    "STELLAR_FRIENDBOT_URL": "https://friendbot.stellar.org",
    "USDC_ISSUER": "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5",
}
TESTNET_NETWORK = "Test SDF Network ; September 2015"
START_SECONDS = 60
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


class DeploymentFailed(Exception):
    """A part did not start; the message names it and its log."""


class Deployment:
    """Starts the parts in `start`, ends all of them on leaving the `with` block."""

    def __init__(self, folder: Path, network: str, close_seconds: float, say: Say) -> None:
        self.folder = folder
        self.network = network
        self.server = ""
        self.localnet: dict[str, str] = {}
        self._close_seconds = close_seconds
        self._say = say
        self._settings: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        self._files.close()

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._say(f"data, keys and logs are in {self.folder}")
        kept = self._kept_settings()
        self._settings = self._base_settings()
        localnet = self._begin_localnet() if self.network == "local" else None
        if (self.folder / "demo.json").exists():
            self._start_again(localnet, kept)
        else:
            self._start_anew(localnet)
        self._settings["LUMENPAY_SERVER"] = self.server
        self._keep_settings()

    def _start_anew(self, localnet: subprocess.Popen[str] | None) -> None:
        migrated = self._begin("migrate", [])
        if localnet is not None:
            self.localnet = self._ready_line("localnet", localnet)
            self._settings |= {
                "STELLAR_PASSPHRASE": self.localnet["passphrase"],
                "USDC_ISSUER": self.localnet["usdc"].partition(":")[2],
            }
        self._keep_settings()
        self._finish("migrate", migrated)
        self._say("making the treasury's accounts")
        self._finish("treasury", self._begin("treasury", ["init"]))
        self.server = self._ready_line("serve", self._begin_server())["server"]

    def _start_again(self, localnet: subprocess.Popen[str] | None, kept: Mapping[str, str]) -> None:
        """All is known from the last time, so network and server come up together."""
        if localnet is not None:
            self._settings |= {name: kept[name] for name in ("STELLAR_PASSPHRASE", "USDC_ISSUER")}
        server = self._begin_server()
        if localnet is not None:
            self.localnet = self._ready_line("localnet", localnet)
        try:
            ready = self._ready_line("serve", server)
        except DeploymentFailed:  # most likely the program is newer than the data
            self._finish("migrate", self._begin("migrate", []))
            ready = self._ready_line("serve", self._begin_server())
        self.server = ready["server"]

    def _begin_server(self) -> subprocess.Popen[str]:
        return self._begin("serve", ["--port", "0", "--json"])

    def addresses(self) -> dict[str, object]:
        """The line of `--headless`, but for the people."""
        return {
            "server": self.server,
            "horizon": self._settings["STELLAR_HORIZON_URL"],
            "rpc": self._settings["STELLAR_RPC_URL"],
            "friendbot": self._settings.get("STELLAR_FRIENDBOT_URL"),
            "passphrase": self._settings.get("STELLAR_PASSPHRASE", TESTNET_NETWORK),
            "data": str(self.folder),
            "pids": {
                "localnet": self._processes["localnet"].pid if self.localnet else None,
                "server": self._processes["serve"].pid,
            },
        }

    def watch(self) -> int:
        """Stay while all parts run; a part that ends by itself is our fault (exit 1)."""
        while True:
            for name, process in self._processes.items():
                if process.poll() is not None and name in {"localnet", "serve"}:
                    self._say(f"{name} has ended; see {self._log(name)}")
                    return 1
            time.sleep(0.25)

    def open_wallet(self, practice: Path) -> int:
        """Run the wallet in this terminal until it ends; its exit code."""
        environment = os.environ | {
            "LUMENPAY_SERVER": self.server,
            "LUMENPAY_PRACTICE": str(practice),
        }
        wallet = subprocess.Popen[str](
            [sys.executable, "-m", "core", "wallet", "--profile", f"demo-{self.network}"],
            env=environment,
            text=True,
        )
        self._processes["wallet"] = wallet
        return wallet.wait()

    def _base_settings(self) -> dict[str, str]:
        settings = {
            "STELLAR_NETWORK": self.network,
            "DATABASE_URL": f"sqlite:///{self.folder / 'lumenpay.db'}",
            "WALLET_ENCRYPTION_KEY": self._key(),
            "LUMENPAY_DATA": str(self.folder),
        }
        if self.network == "testnet":
            settings |= {name: os.environ.get(name, value) for name, value in TESTNET.items()}
        return settings

    def _key(self) -> str:
        """The practice key that seals the seeds: made once, readable by its owner alone."""
        file = self.folder / "wallet.key"
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as key:
                key.write(secrets.token_hex(32))
            self._say(f"made a practice encryption key: {file}")
        return file.read_text().strip()

    def _kept_settings(self) -> dict[str, str]:
        """What the last start wrote down; empty at the first."""
        file = self.folder / "settings.env"
        lines = file.read_text().splitlines() if file.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def _keep_settings(self) -> None:
        """For operator commands on this deployment: LUMENPAY_CONFIG=…/settings.env."""
        file = self.folder / "settings.env"
        file.touch(0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in self._settings.items()))

    def _begin_localnet(self) -> subprocess.Popen[str]:
        """Its port is chosen here, so that the server need not wait to be told."""
        port = str(_free_port())
        url = f"http://127.0.0.1:{port}"
        self._settings |= {
            "STELLAR_HORIZON_URL": url,
            "STELLAR_RPC_URL": f"{url}/rpc",
            "STELLAR_FRIENDBOT_URL": f"{url}/friendbot",
        }
        folder = str(self.folder / "localnet")
        close = str(self._close_seconds)
        arguments = ["--port", port, "--json", "--data", folder, "--close-seconds", close]
        return self._begin("localnet", arguments)

    def _begin(self, command: str, arguments: list[str]) -> subprocess.Popen[str]:
        log = self._files.enter_context(self._log(command).open("a"))
        process = subprocess.Popen(
            [sys.executable, "-m", "core", command, *arguments],
            env=os.environ | self._settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread
        )
        self._processes[command] = process
        return process

    def _log(self, command: str) -> Path:
        return self.folder / f"{command}.log"

    def _ready_line(self, command: str, process: subprocess.Popen[str]) -> dict[str, str]:
        line = _stdout(process).readline()
        if not line:
            raise DeploymentFailed(f"{command} did not start; see {self._log(command)}")
        ready: dict[str, str] = json.loads(line)
        return ready

    def _finish(self, command: str, process: subprocess.Popen[str]) -> None:
        _stdout(process).read()
        if process.wait(START_SECONDS) != 0:
            raise DeploymentFailed(f"{command} failed; see {self._log(command)}")

    def _stop(self) -> None:
        """The server before its network; whoever does not listen is killed."""
        for name in ("wallet", "serve", "treasury", "migrate", "localnet"):
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stdout(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise DeploymentFailed("a part was started without a pipe")
    return process.stdout


def _die_with_parent() -> None:
    """Linux ends the part even when the demonstration itself is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
