"""Taking an amount from one account and giving it to another."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from server.localnet.ledger.assets import Asset
from server.localnet.ledger.context import Context
from server.localnet.ledger.reserves import can_take, line_room, line_spendable, spendable
from server.localnet.ledger.results import Refusal


class CreditCodes(NamedTuple):
    """What an operation answers when the receiver can't be given the amount."""

    no_destination: IntEnum
    no_trust: IntEnum
    not_authorized: IntEnum
    line_full: IntEnum


class DebitCodes(NamedTuple):
    """What an operation answers when the amount can't be taken from the sender."""

    underfunded: IntEnum
    no_trust: IntEnum
    not_authorized: IntEnum


def credit(context: Context, account: bytes, asset: Asset, amount: int, codes: CreditCodes) -> None:
    """An issuer takes back its own asset without end; otherwise the account must have room."""
    if asset.issuer == account:
        return
    if not asset.code:
        _credit_lumens(context, account, amount, codes)
        return
    line = context.state.trustline(account, asset)
    if line is None:
        raise Refusal(codes.no_trust)
    if not line.is_authorized:
        raise Refusal(codes.not_authorized)
    if line_room(line) < amount:
        raise Refusal(codes.line_full)
    context.state.edit(line).balance += amount


def _credit_lumens(context: Context, account: bytes, amount: int, codes: CreditCodes) -> None:
    receiver = context.state.account(account)
    if receiver is None:
        raise Refusal(codes.no_destination)
    if not can_take(receiver, amount):
        raise Refusal(codes.line_full)
    context.state.edit(receiver).balance += amount


def debit(context: Context, account: bytes, asset: Asset, amount: int, codes: DebitCodes) -> None:
    """An issuer gives its own asset without end; otherwise reserve and liabilities stay."""
    if asset.issuer == account:
        return
    if not asset.code:
        sender = context.state.edit_account(account)
        if spendable(sender, context.rules.base_reserve) < amount:
            raise Refusal(codes.underfunded)
        sender.balance -= amount
        return
    line = context.state.trustline(account, asset)
    if line is None:
        raise Refusal(codes.no_trust)
    if not line.is_authorized:
        raise Refusal(codes.not_authorized)
    if line_spendable(line) < amount:
        raise Refusal(codes.underfunded)
    context.state.edit(line).balance -= amount
