"""Signing up."""

import msgspec
from msgspec import Struct

from core import wire
from core.accounts import SignUp
from core.books import USER, Identifier, Payer, Profile, Wallet
from core.errors import Malformed, Refused
from core.ids import encode
from core.links import RESERVED, check_handle, derive_handle
from core.tries import CountTry, Rate
from server.usecases import credentials
from server.usecases.people import Personal
from server.usecases.sessions import NewSession, Sessions
from server.usecases.world import World

HANDLES_DERIVED = 5
HOUR_MS = 60 * 60 * 1000
NEWCOMER_LANGUAGE = "en"
NEWCOMER_TIMEZONE = "UTC"


class _Newcomer(Struct, frozen=True, kw_only=True):
    """A sign-up that was read and found good."""

    kind: str
    contact: str
    name: str
    password: str
    pin: str
    handles: tuple[str, ...]
    chosen: bool
    language: str
    timezone: str
    referred_by: str | None


class _Remembered(Struct, frozen=True):
    """The first reply without its tokens: those are stored as hashes only."""

    user_id: str
    handle: str
    public_key: str


class Accounts:
    def __init__(self, world: World, sessions: Sessions) -> None:
        self._world = world
        self._sessions = sessions

    async def sign_up(
        self, request: wire.SignUp, *, key: str, body: bytes, address: str
    ) -> wire.SignedUp:
        """Write the person, with a wallet in state `opening`. A later call with the same key and
        body answers for the same person, with a session of its own."""
        newcomer = await self._read(request)
        await self._count(address)
        user_id = self._world.new_id()
        session = self._sessions.new(user_id)
        hashed = await self._world.passwords.hash(newcomer.password)
        reply = await self._world.engine.run(
            self._command(newcomer, hashed, session, key=key, body=body)
        )
        first = msgspec.json.decode(reply.body, type=_Remembered)
        if reply.replayed:
            session = await self._sessions.open(first.user_id)
        return wire.SignedUp(
            user_id=first.user_id,
            handle=first.handle,
            public_key=first.public_key,
            wallet_state="opening",
            session=session.reply,
        )

    async def _count(self, address: str) -> None:
        rate = Rate(f"sign-up-from:{address}", self._world.site.signups_per_hour, HOUR_MS)
        await self._world.engine.run(CountTry(now_ms=self._world.now_ms(), rates=(rate,)))

    async def _read(self, request: wire.SignUp) -> _Newcomer:
        kind, contact = _contact(request)
        name = credentials.name(request.full_name)
        handles = self._handles(request.handle, name)
        own_words = (name, handles[0], contact.partition("@")[0])
        return _Newcomer(
            kind=kind,
            contact=contact,
            name=name,
            password=credentials.password(request.password, own_words),
            pin=credentials.pin(request.pin),
            handles=handles,
            chosen=request.handle is not None,
            language=credentials.language(request.language or NEWCOMER_LANGUAGE),
            timezone=credentials.timezone(request.timezone or NEWCOMER_TIMEZONE),
            referred_by=await self._referrer(request.referral_code),
        )

    def _handles(self, chosen: str | None, name: str) -> tuple[str, ...]:
        """The chosen one; or some made of the name, the later ones with a random number."""
        if chosen is not None:
            return (check_handle(chosen),)
        numbers = [1, 2, *(int.from_bytes(self._world.random(2)) for _ in range(HANDLES_DERIVED))]
        derived = (derive_handle(name, max(number, 1)) for number in numbers)
        return tuple(handle for handle in derived if handle not in RESERVED)

    async def _referrer(self, code: str | None) -> str | None:
        if code is None:
            return None
        user_id = await self._world.accounts.referrer(code.strip().upper())
        if user_id is None:
            raise Refused("account.referral_unknown", field="referralCode")
        return user_id

    def _command(
        self, newcomer: _Newcomer, hashed: str, session: NewSession, *, key: str, body: bytes
    ) -> SignUp:
        world, user_id, now = self._world, session.row.user_id, session.row.created_ms
        new_key = world.vault.new_key(user_id)

        def compose(handle: str) -> bytes:
            return msgspec.json.encode(_Remembered(user_id, handle, new_key.public_key))

        return SignUp(
            now_ms=now,
            profile=self._profile(newcomer, hashed, session),
            identifier=Identifier(
                world.vault.keyed_hash(newcomer.kind, newcomer.contact), user_id, newcomer.kind
            ),
            wallet=Wallet(
                user_id=user_id,
                role=USER,
                public_key=new_key.public_key,
                encrypted_keys=new_key.encrypted_keys,
                state="opening",
                hash=None,
                tries=0,
                created_ms=now,
            ),
            payer=self._payer(user_id, newcomer.pin),
            session=session.row,
            handles=newcomer.handles,
            key=key,
            body_hash=world.vault.keyed_hash("sign-up", body.decode()),
            compose=compose,
        )

    def _profile(self, newcomer: _Newcomer, hashed: str, session: NewSession) -> Profile:
        user_id, now = session.row.user_id, session.row.created_ms
        personal = Personal(name=newcomer.name, **{newcomer.kind: newcomer.contact})
        return Profile(
            user_id=user_id,
            handle="",
            handle_changed_ms=now if newcomer.chosen else None,
            sealed=self._world.people.seal(user_id, personal),
            password_hash=hashed,
            language=newcomer.language,
            timezone=newcomer.timezone,
            display_currency=credentials.CURRENCIES[0],
            referral_code=encode(int.from_bytes(self._world.random(5)), 8),
            referred_by=newcomer.referred_by,
            created_ms=now,
        )

    def _payer(self, user_id: str, pin: str) -> Payer:
        salt, tag = self._world.vault.new_pin(user_id, pin)
        return Payer(
            user_id=user_id,
            pin_salt=salt,
            pin_tag=tag,
            pin_wrong=0,
            pin_locked_until_ms=0,
            frozen=0,
            cooling_until_ms=0,
            day=0,
            day_used=0,
            day_count=0,
            month=0,
            month_used=0,
        )


def _contact(request: wire.SignUp) -> tuple[str, str]:
    """Exactly one of e-mail and phone, with its kind."""
    if request.email is not None and request.phone is None:
        return "email", credentials.email(request.email)
    if request.phone is not None and request.email is None:
        return "phone", credentials.phone(request.phone)
    raise Malformed("account.contact_missing", field="email")
