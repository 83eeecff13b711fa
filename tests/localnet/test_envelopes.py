"""Stored envelopes get the answers due to them, and mutated ones never more than an answer."""

import json
from base64 import b64decode
from typing import Any

import pytest
from stellar_sdk import xdr

from server.localnet.ledger.chain import Chain
from tests.localnet.envelopes import STORED, document
from tests.localnet.fields import RESULT_CODES
from tests.localnet.world import World

DATA: dict[str, Any] = json.loads(STORED.read_text())
CASES = {case["name"]: case for case in DATA["cases"]}


def _world() -> Chain:
    chain = Chain(DATA["passphrase"])
    chain.close(DATA["start"])
    for envelope in DATA["setup"]:
        assert chain.submit(b64decode(envelope)).status == "PENDING"
        chain.close(chain.head.close_time + 1)
        assert chain.head.failed_count == 0
    return chain


def _codes(result: bytes) -> tuple[str, list[str]]:
    """Of the transaction that decided: the inner one, where there is one with a result."""
    body = xdr.TransactionResult.from_xdr_bytes(result).result
    if body.inner_result_pair is not None:
        inner = body.inner_result_pair.result.result
        ended = "SUCCESS" if inner.code.name == "txSUCCESS" else "FAILED"
        assert body.code.name == f"txFEE_BUMP_INNER_{ended}"
        return inner.code.name, [_code(one) for one in inner.results or []]
    return body.code.name, [_code(one) for one in body.results or []]


def _code(result: xdr.OperationResult) -> str:
    if result.tr is None:
        return result.code.name
    (arm,) = [v for k, v in vars(result.tr).items() if k.endswith("_result") and v is not None]
    name: str = arm.code.name
    return name


def _entries(chain: Chain) -> dict[bytes, bytes]:
    return {entry.key: entry.pack() for entry in chain.state}


@pytest.mark.parametrize("name", CASES)
def test_a_stored_envelope(name: str) -> None:
    case, chain = CASES[name], _world()
    before = _entries(chain)
    submission = chain.submit(b64decode(case["envelope"]))
    if submission.status == "ERROR":
        chain.close(chain.head.close_time + 1)
        assert _entries(chain) == before
        told = _codes(submission.result or b"")
    else:
        chain.close(chain.head.close_time + 1)
        applied = chain.find(submission.hash)
        assert applied is not None
        told = _codes(applied.result)
        changed = {key for key, entry in _entries(chain).items() if before.get(key) != entry}
        gone = before.keys() - _entries(chain).keys()
        assert applied.successful or len(changed | gone) <= 2  # the fee and the sequence number
    assert (submission.status, *told) == (
        case["status"],
        case["transaction"],
        case["operations"],
    )


def test_the_stored_envelopes_are_the_generator_s() -> None:
    assert json.loads(json.dumps(document(World()))) == DATA


# Codes that no envelope can bring about here, and why.
OUT_OF_REACH = {
    "gone since an earlier protocol": {
        "ALLOW_TRUST_SELF_NOT_ALLOWED",
        "ALLOW_TRUST_TRUST_NOT_REQUIRED",
        "CHANGE_TRUST_SELF_NOT_ALLOWED",
        "INFLATION_NOT_TIME",
        "INFLATION_SUCCESS",
        "MANAGE_BUY_OFFER_BUY_NO_ISSUER",
        "MANAGE_BUY_OFFER_SELL_NO_ISSUER",
        "MANAGE_DATA_NOT_SUPPORTED_YET",
        "MANAGE_SELL_OFFER_BUY_NO_ISSUER",
        "MANAGE_SELL_OFFER_SELL_NO_ISSUER",
        "PATH_PAYMENT_STRICT_RECEIVE_NO_ISSUER",
        "PATH_PAYMENT_STRICT_SEND_NO_ISSUER",
        "PAYMENT_NO_ISSUER",
        "txNOT_SUPPORTED",
    },
    "only with liquidity pools": {
        "ALLOW_TRUST_LOW_RESERVE",
        "CHANGE_TRUST_CANNOT_DELETE",
        "CHANGE_TRUST_NOT_AUTH_MAINTAIN_LIABILITIES",
        "CHANGE_TRUST_TRUST_LINE_MISSING",
        "SET_TRUST_LINE_FLAGS_LOW_RESERVE",
    },
    "only with frozen keys": {
        "CLAIM_CLAIMABLE_BALANCE_TRUSTLINE_FROZEN",
        "txFROZEN_KEY_ACCESSED",
    },
    "only with contracts": {"txSOROBAN_INVALID"},
    "a fault of the node": {"txINTERNAL_ERROR"},
    "too large to store": {  # tested with the limits lowered, or with the counts set
        "opEXCEEDED_WORK_LIMIT",
        "opTOO_MANY_SPONSORING",
        "opTOO_MANY_SUBENTRIES",
    },
    "around another code": {"opINNER", "txFEE_BUMP_INNER_FAILED", "txFEE_BUMP_INNER_SUCCESS"},
}
SWITCHED_OFF = ("LIQUIDITY_POOL_", "INVOKE_HOST_", "EXTEND_FOOTPRINT_", "RESTORE_FOOTPRINT_")


def test_every_code_in_reach_has_its_envelope() -> None:
    published = {
        *RESULT_CODES["transaction"],
        *RESULT_CODES["operation_result"],
        *(code for one in RESULT_CODES["operations"].values() for code in one["codes"]),
    }
    brought_about = {case["transaction"] for case in CASES.values()}
    for case in CASES.values():
        brought_about.update(case["operations"])
    in_reach = {
        code
        for code in published.difference(*OUT_OF_REACH.values())
        if not code.startswith(SWITCHED_OFF)
    }
    assert brought_about == in_reach
