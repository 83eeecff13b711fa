"""Effects of reserves that gained, changed or lost their sponsor."""

from __future__ import annotations

from server.localnet.horizon.decoded import Change
from server.localnet.horizon.effects import EffectList
from server.localnet.horizon.values import Json, address, balance_id, signer_key
from server.localnet.ledger.entries import (
    Account,
    ClaimableBalance,
    DataEntry,
    Entry,
    TrustLine,
)


def add_sponsorships(found: EffectList) -> None:
    for change in found.operation.changes:
        _add_entry(found, change)
        if isinstance(change.entry, Account):
            _add_signers(found, change)


def _transition(before: bytes | None, after: bytes | None) -> tuple[str, Json] | None:
    """The last word of the effect and its sponsors; None when nothing changed."""
    if before == after:
        return None
    if before is None:
        return "created", {"sponsor": address(after or b"")}
    if after is None:
        return "removed", {"former_sponsor": address(before)}
    return "updated", {"former_sponsor": address(before), "new_sponsor": address(after)}


def _add_entry(found: EffectList, change: Change) -> None:
    """Offers have no such effects, as they have none when made."""
    moved = _transition(
        change.before.sponsor if change.before else None,
        change.after.sponsor if change.after else None,
    )
    if moved is None:
        return
    verb, sponsors = moved
    entry = change.entry
    match entry:
        case Account():
            found.add(f"account_sponsorship_{verb}", entry.id, sponsors)
        case TrustLine():
            details = {"asset_type": "", "asset": str(entry.asset), **sponsors}
            found.add(f"trustline_sponsorship_{verb}", entry.account, details)
        case DataEntry():
            name = entry.name.decode("utf-8", "replace")
            found.add_source(f"data_sponsorship_{verb}", {"data_name": name, **sponsors})
        case ClaimableBalance():
            details = {"balance_id": balance_id(entry.id), **sponsors}
            found.add_source(f"claimable_balance_sponsorship_{verb}", details)


def _add_signers(found: EffectList, change: Change) -> None:
    before, after = _signer_sponsors(change.before), _signer_sponsors(change.after)
    for key in sorted(before.keys() | after.keys()):
        moved = _transition(before.get(key), after.get(key))
        if moved is not None:
            verb, sponsors = moved
            owner = change.entry.owner or b""
            found.add(f"signer_sponsorship_{verb}", owner, {"signer": key, **sponsors})


def _signer_sponsors(entry: Entry | None) -> dict[str, bytes]:
    if not isinstance(entry, Account):
        return {}
    return {signer_key(s.key): s.sponsor for s in entry.signers if s.sponsor is not None}
