"""The engine end to end on both databases: whole payments, refusals, races."""

from tests.server.store.bank import XLM, Bank, landed


def test_a_payment_from_first_to_last(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben", 5 * XLM)
    payment_id = bank.initiate(asha, ben, 25 * XLM)
    assert bank.balance(asha) == (9_975 * XLM, 25 * XLM)
    confirmed = bank.confirm(asha, payment_id)
    assert (confirmed.status, confirmed.reason) == ("processing", None)
    bank.follow((landed(confirmed),))
    paid = bank.payment(asha, payment_id)
    assert (paid.status, paid.ledger, paid.hash) == ("success", 1_004, confirmed.hash)
    assert bank.balance(asha) == (9_975 * XLM, 0)
    assert bank.balance(ben) == (30 * XLM, 0)
    assert bank.balance(bank.fee_payer) == (10_000 * XLM - 200, 0)
    assert bank.rows("SELECT count(*) FROM holds") == [(0,)]
