"""What an account must keep, and what it may spend and take in. Amounts are stroops."""

from __future__ import annotations

from server.localnet.ledger.entries import Account, TrustLine

MAX_INT64 = 2**63 - 1
MAX_UINT32 = 2**32 - 1
MAX_SUB_ENTRIES = 1_000


def minimum_balance(account: Account, base_reserve: int) -> int:
    counted = 2 + account.sub_entries + account.sponsoring - account.sponsored
    return counted * base_reserve


def spendable(account: Account, base_reserve: int) -> int:
    """Negative if the account is below its reserve."""
    kept = minimum_balance(account, base_reserve) + account.selling_liabilities
    return account.balance - kept


def can_take(account: Account, amount: int) -> bool:
    return account.balance + amount + account.buying_liabilities <= MAX_INT64


def line_spendable(line: TrustLine) -> int:
    return line.balance - line.selling_liabilities


def line_room(line: TrustLine) -> int:
    return line.limit - line.balance - line.buying_liabilities
