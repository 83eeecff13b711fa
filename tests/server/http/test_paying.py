"""A payment over the wire, from the first word to the last."""

from collections.abc import Callable

import pytest

from core.links import decode_strkey, encode_strkey
from tests.server.http.office import (
    PIN,
    STRANGER,
    USDC,
    Foreign,
    Office,
    Person,
    confirming,
    paying,
)

MUXED = encode_strkey(12 << 3, decode_strkey(STRANGER)[1] + (7).to_bytes(8))


def test_a_payment_is_held_confirmed_and_settled(office: Office, anna: Person, ben: Person) -> None:
    reply = office.post("/api/pay", paying("@Ben", note="for the tea"), anna, key="first-key-1")
    assert reply.status == 201
    initiated = reply.json
    transaction = initiated.pop("transactionId")
    assert initiated.pop("xdr").startswith(f"{anna.address} {ben.address} 255000000 ")
    assert initiated == {
        "status": "pending",
        "payee": {
            "name": "Name of ben",
            "handle": "ben",
            "address": ben.address,
            "verified": False,
            "kind": "user",
        },
        "amount": "25.5",
        "asset": "XLM",
        "fee": "0",
        "limits": {"perPayment": "10000", "dayLeft": "19974.5", "monthLeft": "99974.5"},
        "expiresAt": "2025-11-24T16:10:04.000Z",
    }
    assert office.balance(anna) == ("9974.5", "25.5")

    confirmed = office.confirm(anna, transaction).json
    assert (confirmed["status"], len(confirmed["hash"])) == ("processing", 64)
    assert office.balance(anna) == ("9974.5", "25.5")
    assert office.confirm(anna, transaction).json == confirmed

    office.land(transaction)
    settled = office.get(f"/api/pay?action=status&transactionId={transaction}", anna).json
    assert settled == confirmed | {
        "status": "success",
        "ledger": 1005,
        "settledAt": "2025-11-24T16:00:05.000Z",
    }
    assert office.get("/api/pay?action=status&idempotencyKey=first-key-1", anna).json == settled
    assert (office.balance(anna), office.balance(ben)) == (("9974.5", "0"), ("10025.5", "0"))
    (received, *_) = office.get("/api/wallet?action=transactions", ben).json["items"]
    assert received["counterparty"]["handle"] == "anna"
    assert (received["kind"], received["direction"], received["amount"], received["note"]) == (
        "incoming",
        "in",
        "25.5",
        "for the tea",
    )
    assert "idempotencyKey" not in received


def test_whom_one_pays_becomes_a_contact(office: Office, anna: Person, ben: Person) -> None:
    office.pay(anna, "ben")
    (contact,) = office.get("/api/contacts", anna).json["items"]
    assert (contact["name"], contact["handle"]) == ("Name of ben", "ben")
    assert contact["lastPaidAt"] == "2025-11-24T16:00:05.000Z"
    assert office.get("/api/contacts", ben).json["items"] == []
    again = office.post("/api/pay", paying("ben"), anna).json
    assert again["payee"]["kind"] == "contact"


@pytest.mark.parametrize(
    "form",
    ["ben", "@ben", "BEN", "{address}", "ben*pay.example.org", "Ben*PAY.example.org",
     "web+stellar:pay?destination={address}", " @ben "],
)  # fmt: skip
def test_a_payee_may_be_written_in_many_ways(
    office: Office, anna: Person, ben: Person, form: str
) -> None:
    reply = office.post("/api/pay", paying(form.format(address=ben.address)), anna)
    assert (reply.status, reply.json["payee"]["address"]) == (201, ben.address)
    assert reply.json["payee"]["name"] == "Name of ben"


def test_paying_by_a_link_answers_the_request(office: Office, anna: Person, ben: Person) -> None:
    asked = office.post("/api/requests", {"amount": "5", "note": "tea"}, ben).json
    other = office.initiate(anna, asked["link"], "6")
    transaction = office.pay(anna, asked["link"].lower(), "5")
    shown = office.get(f"/p/{asked['requestId']}").json
    assert (shown["status"], shown["amount"], shown["payee"]["handle"]) == ("paid", "5", "ben")
    paid = office.rows("SELECT request_id FROM transactions WHERE id = ?", transaction)
    assert paid == [(asked["requestId"],)]
    assert office.rows("SELECT request_id FROM transactions WHERE id = ?", other) == [(None,)]
    again = office.post("/api/pay", paying(asked["link"], "5"), anna)
    assert (again.status, again.code) == (409, "request.link_expired")


def test_a_stranger_is_looked_at_before_the_hold(office: Office, anna: Person) -> None:
    reply = office.post("/api/pay", paying(STRANGER), anna)
    assert reply.json["payee"] == {
        "name": "GA5Z…KZVN",
        "address": STRANGER,
        "verified": False,
        "kind": "external",
    }
    muxed = office.post("/api/pay", paying(MUXED), anna)
    assert (muxed.status, muxed.json["payee"]["address"]) == (201, MUXED)


UNREADY: dict[str, tuple[Foreign, dict[str, object], int, str, str]] = {
    "absent": (Foreign(exists=False), {}, 422, "recipient.no_account", "recipientAddress"),
    "wants a memo": (Foreign(memo_required=True), {}, 422, "memo.required", "memo"),
    "no trustline": (
        Foreign(rooms={"XLM": 10**18}),
        {"asset": "USDC"},
        422,
        "asset.not_accepted",
        "asset",
    ),
    "no room": (
        Foreign(rooms={USDC: 10}),
        {"asset": "USDC", "amount": "1"},
        422,
        "recipient.line_full",
        "amount",
    ),
}


@pytest.mark.parametrize("case", UNREADY)
def test_a_stranger_who_cannot_take_it_is_refused(office: Office, anna: Person, case: str) -> None:
    account, more, status, code, field = UNREADY[case]
    office.network.accounts[STRANGER] = account
    before = office.everything()
    reply = office.post("/api/pay", paying(STRANGER, **more), anna)
    assert (reply.status, reply.code, reply.json["field"]) == (status, code, field)
    assert office.everything() == before


def test_memos_reach_who_wants_them(office: Office, anna: Person) -> None:
    office.network.accounts[STRANGER] = Foreign(memo_required=True)
    memo = {"type": "id", "value": "0012"}
    assert office.post("/api/pay", paying(STRANGER, memo=memo), anna).code == "memo.malformed"
    transaction = office.initiate(anna, STRANGER, memo={"type": "id", "value": "12"})
    told = office.get(f"/api/pay?action=status&transactionId={transaction}", anna).json
    assert told["memo"] == {"type": "id", "value": "12"}
    assert office.post("/api/pay", paying(MUXED), anna).status == 201
    linked = f"web+stellar:pay?destination={STRANGER}&memo=for%20you"
    transaction = office.initiate(anna, linked)
    told = office.get(f"/api/pay?action=status&transactionId={transaction}", anna).json
    assert told["memo"] == {"type": "text", "value": "for you"}


def test_without_the_network_strangers_wait_and_people_here_do_not(
    office: Office, anna: Person, ben: Person
) -> None:
    office.network.away = True
    before = office.everything()
    reply = office.post("/api/pay", paying(STRANGER), anna)
    assert (reply.status, reply.code) == (503, "network.unavailable")
    assert reply.headers["retry-after"] == "2"
    assert office.everything() == before
    assert office.post("/api/pay", paying("ben"), anna).status == 201


def test_the_same_key_gets_the_same_reply(office: Office, anna: Person, ben: Person) -> None:
    first = office.post("/api/pay", paying(STRANGER), anna, key="my-own-key")
    before = office.everything()
    office.network.away = True
    office.clock.now_ms += 700_000
    assert office.post("/api/pay", paying(STRANGER), anna, key="my-own-key").body == first.body
    office.network.away = False
    assert office.post("/api/pay", paying(STRANGER), anna, key="my-own-key").body == first.body
    assert office.everything() == before
    for changed in (paying(STRANGER, "26"), paying("ben"), paying("nobody_here")):
        reply = office.post("/api/pay", changed, anna, key="my-own-key")
        assert (reply.status, reply.code) == (409, "idempotency.conflict")
    assert office.everything() == before
    assert office.post("/api/pay", paying("anna"), ben, key="my-own-key").status == 201


def test_a_wrong_pin_is_counted_and_the_third_locks(
    office: Office, anna: Person, ben: Person
) -> None:
    transaction = office.initiate(anna, "ben")
    left = []
    for _ in range(2):
        reply = office.confirm(anna, transaction, "111111")
        assert (reply.status, reply.code, reply.json["field"]) == (403, "auth.wrong_pin", "pin")
        left.append(reply.json["params"]["triesLeft"])
    assert left == [2, 1]
    locked = office.confirm(anna, transaction, "111111")
    assert (locked.status, locked.code) == (403, "auth.pin_locked")
    assert locked.headers["retry-after"] == "86400"
    right = office.confirm(anna, transaction)
    assert (right.status, right.code) == (403, "auth.pin_locked")
    assert office.balance(anna) == ("9974.5", "25.5")
    later = office.initiate(anna, "ben")
    office.clock.now_ms += 86_400_000
    anna = office.sign_in(anna)
    assert office.confirm(anna, later).code == "payment.expired"
    fresh = office.initiate(anna, "ben")
    assert office.confirm(anna, fresh).json["status"] == "processing"


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_pin_is_not_counted(office: Office, anna: Person, ben: Person, pin: str) -> None:
    transaction = office.initiate(anna, "ben")
    before = office.everything()
    reply = office.confirm(anna, transaction, pin)
    assert (reply.status, reply.code) == (422, "account.pin_malformed")
    assert office.everything() == before


def test_cancelling(office: Office, anna: Person, ben: Person) -> None:
    transaction = office.initiate(anna, "ben")
    gone = office.post("/api/pay", {"action": "cancel", "transactionId": transaction}, anna)
    assert (gone.status, gone.json["status"]) == (200, "cancelled")
    assert office.balance(anna) == ("10000", "0")
    again = office.post("/api/pay", {"action": "cancel", "transactionId": transaction}, anna)
    assert again.json == gone.json
    late = office.confirm(anna, transaction)
    assert (late.status, late.code) == (409, "payment.cancelled")
    under_way = office.initiate(anna, "ben")
    office.confirm(anna, under_way)
    cancel = {"action": "cancel", "transactionId": under_way}
    assert office.post("/api/pay", cancel, anna).code == "payment.not_cancellable"
    office.land(under_way)
    assert office.post("/api/pay", cancel, anna).code == "payment.already_final"


def test_a_failed_payment_gives_its_money_back(office: Office, anna: Person, ben: Person) -> None:
    transaction = office.initiate(anna, "ben")
    office.confirm(anna, transaction)
    office.land(transaction, "op_no_destination")
    told = office.get(f"/api/pay?action=status&transactionId={transaction}", anna).json
    assert (told["status"], told["reason"]) == ("failed", "payment.no_destination")
    assert office.balance(anna) == ("10000", "0")


def test_usdc_is_paid_by_either_name(office: Office, anna: Person, ben: Person) -> None:
    office.change("INSERT INTO prices VALUES (?, ?, ?)", USDC, 20_000_000, office.clock.now_ms)
    for name in ("USDC", USDC):
        reply = office.post("/api/pay", paying("ben", "2", asset=name), anna)
        assert (reply.status, reply.json["asset"]) == (201, USDC)
    assert reply.json["limits"]["dayLeft"] == "19992"
    assert office.balance(anna, USDC) == ("496", "4")


def test_without_a_price_usdc_cannot_be_limited(office: Office, anna: Person, ben: Person) -> None:
    before = office.everything()
    reply = office.post("/api/pay", paying("ben", "2", asset="USDC"), anna)
    assert (reply.status, reply.code, reply.json["field"]) == (422, "asset.no_price", "asset")
    assert office.everything() == before


def test_the_rate_of_paying_is_bounded(open_office: Callable[..., Office]) -> None:
    office = open_office(pays_per_minute=3)
    anna, _ = office.person("anna"), office.person("ben")
    for _ in range(3):
        office.initiate(anna, "ben", "1")
    before = office.everything()
    reply = office.post("/api/pay", paying("ben", "1"), anna)
    assert (reply.status, reply.code) == (429, "request.too_many")
    assert 0 < int(reply.headers["retry-after"]) <= 60
    assert office.everything() == before
    office.clock.now_ms += 60_000
    office.initiate(anna, "ben", "1")


def test_limits_say_what_is_left_and_which_level_helps(
    office: Office, anna: Person, ben: Person
) -> None:
    reply = office.post("/api/pay", paying("ben", "10000.0000001"), anna)
    assert reply.code == "payment.balance_too_low"
    rich = office.person("rich", xlm=60_000)
    reply = office.post("/api/pay", paying("ben", "10001"), rich)
    assert (reply.status, reply.code, reply.json["field"]) == (
        422,
        "payment.limit_payment",
        "amount",
    )
    assert reply.json["params"] == {
        "perPayment": "10000",
        "dayLeft": "20000",
        "monthLeft": "100000",
        "level": 0,
        "levelNeeded": 1,
    }
    for _ in range(2):
        office.initiate(rich, "ben", "10000")
    assert office.post("/api/pay", paying("ben", "1"), rich).code == "payment.limit_day"
    assert office.balance(rich) == ("40000", "20000")


def test_who_is_still_being_opened_waits_to_pay_but_not_to_be_paid(
    office: Office, anna: Person
) -> None:
    newcomer = office.sign_up("carl")
    before = office.everything()
    reply = office.post("/api/pay", paying("anna"), newcomer)
    assert (reply.status, reply.code) == (409, "account.opening")
    assert office.everything() == before
    transaction = office.initiate(anna, "carl")
    told = office.confirm(anna, transaction).json
    assert (told["status"], told["reason"]) == ("processing", "queued")
    assert "hash" not in told


def test_a_blocked_contact_is_not_paid(office: Office, anna: Person, ben: Person) -> None:
    contact = office.post("/api/contacts", {"name": "Benny", "recipient": "ben"}, anna).json
    office.call("PATCH", "/api/contacts", {"contactId": contact["contactId"], "blocked": True},
                by=anna)  # fmt: skip
    before = office.everything()
    reply = office.post("/api/pay", paying("ben"), anna)
    assert (reply.status, reply.code) == (422, "recipient.blocked")
    assert office.everything() == before
    assert office.post("/api/pay", paying("anna"), ben).status == 201


def test_nobody_confirms_for_another(office: Office, anna: Person, ben: Person) -> None:
    transaction = office.initiate(anna, "ben")
    before = office.everything()
    absent = office.post("/api/pay", confirming(office.new_id(), PIN), ben)
    theirs = office.post("/api/pay", confirming(transaction, PIN), ben)
    assert (theirs.status, theirs.code) == (absent.status, absent.code)
    assert office.everything() == before
