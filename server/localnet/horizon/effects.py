"""An effect: what an operation did to one account, and how Horizon shows it."""

from __future__ import annotations

from typing import NamedTuple

from stellar_sdk import xdr

from server.localnet.horizon.decoded import DecodedOperation
from server.localnet.horizon.values import Json, address, muxed_address, split_muxed, timestamp

TYPES = {
    "account_created": 0,
    "account_removed": 1,
    "account_credited": 2,
    "account_debited": 3,
    "account_thresholds_updated": 4,
    "account_home_domain_updated": 5,
    "account_flags_updated": 6,
    "account_inflation_destination_updated": 7,
    "signer_created": 10,
    "signer_removed": 11,
    "signer_updated": 12,
    "trustline_created": 20,
    "trustline_removed": 21,
    "trustline_updated": 22,
    "trustline_authorized": 23,
    "trustline_deauthorized": 24,
    "trustline_authorized_to_maintain_liabilities": 25,
    "trustline_flags_updated": 26,
    "trade": 33,
    "data_created": 40,
    "data_removed": 41,
    "data_updated": 42,
    "sequence_bumped": 43,
    "claimable_balance_created": 50,
    "claimable_balance_claimant_created": 51,
    "claimable_balance_claimed": 52,
    "account_sponsorship_created": 60,
    "account_sponsorship_updated": 61,
    "account_sponsorship_removed": 62,
    "trustline_sponsorship_created": 63,
    "trustline_sponsorship_updated": 64,
    "trustline_sponsorship_removed": 65,
    "data_sponsorship_created": 66,
    "data_sponsorship_updated": 67,
    "data_sponsorship_removed": 68,
    "claimable_balance_sponsorship_created": 69,
    "claimable_balance_sponsorship_updated": 70,
    "claimable_balance_sponsorship_removed": 71,
    "signer_sponsorship_created": 72,
    "signer_sponsorship_updated": 73,
    "signer_sponsorship_removed": 74,
    "claimable_balance_clawed_back": 80,
}


class Effect(NamedTuple):
    """`number` counts from 1 within the operation."""

    operation: int
    number: int
    kind: str
    account: bytes
    muxed_id: int | None
    details: Json


class EffectList:
    """Collects the effects of one operation in their order."""

    def __init__(self, operation: DecodedOperation) -> None:
        self.operation = operation
        self.effects: list[Effect] = []

    def add(self, kind: str, account: bytes, details: Json, muxed_id: int | None = None) -> None:
        number = len(self.effects) + 1
        self.effects.append(Effect(self.operation.id, number, kind, account, muxed_id, details))

    def add_muxed(self, kind: str, account: xdr.MuxedAccount, details: Json) -> None:
        raw, muxed_id = split_muxed(account)
        self.add(kind, raw, details, muxed_id)

    def add_source(self, kind: str, details: Json) -> None:
        self.add_muxed(kind, self.operation.source, details)


def effect_record(effect: Effect, closed_at: int, base: str) -> Json:
    token = f"{effect.operation}-{effect.number}"
    record: Json = {
        "_links": {
            "operation": {"href": f"{base}/operations/{effect.operation}"},
            "succeeds": {"href": f"{base}/effects?order=desc&cursor={token}"},
            "precedes": {"href": f"{base}/effects?order=asc&cursor={token}"},
        },
        "id": f"{effect.operation:019d}-{effect.number:010d}",
        "paging_token": token,
        "account": address(effect.account),
    }
    if effect.muxed_id is not None:
        record["account_muxed"] = muxed_address(effect.account, effect.muxed_id)
        record["account_muxed_id"] = str(effect.muxed_id)
    record["type"] = effect.kind
    record["type_i"] = TYPES[effect.kind]
    record["created_at"] = timestamp(closed_at)
    return record | effect.details
