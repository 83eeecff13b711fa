"""What the owner of an offer holds of an asset: lumens in its account entry, an issued asset in its
trustline, its own asset without end.
"""

from __future__ import annotations

from server.localnet.ledger.assets import Asset
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import Account, TrustLine
from server.localnet.ledger.exchange import InvariantBroken
from server.localnet.ledger.reserves import MAX_INT64, line_room, line_spendable, spendable


def free_to_sell(context: Context, account: bytes, asset: Asset) -> int:
    """What an offer of the account may sell; negative when it is below its reserve."""
    if asset.is_native:
        return spendable(_account(context, account), context.rules.base_reserve)
    if account == asset.issuer:
        return MAX_INT64
    line = context.state.trustline(account, asset)
    return line_spendable(line) if line is not None and line.may_maintain_liabilities else 0


def room_to_buy(context: Context, account: bytes, asset: Asset) -> int:
    """What an offer of the account may buy."""
    if asset.is_native:
        holder = _account(context, account)
        return MAX_INT64 - holder.balance - holder.buying_liabilities
    if account == asset.issuer:
        return MAX_INT64
    line = context.state.trustline(account, asset)
    return line_room(line) if line is not None else 0


def settle(context: Context, account: bytes, asset: Asset, amount: int) -> None:
    """Books one side of a trade that the exchange has bounded; `amount` may be negative."""
    holding = _holding(context, account, asset) if amount else None
    if holding is None:
        return
    holding.balance += amount
    if holding.balance < 0 or (
        isinstance(holding, TrustLine) and amount > 0 and line_room(holding) < 0
    ):
        raise InvariantBroken(f"a trade left {holding.balance} of {asset}")


def add_liabilities(
    context: Context, account: bytes, asset: Asset, *, selling: int = 0, buying: int = 0
) -> None:
    """Either may be negative: an offer that gives up its claim."""
    holding = _holding(context, account, asset)
    if holding is None:
        return
    holding.selling_liabilities += selling
    holding.buying_liabilities += buying
    if holding.selling_liabilities < 0 or holding.buying_liabilities < 0:
        raise InvariantBroken(f"negative liabilities in {asset}")


def _holding(context: Context, account: bytes, asset: Asset) -> Account | TrustLine | None:
    """The entry to change; None for the issuer, whose own asset is nowhere counted."""
    if asset.is_native:
        return context.state.edit_account(account)
    if account == asset.issuer:
        return None
    line = context.state.trustline(account, asset)
    if line is None:
        raise InvariantBroken(f"an offer without a trustline for {asset}")
    return context.state.edit(line)


def _account(context: Context, account: bytes) -> Account:
    found = context.state.account(account)
    if found is None:
        raise InvariantBroken("an offer without an account")
    return found
