"""The last known prices, which turn amounts into the XLM that limits count."""

from typing import ClassVar

from core.books import Books, Needs, Price
from core.commands import Command


class NotePrices(Command[None], frozen=True, kw_only=True):
    """The order book's prices, in XLM stroops a unit, as of `now_ms`."""

    action: ClassVar[str] = "prices.note"
    stroops: dict[str, int]

    def need(self, needs: Needs) -> None:
        needs.prices.update(self.stroops)

    def decide(self, books: Books) -> None:
        for asset, stroops in self.stroops.items():
            books.prices[asset] = Price(asset, stroops, self.now_ms)
