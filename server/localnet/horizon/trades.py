"""Trades: read from the claimed offers in the results of operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedOperation
from server.localnet.horizon.values import (
    Json,
    address,
    amount,
    asset_fields,
    asset_type,
    split_muxed,
    timestamp,
)
from server.localnet.ledger.assets import Asset, account_id_bytes, asset_from_xdr
from server.localnet.ledger.entries import Offer, Price

_SYNTHETIC_OFFER = 1 << 62  # marks the id of an operation that stands for an offer never stored
_TYPE_ORDER = {"native": 0, "credit_alphanum4": 1, "credit_alphanum12": 2}


class Trade(NamedTuple):
    """One claimed offer. The seller's offer stood in the book; the buyer's operation took it.

    `sold` is what the seller gave; `price` is the offer's: bought for one sold. The buyer's offer
    id is that of the offer it left in the book, or 0 when it left none.
    """

    operation: int
    number: int
    seller: bytes
    offer_id: int
    sold: Asset
    sold_amount: int
    bought: Asset
    bought_amount: int
    buyer: bytes
    buyer_offer_id: int
    price: Price

    @property
    def taken_by_offer(self) -> int:
        """The buyer's offer; a number made of the operation's id when it left none."""
        return self.buyer_offer_id or self.operation | _SYNTHETIC_OFFER

    @property
    def seller_is_base(self) -> bool:
        """Of two assets the base is the first by type, code, issuer."""
        return asset_rank(self.sold) < asset_rank(self.bought)

    @property
    def base(self) -> tuple[Asset, int]:
        sold = (self.sold, self.sold_amount)
        return sold if self.seller_is_base else (self.bought, self.bought_amount)

    @property
    def counter(self) -> tuple[Asset, int]:
        sold = (self.sold, self.sold_amount)
        return (self.bought, self.bought_amount) if self.seller_is_base else sold


def asset_rank(asset: Asset) -> tuple[int, bytes, bytes]:
    return _TYPE_ORDER[asset_type(asset)], asset.code, asset.issuer


def offer_owner(offer_id: int) -> bytes:
    """The owner key of an offer in the index of trades."""
    return b"O" + offer_id.to_bytes(8, "big")


def pair_owner(one: Asset, other: Asset) -> bytes:
    """The owner key of an unordered pair of assets."""
    base, counter = sorted((one, other), key=asset_rank)
    return b"P" + base.pack() + counter.pack()


def trade_owners(trade: Trade) -> Iterator[bytes]:
    yield trade.seller
    yield trade.buyer
    yield offer_owner(trade.offer_id)
    yield offer_owner(trade.taken_by_offer)
    yield pair_owner(trade.sold, trade.bought)


def operation_trades(operation: DecodedOperation) -> list[Trade]:
    """In the order in which the offers were taken; empty when the operation did not succeed."""
    if not operation.successful or operation.type not in _TRADING:
        return []
    result = operation.result
    claimed, left = claimed_offers(result) if result is not None else ([], 0)
    buyer = split_muxed(operation.source)[0]
    prices = {
        change.before.id: change.before.price
        for change in operation.changes
        if isinstance(change.before, Offer)
    }
    trades = []
    for number, atom in enumerate(claimed):
        offer = atom.order_book
        if offer is None or not (offer.amount_sold.int64 or offer.amount_bought.int64):
            continue
        trade = Trade(
            operation.id,
            number,
            account_id_bytes(offer.seller_id),
            offer.offer_id.int64,
            asset_from_xdr(offer.asset_sold),
            offer.amount_sold.int64,
            asset_from_xdr(offer.asset_bought),
            offer.amount_bought.int64,
            buyer,
            left,
            prices[offer.offer_id.int64],
        )
        trades.append(trade)
    return trades


_TRADING = frozenset(
    {
        xdr.OperationType.PATH_PAYMENT_STRICT_RECEIVE,
        xdr.OperationType.PATH_PAYMENT_STRICT_SEND,
        xdr.OperationType.MANAGE_SELL_OFFER,
        xdr.OperationType.MANAGE_BUY_OFFER,
        xdr.OperationType.CREATE_PASSIVE_SELL_OFFER,
    }
)


def claimed_offers(result: xdr.OperationResultTr) -> tuple[list[xdr.ClaimAtom], int]:
    """The claimed offers, and the id of the offer that the operation left in the book (or 0)."""
    paid = result.path_payment_strict_receive_result or result.path_payment_strict_send_result
    if paid is not None:
        return (paid.success.offers if paid.success else []), 0
    managed = (
        result.manage_sell_offer_result
        or result.manage_buy_offer_result
        or result.create_passive_sell_offer_result
    )
    if managed is None or managed.success is None:
        return [], 0
    left = managed.success.offer.offer
    return managed.success.offers_claimed, left.offer_id.int64 if left is not None else 0


def trade_record(trade: Trade, closed_at: int, base: str, seller_as_base: bool) -> Json:
    """`base` is the server's address. Base and counter follow the caller: the order of assets,
    or the order that the request asked for."""
    token = f"{trade.operation}-{trade.number}"
    sides = (_seller_side(trade), _buyer_side(trade))
    base_side, counter_side = sides if seller_as_base else sides[::-1]
    record: Json = {
        "_links": {
            "self": {"href": ""},
            "base": {"href": f"{base}/accounts/{base_side['account']}"},
            "counter": {"href": f"{base}/accounts/{counter_side['account']}"},
            "operation": {"href": f"{base}/operations/{trade.operation}"},
        },
        "id": token,
        "paging_token": token,
        "ledger_close_time": timestamp(closed_at),
        "offer_id": str(trade.offer_id),
        "trade_type": "orderbook",
    }
    record.update({f"base_{name}": value for name, value in base_side.items()})
    record.update({f"counter_{name}": value for name, value in counter_side.items()})
    record["base_is_seller"] = seller_as_base
    n, d = trade.price if seller_as_base else reversed(trade.price)
    record["price"] = {"n": str(n), "d": str(d)}
    return record


def _seller_side(trade: Trade) -> Json:
    return {
        "offer_id": str(trade.offer_id),
        "account": address(trade.seller),
        "amount": amount(trade.sold_amount),
        **asset_fields(trade.sold),
    }


def _buyer_side(trade: Trade) -> Json:
    return {
        "offer_id": str(trade.taken_by_offer),
        "account": address(trade.buyer),
        "amount": amount(trade.bought_amount),
        **asset_fields(trade.bought),
    }
