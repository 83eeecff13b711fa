"""Writes `data/envelopes.json`: how the world is made, and envelopes with the answers due to them.

python -m tests.localnet.envelopes
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from stellar_sdk import Keypair
from stellar_sdk.operation import Operation

from tests.localnet.envelope_cases import rows
from tests.localnet.transaction_cases import Case, transaction_cases
from tests.localnet.world import START, World

STORED = Path(__file__).parent / "data" / "envelopes.json"

# What is refused before it reaches a ledger; the other codes come out of one.
_AT_ONCE = {
    "MANAGE_DATA_INVALID_NAME",
    "SET_OPTIONS_BAD_FLAGS",
    "SET_OPTIONS_BAD_SIGNER",
    "SET_OPTIONS_INVALID_HOME_DOMAIN",
    "SET_OPTIONS_THRESHOLD_OUT_OF_RANGE",
    "SET_OPTIONS_UNKNOWN_FLAG",
    "opBAD_AUTH",
    "opNOT_SUPPORTED",
}


def document(world: World) -> dict[str, object]:
    return {
        "passphrase": world.chain.passphrase,
        "start": START,
        "setup": world.setup,
        "cases": [case._asdict() for case in _cases(world)],
    }


def _cases(world: World) -> Iterator[Case]:
    for number, (code, source, operation) in enumerate(rows(world)):
        yield _case(world, f"{number:03d} {code}", source, operation, code)
    yield from transaction_cases(world)


def _case(world: World, name: str, source: Keypair, operation: Operation, code: str) -> Case:
    envelope = world.build(source, operation).to_xdr()
    if code in _AT_ONCE or code.endswith("_MALFORMED"):
        return Case(name, envelope, "ERROR", "txFAILED", [code])
    landed = "txSUCCESS" if code.endswith("_SUCCESS") else "txFAILED"
    return Case(name, envelope, "PENDING", landed, [code])


if __name__ == "__main__":
    STORED.write_text(json.dumps(document(World()), indent=1) + "\n")
