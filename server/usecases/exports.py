"""Statements and receipts: which transactions they hold. `documents` gives them their form."""

from core import wire
from core.errors import Absent, Malformed
from server.usecases.payments import Payments
from server.usecases.transactions import Transactions
from server.usecases.views import PaymentFilter, SignedInAs

ROWS_MAX = 20_000


class Exports:
    def __init__(self, transactions: Transactions, payments: Payments) -> None:
        self._transactions = transactions
        self._payments = payments

    async def statement(self, user: SignedInAs, wanted: PaymentFilter) -> list[wire.Transaction]:
        """Oldest first. Raises `export.not_found`, `request.bad_range` beyond `ROWS_MAX` rows."""
        rows: list[wire.Transaction] = []
        async for row in self._transactions.all(user, wanted):
            rows.append(row)
            if len(rows) > ROWS_MAX:
                raise Malformed("request.bad_range", field="from", params={"rowsMax": ROWS_MAX})
        if not rows:
            raise Absent("export.not_found")
        return rows[::-1]

    async def receipt(self, user: SignedInAs, transaction_id: str | None) -> wire.Transaction:
        return await self._payments.status(user, transaction_id, None)
