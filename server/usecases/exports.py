"""Statements and receipts, as files."""

from typing import NamedTuple

from core import wire
from core.errors import Absent, Malformed, Refused
from server.usecases.ports import Form
from server.usecases.transactions import Transactions
from server.usecases.views import PaymentFilter, SignedInAs
from server.usecases.world import World

ROWS_MAX = 20_000


class File(NamedTuple):
    name: str
    media: str
    body: bytes


class Exports:
    def __init__(self, world: World, transactions: Transactions) -> None:
        self._world = world
        self._transactions = transactions

    async def statement(self, user: SignedInAs, wanted: PaymentFilter, form: str) -> File:
        """Oldest first. Raises `export.format_unavailable`, `export.not_found`, and
        `request.bad_range` beyond `ROWS_MAX` rows."""
        written = self._form(form)
        rows: list[wire.Transaction] = []
        async for row in self._transactions.all(user, wanted):
            rows.append(row)
            if len(rows) > ROWS_MAX:
                raise Malformed("request.bad_range", field="from", params={"rowsMax": ROWS_MAX})
        if not rows:
            raise Absent("export.not_found")
        return File(f"lumenpay-statement.{form}", written.media, written.render(rows[::-1]))

    async def receipt(self, user: SignedInAs, transaction_id: str, form: str) -> File:
        """Raises `export.format_unavailable`, `payment.not_found`."""
        written = self._form(form)
        row = await self._transactions.one(user, transaction_id)
        name = f"lumenpay-receipt-{row.transaction_id}.{form}"
        return File(name, written.media, written.render([row]))

    def _form(self, name: str) -> Form:
        form = self._world.forms.get(name)
        if form is None:
            known = list(self._world.forms)
            raise Refused("export.format_unavailable", field="format", params={"known": known})
        return form
