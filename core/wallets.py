"""The accounts that we hold: the treasury's own, and how the opening of a wallet ends."""

from typing import ClassVar, Literal

from msgspec import Struct

from core.books import Books, Needs, Wallet
from core.commands import Command


class HouseAccount(Struct, frozen=True):
    """A treasury account to be made. `role`: fee, sponsor, channel, payout, lending, rewards."""

    user_id: str
    role: str
    public_key: str
    encrypted_keys: bytes


class CreateTreasury(Command[None], frozen=True, kw_only=True):
    """Store the keys of treasury accounts, as wallets that are still to be opened."""

    action: ClassVar[str] = "treasury.create"
    accounts: tuple[HouseAccount, ...]

    def decide(self, books: Books) -> None:
        for account in self.accounts:
            books.wallets[account.user_id] = Wallet(
                account.user_id,
                account.role,
                account.public_key,
                account.encrypted_keys,
                "opening",
                None,
                0,
                self.now_ms,
            )
            books.record(
                self.now_ms, self.action, account.user_id, account.public_key, account.role
            )


class EndOpening(Command[int], frozen=True, kw_only=True):
    """Wallets that need no more (`open`), or could not be opened (`failed`); how many moved."""

    action: ClassVar[str] = "wallet.end_opening"
    user_ids: tuple[str, ...]
    state: Literal["open", "failed"]

    def need(self, needs: Needs) -> None:
        needs.wallets.update(self.user_ids)

    def decide(self, books: Books) -> int:
        named = [books.wallets[key] for key in self.user_ids if key in books.wallets]
        opening = [wallet for wallet in named if wallet.state == "opening"]
        for wallet in opening:
            end_opening(books, wallet, self.state, self.now_ms)
        return len(opening)


def end_opening(
    books: Books, wallet: Wallet, state: Literal["open", "failed"], now_ms: int
) -> None:
    """Its owner hears of both ends by the same event; the wallet's state tells which."""
    wallet.state = state
    books.record(now_ms, f"wallet.{state}", wallet.user_id, wallet.public_key)
    books.tell(now_ms, wallet.user_id, "wallet.opened")
