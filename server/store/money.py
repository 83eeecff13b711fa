"""Reading money: payments, balances, limits, prices."""

from collections.abc import Sequence

from sqlalchemy import Connection

from core.books import Balance, Books, Limits, Payer, Payment, Price
from core.limits import in_force
from server.store.database import Database, leave_own_rows
from server.store.gathering import Gathering
from server.store.people import GATHERED_MAX, WAITING_MAX, people_by_id
from server.store.sets import ask
from server.store.sheets import (
    BALANCES,
    CONTACTS,
    PAYERS,
    PAYMENTS,
    PRICES,
    load_levels,
    load_standings,
)
from server.usecases.views import PaymentFilter, PaymentView

_PAYMENT = ", ".join(PAYMENTS.statements.columns)

Asked = tuple[str, str]
"""(user id, payment id)"""


class MoneyReads:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked_payments: Gathering[Asked, PaymentView | None] = Gathering(
            self._payments, size=GATHERED_MAX, waiting_max=WAITING_MAX
        )

    async def _payments(self, asked: list[Asked]) -> Sequence[PaymentView | None]:
        return await self._database.glance(lambda connection: _payments_asked(connection, asked))

    async def payment(self, user_id: str, payment_id: str) -> PaymentView | None:
        return await self._asked_payments.ask((user_id, payment_id))

    async def payment_by_key(self, user_id: str, key: str) -> PaymentView | None:
        """Its id is what the key's first reply was about."""
        rows = await self._database.read_own(
            user_id,
            lambda connection: ask(
                connection,
                "SELECT subject FROM idempotency WHERE scope = ? AND key = ?",
                user_id,
                key,
            ),
        )
        return await self.payment(user_id, str(rows[0][0])) if rows else None

    async def payments(
        self, user_id: str, wanted: PaymentFilter, *, before: str | None, limit: int
    ) -> list[PaymentView]:
        where, values = _conditions(user_id, wanted, before)
        sql = f"SELECT {_PAYMENT} FROM transactions WHERE {where} ORDER BY id DESC LIMIT ?"

        def work(connection: Connection) -> list[PaymentView]:
            rows = ask(connection, sql, *values, limit)
            return _views(connection, [PAYMENTS.make(*row) for row in rows])

        return await self._database.read_own(user_id, work)

    async def balances(self, user_id: str) -> list[Balance]:
        rows = await self._database.read_own(
            user_id,
            lambda connection: BALANCES.statements.load(connection, ("user_id",), (user_id,)),
        )
        return sorted((BALANCES.make(*row) for row in rows), key=lambda balance: balance.asset)

    async def limits(self, user_id: str, at_ms: int) -> tuple[Limits, Payer] | None:
        def work(connection: Connection) -> tuple[Limits, Payer] | None:
            rows = PAYERS.statements.load(connection, ("user_id",), (user_id,))
            if not rows:
                return None
            books = Books()
            books.standings = load_standings(connection, (user_id,))
            books.levels = load_levels(connection)
            return in_force(books, user_id, at_ms), PAYERS.make(*rows[0])

        return await self._database.read_own(user_id, work)

    async def prices(self) -> dict[str, Price]:
        names = ", ".join(PRICES.statements.columns)
        rows = await self._database.glance(
            lambda connection: ask(connection, f"SELECT {names} FROM prices")
        )
        prices = [PRICES.make(*row) for row in rows]
        return {price.asset: price for price in prices}


def _payments_asked(connection: Connection, asked: Sequence[Asked]) -> list[PaymentView | None]:
    """In the order asked for; somebody else's payment is none."""
    rows = PAYMENTS.statements.load(connection, ("id",), {payment_id for _, payment_id in asked})
    views = _views(connection, [PAYMENTS.make(*row) for row in rows])
    found = {(view.payment.user_id, view.payment.id): view for view in views}
    return [found.get(key) for key in asked]


def _views(connection: Connection, payments: Sequence[Payment]) -> list[PaymentView]:
    """With the counterparties: the owner's own contacts first, then who they are."""
    pairs = {(payment.user_id, payment.address) for payment in payments}
    rows = CONTACTS.statements.load(connection, ("user_id", "address"), pairs)
    contacts = {(c.user_id, c.address): c for c in (CONTACTS.make(*row) for row in rows)}
    leave_own_rows(connection)
    people = people_by_id(connection, {p.counterparty_id for p in payments if p.counterparty_id})
    views = []
    for payment in payments:
        contact = contacts.get((payment.user_id, payment.address))
        views.append(
            PaymentView(
                payment,
                people.get(payment.counterparty_id or ""),
                contact.sealed_name if contact else None,
                contact is not None,
            )
        )
    return views


def _conditions(
    user_id: str, wanted: PaymentFilter, before: str | None
) -> tuple[str, list[object]]:
    terms = [
        ("user_id = ?", user_id),
        ("id < ?", before),
        ("kind = ?", wanted.kind),
        ("asset = ?", wanted.asset),
        ("created_ms >= ?", wanted.from_ms),
        ("created_ms < ?", wanted.to_ms),
    ]
    given = [(term, value) for term, value in terms if value is not None]
    where = [term for term, _ in given]
    values: list[object] = [value for _, value in given]
    if wanted.person is not None:
        where.append("(counterparty_id = ? OR address = ?)")
        values += [wanted.person, wanted.person]
    return " AND ".join(where), values
