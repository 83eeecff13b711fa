"""All reads of the store, as the ports of the use cases and the jobs ask for them."""

from server.store.database import Database
from server.store.money import MoneyReads
from server.store.people import PeopleReads
from server.store.work import EventReads, WorkReads


class StoreReads(PeopleReads, MoneyReads, WorkReads, EventReads):
    """The hot ones are gathered: start and stop them."""

    def __init__(self, database: Database) -> None:
        PeopleReads.__init__(self, database)
        MoneyReads.__init__(self, database)

    def start(self) -> None:
        self._asked_sessions.start()
        self._asked_payees.start()
        self._asked_payments.start()

    async def stop(self) -> None:
        await self._asked_sessions.stop()
        await self._asked_payees.stop()
        await self._asked_payments.stop()
