"""Wakes whoever waits for the next ledger."""

import asyncio

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import AppliedTransaction, ClosedLedger


class LedgerBell:
    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._next = asyncio.Event()
        chain.on_close(self._ring)

    def _ring(self, ledger: ClosedLedger) -> None:
        self._next.set()
        self._next = asyncio.Event()

    def next(self) -> asyncio.Event:
        """The event of the next close; take it before looking at the ledger, so as to miss none."""
        return self._next

    async def applied(self, transaction: bytes, seconds: float) -> AppliedTransaction | None:
        """The transaction once a ledger holds it; None when none did within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while (found := self._chain.find(transaction)) is None:
                    await self._next.wait()
        except TimeoutError:
            return None
        return found
