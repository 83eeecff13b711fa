"""The model: read, kept true by events, honest about what it does not know."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from core import wire
from tests.tui.conftest import Clock
from tests.tui.fake_server import FakeServer, transaction
from tui.api import ApiProblem, Away
from tui.session import RECENT, Change, Session


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not holds():
            await asyncio.sleep(0.005)


async def following(session: Session, holds: Callable[[], bool]) -> None:
    """Follow until something holds."""
    task = asyncio.create_task(session.follow())
    try:
        await until(holds)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await session.api.aclose()


def changes_of(session: Session) -> list[Change]:
    changes: list[Change] = []
    session.watch(changes.append)
    return changes


async def test_all_is_read_and_its_age_is_known(signed_in: Session, clock: Clock) -> None:
    changes = changes_of(signed_in)
    assert signed_in.data_age_seconds is None
    await signed_in.refresh()
    assert signed_in.model.connection.state == "connected"
    assert {"info", "balances", "activity", "connection"} <= set(changes)
    clock.pass_seconds(12)
    assert signed_in.data_age_seconds == 12
    await signed_in.api.aclose()


async def test_what_was_read_stays_while_the_server_is_away(
    signed_in: Session, server: FakeServer, clock: Clock
) -> None:
    await signed_in.refresh()
    server.away = True
    clock.pass_seconds(60)
    with pytest.raises(Away):
        await signed_in.refresh()
    assert signed_in.model.connection.state == "failed"
    assert isinstance(signed_in.model.connection.why, Away)
    assert signed_in.model.balances is not None
    assert signed_in.data_age_seconds == 60
    await signed_in.api.aclose()


async def test_it_comes_back_by_itself(
    signed_in: Session, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.session.BACKOFF_SECONDS", (0.01,))
    server.away = True
    states: list[str] = []
    signed_in.watch(lambda _change: states.append(signed_in.model.connection.state))

    def back() -> bool:
        if "failed" in states:
            server.away = False
        return signed_in.model.connection.state == "connected"

    await following(signed_in, back)
    assert states[0] == "failed"


async def test_an_event_updates_what_it_is_about(signed_in: Session, server: FakeServer) -> None:
    paid = transaction("Somebody New", "1", at="2026-11-24T14:30:00.000Z")
    server.push("transaction.updated", paid, number=41)
    await following(signed_in, lambda: signed_in.model.last_event == "41")
    assert signed_in.model.recent[0].transaction_id == paid.transaction_id


async def test_an_event_without_its_shape_makes_it_read_again(
    signed_in: Session, server: FakeServer
) -> None:
    await signed_in.refresh()
    server.history = server.history[:3]
    server.push("transaction.updated", {"strange": True})
    await following(signed_in, lambda: len(signed_in.model.recent) == 3)
    assert signed_in.model.connection.state == "connected"


@pytest.mark.parametrize("name", ["loan.updated", "kyc.updated", "a.newer.event", "notice"])
async def test_events_of_newer_servers_change_nothing(
    signed_in: Session, server: FakeServer, name: str
) -> None:
    server.push(name, {"x": 1}, number=9)
    await following(signed_in, lambda: signed_in.model.last_event == "9")
    assert len(signed_in.model.recent) == len(server.history)


async def test_a_session_ended_elsewhere_ends_here(signed_in: Session, server: FakeServer) -> None:
    changes = changes_of(signed_in)
    server.push("session.ended", {})
    await following(signed_in, lambda: "ended" in changes)
    assert not signed_in.signed_in


async def test_a_refused_token_ends_the_session(signed_in: Session, server: FakeServer) -> None:
    changes = changes_of(signed_in)
    server.refuse("GET info", "auth.required", status=401)
    with pytest.raises(ApiProblem):
        await signed_in.refresh()
    assert "ended" in changes
    assert not signed_in.signed_in
    await signed_in.api.aclose()


async def test_signing_out_forgets_everything_even_without_a_server(
    signed_in: Session, server: FakeServer
) -> None:
    await signed_in.refresh()
    server.away = True
    await signed_in.sign_out()
    assert not signed_in.signed_in
    assert signed_in.model.balances is None
    assert signed_in.model.recent == []
    assert "token-1" not in signed_in.profile.path.read_text()
    await signed_in.api.aclose()


async def test_only_the_newest_are_kept_at_hand(signed_in: Session) -> None:
    for number in range(RECENT + 10):
        at = f"2026-11-24T14:00:{number % 60:02d}.{number:03d}Z"
        signed_in.heard(transaction("A", "1", at=at))
    assert len(signed_in.model.recent) == RECENT
    times = [one.created_at for one in signed_in.model.recent]
    assert times == sorted(times, reverse=True)


async def test_a_watcher_can_leave(signed_in: Session) -> None:
    changes: list[Change] = []
    leave = signed_in.watch(changes.append)
    leave()
    signed_in.heard(transaction("A", "1"))
    assert changes == []


async def test_contacts_are_read_page_by_page(
    signed_in: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = wire.Contact(contact_id="1", name="A", address="G", favourite=False, blocked=False)
    cursors: list[str | None] = []

    async def pages(cursor: str | None = None) -> wire.Contacts:
        cursors.append(cursor)
        contact = msgspec.structs.replace(one, contact_id=str(len(cursors)))
        return wire.Contacts(items=[contact], next="more" if len(cursors) < 3 else None)

    monkeypatch.setattr(signed_in.api, "contacts", pages)
    assert [contact.contact_id for contact in await signed_in.read_contacts()] == ["1", "2", "3"]
    assert cursors == [None, "more", "more"]
