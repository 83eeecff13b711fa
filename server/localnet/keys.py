"""The network's own public key pairs: anyone can derive them, so they guard nothing."""

from hashlib import sha256

from stellar_sdk import Keypair


def root_key(passphrase: str) -> Keypair:
    return Keypair.from_raw_ed25519_seed(sha256(passphrase.encode()).digest())


def known_key(label: str, passphrase: str) -> Keypair:
    """The key pair that belongs to the label on the network of the passphrase."""
    return Keypair.from_raw_ed25519_seed(sha256(f"{label} / {passphrase}".encode()).digest())
