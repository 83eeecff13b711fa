"""The built wheel, in a clean environment: it starts, and one signal ends all of it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import psutil

from tests.e2e.client import Client
from tests.e2e.town import Town

ROOT = Path(__file__).parents[2]


async def test_the_wheel_runs_the_demonstration(tmp_path: Path) -> None:
    wheel = _build(tmp_path / "dist")
    python = _environment(tmp_path / "venv", wheel)
    with Town(tmp_path / "data", program=(str(python.with_name("lumenpay")),)) as town:
        async with Client(town.server) as client:
            listed = town.line["people"][0]
            person = await client.sign_in(listed["handle"], listed["email"], listed["password"])
            assert (await client.balances(person))["XLM"].available != "0"
        pids = list(town.line["pids"].values())
    assert town.process.returncode == 0
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def _build(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("lumenpay-*.whl")
    return wheel


def _environment(folder: Path, wheel: Path) -> Path:
    """Nothing of the checkout in it: the pinned packages and the wheel."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    lock = ROOT / "requirements" / "runtime.lock"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    options = ["--no-deps", "--no-compile", "--root-user-action=ignore"]
    subprocess.run(
        [*pip, *options, "--require-hashes", "-r", str(lock)], check=True, env=environment
    )
    subprocess.run([*pip, *options, str(wheel)], check=True, env=environment)
    return python
