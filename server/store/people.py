"""Reading people: sessions, credentials, profiles, contacts, requests."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from core.books import PaymentRequest
from server.store import tables as t
from server.store.database import Database, leave_own_rows
from server.store.gathering import Gathering
from server.store.sets import Row, Statements, ask
from server.store.sheets import CONTACTS, PROFILES, REQUESTS
from server.usecases.views import (
    ContactView,
    Credentials,
    PayeeView,
    PersonView,
    ProfileView,
    RequestView,
    SignedInAs,
)

PEOPLE = Statements(t.people, [column.name for column in t.people.c])
_CONTACT = ", ".join(CONTACTS.statements.columns)
_PROFILE = ", ".join(f"p.{name}" for name in PROFILES.statements.columns)

make_person: Callable[..., PersonView] = PersonView
_make_session: Callable[..., SignedInAs] = SignedInAs
_make_credentials: Callable[..., Credentials] = Credentials

GATHERED_MAX = 256
WAITING_MAX = 4_096


def people_by_id(connection: Connection, users: Collection[str]) -> dict[str, PersonView]:
    people = [make_person(*row) for row in PEOPLE.load(connection, ("user_id",), users)]
    return {person.user_id: person for person in people}


def _sessions(connection: Connection, hashes: Sequence[bytes]) -> list[SignedInAs | None]:
    """In the order of the hashes asked for."""
    marks = _SESSIONS.load(connection, ("token_hash",), set(hashes))
    found = {row[0]: _make_session(*row[1:]) for row in marks}
    return [found.get(token_hash) for token_hash in hashes]


_SESSIONS = Statements(t.signed_in, ["token_hash", "session_id", "user_id", "handle", "expires_ms"])


_BY_HANDLE = "p JOIN handles h ON h.user_id = p.user_id WHERE h.handle = ?"
_BY_ADDRESS = "p WHERE p.public_key = ?"
_PERSON = ", ".join(f"p.{name}" for name in PEOPLE.columns)


def _person(connection: Connection, where: str, key: str) -> PersonView | None:
    rows = ask(connection, f"SELECT {_PERSON} FROM people {where}", key)
    return make_person(*rows[0]) if rows else None


class _AskedPayee(NamedTuple):
    user_id: str
    handle: str | None
    address: str
    account: str


def _payee(connection: Connection, asked: _AskedPayee) -> PayeeView:
    if asked.handle is None:
        person = _person(connection, _BY_ADDRESS, asked.account)
    else:
        person = _person(connection, _BY_HANDLE, asked.handle)
    address = asked.address or (person.public_key if person else "")
    sql = f"SELECT {_CONTACT} FROM contacts WHERE user_id = ? AND address = ?"
    rows = ask(connection, sql, asked.user_id, address)
    contact = ContactView(CONTACTS.make(*rows[0]), person) if rows else None
    return PayeeView(person, contact)


class PeopleReads:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked_sessions: Gathering[bytes, SignedInAs | None] = Gathering(
            self._sessions, size=GATHERED_MAX, waiting_max=WAITING_MAX
        )
        self._asked_payees: Gathering[_AskedPayee, PayeeView] = Gathering(
            self._payees, size=GATHERED_MAX, waiting_max=WAITING_MAX
        )

    async def _sessions(self, hashes: list[bytes]) -> Sequence[SignedInAs | None]:
        return await self._database.glance(lambda connection: _sessions(connection, hashes))

    async def session(self, token_hash: bytes) -> SignedInAs | None:
        return await self._asked_sessions.ask(token_hash)

    async def credentials(
        self, *, identifier: bytes | None = None, handle: str | None = None
    ) -> Credentials | None:
        sql = "SELECT p.user_id, p.handle, p.password_hash FROM profiles p JOIN "
        if identifier is not None:
            sql += "identifiers i ON i.user_id = p.user_id WHERE i.hash = ?"
        else:
            sql += "handles h ON h.user_id = p.user_id WHERE h.handle = ?"
        row = await self._one(sql, identifier if identifier is not None else handle)
        return _make_credentials(*row) if row else None

    async def person_by_handle(self, handle: str) -> PersonView | None:
        return await self._person(_BY_HANDLE, handle)

    async def person_by_address(self, public_key: str) -> PersonView | None:
        return await self._person(_BY_ADDRESS, public_key)

    async def payee(
        self, user_id: str, *, handle: str | None = None, address: str = "", account: str = ""
    ) -> PayeeView:
        return await self._asked_payees.ask(_AskedPayee(user_id, handle, address, account))

    async def _payees(self, asked: list[_AskedPayee]) -> Sequence[PayeeView]:
        return await self._database.glance(
            lambda connection: [_payee(connection, one) for one in asked]
        )

    async def person(self, user_id: str) -> PersonView | None:
        return await self._person("p WHERE p.user_id = ?", user_id)

    async def _person(self, where: str, key: str) -> PersonView | None:
        return await self._database.read(lambda connection: _person(connection, where, key))

    async def profile(self, user_id: str) -> ProfileView | None:
        rows = await self._database.read_own(
            user_id,
            lambda connection: ask(
                connection,
                f"SELECT {_PROFILE}, v.level, v.public_key, v.state FROM profiles p "
                "JOIN people v ON v.user_id = p.user_id WHERE p.user_id = ?",
                user_id,
            ),
        )
        return _profile(rows[0]) if rows else None

    async def referrer(self, referral_code: str) -> str | None:
        row = await self._one("SELECT user_id FROM profiles WHERE referral_code = ?", referral_code)
        return str(row[0]) if row else None

    async def contacts(self, user_id: str, *, after: str | None, limit: int) -> list[ContactView]:
        past, values = ("AND id < ? ", (after,)) if after is not None else ("", ())
        sql = f"SELECT {_CONTACT} FROM contacts WHERE user_id = ? {past}ORDER BY id DESC LIMIT ?"
        return await self._contacts(user_id, sql, user_id, *values, limit)

    async def contact(self, user_id: str, contact_id: str) -> ContactView | None:
        sql = f"SELECT {_CONTACT} FROM contacts WHERE user_id = ? AND id = ?"
        found = await self._contacts(user_id, sql, user_id, contact_id)
        return found[0] if found else None

    async def _contacts(self, user_id: str, sql: str, *values: object) -> list[ContactView]:
        def work(connection: Connection) -> list[ContactView]:
            contacts = [CONTACTS.make(*row) for row in ask(connection, sql, *values)]
            leave_own_rows(connection)
            ours = {c.contact_user_id for c in contacts if c.contact_user_id is not None}
            people = people_by_id(connection, ours)
            return [ContactView(c, people.get(c.contact_user_id or "")) for c in contacts]

        return await self._database.read_own(user_id, work)

    async def request(self, request_id: str) -> RequestView | None:
        def work(connection: Connection) -> RequestView | None:
            rows = REQUESTS.statements.load(connection, ("id",), (request_id,))
            if not rows:
                return None
            request: PaymentRequest = REQUESTS.make(*rows[0])
            return RequestView(
                request, people_by_id(connection, (request.user_id,))[request.user_id]
            )

        return await self._database.read(work)

    async def _one(self, sql: str, *values: object) -> Row | None:
        rows = await self._database.read(lambda connection: ask(connection, sql, *values))
        return rows[0] if rows else None


def _profile(row: Row) -> ProfileView:
    level, public_key, state = row[-3:]
    return _make_profile(PROFILES.make(*row[:-3]), level, public_key, state)


_make_profile: Callable[..., ProfileView] = ProfileView
