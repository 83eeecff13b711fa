"""The public directory: `handle*domain` to account and back (SEP-2), and stellar.toml (SEP-1)."""

from core import wire
from core.errors import Absent, Malformed
from core.links import Federated, is_account, read_recipient
from server.usecases.views import PersonView
from server.usecases.world import World

TOML_VERSION = "2.7.0"


class Directory:
    def __init__(self, world: World) -> None:
        self._world = world

    async def federation(self, question: str, kind: str) -> wire.Federation:
        """Raises `federation.type_unsupported`, `federation.not_found`."""
        if kind not in {"name", "id"}:
            raise Malformed("federation.type_unsupported", field="type")
        person = await (self._named(question) if kind == "name" else self._at(question))
        if person is None:
            raise Absent("federation.not_found")
        return wire.Federation(
            stellar_address=self._world.site.federation_address(person.handle),
            account_id=person.public_key,
        )

    async def _named(self, question: str) -> PersonView | None:
        try:
            named = read_recipient(question)
        except Malformed:
            return None
        if not isinstance(named, Federated) or named.domain != self._world.site.domain:
            return None
        return await self._world.accounts.person_by_handle(named.name)

    async def _at(self, question: str) -> PersonView | None:
        if not is_account(question):
            return None
        return await self._world.accounts.person_by_address(question)

    def toml(self) -> str:
        site = self._world.site
        return "".join(
            f"{line}\n"
            for line in (
                f'VERSION="{TOML_VERSION}"',
                f'NETWORK_PASSPHRASE="{site.passphrase}"',
                f'FEDERATION_SERVER="{site.public_url}/federation"',
                "",
                "[DOCUMENTATION]",
                'ORG_NAME="LumenPay"',
                f'ORG_URL="{site.public_url}"',
                "",
                "[[CURRENCIES]]",
                'code="USDC"',
                f'issuer="{site.usdc_issuer}"',
                "display_decimals=7",
            )
        )
