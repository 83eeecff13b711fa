"""How soon the server answers and what it costs idle; the wallet's start beside a minimal form."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from scripts.benches import process
from scripts.benches.report import Figures, options, say, show
from scripts.benches.terminal import start_up
from tests.e2e.town import Town

IDLE_SECONDS = 20.0
FORM = [sys.executable, "-m", "scripts.benches.minimal_form"]
WALLET = [sys.executable, "-m", "core"]


def main() -> None:
    chosen = options("startup", runs=5)
    with tempfile.TemporaryDirectory(prefix="lumenpay-bench-") as folder:
        runs = _measure(Path(folder) / "data", chosen.runs)
    show("startup", runs, chosen.json)


def _measure(folder: Path, count: int) -> list[Figures]:
    with Town(folder):
        say("a deployment with three people and some history is made")
    network = subprocess.Popen(
        [*WALLET, "localnet", "--port", "0", "--json", "--data", str(folder / "localnet")],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert network.stdout is not None
        line = json.loads(network.stdout.readline())
        settings = os.environ | {
            "LUMENPAY_CONFIG": str(folder / "settings.env"),
            "STELLAR_HORIZON_URL": line["horizon"],
            "STELLAR_RPC_URL": line["rpc"],
            "STELLAR_FRIENDBOT_URL": line["friendbot"],
        }
        runs = []
        for number in range(count):
            runs.append(_server(settings) | _wallet(folder))
            say(f"run {number + 1} of {count}: {runs[-1]}")
        return runs
    finally:
        network.terminate()
        network.wait(10)


def _server(settings: dict[str, str]) -> Figures:
    port = _free_port()
    begun = time.monotonic()
    server = subprocess.Popen([*WALLET, "serve", "--port", str(port)], env=settings)
    try:
        while not _answers(port):
            if time.monotonic() - begun > 30:
                raise RuntimeError("the server did not answer within 30 s")
            time.sleep(0.005)
        first_answer = time.monotonic() - begun
        time.sleep(5)
        before = process.cpu_seconds(server.pid)
        time.sleep(IDLE_SECONDS)
        cpu = process.cpu_seconds(server.pid) - before
        memory = process.resident_mb(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(15)
    return {
        "server_first_answer_ms": round(first_answer * 1000),
        "server_idle_mb": round(memory, 1),
        "server_idle_cpu_percent": round(100 * cpu / IDLE_SECONDS, 2),
    }


def _wallet(folder: Path) -> Figures:
    """The form and the wallet in turn, because a shared machine's speed drifts."""
    plain = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(folder)}
    environment = os.environ | plain | {"LUMENPAY_SERVER": "http://127.0.0.1:9"}
    form_text, form_cpu = start_up(FORM, "Send it", environment)
    wallet_text, wallet_cpu = start_up(WALLET, "Sign in", environment)
    return {
        "form_text_ms": round(form_text),
        "wallet_text_ms": round(wallet_text),
        "text_ratio": round(wallet_text / form_text, 2),
        "form_cpu_ms": round(form_cpu),
        "wallet_cpu_ms": round(wallet_cpu),
        "cpu_ratio": round(wallet_cpu / form_cpu, 2),
    }


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
