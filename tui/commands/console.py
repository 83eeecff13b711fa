"""The wallet without a screen: options, output, prompts and exit codes of its commands.

Data goes to stdout (one JSON object with `--json`), words go to stderr. A question is only asked
when stdin is a terminal; else the command refuses and says which option answers it.
"""

import argparse
import asyncio
import getpass
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec

from core import wire
from core.errors import Problem, type_base
from tui.api import Api, ApiError, ApiProblem, Away, BadServer, OutcomeUnknown
from tui.problems import problem_sentence, sentence
from tui.profile import BadProfile, Profile
from tui.session import Session
from tui.text import (
    _,
    machine_language,
    machine_timezone,
    safe_text,
    use_language,
    use_timezone,
)

DONE = 0
OUR_FAULT = 1
USAGE = 2
REFUSED = 3
NOT_SIGNED_IN = 4
OUTCOME_UNKNOWN = 5
AWAY = 6
PIN_NEEDED = 7
INTERRUPTED = 130
"""What shells expect of a command that was stopped by ctrl+c (128 + SIGINT)."""


class Stop(Exception):
    """Ends the command with an exit code and one sentence for stderr."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Console:
    """What a command works with. `sent` is set once money may be on its way."""

    def __init__(self, options: argparse.Namespace, session: Session) -> None:
        self.options = options
        self.session = session
        self.api = session.api
        self.profile = session.profile
        self.sent = False

    def need_sign_in(self) -> None:
        if not self.session.signed_in:
            raise Stop(NOT_SIGNED_IN, _("Nobody is signed in; use: lumenpay login"))

    def data(self, shape: object, lines: list[str]) -> None:
        """The data itself: one JSON object, or lines for people."""
        if self.options.json:
            print(msgspec.json.encode(shape).decode())
        else:
            print("\n".join(lines))

    def say(self, words: str) -> None:
        print(words, file=sys.stderr)


Work = Callable[[Console], Awaitable[int]]


def parser(command: str, description: str) -> argparse.ArgumentParser:
    """With the options that every command takes."""
    made = argparse.ArgumentParser(
        prog=f"lumenpay {command}", description=description, allow_abbrev=False
    )
    made.add_argument("--server", metavar="URL", help="the server (else LUMENPAY_SERVER)")
    made.add_argument("--profile", metavar="NAME", default="default", help="whose session to use")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def run(options: argparse.Namespace, work: Work) -> int:
    """Run one command to its exit code."""
    use_language(machine_language())
    use_timezone(machine_timezone())

    def opened() -> int:
        profile = Profile(options.profile)
        server = find_server(options.server, profile)
        return asyncio.run(_work(options, server, profile, work))

    return run_guarded(options, opened)


def run_guarded(options: argparse.Namespace, opened: Callable[[], int]) -> int:
    """What is wrong with the options or this machine ends in one sentence, not in a traceback."""
    try:
        return opened()
    except Stop as stop:
        return _refuse(options, stop.status, stop.words)
    except BadServer as bad:
        words = _("The server must be https://…, or http:// on this machine: {url}")
        return _refuse(options, USAGE, words.format(url=safe_text(str(bad))))
    except BadProfile as bad:
        words = _("This profile cannot be used: {profile}").format(profile=safe_text(str(bad)))
        return _refuse(options, USAGE, words)
    except KeyboardInterrupt:
        return INTERRUPTED


def find_server(option: str | None, profile: Profile) -> str:
    """By option, environment, or where the profile is signed in."""
    signed_in = profile.sign_in.server if profile.sign_in else None
    server = option or os.environ.get("LUMENPAY_SERVER") or signed_in
    if not server:
        raise Stop(USAGE, _("Which server? Use --server URL or set LUMENPAY_SERVER."))
    return server


async def _work(options: argparse.Namespace, server: str, profile: Profile, work: Work) -> int:
    api = Api(server, profile)
    console = Console(options, Session(api, profile))
    try:
        return await work(console)
    except Problem as refusal:
        return _problem(options, _as_wire(refusal), REFUSED)
    except ApiProblem as problem:
        return _problem(options, problem.problem, exit_code(problem))
    except Away as away:
        return _away(options, away, AWAY)
    except OutcomeUnknown as unknown:
        return _away(options, unknown, OUTCOME_UNKNOWN)
    except (
        asyncio.CancelledError
    ):  # ctrl+c: asyncio cancels the work, then raises KeyboardInterrupt
        if not console.sent:
            raise
        return _away(options, OutcomeUnknown("interrupted"), OUTCOME_UNKNOWN)
    finally:
        await api.aclose()


def exit_code(problem: ApiProblem) -> int:
    """Which of the exit codes a refusal of the server is."""
    match problem.status:
        case 401:
            return NOT_SIGNED_IN
        case 403:
            return PIN_NEEDED
        case 426:
            return USAGE
        case 502 | 503 | 504:
            return AWAY
        case status if status >= 500:
            return OUR_FAULT
        case _:
            return REFUSED


def _as_wire(refusal: Problem) -> wire.Problem:
    """What this end refuses itself reads like the server's refusal."""
    return wire.Problem(
        type=type_base + refusal.code,
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        code=refusal.code,
        request_id="",
        field=refusal.field,
        params=refusal.params or None,
    )


def _problem(options: argparse.Namespace, problem: wire.Problem, status: int) -> int:
    words = problem_sentence(problem.code, problem.params, problem.request_id, problem.retry_after)
    _fail(options, problem, words)
    return status


def _away(options: argparse.Namespace, away: ApiError, status: int) -> int:
    code = "client.outcome_unknown" if status == OUTCOME_UNKNOWN else "client.away"
    _fail(options, _own_problem(code, str(away)), sentence(away))
    return status


def _refuse(options: argparse.Namespace, status: int, words: str) -> int:
    codes = {USAGE: "client.usage", NOT_SIGNED_IN: "auth.required", PIN_NEEDED: "client.pin_needed"}
    code = codes.get(status, "client.refused")
    _fail(options, _own_problem(code, words), words)
    return status


def _own_problem(code: str, detail: str) -> wire.Problem:
    return wire.Problem(
        type=type_base + code,
        title="Not done",
        status=0,
        detail=detail,
        code=code,
        request_id="",
    )


def _fail(options: argparse.Namespace, problem: wire.Problem, words: str) -> None:
    if options.json:
        print(msgspec.json.encode(problem).decode())
    print(words, file=sys.stderr)


# what is read from people


def line_from_stdin(option: str) -> str:
    """The next line of stdin, for a secret that must not be an argument."""
    line = sys.stdin.readline()
    if not line:
        raise Stop(USAGE, _("There is no line on stdin for {option}.").format(option=option))
    return line.rstrip("\r\n")


def secret(label: str, option: str, *, from_stdin: bool, missing: int = USAGE) -> str:
    """A password or PIN: from stdin if asked to, else typed without echo at a terminal."""
    if from_stdin:
        return line_from_stdin(option)
    if not sys.stdin.isatty():
        words = _("This needs {option}: there is no terminal to ask at.").format(option=option)
        raise Stop(missing, words)
    with _interruptible():
        return getpass.getpass(f"{label}: ", stream=sys.stderr)


def agreed(question: str, option: str) -> bool:
    """A yes typed at a terminal; anything else is a no."""
    if not sys.stdin.isatty():
        words = _("This needs {option}: there is no terminal to ask at.").format(option=option)
        raise Stop(USAGE, words)
    with _interruptible():
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in {"y", "yes", _("yes")}


@contextmanager
def _interruptible() -> Iterator[None]:
    """ctrl+c ends a question at once: the event loop's own handler would wait for the answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
