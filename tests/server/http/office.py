"""A server without a socket and without a network: real routes, use cases, vault, engine and
SQLite; what the network would tell is told by the test."""

import asyncio
import hashlib
import json
import random
from collections.abc import Coroutine
from importlib.metadata import version
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from core.errors import Unavailable
from core.ids import ulid
from core.money import STROOPS
from core.paying import Terms
from core.settlement import FollowLedger, Movement, StartFollowing, Verdict
from server.chain.signing import Signing, Treasury
from server.chain.transactions import network_id
from server.documents.statements import FORMATS
from server.http import openapi
from server.http.app import create_app
from server.http.metrics import HttpMetrics
from server.http.routes import route_table
from server.store.audit import AuditChain
from server.store.database import Database, open_database
from server.store.engine import StoreEngine
from server.store.reads import StoreReads
from server.store.sets import Row, ask
from server.store.tables import TABLES
from server.usecases.catalogue import use_cases
from server.usecases.people import People
from server.usecases.site import Site
from server.usecases.treasury import make_missing
from server.usecases.world import World
from server.vault.keks import LocalKek
from server.vault.keyring import new_keyring, open_keyring
from server.vault.sealing import Sealing
from server.vault.vault import Vault
from tests.server.http.asgi import Reply, call
from tests.server.http.conformity import Conformity

T = TypeVar("T")

START_MS = 1_764_000_000_000  # 2025-11-24T16:00:00Z
PASSPHRASE = "A network for tests"
ISSUER = "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5"
USDC = f"USDC:{ISSUER}"
PUBLIC_URL = "https://pay.example.org"
STRANGER = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN"
PASSWORD = "correct horse battery"
PIN = "428517"


class Clock:
    """Stands still until a test moves it; both times are one."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def wall_ms(self) -> int:
        return self.now_ms

    def business_ms(self) -> int:
        return self.now_ms


class Foreign(NamedTuple):
    """What a preflight read finds at an address."""

    exists: bool = True
    memo_required: bool = False
    rooms: dict[str, int] = {"XLM": 2**62, USDC: 1_000 * STROOPS}  # noqa: RUF012

    def room(self, asset: str) -> int | None:
        return self.rooms.get(asset)


class Network:
    """`accounts` by address; others do not exist. `away` answers nothing."""

    def __init__(self) -> None:
        self.accounts: dict[str, Foreign] = {STRANGER: Foreign()}
        self.away = False

    async def account(self, address: str) -> Foreign:
        if self.away:
            raise Unavailable("network.unavailable", retry_after=2)
        return self.accounts.get(address, Foreign(exists=False))

    def unsigned(self, source: str, terms: Terms, sequence: int, expires_ms: int) -> str:
        return f"{source} {terms.address} {terms.amount} {sequence} {expires_ms}"


class QuickPasswords:
    """As argon2id, without its cost."""

    async def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode()).hexdigest()

    async def fits(self, password: str, stored: str | None) -> bool:
        return await self.hash(password) == stored


class Person(NamedTuple):
    user_id: str
    handle: str
    email: str
    address: str
    token: str
    refresh_token: str


class Office:
    def __init__(self, url: str, **site: int) -> None:
        seeded = random.Random(7)
        self.random = seeded.randbytes
        self.clock = Clock()
        self.network = Network()
        self.database: Database = open_database(url)
        self._site = {"pays_per_minute": 1_000, "signups_per_hour": 1_000} | site
        self._runner = asyncio.Runner()
        self._keys = 0

    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        await self.database.open()
        sealing = Sealing(LocalKek(bytes(32), self.random), self.random)
        secrets = open_keyring(sealing, new_keyring(sealing, self.random))
        self.engine = StoreEngine(self.database, AuditChain(secrets.audit, "test"))
        self.reads = StoreReads(self.database)
        self.engine.start()
        self.reads.start()
        self.vault = Vault(sealing, secrets, self.random)
        await make_missing(self.engine, self.reads, self.vault, self.clock.now_ms)
        await self.engine.run(
            StartFollowing(
                now_ms=self.clock.now_ms,
                passphrase=PASSPHRASE,
                sequence=1_000,
                close_ms=self.clock.now_ms,
            )
        )
        self.use = use_cases(await self._world())
        self.engine.on_commit(self.use.feed.wake)
        metrics = HttpMetrics(CollectorRegistry(), lambda: 0.0)
        self.table = route_table(
            self.use, metrics, version=version("lumenpay"), public_url=PUBLIC_URL
        )
        self.conformity = Conformity(openapi.document(self.table, "test", PUBLIC_URL))
        self.app = create_app(self.table, self.use.sessions.authenticate, metrics, self.new_id)

    async def _world(self) -> World:
        house = await self.reads.wallets(["fee", "sponsor"])
        treasury = Treasury(fee=house["fee"], sponsor=house["sponsor"])
        signing = Signing(network_id(PASSPHRASE), treasury, self.vault.sign_hash)
        return World(
            engine=self.engine,
            accounts=self.reads,
            payments=self.reads,
            events=self.reads,
            vault=self.vault,
            people=People(self.vault, self.clock),
            sign=signing.payments,
            network=self.network,
            passwords=QuickPasswords(),
            clock=self.clock,
            random=self.random,
            site=Site(
                network="local",
                passphrase=PASSPHRASE,
                usdc_issuer=ISSUER,
                public_url=PUBLIC_URL,
                timezone=ZoneInfo("UTC"),
                payment_expiry_ms=600_000,
                worker="test",
                **self._site,
            ),
            forms=FORMATS,
        )

    def close(self) -> None:
        self.run(self._close())
        self._runner.close()

    async def _close(self) -> None:
        self.use.feed.close()
        await self.reads.stop()
        await self.engine.stop()
        await self.database.close()

    def run(self, work: Coroutine[object, object, T]) -> T:
        return self._runner.run(work)

    def new_id(self) -> str:
        return ulid(self.clock.now_ms, self.random)

    # calls

    def call(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        by: Person | str | None = None,
        key: str | None = None,
        **headers: str,
    ) -> Reply:
        """`by` is a person or a token; `key` is made where the body is one that needs it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            token = by if isinstance(by, str) else by.token
            named["authorization"] = f"Bearer {token}"
        if body is not None:
            named.setdefault("content-type", "application/json")
        named["idempotency-key"] = key or self.new_key()
        sent = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        reply = self.run(call(self.app, method, target, headers=named, parts=(sent,)))
        self.conformity.check(method, target, reply)
        return reply

    def get(self, target: str, by: Person | str | None = None, **headers: str) -> Reply:
        return self.call("GET", target, by=by, **headers)

    def post(
        self, target: str, body: object, by: Person | str | None = None, key: str | None = None
    ) -> Reply:
        return self.call("POST", target, body, by=by, key=key)

    def new_key(self) -> str:
        self._keys += 1
        return f"key-{self._keys:08}"

    # people and their money

    def sign_up(self, handle: str, **more: object) -> Person:
        """Somebody whose account is still being opened."""
        email = f"{handle}@example.org"
        reply = self.post("/api/auth/signup", signing_up(handle, **more))
        assert reply.status == 201, reply
        made = reply.json
        session = made["session"]
        return Person(
            made["userId"],
            made["handle"],
            email,
            made["publicKey"],
            session["token"],
            session["refreshToken"],
        )

    def sign_in(self, person: Person) -> Person:
        """The same person with a session that begins now."""
        body = {"action": "signIn", "email": person.email, "password": PASSWORD}
        session = self.post("/api/auth/session", body).json["session"]
        return person._replace(token=session["token"], refresh_token=session["refreshToken"])

    def person(self, handle: str, xlm: int = 10_000, usdc: int = 500) -> Person:
        """Somebody with an open account and money."""
        person = self.sign_up(handle)
        self.change("INSERT INTO lanes VALUES (?, ?, 'free', NULL)", person.user_id, 77 << 32)
        self.follow(movements=(self.movement(person, xlm * STROOPS, "XLM", "friendbot"),))
        if usdc:
            self.follow(movements=(self.movement(person, usdc * STROOPS, USDC, "incoming"),))
        return person

    def movement(
        self, person: Person, stroops: int, asset: str, kind: str, address: str = STRANGER
    ) -> Movement:
        return Movement(
            owner=person.user_id,
            asset=asset,
            amount=stroops,
            hash=self.random(32),
            kind=kind,  # type: ignore[arg-type]
            address=address,
        )

    def follow(
        self, verdicts: tuple[Verdict, ...] = (), movements: tuple[Movement, ...] = ()
    ) -> None:
        """The next ledger, one second later."""
        cursor = self.run(self.reads.cursor())
        assert cursor is not None
        self.clock.now_ms += 1_000
        command = FollowLedger(
            now_ms=self.clock.now_ms,
            sequence=cursor.sequence + 1,
            close_ms=self.clock.now_ms,
            verdicts=verdicts,
            movements=movements,
            funded_later=True,
            new_id=self.new_id,
        )
        self.run(self.engine.run(command))

    def land(self, transaction: str, code: str = "op_success") -> None:
        """The payment's transaction is in the next ledger."""
        ((hash_,),) = self.rows("SELECT hash FROM transactions WHERE id = ?", transaction)
        assert isinstance(hash_, bytes)
        success = code == "op_success"
        outer = "tx_success" if success else "tx_failed"
        self.follow(verdicts=(Verdict(hash_, success, 0, outer, (code,)),))

    def initiate(self, payer: Person, payee: str, amount: str = "25.5", **more: object) -> str:
        reply = self.post("/api/pay", paying(payee, amount, **more), payer)
        assert reply.status == 201, reply
        return str(reply.json["transactionId"])

    def confirm(self, payer: Person, transaction: str, pin: str = PIN) -> Reply:
        return self.post("/api/pay", confirming(transaction, pin), payer)

    def pay(self, payer: Person, payee: str, amount: str = "25.5", **more: object) -> str:
        """Paid and landed."""
        transaction = self.initiate(payer, payee, amount, **more)
        assert self.confirm(payer, transaction).status == 200
        self.land(transaction)
        return transaction

    def balance(self, person: Person, asset: str = "XLM") -> tuple[str, str]:
        """Available and held, as the API tells."""
        found = self.get("/api/wallet?action=balance", person).json["balances"]
        return next((row["available"], row["held"]) for row in found if row["asset"] == asset)

    # the database

    def rows(self, sql: str, *values: object) -> list[Row]:
        def work(connection: Connection) -> list[Row]:
            return ask(connection, sql, *values)

        return self.run(self.database.read(work))

    def change(self, sql: str, *values: object) -> None:
        """Past the engine."""

        def work(connection: Connection) -> None:
            ask(connection, sql, *values)

        self.run(self.database.write(work))

    def everything(self) -> dict[str, list[Row]]:
        """All rows but the audit log's and the counters of tries: what a refusal must not move."""
        kept = {"audit_log", "audit_heads", "rate_limits"}
        names = [table.name for table in TABLES if table.name not in kept]
        return {name: sorted(self.rows(f"SELECT * FROM {name}"), key=repr) for name in names}


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


def signing_up(handle: str, **more: object) -> dict[str, object]:
    return {
        "action": "signup",
        "email": f"{handle}@example.org",
        "password": PASSWORD,
        "fullName": f"Name of {handle}",
        "pin": PIN,
        "handle": handle,
    } | more


def paying(payee: str, amount: str = "25.5", **more: object) -> dict[str, object]:
    return {
        "action": "initiate",
        "recipientAddress": payee,
        "amount": amount,
        "asset": "XLM",
    } | more


def confirming(transaction: str, pin: str = PIN) -> dict[str, object]:
    return {"action": "confirm", "transactionId": transaction, "pin": pin}
