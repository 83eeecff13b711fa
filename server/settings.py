"""The settings: the environment, or the file that LUMENPAY_CONFIG names, as one frozen struct.

A file has one NAME=value a line; `#` begins a comment. The environment wins over the file. The
start is refused on a value that is bad or missing and on a name that is not known; the message
names each of them, never the value (it may be a secret).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from core.links import is_account

Network = Literal["local", "testnet", "public"]
NETWORKS: tuple[Network, ...] = ("local", "testnet", "public")

WALLETS_OWN = frozenset(
    "LUMENPAY_SERVER LUMENPAY_PIN LUMENPAY_PRACTICE LUMENPAY_PROFILE LUMENPAY_CONFIG".split()
)
"""Names of our prefix that are not the server's."""

DATA = "~/.local/share/lumenpay"
PREFIXES = ("LUMENPAY_", "STELLAR_")
PASSPHRASES: dict[str, str] = {
    "local": "Standalone Network ; February 2017",
    "testnet": "Test SDF Network ; September 2015",
    "public": "Public Global Stellar Network ; September 2015",
}
PUBLIC_NODES: dict[str, dict[str, str]] = {
    "testnet": {
        "STELLAR_HORIZON_URL": "https://horizon-testnet.stellar.org",
        "STELLAR_RPC_URL": "https://soroban-testnet.stellar.org",
        "STELLAR_FRIENDBOT_URL": "https://friendbot.stellar.org",
        "USDC_ISSUER": "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5",
    },
    "public": {
        "STELLAR_HORIZON_URL": "https://horizon.stellar.org",
        "USDC_ISSUER": "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN",
    },
}
"""What is publicly known of the two public networks; the public one has no free RPC to name."""


class BadSettings(Exception):
    """The names of the settings that are wrong, each with what would be right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Settings(Struct, frozen=True, kw_only=True):
    """`public_url` is None until the server knows where it listens (it has no default).
    `prepared_statements` is off behind a proxy that pools transactions (PostgreSQL)."""

    network: Network
    horizon_url: str
    rpc_url: str
    friendbot_url: str | None
    passphrase: str
    usdc_issuer: str
    database_url: str
    prepared_statements: bool
    wallet_encryption_key: bytes
    public_url: str | None
    data: Path
    limits_timezone: ZoneInfo
    payment_expiry_seconds: int
    pays_per_minute: int
    signups_per_hour: int
    log_level: str

    def __repr__(self) -> str:
        """Never the values: one of them is the key to all others' keys."""
        return f"Settings(network={self.network!r})"


def load(environment: Mapping[str, str]) -> Settings:
    """Raises `BadSettings` with everything that is wrong, not only the first."""
    reader = _Reader(_with_file(environment))
    settings = _settings(reader)
    reader.unknown()
    if settings.network == "public":
        reader.problems.extend(_public_rules(settings))
    if reader.problems:
        raise BadSettings(reader.problems)
    return settings


def load_database_url(environment: Mapping[str, str]) -> str:
    """The one setting that `migrate` needs: it runs before there is a network or a key."""
    reader = _Reader(_with_file(environment))
    database_url = _database_url(reader, reader.read("LUMENPAY_DATA", _folder, DATA))
    if reader.problems:
        raise BadSettings(reader.problems)
    return database_url


def _database_url(reader: "_Reader", data: Path) -> str:
    return reader.read("DATABASE_URL", _database, f"sqlite:///{data}/lumenpay.db")


def _settings(reader: "_Reader") -> Settings:
    network = reader.read("STELLAR_NETWORK", _network)
    known = PUBLIC_NODES.get(network, {})
    data = reader.read("LUMENPAY_DATA", _folder, DATA)
    reader.read("AUTH_PROVIDER", _auth_provider, "local")
    reader.refuse("REDIS_URL SUPABASE_URL SUPABASE_ANON_KEY".split())
    return Settings(
        network=network,
        horizon_url=reader.read("STELLAR_HORIZON_URL", _url, known.get("STELLAR_HORIZON_URL")),
        rpc_url=reader.read("STELLAR_RPC_URL", _url, known.get("STELLAR_RPC_URL")),
        friendbot_url=reader.optional(
            "STELLAR_FRIENDBOT_URL", _url, known.get("STELLAR_FRIENDBOT_URL")
        ),
        passphrase=reader.read(
            "STELLAR_PASSPHRASE", _passphrase_of(network), PASSPHRASES.get(network, "?")
        ),
        usdc_issuer=reader.read("USDC_ISSUER", _issuer, known.get("USDC_ISSUER")),
        database_url=_database_url(reader, data),
        prepared_statements=reader.read("LUMENPAY_PREPARED_STATEMENTS", _switch, "on"),
        wallet_encryption_key=reader.read("WALLET_ENCRYPTION_KEY", _key),
        public_url=reader.optional("PUBLIC_URL", _url),
        data=data,
        limits_timezone=reader.read("LIMITS_TIMEZONE", _timezone, "UTC"),
        payment_expiry_seconds=reader.read("LUMENPAY_PAYMENT_EXPIRY_SECONDS", _count, "600"),
        pays_per_minute=reader.read("LUMENPAY_PAYS_PER_MINUTE", _count, "120"),
        signups_per_hour=reader.read("LUMENPAY_SIGNUPS_PER_HOUR", _count, "60"),
        log_level=reader.read("LUMENPAY_LOG_LEVEL", _log_level, "info"),
    )


def _public_rules(settings: Settings) -> list[str]:
    """Real money: links and federation must be authentic, and nothing is given away."""
    rules = {
        "PUBLIC_URL is needed on the public network, and is https": not (
            settings.public_url or ""
        ).startswith("https://"),
        "STELLAR_FRIENDBOT_URL: the public network has no friendbot": bool(settings.friendbot_url),
    }
    return [rule for rule, broken in rules.items() if broken]


Value = TypeVar("Value")


class _Reader:
    """Reads named values and gathers what is wrong; after a problem no value is ever used."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._known = set(WALLETS_OWN)
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], Value], default: str | None = None) -> Value:
        self._known.add(name)
        text = self._given.get(name) or default
        if text is None:
            self.problems.append(f"{name} is missing")
            return cast("Value", None)
        try:
            return parse(text)
        except ValueError as wrong:
            self.problems.append(f"{name} {wrong}")
            return cast("Value", None)

    def optional(
        self, name: str, parse: Callable[[str], Value], default: str | None = None
    ) -> Value | None:
        self._known.add(name)
        return self.read(name, parse, default) if self._given.get(name) or default else None

    def refuse(self, names: list[str]) -> None:
        """Settings of the design that this release does not use: saying so beats ignoring them."""
        for name in names:
            if self._given.get(name):
                self.problems.append(f"{name} is not used by this release: leave it out")

    def unknown(self) -> None:
        for name in sorted(self._given.keys() - self._known):
            if name.startswith(PREFIXES):
                self.problems.append(f"{name} is not a setting")


def _with_file(environment: Mapping[str, str]) -> Mapping[str, str]:
    path = environment.get("LUMENPAY_CONFIG")
    return {**_read_file(Path(path)), **environment} if path else environment


def _read_file(path: Path) -> dict[str, str]:
    try:
        lines = path.expanduser().read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(["LUMENPAY_CONFIG names a file that cannot be read"]) from None
    values = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise BadSettings([f"LUMENPAY_CONFIG, line {number}: write NAME=value"])
        values[name.strip()] = value.strip()
    return values


def _network(text: str) -> Network:
    for name in NETWORKS:
        if text == name:
            return name
    raise ValueError(f"is one of {', '.join(NETWORKS)}")


def _passphrase_of(network: Network) -> Callable[[str], str]:
    def passphrase(text: str) -> str:
        if network != "local" and text != PASSPHRASES.get(network, text):
            raise ValueError(f"is another than the {network} network's: leave it out")
        return text

    return passphrase


def _auth_provider(text: str) -> str:
    if text != "local":
        raise ValueError("is local: the server keeps its own accounts")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is an http or https address")
    return text.rstrip("/")


def _database(text: str) -> str:
    """SQLite and PostgreSQL; services also spell the latter postgres://."""
    scheme, separator, rest = text.partition("://")
    name, _, driver = scheme.partition("+")
    if not separator or name not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("begins with sqlite:/// or postgresql://")
    name = "postgresql" if name == "postgres" else name
    return f"{name}+{driver}://{rest}" if driver else f"{name}://{rest}"


def _issuer(text: str) -> str:
    if not is_account(text):
        raise ValueError("is the address of an account, G…")
    return text


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("is 32 bytes in hexadecimal")
    return key


def _timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is a time zone such as UTC or Asia/Kolkata") from None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000_000:
        raise ValueError("is a whole number above zero")
    return int(text)


def _switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError("is on or off")
    return text == "on"


def _log_level(text: str) -> str:
    if text not in {"debug", "info", "warning", "error"}:
        raise ValueError("is debug, info, warning or error")
    return text


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()
