"""Submission over HTTP: each answer, sync and async, and what it leaves behind."""

from typing import Any

import pytest
from stellar_sdk import Asset, Keypair, MuxedAccount, TransactionBuilder
from stellar_sdk.operation import ManageData, Payment

from tests.localnet.fields import check_problem
from tests.localnet.network import Network, running_network

XLM = Asset.native()


def test_a_transaction_is_answered_by_its_ledger(network: Network) -> None:
    payer, payee = network.person(), network.person()
    envelope = network.build(payer, Payment(payee.public_key, XLM, "25.5"))
    status, body = network.submit(envelope.to_xdr())
    assert (status, body["hash"], body["successful"]) == (200, envelope.hash_hex(), True)
    found = network.get("GET /transactions/{transaction_hash}", f"/transactions/{body['hash']}")
    assert found == body
    again = network.submit(envelope.to_xdr())
    assert again == (200, body)
    shown = network.get("GET /accounts/{account_id}", f"/accounts/{payee.public_key}")
    assert shown["balances"][-1]["balance"] == "10025.5000000"


def test_a_failed_transaction_tells_its_codes_and_keeps_them(network: Network) -> None:
    payer, payee = network.person(), network.person()
    envelope = network.build(
        payer,
        Payment(payee.public_key, XLM, "1"),
        Payment(Keypair.random().public_key, XLM, "1"),
    )
    for _ in range(2):
        status, body = network.submit(envelope.to_xdr())
        assert (status, body["title"]) == (400, "Transaction Failed")
        assert body["extras"]["envelope_xdr"] == envelope.to_xdr()
        assert body["extras"]["result_codes"] == {
            "transaction": "tx_failed",
            "operations": ["op_success", "op_no_destination"],
        }
    shown = network.get("GET /accounts/{account_id}", f"/accounts/{payee.public_key}")
    assert shown["balances"][-1]["balance"] == "10000.0000000"


def test_a_refused_transaction_changes_nothing(network: Network) -> None:
    payer, payee = network.person(), network.person()
    envelope = network.build(payer, Payment(payee.public_key, XLM, "1"))
    envelope.signatures.clear()
    envelope.sign(payee)
    before = network.get("GET /accounts/{account_id}", f"/accounts/{payer.public_key}")
    status, body = network.submit(envelope.to_xdr())
    assert (status, body["extras"]["result_codes"]) == (400, {"transaction": "tx_bad_auth"})
    status, body = network.submit(envelope.to_xdr(), "/transactions_async")
    assert (status, body["tx_status"]) == (400, "ERROR")
    assert "error_result_xdr" in body
    network.pay(payee, ManageData("a ledger", b"later"))
    after = network.get("GET /accounts/{account_id}", f"/accounts/{payer.public_key}")
    assert after == before


def test_a_fee_bump_is_found_by_both_hashes(network: Network) -> None:
    payer, sponsor = network.person(), network.person()
    inner = network.build(payer, Payment(sponsor.public_key, XLM, "1"))
    bump = TransactionBuilder.build_fee_bump_transaction(
        MuxedAccount(sponsor.public_key), 200, inner, network.passphrase
    )
    bump.sign(sponsor)
    status, body = network.submit(bump.to_xdr())
    assert (status, body["hash"]) == (200, bump.hash_hex())
    assert body["fee_account"] == sponsor.public_key
    assert body["source_account"] == payer.public_key
    by_inner = network.get(
        "GET /transactions/{transaction_hash}", f"/transactions/{inner.hash_hex()}"
    )
    assert by_inner["hash"] == inner.hash_hex()
    assert by_inner["fee_bump_transaction"]["hash"] == bump.hash_hex()
    assert by_inner["signatures"] == body["inner_transaction"]["signatures"]


def test_a_fee_bump_tells_what_its_inner_transaction_met(network: Network) -> None:
    payer, sponsor = network.person(), network.person()
    inner = network.build(payer, Payment(sponsor.public_key, XLM, "1000000"))
    bump = TransactionBuilder.build_fee_bump_transaction(
        MuxedAccount(sponsor.public_key), 200, inner, network.passphrase
    )
    bump.sign(sponsor)
    status, body = network.submit(bump.to_xdr())
    assert status == 400
    assert body["extras"]["result_codes"] == {
        "transaction": "tx_fee_bump_inner_failed",
        "inner_transaction": "tx_failed",
        "operations": ["op_underfunded"],
    }


@pytest.mark.parametrize("path", ["/transactions", "/transactions_async"])
@pytest.mark.parametrize("envelope", ["", "AAAA", "not base64!", "ÿ", "AAAAAgAAAAA=" * 100])
def test_what_is_no_envelope_is_malformed(network: Network, path: str, envelope: str) -> None:
    status, body = network.submit(envelope, path)
    assert (status, body["title"]) == (400, "Transaction Malformed")


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        ({"json": {"tx": "AAAA"}}, 415, "unsupported_media_type"),
        ({"content": b"tx=AAAA", "headers": {"Content-Type": "text/plain"}}, 415, None),
        ({"data": {"other": "x"}}, 400, "transaction_malformed"),
        ({"data": {"tx": "A" * 600_000}}, 400, "transaction_malformed"),
        ({"content": b"\xff\xfe" * 10}, 400, "transaction_malformed"),
        ({"params": {"tx": "AAAA"}}, 400, "transaction_malformed"),
        ({"data": {f"field{n}": "x" for n in range(99)}}, 400, "transaction_malformed"),
    ],
)
@pytest.mark.parametrize("path", ["/transactions", "/transactions_async"])
def test_what_is_no_form_is_refused(
    network: Network, path: str, request_: dict[str, Any], status: int, kind: str | None
) -> None:
    answer = network.http.post(network.horizon + path, **request_)
    assert answer.status_code == status
    assert check_problem(answer.json(), status) == (kind or "unsupported_media_type")


def test_the_queue_answers_at_once() -> None:
    with running_network("--close-seconds", "0", "--no-seed") as network:
        root = Keypair.from_secret(network.facts["rootSecret"])
        first = network.build(root, ManageData("one", b"1"))
        second = network.build(root, ManageData("two", b"2"))
        path = "/transactions_async"
        assert network.submit(first.to_xdr(), path)[1]["tx_status"] == "PENDING"
        assert network.submit(first.to_xdr(), path)[1]["tx_status"] == "DUPLICATE"
        status, body = network.submit(second.to_xdr(), path)
        assert (status, body["tx_status"]) == (503, "TRY_AGAIN_LATER")
        assert network.post("/admin/close").status_code == 200
        shown = network.get("GET /accounts/{account_id}", f"/accounts/{root.public_key}")
        assert set(shown["data"]) == {"one"}
