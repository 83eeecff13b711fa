"""The treasury's accounts: which there are, and how their keys are made.

`fee` pays the fee of every transaction, `sponsor` the reserves of every account, the channels give
sequences to the opening of accounts, `payout` gives practice money, pays refunds and rewards.
Their ids are their names, so that making them twice changes nothing.
"""

from core.wallets import CreateTreasury, HouseAccount
from server.usecases.ports import Engine, JobReads, Vault

MAIN_ROLES = ("fee", "sponsor", "payout", "lending", "rewards")
CHANNELS = 8
"""So many transactions at once open accounts: 18 accounts each, some 140 a ledger."""


def account_ids() -> dict[str, str]:
    """Role by id."""
    channels = {f"channel-{number}": "channel" for number in range(1, CHANNELS + 1)}
    return {role: role for role in MAIN_ROLES} | channels


async def make_missing(engine: Engine, reads: JobReads, vault: Vault, now_ms: int) -> int:
    """Seal a fresh key for each account that there is none of; how many were made."""
    there = {one.user_id for one in await reads.house()}
    missing = {id_: role for id_, role in account_ids().items() if id_ not in there}
    keys = {id_: vault.new_key(id_) for id_ in missing}
    accounts = tuple(
        HouseAccount(id_, role, keys[id_].public_key, keys[id_].encrypted_keys)
        for id_, role in missing.items()
    )
    if accounts:
        await engine.run(CreateTreasury(now_ms=now_ms, accounts=accounts))
    return len(accounts)
