"""The asset events of CAP-0067: what moved, told in the form of the asset contracts' own events.

Topics and data are packed XDR ScVal. An address is packed too (`account_address`,
`balance_address`); amounts are stroops.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from stellar_sdk import xdr

from server.localnet.ledger.assets import NATIVE, Asset, arm
from server.localnet.ledger.packing import pack_opaque, pack_uint

_I128 = Struct(">IqQ").pack
_U64 = Struct(">IQ").pack
_SCV_BOOL, _SCV_U64, _SCV_I128, _SCV_BYTES, _SCV_STRING, _SCV_SYMBOL = 0, 5, 10, 13, 14, 15
_SCV_MAP, _SCV_ADDRESS = 17, 18
_CONTRACT_EVENT = pack_uint(1) + pack_uint(0)  # ContractEventType CONTRACT, body version 0
_HAS_CONTRACT = pack_uint(0) + pack_uint(1)  # no extension, a contract id follows
_BEFORE_ALL_TRANSACTIONS = pack_uint(0)
_CONTRACT_ID_OF_ASSET = pack_uint(8), pack_uint(1)  # ENVELOPE_TYPE_CONTRACT_ID, ..._FROM_ASSET
_LOW_64_BITS = 2**64 - 1


def account_address(account: bytes) -> bytes:
    return _ACCOUNT_ADDRESS + account


def balance_address(balance_id: bytes) -> bytes:
    """The address of a claimable balance."""
    return _BALANCE_ADDRESS + balance_id


def memo_value(memo: xdr.Memo) -> bytes | None:
    """The memo as the `to_muxed_id` of a payment to an account that is not muxed."""
    if memo.type == xdr.MemoType.MEMO_ID:
        return _U64(_SCV_U64, arm(memo.id).uint64)
    if memo.type == xdr.MemoType.MEMO_TEXT:
        return pack_uint(_SCV_STRING) + pack_opaque(arm(memo.text))
    if memo.type == xdr.MemoType.MEMO_HASH:
        return pack_uint(_SCV_BYTES) + pack_opaque(arm(memo.hash).hash)
    if memo.type == xdr.MemoType.MEMO_RETURN:
        return pack_uint(_SCV_BYTES) + pack_opaque(arm(memo.ret_hash).hash)
    return None


class Event(NamedTuple):
    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes

    def pack(self) -> bytes:
        """The bytes of XDR ContractEvent."""
        head = _HAS_CONTRACT + self.contract + _CONTRACT_EVENT + pack_uint(len(self.topics))
        return b"".join((head, *self.topics, self.data))

    def pack_before_all(self) -> bytes:
        """The bytes of XDR TransactionEvent, at the stage at which fees are charged."""
        return _BEFORE_ALL_TRANSACTIONS + self.pack()


class TransactionEvents(NamedTuple):
    """`fees` before any operation of the ledger; `operations` has one list an operation."""

    fees: Sequence[Event]
    operations: Sequence[Sequence[Event]]


class AssetContracts:
    """The contract id that each asset has on this network, deployed or not."""

    def __init__(self, network_id: bytes) -> None:
        self._network_id = network_id
        self._known: dict[Asset, tuple[bytes, bytes]] = {}

    def of(self, asset: Asset) -> tuple[bytes, bytes]:
        """The contract id, and the asset's SEP-0011 name as the last topic of an event."""
        found = self._known.get(asset)
        if found is None:
            envelope, kind = _CONTRACT_ID_OF_ASSET
            contract = sha256(envelope + self._network_id + kind + asset.pack()).digest()
            found = contract, pack_uint(_SCV_STRING) + pack_opaque(str(asset).encode())
            self._known[asset] = found
        return found

    def fee(self, payer: bytes, amount: int) -> Event:
        """The fee that a transaction was charged before it was applied."""
        return Event(self.of(NATIVE)[0], (_FEE, account_address(payer)), _amount(amount))


class OperationEvents:
    """Collects the events of one operation, in order."""

    __slots__ = ("_contracts", "_memo", "events")

    def __init__(self, contracts: AssetContracts, memo: bytes | None) -> None:
        self._contracts = contracts
        self._memo = memo  # memo_value of the transaction
        self.events: list[Event] = []

    def payment(
        self, asset: Asset, source: bytes, account: bytes, amount: int, muxed_id: int | None = None
    ) -> None:
        """Moved from the address `source` to `account`, and meant for the one whom the muxed id
        or the transaction's memo names."""
        named = self._memo if muxed_id is None else _U64(_SCV_U64, muxed_id)
        data = _amount(amount) if named is None else _amount_and_id(amount, named)
        self._move(asset, source, account_address(account), amount, data)

    def movement(self, asset: Asset, source: bytes, destination: bytes, amount: int) -> None:
        """Moved between two addresses by a trade, or into a claimable balance."""
        self._move(asset, source, destination, amount, _amount(amount))

    def clawback(self, asset: Asset, holder: bytes, amount: int) -> None:
        self._add(asset, _CLAWBACK, holder, data=_amount(amount))

    def authorization(self, asset: Asset, account: bytes, *, authorized: bool) -> None:
        """A trustline gained or lost its full authorization."""
        data = pack_uint(_SCV_BOOL) + pack_uint(authorized)
        self._add(asset, _SET_AUTHORIZED, account_address(account), data=data)

    def _move(
        self, asset: Asset, source: bytes, destination: bytes, amount: int, data: bytes
    ) -> None:
        issuer = None if asset.is_native else account_address(asset.issuer)
        if source == issuer != destination:
            self._add(asset, _MINT, destination, data=data)
        elif destination == issuer != source:
            self._add(asset, _BURN, source, data=_amount(amount))
        else:
            self._add(asset, _TRANSFER, source, destination, data=data)

    def _add(self, asset: Asset, *topics: bytes, data: bytes) -> None:
        contract, name = self._contracts.of(asset)
        self.events.append(Event(contract, (*topics, name), data))


def read_events(meta: bytes) -> TransactionEvents:
    """The events inside a packed TransactionMeta of version 4."""
    v4 = arm(xdr.TransactionMeta.from_xdr_bytes(meta).v4)
    return TransactionEvents(
        [_read_event(fee.event) for fee in v4.events],
        [[_read_event(event) for event in operation.events] for operation in v4.operations],
    )


def _read_event(source: xdr.ContractEvent) -> Event:
    body = arm(source.body.v0)
    topics = tuple(topic.to_xdr_bytes() for topic in body.topics)
    return Event(arm(source.contract_id).contract_id.hash, topics, body.data.to_xdr_bytes())


def _symbol(name: bytes) -> bytes:
    return pack_uint(_SCV_SYMBOL) + pack_opaque(name)


def _amount(amount: int) -> bytes:
    return _I128(_SCV_I128, amount >> 64, amount & _LOW_64_BITS)


def _amount_and_id(amount: int, named: bytes) -> bytes:
    return _MAP_OF_TWO + _AMOUNT + _amount(amount) + _TO_MUXED_ID + named


_ACCOUNT_ADDRESS = pack_uint(_SCV_ADDRESS) + pack_uint(0) + pack_uint(0)
_BALANCE_ADDRESS = pack_uint(_SCV_ADDRESS) + pack_uint(3) + pack_uint(0)
_MAP_OF_TWO = pack_uint(_SCV_MAP) + pack_uint(1) + pack_uint(2)
_TRANSFER, _MINT, _BURN = _symbol(b"transfer"), _symbol(b"mint"), _symbol(b"burn")
_CLAWBACK, _FEE = _symbol(b"clawback"), _symbol(b"fee")
_SET_AUTHORIZED = _symbol(b"set_authorized")
_AMOUNT, _TO_MUXED_ID = _symbol(b"amount"), _symbol(b"to_muxed_id")
