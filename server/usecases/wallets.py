"""The wallet at a glance: whose it is, and what is in it."""

from core import wire
from core.books import Balance, Price
from core.clock import rfc3339
from core.errors import Absent
from core.money import NATIVE, STROOPS, format_stroops
from server.usecases.views import ProfileView, SignedInAs
from server.usecases.world import World


class Wallets:
    def __init__(self, world: World) -> None:
        self._world = world

    async def info(self, user: SignedInAs) -> wire.WalletInfo:
        view = await self._profile(user)
        profile = view.profile
        return wire.WalletInfo(
            public_key=view.public_key,
            handle=profile.handle,
            name=self._world.people.personal(profile.user_id, profile.sealed).name,
            level=view.level,
            wallet_state=view.wallet_state,
            network=self._world.site.network,
        )

    async def balances(self, user: SignedInAs) -> wire.Balances:
        """Every asset that an account here can hold, empty ones too, as of the last ledger
        followed."""
        reads = self._world.payments
        held = {balance.asset: balance for balance in await reads.balances(user.user_id)}
        prices, cursor = await reads.prices(), await reads.cursor()
        assets = dict.fromkeys([*self._world.site.assets, *held])
        return wire.Balances(
            balances=[
                _balance(held.get(asset) or Balance(user.user_id, asset, 0, 0), prices)
                for asset in assets
            ],
            value_asset=NATIVE,
            ledger=cursor.sequence if cursor else 0,
            as_of=rfc3339(cursor.close_ms if cursor else 0),
        )

    async def _profile(self, user: SignedInAs) -> ProfileView:
        view = await self._world.accounts.profile(user.user_id)
        if view is None:
            raise Absent("request.not_found")
        return view


def _balance(balance: Balance, prices: dict[str, Price]) -> wire.Balance:
    total = balance.available + balance.held
    return wire.Balance(
        asset=balance.asset,
        total=format_stroops(total),
        available=format_stroops(balance.available),
        held=format_stroops(balance.held),
        value=_value(balance.asset, total, prices),
    )


def _value(asset: str, stroops: int, prices: dict[str, Price]) -> str | None:
    """In XLM at the last known price; None while there is none (not zero)."""
    if asset == NATIVE:
        return format_stroops(stroops)
    price = prices.get(asset)
    return format_stroops(stroops * price.stroops // STROOPS) if price else None
