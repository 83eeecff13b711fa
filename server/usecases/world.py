"""All that the use cases act upon, in one hand."""

from collections.abc import Mapping

from msgspec import Struct

from core.attempts import Sign
from core.clock import Clock
from core.ids import Random, ulid
from core.tries import Rate
from server.usecases.people import People
from server.usecases.ports import (
    AccountReads,
    Engine,
    EventReads,
    Form,
    Network,
    Passwords,
    PaymentReads,
    Vault,
)
from server.usecases.site import Site


class World(Struct, frozen=True, kw_only=True):
    engine: Engine
    accounts: AccountReads
    payments: PaymentReads
    events: EventReads
    vault: Vault
    people: People
    sign: Sign
    network: Network
    passwords: Passwords
    clock: Clock
    random: Random
    site: Site
    forms: Mapping[str, Form]
    """Of statements, by the name that `format` gives."""

    def now_ms(self) -> int:
        """Wall time."""
        return self.clock.wall_ms()

    def new_id(self) -> str:
        return ulid(self.now_ms(), self.random)

    def pay_rate(self, user_id: str) -> Rate:
        """Of initiating payments, and of asking for some."""
        return Rate(f"pay:{user_id}", self.site.pays_per_minute, 60_000)
