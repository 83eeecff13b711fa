"""What the operator reads: JSON lines, and nothing that happens to lie in a local variable."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from server.commands import logs


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[list[dict[str, object]]]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("info")
    found: list[dict[str, object]] = []
    log = structlog.get_logger("lumenpay.test")
    log.debug("too small")
    log.info("a thing happened", count=3)
    fail(log, pin="428517")
    logging.getLogger("aiosqlite").info("chatter")
    logging.getLogger("somebody").warning("from %s", "a library")
    found.extend(json.loads(line) for line in capsys.readouterr().err.splitlines())
    yield found
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def fail(log: structlog.typing.FilteringBoundLogger, pin: str) -> None:
    try:
        raise RuntimeError(f"broken after {len(pin)} digits")
    except RuntimeError:
        log.exception("it failed", request_id="R1")


def test_each_line_is_an_object(lines: list[dict[str, object]]) -> None:
    assert [line["event"] for line in lines] == [
        "a thing happened",
        "it failed",
        "from a library",
    ]
    assert (lines[0]["level"], lines[0]["count"]) == ("info", 3)
    assert all(str(line["timestamp"]).endswith("Z") for line in lines)
    assert lines[2]["logger"] == "somebody"


def test_a_traceback_has_no_values(lines: list[dict[str, object]]) -> None:
    told = str(lines[1])
    assert "RuntimeError: broken after 6 digits" in told
    assert lines[1]["request_id"] == "R1"
    assert "428517" not in told
