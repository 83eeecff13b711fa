"""What is kept of a crash: where it happened, never with which values.

A traceback's locals and an exception's words may hold a password, a PIN or a token, so neither the
screen nor the file has them.
"""

import os
import secrets
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def default_folder() -> Path:
    from platformdirs import user_log_path

    return user_log_path("lumenpay", appauthor=False)


def record(error: BaseException, folder: Path) -> tuple[str, Path]:
    """Writes the redacted log (0600). Gives the fault's number and the file."""
    number = secrets.token_hex(4).upper()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"fault-{number}.log"
    with open(path, "w", opener=_private, encoding="utf-8") as file:
        file.write("\n".join(_lines(error, number)) + "\n")
    return number, path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _lines(error: BaseException, number: str) -> list[str]:
    lines = [f"fault {number}", f"lumenpay {version('lumenpay')}", f"at {datetime.now(UTC):%FT%TZ}"]
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"  {frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
