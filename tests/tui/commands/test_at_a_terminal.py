"""At a real terminal: questions are asked, secrets are not echoed, ctrl+c ends in an exit code."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.bank import Bank, served

SECONDS_MAX = 20.0


class Terminal:
    """A command whose stdin and stderr are a pseudo-terminal; stdout is read apart."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core", *arguments],
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def until(self, words: str) -> None:
        end = time.monotonic() + SECONDS_MAX
        while words not in self.seen:
            assert time.monotonic() < end, self.seen
            self._read()

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def ended(self) -> tuple[int, str]:
        """The exit code, and all of stdout."""
        out, _nothing = self.process.communicate(timeout=SECONDS_MAX)
        while self._read():
            pass
        return self.process.returncode, out.decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.1)[0]:
            return False
        try:
            self.seen += os.read(self._ours, 4096).decode(errors="replace")
        except OSError:  # the other side has closed
            return False
        return True


Run = Callable[..., Terminal]


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def run(bank: Bank, tmp_path: Path) -> Iterator[Run]:
    started: list[Terminal] = []
    with served(bank) as url:

        def start(*arguments: str) -> Terminal:
            environment = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path.cwd()),
                "XDG_DATA_HOME": str(tmp_path),
                "LUMENPAY_SERVER": url,
                "TERM": "xterm",
                "LANG": "C.UTF-8",
            }
            started.append(Terminal(list(arguments), environment))
            return started[-1]

        yield start
        for terminal in started:
            terminal.close()


def test_a_password_is_asked_for_and_not_echoed(run: Run, bank: Bank) -> None:
    login = run("login", "--handle", "asha")
    login.until("Password: ")
    login.type(f"{bank.password}\n")
    assert login.ended() == (0, "@asha\n")
    assert bank.password not in login.seen


def test_ctrl_c_at_the_last_question_holds_nothing(run: Run, bank: Bank) -> None:
    login = run("login", "--handle", "asha")
    login.until("Password: ")
    login.type(f"{bank.password}\n")
    login.ended()
    pay = run("pay", "--to", "@ravi", "--amount", "25.5")
    pay.until("PIN: ")
    pay.type(f"{bank.pin}\n")
    pay.until("[y/N]")
    os.kill(pay.process.pid, signal.SIGINT)
    assert pay.ended() == (130, "")
    assert bank.moved == []
    assert [payment.status for payment in bank.payments.values()] == ["cancelled"]


def test_a_payment_is_asked_about_with_all_that_matters(run: Run, bank: Bank) -> None:
    login = run("login", "--handle", "asha")
    login.until("Password: ")
    login.type(f"{bank.password}\n")
    login.ended()
    for answer, moved in (("n", 0), ("", 0), ("y", 1)):
        pay = run("pay", "--to", "@ravi", "--amount", "25.5")
        pay.until("PIN: ")
        pay.type(f"{bank.pin}\n")
        pay.until("Pay 25.50 XLM to Ravi Menon (@ravi)? Fee: none. [y/N]")
        pay.type(f"{answer}\n")
        status, _out = pay.ended()
        assert status == (0 if moved else 3)
        assert len(bank.moved) == moved
        assert bank.pin not in pay.seen


def test_ctrl_c_at_a_question_changes_nothing(run: Run, bank: Bank) -> None:
    login = run("login", "--handle", "asha")
    login.until("Password: ")
    os.kill(login.process.pid, signal.SIGINT)
    assert login.ended() == (130, "")
    assert "Traceback" not in login.seen
    assert bank.requests == []
