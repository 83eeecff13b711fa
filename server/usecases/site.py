"""What a deployment is: its network, its address, its rates. Fixed from start to end."""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct

from core.clock import day_and_month
from core.errors import Refused
from core.money import NATIVE, Asset


class Site(Struct, frozen=True, kw_only=True):
    """`worker` names this process in what it signs."""

    network: str
    passphrase: str
    usdc_issuer: str
    public_url: str
    timezone: ZoneInfo
    payment_expiry_ms: int
    pays_per_minute: int
    signups_per_hour: int
    worker: str

    @property
    def domain(self) -> str:
        """Of `handle*domain`."""
        return urlsplit(self.public_url).netloc.lower()

    @property
    def assets(self) -> tuple[str, ...]:
        """What an account here can hold, by wire name."""
        return (NATIVE, Asset("USDC", self.usdc_issuer).name)

    def asset(self, text: str) -> str:
        """The wire name of an asset that accounts here can hold; raises `asset.unknown`."""
        asset = Asset.parse(text, self.usdc_issuer)
        if asset.name not in self.assets:
            raise Refused("asset.unknown", field="asset")
        return asset.name

    def day(self, ms: int) -> int:
        return day_and_month(ms, self.timezone)[0]

    def federation_address(self, handle: str) -> str:
        return f"{handle}*{self.domain}"
