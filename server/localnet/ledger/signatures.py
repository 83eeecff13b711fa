"""Signatures: which of an envelope's signatures speak for which signer, and with what weight."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from server.localnet.ledger.entries import Account, Signer
from server.localnet.ledger.packing import pack_uint

_ED25519, _PRE_AUTHORIZED, _HASH_X, _SIGNED_PAYLOAD = (pack_uint(kind) for kind in range(4))
_IN_ORDER = (_PRE_AUTHORIZED, _HASH_X, _ED25519, _SIGNED_PAYLOAD)
_MAX_WEIGHT = 255
_SIGNATURE_BYTES = 64


class Signature(NamedTuple):
    hint: bytes
    value: bytes


class Signatures:
    """The signatures over one hash. Whether a key made one is found out once and remembered, so
    that applying a transaction costs no second verification."""

    __slots__ = ("_hash", "_known", "_signatures")

    def __init__(self, signed_hash: bytes, signatures: Sequence[Signature]) -> None:
        self._hash = signed_hash
        self._signatures = signatures
        self._known: dict[tuple[bytes, int], bool] = {}

    def __len__(self) -> int:
        return len(self._signatures)

    def matches(self, key: bytes, index: int) -> bool:
        """Whether signature `index` is the signer's; `key` is the bytes of XDR SignerKey."""
        known = self._known.get((key, index))
        if known is None:
            known = self._known[key, index] = self._verify(key, self._signatures[index])
        return known

    def authorizes_in_advance(self, key: bytes) -> bool:
        return key == pre_authorized_key(self._hash)

    def _verify(self, key: bytes, signature: Signature) -> bool:
        kind, content = key[:4], key[4:]
        if kind == _ED25519:
            return signature.hint == content[-4:] and _is_signed(content, self._hash, signature)
        if kind == _HASH_X:
            return signature.hint == content[-4:] and sha256(signature.value).digest() == content
        if kind == _SIGNED_PAYLOAD:
            return _is_payload_signed(content, signature)
        return False


def pre_authorized_key(transaction_hash: bytes) -> bytes:
    """The bytes of the XDR SignerKey that authorizes this transaction in advance."""
    return _PRE_AUTHORIZED + transaction_hash


class SignatureCheck:
    """One pass over a transaction, in which every signature must be of use."""

    __slots__ = ("_signatures", "_used")

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures
        self._used = [False] * len(signatures)

    def allows(self, account: Account, threshold: int) -> bool:
        """Whether the signers of `account` reach the weight of its threshold (a place in
        Account.thresholds); a threshold of 0 still takes one signature."""
        return self._reaches(_signers_of(account), account.thresholds[threshold])

    def allows_missing(self, account: bytes) -> bool:
        """For an account that does not exist (yet): its master key must have signed."""
        return self._reaches([Signer(_ED25519 + account, 1, None)], 0)

    def holds_all(self, keys: Sequence[bytes]) -> bool:
        """Whether each of these extra signers has signed."""
        return all(self._reaches([Signer(key, 1, None)], 1) for key in keys)

    @property
    def used_all(self) -> bool:
        return all(self._used)

    def _reaches(self, signers: list[Signer], needed: int) -> bool:
        total = 0
        for kind, candidates in _by_kind(signers):
            total += self._weigh(kind, candidates, needed - total)
            if total > 0 and total >= needed:
                return True
        return False

    def _weigh(self, kind: bytes, candidates: list[Signer], missing: int) -> int:
        """The weight of those who signed; stops as soon as nothing is missing."""
        if kind == _PRE_AUTHORIZED:
            authorizes = self._signatures.authorizes_in_advance
            return sum(_weight(signer) for signer in candidates if authorizes(signer.key))
        total = 0
        for index in range(len(self._used)):
            for signer in candidates:
                if self._signatures.matches(signer.key, index):
                    self._used[index] = True
                    total += _weight(signer)
                    if total >= missing:
                        return total
                    candidates.remove(signer)
                    break
        return total


def _by_kind(signers: list[Signer]) -> list[tuple[bytes, list[Signer]]]:
    """In the order in which core asks them: it decides which signatures count as used."""
    if len(signers) == 1:
        return [(signers[0].key[:4], signers)]
    kinds = [(kind, [one for one in signers if one.key[:4] == kind]) for kind in _IN_ORDER]
    return [(kind, found) for kind, found in kinds if found]


def _weight(signer: Signer) -> int:
    return min(signer.weight, _MAX_WEIGHT)


def _signers_of(account: Account) -> list[Signer]:
    if not account.master_weight:
        return list(account.signers)
    return [Signer(_ED25519 + account.id, account.master_weight, None), *account.signers]


def _is_signed(public_key: bytes, message: bytes, signature: Signature) -> bool:
    if len(signature.value) != _SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature.value + message, public_key)
    except BadSignatureError:
        return False
    return True


def _is_payload_signed(content: bytes, signature: Signature) -> bool:
    """`content`: public key, length of the payload, payload with padding."""
    public_key, length = content[:32], int.from_bytes(content[32:36])
    payload = content[36 : 36 + length]
    tail = payload[-4:].ljust(4, b"\x00")
    hint = bytes(key ^ end for key, end in zip(public_key[-4:], tail, strict=True))
    return signature.hint == hint and _is_signed(public_key, payload, signature)
