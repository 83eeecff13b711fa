"""Seeded mutations of envelopes: torn, spliced, and changed inside and then signed again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from random import Random
from typing import NamedTuple

from stellar_sdk import Keypair, xdr

_TYPE_TX = b"\x00\x00\x00\x02"
_FEE = (5_000).to_bytes(4)
_EXTREMES = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00")

Mutation = Callable[[Random, bytes, bytes], bytes]


class Signing(NamedTuple):
    """Who can sign, by raw account id, and what a transaction of theirs must say to be taken."""

    network_id: bytes
    people: Mapping[bytes, Keypair]
    next_sequence: Callable[[bytes], int]


def mutated(envelopes: list[bytes], signing: Signing, seed: int) -> Iterator[str]:
    """Without end, in base64."""
    random = Random(seed)
    while True:
        envelope, other = random.choice(envelopes), random.choice(envelopes)
        if random.random() < 0.6 and envelope[:4] == _TYPE_TX:
            changed = _change_inside(random, envelope, other, signing)
        else:
            changed = _mutate(random, envelope, other, _ANY)
        text = b64encode(changed).decode()
        yield _tear(random, text) if random.random() < 0.05 else text


def _change_inside(random: Random, envelope: bytes, other: bytes, signing: Signing) -> bytes:
    """Of version 1: a fee that is enough, the next sequence number, and a signature that fits."""
    whole = xdr.TransactionEnvelope.from_xdr_bytes(envelope).v1
    assert whole is not None
    transaction = whole.tx.to_xdr_bytes()
    source = transaction[4:36]
    head = transaction[:36] + _FEE + signing.next_sequence(source).to_bytes(8)
    transaction = head + _mutate(random, transaction[48:], other, _IN_PLACE)
    signed = sha256(signing.network_id + _TYPE_TX + transaction).digest()
    signer = signing.people.get(source, next(iter(signing.people.values())))
    signature = signer.sign_decorated(signed).to_xdr_object().to_xdr_bytes()
    return _TYPE_TX + transaction + b"\x00\x00\x00\x01" + signature


def _mutate(random: Random, data: bytes, other: bytes, kinds: tuple[Mutation, ...]) -> bytes:
    for _ in range(random.choice((1, 1, 1, 1, 2, 5))):
        data = random.choice(kinds)(random, data, other) or b"\x00"
    return data


def _flip(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _overwrite(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(data)) & ~3
    return data[:at] + random.choice(_EXTREMES) + data[at + 4 :]


def _small_number(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(data)) & ~3
    return data[:at] + random.randrange(40).to_bytes(4) + data[at + 4 :]


def _cut(random: Random, data: bytes, _other: bytes) -> bytes:
    return data[: random.randrange(len(data))]


def _drop(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(data)) & ~3
    return data[:at] + data[at + 4 * random.randint(1, 4) :]


def _insert(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(data)) & ~3
    return data[:at] + random.randbytes(4 * random.randint(1, 12)) + data[at:]


def _repeat(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randrange(len(data)) & ~3
    part = data[at : at + 4 * random.randint(1, 30)]
    return data[:at] + part * random.choice((2, 2, 50)) + data[at:]


def _splice(random: Random, data: bytes, other: bytes) -> bytes:
    at, start = random.randrange(len(data)) & ~3, random.randrange(len(other)) & ~3
    part = other[start : start + 4 * random.randint(1, 20)]
    return data[:at] + part + data[at + len(part) :]


def _tear(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return (
        text[:at] + random.choice(("", "=", " ", "\n", "é", "AAAA", "\x00", '"')) + text[at + 1 :]
    )


_IN_PLACE: tuple[Mutation, ...] = (_flip, _overwrite, _small_number, _splice)
_ANY: tuple[Mutation, ...] = (*_IN_PLACE, _cut, _drop, _insert, _repeat)
