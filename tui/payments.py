"""One payment from its key to its outcome, for the screens and for the command line alike.

Money cannot move twice: the key is stored before the first byte is sent and belongs to this one
request; a confirm is repeated only for the same payment; an answer that never came is asked for by
payment or key until it is known.
"""

import asyncio
import contextlib

from core import wire
from tui.api import ApiProblem, Away, OutcomeUnknown
from tui.session import Session, is_final

LOOK_UP_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0)
SETTLE_PAUSE_SECONDS = 0.7


class Payment:
    """`key` is given only to repeat an earlier request with the same content."""

    def __init__(self, session: Session, request: wire.Initiate, key: str | None = None) -> None:
        self._session = session
        self.request = request
        self.key = key
        self.prepared: wire.Initiated | None = None
        self.transaction: wire.Transaction | None = None
        self._confirming: asyncio.Task[wire.Transaction] | None = None

    @property
    def transaction_id(self) -> str:
        if self.prepared is None:
            raise RuntimeError("the payment is not prepared")
        return self.prepared.transaction_id

    async def prepare(self) -> wire.Initiated:
        """Hold the amount and hear payee, fee and limits. Raises `ApiProblem` or `Away`; no money
        moves before the confirm."""
        self.key = self._session.begin_payment(self.key)
        try:
            self.prepared = await self._initiate(self.key)
        except ApiProblem:
            self._session.profile.finish_payment(self.key)
            raise
        except Away as away:
            if not away.sent:
                self._session.profile.finish_payment(self.key)
            raise
        self._session.model.limits = self.prepared.limits
        return self.prepared

    async def _initiate(self, key: str) -> wire.Initiated:
        try:
            return await self._session.api.initiate(self.request, key)
        except Away as away:
            if not away.sent:
                raise
        return await self._session.api.initiate(self.request, key)

    async def confirm(self, pin: str) -> wire.Transaction:
        """Approve it. A reply that is `pending` means that the confirm did not arrive. Whoever
        waits may be cancelled; the request itself runs to its end.

        Raises `ApiProblem` (a wrong PIN leaves the payment as it is), `Away` when nothing was sent,
        `OutcomeUnknown` when it may have been.
        """
        self._confirming = asyncio.create_task(self._confirmed(pin))
        return await asyncio.shield(self._confirming)

    async def _confirmed(self, pin: str) -> wire.Transaction:
        try:
            return self._known(await self._session.api.confirm(self.transaction_id, pin))
        except ApiProblem as problem:
            return await self._refused(problem)
        except Away as away:
            if not away.sent:
                raise
            return await self._asked(away)

    async def _refused(self, problem: ApiProblem) -> wire.Transaction:
        """A payment that is finished already has an outcome, whoever confirmed it."""
        if problem.code not in {"payment.already_final", "payment.expired", "payment.cancelled"}:
            raise problem
        return await self.look_up()

    async def _asked(self, away: Away) -> wire.Transaction:
        for pause in LOOK_UP_PAUSES_SECONDS:
            await asyncio.sleep(pause)
            with contextlib.suppress(Away):
                return await self.look_up()
        raise OutcomeUnknown(str(away)) from away

    async def look_up(self) -> wire.Transaction:
        """What the server knows of it now. Raises `ApiProblem` or `Away`."""
        return self._known(await self._session.api.payment(self.transaction_id))

    async def settled(self, seconds: float) -> wire.Transaction:
        """Its final state, asked for until then. Raises `OutcomeUnknown` after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                while self.transaction is None or not is_final(self.transaction):
                    with contextlib.suppress(Away):
                        await self.look_up()
                    await asyncio.sleep(SETTLE_PAUSE_SECONDS)
        except TimeoutError as late:
            raise OutcomeUnknown("not settled in time") from late
        return self.transaction

    async def cancel(self) -> wire.Transaction:
        """Give the held amount free. Raises `ApiProblem` when it is under way, or `Away`."""
        return self._known(await self._session.api.cancel(self.transaction_id))

    def _known(self, transaction: wire.Transaction) -> wire.Transaction:
        self.transaction = transaction
        if self.key is not None and is_final(transaction):
            self._session.profile.finish_payment(self.key)
        self._session.heard(transaction)
        return transaction
