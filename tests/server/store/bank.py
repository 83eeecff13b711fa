"""A small bank for tests of the store: real database, real engine, a signer without keys."""

import asyncio
import hashlib
from collections.abc import Coroutine, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from core.accounts import SignUp
from core.attempts import Bounds, Signed
from core.books import Identifier, Payer, Payment, Profile, Session, Wallet
from core.commands import Command, Reply
from core.ids import ulid
from core.paying import Accepted, CancelPayment, ConfirmPayment, InitiatePayment, Terms
from core.settlement import FollowLedger, Movement, StartFollowing, Verdict
from core.wallets import CreateTreasury, HouseAccount
from server.store.audit import AuditChain
from server.store.checks import check_chains, check_rules
from server.store.database import Database, open_database
from server.store.engine import StoreEngine
from server.store.reads import StoreReads
from server.store.sets import Row, ask
from server.store.tables import TABLES

T = TypeVar("T")

AUDIT_KEY = b"k" * 32
PASSPHRASE = "A network for tests"
START_MS = 1_700_000_000_000
DAY = 20231114
XLM = 10_000_000


class Bank:
    """`now_ms` stands still until a test moves it."""

    def __init__(self, url: str, chain_id: str = "test", runner: asyncio.Runner | None = None):
        self.url = url
        self.database: Database = open_database(url)
        self.engine = StoreEngine(self.database, AuditChain(AUDIT_KEY, chain_id))
        self.reads = StoreReads(self.database)
        self.now_ms = START_MS
        self.signed: list[tuple[str, int, tuple[str, ...]]] = []
        self.fee_payer = ""
        self.runner = runner or asyncio.Runner()
        self._made = 0

    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        await self.database.open()
        self.engine.start()
        self.reads.start()

    def close(self) -> None:
        self.run(self._close())

    async def _close(self) -> None:
        await self.reads.stop()
        await self.engine.stop()
        await self.database.close()

    def run(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    def do(self, command: Command[T]) -> T:
        return self.run(self.engine.run(command))

    def at_once(self, commands: Sequence[Command[T]]) -> list[T | BaseException]:
        async def gather() -> list[T | BaseException]:
            return await asyncio.gather(
                *(self.engine.run(command) for command in commands), return_exceptions=True
            )

        return self.run(gather())

    def rows(self, sql: str, *values: object) -> list[Row]:
        def work(connection: Connection) -> list[Row]:
            return ask(connection, sql, *values)

        return self.run(self.database.read(work))

    def own_rows(self, user_id: str, sql: str, *values: object) -> list[Row]:
        """As the reader that one user's requests get."""

        def work(connection: Connection) -> list[Row]:
            return ask(connection, sql, *values)

        return self.run(self.database.read_own(user_id, work))

    def change(self, sql: str, *values: object) -> None:
        """Past the engine, as somebody with a database client would."""

        def work(connection: Connection) -> None:
            ask(connection, sql, *values)

        self.run(self.database.write(work))

    def new_id(self) -> str:
        self._made += 1
        return ulid(self.now_ms, lambda count: self._made.to_bytes(count))

    # people

    def house(self) -> None:
        """A followed network and an open fee account with 10,000 XLM."""
        self.fee_payer = self.new_id()
        self.do(
            StartFollowing(
                now_ms=self.now_ms, passphrase=PASSPHRASE, sequence=1_000, close_ms=self.now_ms
            )
        )
        fee = HouseAccount(self.fee_payer, "fee", address_of(self.fee_payer), b"sealed")
        self.do(CreateTreasury(now_ms=self.now_ms, accounts=(fee,)))
        self.change(
            "INSERT INTO lanes (user_id, sequence, state) VALUES (?, 5, 'free')", self.fee_payer
        )
        self.change("UPDATE wallets SET state = 'open' WHERE user_id = ?", self.fee_payer)
        self.follow(movements=(self.movement(self.fee_payer, 10_000 * XLM, kind="treasury"),))

    def sign_up(self, handle: str) -> str:
        """Somebody whose wallet is still opening."""
        user_id = self.new_id()
        self.do(self.sign_up_command(user_id, handle))
        return user_id

    def sign_up_command(self, user_id: str, handle: str) -> SignUp:
        now = self.now_ms
        return SignUp(
            now_ms=now,
            profile=Profile(
                user_id, "", None, b"sealed", "$argon2", "en", "UTC", "XLM", user_id[-8:], None, now
            ),
            identifier=Identifier(digest("mail", handle), user_id, "email"),
            wallet=Wallet(user_id, "user", address_of(user_id), b"keys", "opening", None, 0, now),
            payer=Payer(user_id, b"salt", b"123456", 0, 0, 0, 0, 0, 0, 0, 0, 0),
            session=Session(
                self.new_id(),
                user_id,
                digest("token", user_id),
                digest("refresh", user_id),
                now + 900_000,
                now + 2_592_000_000,
                now,
            ),
            handles=(handle,),
            key=f"key-{user_id}",
            body_hash=b"body",
            compose=lambda made: made.encode(),
        )

    def person(self, handle: str, stroops: int = 10_000 * XLM) -> str:
        """Somebody with an open wallet and so much money."""
        user_id = self.sign_up(handle)
        self.change(
            "INSERT INTO lanes (user_id, sequence, state) VALUES (?, ?, 'free')", user_id, 77 << 32
        )
        self.follow(movements=(self.movement(user_id, stroops, kind="friendbot"),))
        return user_id

    def movement(self, owner: str, amount: int, **more: object) -> Movement:
        fields: dict[str, object] = {"asset": "XLM", "kind": "incoming", "address": "GFRIENDBOT"}
        fields |= {"hash": digest("moved", self.new_id()), **more}
        return Movement(owner=owner, amount=amount, **fields)  # type: ignore[arg-type]

    # payments

    def initiate_command(
        self, payer: str, payee: str | None, amount: int = XLM, **more: object
    ) -> InitiatePayment:
        made = self.new_id()
        fields: dict[str, object] = {
            "key": f"key-{made}",
            "body_hash": b"body",
            "expires_ms": self.now_ms + 600_000,
        } | more
        order = {name: fields.pop(name) for name in list(fields) if name in Terms._fields}
        terms = {"address": address_of(payee or "outside"), "asset": "XLM"} | order
        return InitiatePayment(
            now_ms=self.now_ms,
            payment_id=made,
            user_id=payer,
            terms=Terms(counterparty_id=payee, amount=amount, **terms),  # type: ignore[arg-type]
            day=DAY,
            compose=compose,
            **fields,  # type: ignore[arg-type]
        )

    def initiate(self, payer: str, payee: str | None, amount: int = XLM, **more: object) -> str:
        """The new payment's id."""
        command = self.initiate_command(payer, payee, amount, **more)
        reply: Reply = self.do(command)
        assert not reply.replayed
        return command.payment_id

    def confirm_command(self, payer: str, payment_id: str, pin: str = "123456") -> ConfirmPayment:
        return ConfirmPayment(
            now_ms=self.now_ms,
            payment_id=payment_id,
            user_id=payer,
            pin_fits=lambda _salt, tag: tag == pin.encode(),
            sign=self.sign,
            worker="test",
            contact_id=self.new_id(),
        )

    def confirm(self, payer: str, payment_id: str, pin: str = "123456") -> Payment:
        return self.do(self.confirm_command(payer, payment_id, pin))

    def cancel(self, payer: str, payment_id: str) -> Payment:
        return self.do(CancelPayment(now_ms=self.now_ms, payment_id=payment_id, user_id=payer))

    def sign(
        self, payments: Sequence[Payment], wallet: Wallet, sequence: int, bounds: Bounds
    ) -> Signed:
        ids = tuple(payment.id for payment in payments)
        self.signed.append((wallet.user_id, sequence, ids))
        terms = f"{wallet.user_id} {sequence} {bounds} {ids}"
        return Signed(digest("inner", terms), digest("outer", terms), b"XDR", self.fee_payer)

    def follow(
        self, verdicts: tuple[Verdict, ...] = (), movements: tuple[Movement, ...] = ()
    ) -> None:
        """The next ledger, one second later."""
        cursor = self.run(self.reads.cursor())
        assert cursor is not None
        self.now_ms += 1_000
        self.do(
            FollowLedger(
                now_ms=self.now_ms,
                sequence=cursor.sequence + 1,
                close_ms=cursor.close_ms + 1_000,
                verdicts=verdicts,
                movements=movements,
                funded_later=True,
                new_id=self.new_id,
            )
        )

    def payment(self, user_id: str, payment_id: str) -> Payment:
        view = self.run(self.reads.payment(user_id, payment_id))
        assert view is not None
        return view.payment

    def balance(self, user_id: str, asset: str = "XLM") -> tuple[int, int]:
        """Available and held."""
        balances = self.run(self.reads.balances(user_id))
        return next(((b.available, b.held) for b in balances if b.asset == asset), (0, 0))

    def verify_books(self) -> None:
        """All that `lumenpay verify` checks in the database."""
        broken = self.run(self.database.snapshot(check_rules))
        broken["audit_chain"] = self.run(
            self.database.snapshot(lambda books: check_chains(books, AUDIT_KEY))
        )
        assert {name: rows for name, rows in broken.items() if rows} == {}

    def everything(
        self, but: tuple[str, ...] = ("audit_log", "audit_heads")
    ) -> dict[str, list[Row]]:
        """All rows of all tables, to prove that nothing changed."""
        names = [table.name for table in TABLES if table.name not in but]
        return {name: sorted(self.rows(f"SELECT * FROM {name}"), key=repr) for name in names}


def landed(payment: Payment, fee: int = 200) -> Verdict:
    assert payment.hash is not None
    return Verdict(payment.hash, True, fee, "tx_success", ("op_success",))


def failed(payment: Payment, *codes: str, fee: int = 200) -> Verdict:
    assert payment.hash is not None
    return Verdict(payment.hash, False, fee, "tx_failed", codes)


def compose(accepted: Accepted) -> bytes:
    return f"{accepted.payment.id} {accepted.left} {accepted.sequence}".encode()


def address_of(user_id: str) -> str:
    return "G" + hashlib.sha256(user_id.encode()).hexdigest()[:55].upper()


def digest(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind} {text}".encode()).digest()
