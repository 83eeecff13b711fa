"""Key pairs of accounts: made here, sealed here, opened here for one signature.

OpenSSL signs, not libsodium, although that takes 46 instead of 73 µs: it reads the seed from a
bytearray, which is zeroed, and clears its own copy; libsodium's binding wants bytes, which stay
in memory.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from core.books import Wallet
from core.errors import hold
from core.ids import Random
from core.links import account_address
from server.vault.keks import KEY_BYTES
from server.vault.sealing import Sealing, bound_to, zero


class NewKey(Struct, frozen=True):
    """A key pair just made: its address and its sealed seed."""

    public_key: str
    encrypted_keys: bytes


class Signer:
    def __init__(self, sealing: Sealing, random: Random) -> None:
        self._sealing = sealing
        self._random = random

    def new_key(self, user_id: str) -> NewKey:
        seed = bytearray(self._random(KEY_BYTES))
        try:
            address = _address(Ed25519PrivateKey.from_private_bytes(seed))
            return NewKey(address, self._sealing.seal(seed, _bound(user_id, address)))
        finally:
            zero(seed)

    def sign_hash(self, wallet: Wallet, digest: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature. Raises `CannotOpen` when the row's seed was
        sealed for another owner, another address or under another key."""
        hold(len(digest) == 32, "a hash is signed, nothing else")
        bound = _bound(wallet.user_id, wallet.public_key)
        with self._sealing.opened(wallet.encrypted_keys, bound) as seed:
            return Ed25519PrivateKey.from_private_bytes(seed).sign(digest)


def _address(key: Ed25519PrivateKey) -> str:
    return account_address(key.public_key().public_bytes_raw())


def _bound(user_id: str, address: str) -> bytes:
    return bound_to("seed", user_id, address)
