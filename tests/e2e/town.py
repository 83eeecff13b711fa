"""A whole deployment in processes of its own: `lumenpay demo --headless` in a test's folder."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_SECONDS = 90


class Town:
    """Starts on entering, ends on leaving; `line` is what the command printed."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        program: tuple[str, ...] = (sys.executable, "-m", "core"),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._command = [*program, "demo", "--headless", "--data", str(folder), *arguments]
        self._environment = os.environ | dict(settings or {})
        self.line: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._log = (self.folder / "demo.log").open("a")
        self.process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(START_SECONDS)
            raise AssertionError(f"the demonstration did not start:\n{self.logs()}")
        self.line = json.loads(line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()

    @property
    def server(self) -> str:
        return str(self.line["server"])

    def settings(self) -> dict[str, str]:
        """The environment in which operator commands reach this deployment."""
        return os.environ | {"LUMENPAY_CONFIG": str(self.folder / "settings.env")}

    def verify(self) -> dict[str, Any]:
        """What `lumenpay verify --json` finds."""
        return verify(self.settings())

    def logs(self) -> str:
        return "\n".join(
            f"--- {log.name}\n{log.read_text()[-4000:]}"
            for log in sorted(self.folder.glob("*.log"))
        )


def verify(settings: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "core", "verify", "--json"],
        env=dict(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found: dict[str, Any] = json.loads(done.stdout or "{}") | {"exit": done.returncode}
    return found
