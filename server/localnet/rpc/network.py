"""getNetwork and getVersionInfo: which network this is, and what serves it."""

from importlib.metadata import version

import msgspec
from msgspec import UNSET, Raw, UnsetType

from server.localnet.ledger.chain import Chain


class _Network(msgspec.Struct, rename="camel"):
    passphrase: str
    protocol_version: int
    friendbot_url: str | UnsetType = UNSET


class _Version(msgspec.Struct, rename="camel"):
    version: str
    commit_hash: str
    build_timestamp: str
    captive_core_version: str
    protocol_version: int


def get_network(chain: Chain, friendbot_url: str | None, _params: Raw) -> bytes:
    found = _Network(chain.passphrase, chain.header.protocol, friendbot_url or UNSET)
    return msgspec.json.encode(found)


def get_version_info(chain: Chain, _params: Raw) -> bytes:
    """There is no build and no core process behind it: those fields say so by being empty."""
    own = f"lumenpay-localnet {version('lumenpay')}"
    return msgspec.json.encode(_Version(own, "", "", own, chain.header.protocol))
