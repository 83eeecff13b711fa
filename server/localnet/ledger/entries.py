"""Ledger entries: plain slotted objects that pack themselves to the bytes of XDR LedgerEntry.

An entry is never changed once its change set is committed (see state.py): so its packed form is
made at most once, and what was there before a change can be kept by reference.
Account ids, sponsors, balance ids are raw 32-byte values; amounts are stroops.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from struct import Struct
from typing import NamedTuple, Self

from stellar_sdk import xdr

from server.localnet.ledger.assets import Asset
from server.localnet.ledger.packing import (
    ONE,
    ZERO,
    pack_long,
    pack_opaque,
    pack_optional_account,
    pack_uint,
)

ACCOUNT, TRUSTLINE, OFFER, DATA, CLAIMABLE_BALANCE = range(5)

AUTH_REQUIRED, AUTH_REVOCABLE, AUTH_IMMUTABLE, AUTH_CLAWBACK_ENABLED = 1, 2, 4, 8
AUTHORIZED, AUTHORIZED_TO_MAINTAIN_LIABILITIES, TRUSTLINE_CLAWBACK_ENABLED = 1, 2, 4
OFFER_PASSIVE = 1
BALANCE_CLAWBACK_ENABLED = 1

_ACCOUNT_HEAD = Struct(">II4x32sqqI").pack
_LIABILITIES = Struct(">Iqq").pack
_SPONSORSHIPS = Struct(">III").pack
_SEQUENCE_AGE = Struct(">IIIQ").pack
_LINE_HEAD = Struct(">II4x32s").pack
_LINE_TAIL = Struct(">qqI").pack
_OFFER_TAIL = Struct(">qiiII").pack


def account_key(account: bytes) -> bytes:
    """Keys are the bytes of XDR LedgerKey."""
    return b"\x00\x00\x00\x00\x00\x00\x00\x00" + account


def trustline_key(account: bytes, asset: Asset) -> bytes:
    return b"\x00\x00\x00\x01\x00\x00\x00\x00" + account + asset.pack()


def offer_key(seller: bytes, offer_id: int) -> bytes:
    return b"\x00\x00\x00\x02\x00\x00\x00\x00" + seller + pack_long(offer_id)


def data_key(account: bytes, name: bytes) -> bytes:
    return b"\x00\x00\x00\x03\x00\x00\x00\x00" + account + pack_opaque(name)


def claimable_balance_key(balance_id: bytes) -> bytes:
    return b"\x00\x00\x00\x04\x00\x00\x00\x00" + balance_id


class Entry(ABC):
    """What all entries share: `modified` (the ledger of the last change) and the sponsor."""

    __slots__ = ("modified", "packed", "sponsor")

    modified: int
    sponsor: bytes | None
    packed: bytes | None

    @property
    @abstractmethod
    def key(self) -> bytes:
        """The bytes of XDR LedgerKey."""

    @property
    @abstractmethod
    def owner(self) -> bytes | None:
        """The account that holds this entry as a sub-entry (an account holds itself)."""

    @abstractmethod
    def copy(self) -> Self:
        """One that may be changed, not packed yet."""

    @abstractmethod
    def _pack(self) -> bytes:
        """Everything before the LedgerEntry extension."""

    def pack(self) -> bytes:
        """The bytes of XDR LedgerEntry. Call it only on a committed entry: it is remembered."""
        if self.packed is None:
            self.packed = self._pack() + self._extension()
        return self.packed

    def pack_data(self) -> bytes:
        """The bytes of XDR LedgerEntryData: the entry without its frame."""
        return self.pack()[4 : -len(self._extension())]

    def _extension(self) -> bytes:
        if self.sponsor is None:
            return ZERO
        return ONE + pack_optional_account(self.sponsor) + ZERO

    def to_xdr(self) -> xdr.LedgerEntry:
        return xdr.LedgerEntry.from_xdr_bytes(self.pack())


class Signer(NamedTuple):
    """`key` is the bytes of XDR SignerKey."""

    key: bytes
    weight: int
    sponsor: bytes | None


class Account(Entry):
    __slots__ = (
        "balance",
        "buying_liabilities",
        "flags",
        "home_domain",
        "id",
        "inflation_destination",
        "selling_liabilities",
        "sequence",
        "sequence_ledger",
        "sequence_time",
        "signers",
        "sponsored",
        "sponsoring",
        "sub_entries",
        "thresholds",
    )

    def __init__(
        self,
        id: bytes,  # noqa: A002  the ledger's own word
        balance: int,
        sequence: int,
        *,
        sub_entries: int = 0,
        inflation_destination: bytes | None = None,
        flags: int = 0,
        home_domain: bytes = b"",
        thresholds: bytes = b"\x01\x00\x00\x00",
        signers: tuple[Signer, ...] = (),
        buying_liabilities: int = 0,
        selling_liabilities: int = 0,
        sponsored: int = 0,
        sponsoring: int = 0,
        sequence_ledger: int = 0,
        sequence_time: int = 0,
        modified: int = 0,
        sponsor: bytes | None = None,
    ) -> None:
        self.id = id
        self.balance = balance
        self.sequence = sequence
        self.sub_entries = sub_entries
        self.inflation_destination = inflation_destination
        self.flags = flags
        self.home_domain = home_domain
        self.thresholds = thresholds  # weight of the master key, then low, medium, high
        self.signers = signers  # sorted by key
        self.buying_liabilities = buying_liabilities
        self.selling_liabilities = selling_liabilities
        self.sponsored = sponsored
        self.sponsoring = sponsoring
        self.sequence_ledger = sequence_ledger
        self.sequence_time = sequence_time
        self.modified = modified
        self.sponsor = sponsor
        self.packed = None

    @property
    def key(self) -> bytes:
        return account_key(self.id)

    @property
    def owner(self) -> bytes | None:
        return self.id

    @property
    def master_weight(self) -> int:
        return self.thresholds[0]

    def copy(self) -> Self:
        twin = self.__class__.__new__(self.__class__)
        twin.id = self.id
        twin.balance = self.balance
        twin.sequence = self.sequence
        twin.sub_entries = self.sub_entries
        twin.inflation_destination = self.inflation_destination
        twin.flags = self.flags
        twin.home_domain = self.home_domain
        twin.thresholds = self.thresholds
        twin.signers = self.signers
        twin.buying_liabilities = self.buying_liabilities
        twin.selling_liabilities = self.selling_liabilities
        twin.sponsored = self.sponsored
        twin.sponsoring = self.sponsoring
        twin.sequence_ledger = self.sequence_ledger
        twin.sequence_time = self.sequence_time
        twin.modified = self.modified
        twin.sponsor = self.sponsor
        twin.packed = None
        return twin

    def _pack(self) -> bytes:
        head = _ACCOUNT_HEAD(
            self.modified, ACCOUNT, self.id, self.balance, self.sequence, self.sub_entries
        )
        signers = b"".join([signer.key + pack_uint(signer.weight) for signer in self.signers])
        return b"".join(
            (
                head,
                pack_optional_account(self.inflation_destination),
                pack_uint(self.flags),
                pack_opaque(self.home_domain),
                self.thresholds,
                pack_uint(len(self.signers)),
                signers,
                self._account_extension(),
            )
        )

    def _account_extension(self) -> bytes:
        """As deep as there is something to say: liabilities (1), sponsorship (2), age (3)."""
        aged = self.sequence_ledger > 0
        sponsorship = self.sponsored or self.sponsoring or any(s.sponsor for s in self.signers)
        if not (aged or sponsorship or self.buying_liabilities or self.selling_liabilities):
            return ZERO
        liabilities = _LIABILITIES(1, self.buying_liabilities, self.selling_liabilities)
        if not (aged or sponsorship):
            return liabilities + ZERO
        sponsors = b"".join([pack_optional_account(signer.sponsor) for signer in self.signers])
        counts = _SPONSORSHIPS(2, self.sponsored, self.sponsoring) + pack_uint(len(self.signers))
        age = _SEQUENCE_AGE(3, 0, self.sequence_ledger, self.sequence_time) if aged else ZERO
        return liabilities + counts + sponsors + age


class TrustLine(Entry):
    __slots__ = (
        "account",
        "asset",
        "balance",
        "buying_liabilities",
        "flags",
        "limit",
        "selling_liabilities",
    )

    def __init__(
        self,
        account: bytes,
        asset: Asset,
        *,
        balance: int = 0,
        limit: int,
        flags: int,
        buying_liabilities: int = 0,
        selling_liabilities: int = 0,
        modified: int = 0,
        sponsor: bytes | None = None,
    ) -> None:
        self.account = account
        self.asset = asset
        self.balance = balance
        self.limit = limit
        self.flags = flags
        self.buying_liabilities = buying_liabilities
        self.selling_liabilities = selling_liabilities
        self.modified = modified
        self.sponsor = sponsor
        self.packed = None

    @property
    def key(self) -> bytes:
        return trustline_key(self.account, self.asset)

    @property
    def owner(self) -> bytes | None:
        return self.account

    @property
    def is_authorized(self) -> bool:
        return bool(self.flags & AUTHORIZED)

    @property
    def may_maintain_liabilities(self) -> bool:
        return bool(self.flags & (AUTHORIZED | AUTHORIZED_TO_MAINTAIN_LIABILITIES))

    def copy(self) -> Self:
        twin = self.__class__.__new__(self.__class__)
        twin.account = self.account
        twin.asset = self.asset
        twin.balance = self.balance
        twin.limit = self.limit
        twin.flags = self.flags
        twin.buying_liabilities = self.buying_liabilities
        twin.selling_liabilities = self.selling_liabilities
        twin.modified = self.modified
        twin.sponsor = self.sponsor
        twin.packed = None
        return twin

    def _pack(self) -> bytes:
        liabilities = ZERO
        if self.buying_liabilities or self.selling_liabilities:
            liabilities = _LIABILITIES(1, self.buying_liabilities, self.selling_liabilities) + ZERO
        return (
            _LINE_HEAD(self.modified, TRUSTLINE, self.account)
            + self.asset.pack()
            + _LINE_TAIL(self.balance, self.limit, self.flags)
            + liabilities
        )


class Price(NamedTuple):
    """Units of `buying` for one unit of `selling`."""

    n: int
    d: int


class Offer(Entry):
    __slots__ = ("amount", "buying", "flags", "id", "price", "seller", "selling")

    def __init__(
        self,
        seller: bytes,
        id: int,  # noqa: A002  the ledger's own word
        selling: Asset,
        buying: Asset,
        *,
        amount: int,
        price: Price,
        flags: int = 0,
        modified: int = 0,
        sponsor: bytes | None = None,
    ) -> None:
        self.seller = seller
        self.id = id
        self.selling = selling
        self.buying = buying
        self.amount = amount
        self.price = price
        self.flags = flags
        self.modified = modified
        self.sponsor = sponsor
        self.packed = None

    @property
    def key(self) -> bytes:
        return offer_key(self.seller, self.id)

    @property
    def owner(self) -> bytes | None:
        return self.seller

    @property
    def is_passive(self) -> bool:
        return bool(self.flags & OFFER_PASSIVE)

    def copy(self) -> Self:
        return self.__class__(
            self.seller,
            self.id,
            self.selling,
            self.buying,
            amount=self.amount,
            price=self.price,
            flags=self.flags,
            modified=self.modified,
            sponsor=self.sponsor,
        )

    def pack_offer(self) -> bytes:
        """The bytes of XDR OfferEntry, as results carry it."""
        return self._pack()[8:]

    def _pack(self) -> bytes:
        return (
            _LINE_HEAD(self.modified, OFFER, self.seller)
            + pack_long(self.id)
            + self.selling.pack()
            + self.buying.pack()
            + _OFFER_TAIL(self.amount, self.price.n, self.price.d, self.flags, 0)
        )


class DataEntry(Entry):
    __slots__ = ("account", "name", "value")

    def __init__(
        self,
        account: bytes,
        name: bytes,
        value: bytes,
        *,
        modified: int = 0,
        sponsor: bytes | None = None,
    ) -> None:
        self.account = account
        self.name = name
        self.value = value
        self.modified = modified
        self.sponsor = sponsor
        self.packed = None

    @property
    def key(self) -> bytes:
        return data_key(self.account, self.name)

    @property
    def owner(self) -> bytes | None:
        return self.account

    def copy(self) -> Self:
        return self.__class__(
            self.account, self.name, self.value, modified=self.modified, sponsor=self.sponsor
        )

    def _pack(self) -> bytes:
        return (
            _LINE_HEAD(self.modified, DATA, self.account)
            + pack_opaque(self.name)
            + pack_opaque(self.value)
            + ZERO
        )


class Claimant(NamedTuple):
    """`predicate` is the bytes of XDR ClaimPredicate, relative times already made absolute."""

    destination: bytes
    predicate: bytes


class ClaimableBalance(Entry):
    __slots__ = ("amount", "asset", "claimants", "flags", "id")

    def __init__(
        self,
        id: bytes,  # noqa: A002  the ledger's own word
        claimants: tuple[Claimant, ...],
        asset: Asset,
        amount: int,
        *,
        flags: int = 0,
        modified: int = 0,
        sponsor: bytes | None = None,
    ) -> None:
        self.id = id
        self.claimants = claimants
        self.asset = asset
        self.amount = amount
        self.flags = flags
        self.modified = modified
        self.sponsor = sponsor
        self.packed = None

    @property
    def key(self) -> bytes:
        return claimable_balance_key(self.id)

    @property
    def owner(self) -> bytes | None:
        return None

    def copy(self) -> Self:
        return self.__class__(
            self.id,
            self.claimants,
            self.asset,
            self.amount,
            flags=self.flags,
            modified=self.modified,
            sponsor=self.sponsor,
        )

    def _pack(self) -> bytes:
        claimants = b"".join([ZERO + ZERO + c.destination + c.predicate for c in self.claimants])
        return b"".join(
            (
                _LINE_HEAD(self.modified, CLAIMABLE_BALANCE, self.id),
                pack_uint(len(self.claimants)),
                claimants,
                self.asset.pack(),
                pack_long(self.amount),
                ONE + ZERO + pack_uint(self.flags) if self.flags else ZERO,
            )
        )
