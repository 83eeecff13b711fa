"""Following ledgers: once, in order, nothing skipped, never onto another network."""

import pytest

from core.books import Cursor
from core.errors import Unavailable
from core.settlement import Verdict
from server.jobs.follow import NetworkReset
from server.usecases.network import Head, Ledger, Move
from tests.server.jobs.network import ScriptedNode, Transaction, failure, success
from tests.server.store.bank import XLM, address_of, digest

STRANGER, FUNDER = "GSTRANGER", "GFUNDER"


def cursor(bank) -> Cursor:
    found = bank.run(bank.reads.cursor())
    assert found is not None
    return found


def foreign(
    *moves: Move, memo=(None, None), source: str = STRANGER, fee_source: str | None = None
) -> Transaction:
    verdict = success(digest("foreign", repr(moves) + repr(memo)))
    return Transaction(verdict, moves, Head(source, fee_source or source, *memo))


def incoming_rows(bank, owner: str):
    return bank.rows(
        "SELECT kind, status, address, counterparty_id, amount, asset, memo_type, memo "
        "FROM transactions WHERE user_id = ? AND direction = 'in' ORDER BY id",
        owner,
    )


@pytest.fixture
def asha(bank, node) -> str:
    owner = bank.person("asha")
    node.begin()
    return owner


def test_every_ledger_is_followed_empty_or_not(bank, node, works):
    first = cursor(bank).sequence
    for _ in range(8):
        node.close()
    works.followed()
    now = cursor(bank)
    assert (now.sequence, now.close_ms) == (first + 8, node.closed[first + 8].close_ms)


def test_the_first_start_follows_from_the_tip(bank, node, works):
    bank.change("DELETE FROM cursors")
    node.close()
    works.followed()
    now = cursor(bank)
    assert (now.sequence, now.close_ms) == (node.newest, node.closed[node.newest].close_ms)


def test_incoming_money_is_credited_once_with_its_sender_and_memo(bank, node, works, asha):
    payment = foreign(
        Move(0, STRANGER, "XLM", -5 * XLM),
        Move(0, address_of(asha), "XLM", 5 * XLM),
        memo=("text", "for lunch"),
    )
    works.closed(payment)
    works.restart()
    works.followed()
    assert bank.balance(asha) == (10_005 * XLM, 0)
    row = incoming_rows(bank, asha)[-1]
    assert row == ("incoming", "success", STRANGER, None, 5 * XLM, "XLM", "text", "for lunch")


def test_the_sender_is_who_lost_the_money_not_who_carried_the_transaction(bank, works, asha):
    usdc = "USDC:GISSUER"
    ours = address_of(asha)
    works.closed(
        foreign(Move(0, FUNDER, "XLM", -XLM), Move(0, ours, "XLM", XLM), source="GCHANNEL"),
        foreign(Move(0, ours, usdc, 7), source="GCHANNEL"),
        foreign(Move(0, "GPATH", "XLM", -9), Move(0, ours, usdc, 8), source="GCHANNEL"),
        foreign(
            Move(0, "GPOOR", "XLM", -3),
            Move(1, FUNDER, "XLM", -XLM),
            Move(1, ours, "XLM", XLM),
            source="GCHANNEL",
        ),
    )
    senders = [row[2] for row in incoming_rows(bank, asha)[1:]]
    assert senders == [FUNDER, "GISSUER", "GPATH", FUNDER]
    assert bank.balance(asha, usdc) == (15, 0)


def test_what_is_not_ours_leaves_no_trace(bank, node, works, asha):
    before = {name: rows for name, rows in bank.everything().items() if name != "cursors"}
    works.closed(
        foreign(Move(0, STRANGER, "XLM", -XLM), Move(0, FUNDER, "XLM", XLM)),
        Transaction(failure(digest("foreign", "failed"))),
    )
    after = {name: rows for name, rows in bank.everything().items() if name != "cursors"}
    assert after == before


def test_what_nobody_understands_is_kept_and_stops_nothing(bank, node, works, asha):
    strange = Transaction(success(digest("foreign", "strange")), moves=None)
    works.closed(
        strange, foreign(Move(0, STRANGER, "XLM", -XLM), Move(0, address_of(asha), "XLM", XLM))
    )
    (kept,) = bank.rows("SELECT ledger, hash, reason, raw FROM quarantine")
    expected = (node.newest, strange.verdict.hash, "an operation of the future", b"raw bytes")
    assert kept == expected
    assert works.counted["ledger", "quarantined"] == works.counted["ledger", "followed"] == 1
    assert bank.balance(asha) == (10_001 * XLM, 0)


def test_money_that_left_without_an_order_is_taken_off_and_recorded(bank, works, asha):
    """A clawback, or a key that leaked: the mirror follows the network."""
    works.closed(
        foreign(Move(0, address_of(asha), "XLM", -2 * XLM), Move(0, FUNDER, "XLM", 2 * XLM))
    )
    assert bank.balance(asha) == (9_998 * XLM, 0)
    recorded = bank.rows("SELECT action FROM audit_log WHERE action = 'money.outgoing'")
    assert len(recorded) == 1


def test_the_fee_of_a_foreign_transaction_from_our_account_is_taken_off(bank, works, asha):
    ours = address_of(asha)
    works.closed(foreign(source=ours), Transaction(failure(digest("foreign", "f"))))
    assert bank.balance(asha) == (10_000 * XLM - 200, 0)


def test_practice_money_opens_the_account_that_we_have_made(bank, node, works):
    ben = bank.sign_up("ben")
    bank.change("INSERT INTO lanes (user_id, sequence, state) VALUES (?, 9, 'free')", ben)
    gift = [Move(0, FUNDER, "XLM", -XLM), Move(0, address_of(ben), "XLM", XLM)]
    works.closed(foreign(*gift, memo=("id", "1")))
    state = "SELECT state FROM wallets WHERE user_id = ?"
    assert bank.rows(state, ben) == [("opening",)]
    bank.change("UPDATE wallets SET hash = ? WHERE user_id = ?", b"h" * 32, ben)
    works.closed(foreign(*gift, memo=("id", "2")))
    assert bank.rows(state, ben) == [("open",)]
    assert [row[0] for row in incoming_rows(bank, ben)] == ["incoming", "friendbot"]


# the network


def test_a_lagging_node_is_waited_for(bank, node, works):
    node.close_empty(5)
    works.followed()
    before = bank.everything()
    node.lag = 3
    works.followed()
    assert bank.everything() == before
    node.lag = 0
    node.close()
    works.followed()
    assert cursor(bank).sequence == node.newest


def begin_anew(bank, node: ScriptedNode, newest: int) -> None:
    """The same passphrase, a new genesis, now."""
    bank.now_ms += 60_000
    node.closed = {n: Ledger(n, bank.now_ms + n * 1_000) for n in range(1, newest + 1)}


def test_a_network_that_began_anew_stops_the_follower(bank, node, works):
    node.close_empty(2)
    works.followed()
    begin_anew(bank, node, 5)
    before = bank.everything()
    for _ in range(2):
        with pytest.raises(NetworkReset):
            works.followed()
    assert bank.everything() == before


def test_a_network_that_began_anew_while_the_server_was_down_is_seen_at_the_start(
    bank, node, works
):
    """It is longer already than what was followed: only the close time gives it away."""
    node.close_empty(2)
    works.followed()
    begin_anew(bank, node, cursor(bank).sequence + 500)
    works.restart()
    before = bank.everything()
    with pytest.raises(NetworkReset):
        works.followed()
    assert bank.everything() == before


def test_a_network_that_began_anew_while_it_was_away_is_seen_when_it_is_back(bank, node, works):
    node.close_empty(2)
    works.followed()
    node.away = True
    with pytest.raises(Unavailable):
        works.followed()
    begin_anew(bank, node, cursor(bank).sequence + 500)
    node.away = False
    before = bank.everything()
    with pytest.raises(NetworkReset):
        works.followed()
    assert bank.everything() == before


def test_another_network_is_never_followed(bank, node, works):
    node.passphrase_told = "Public Global Stellar Network ; September 2015"
    before = bank.everything()
    with pytest.raises(NetworkReset):
        works.followed()
    assert bank.everything() == before


def test_the_database_of_another_network_is_never_written(bank, node, works):
    bank.change("UPDATE cursors SET passphrase = 'another'")
    before = bank.everything()
    with pytest.raises(NetworkReset):
        works.followed()
    assert bank.everything() == before


def test_ledgers_that_the_node_has_forgotten_are_not_jumped_over(bank, node, works):
    node.close_empty(3)
    node.oldest = node.newest
    before = bank.everything()
    with pytest.raises(NetworkReset):
        works.followed()
    assert bank.everything() == before


def test_a_network_away_is_no_fault_and_is_caught_up_with(bank, node, works):
    works.followed()
    node.away = True
    with pytest.raises(Unavailable):
        works.followed()
    node.close_empty(4)
    node.away = False
    works.followed()
    assert cursor(bank).sequence == node.newest


def test_two_followers_do_the_work_of_one(bank, node, works, asha):
    other = type(works)(bank, node)
    for number in range(4):
        node.close(
            foreign(
                Move(0, STRANGER, "XLM", -XLM),
                Move(0, address_of(asha), "XLM", XLM),
                memo=("id", str(number)),
            )
        )

    async def both() -> None:
        import asyncio

        await asyncio.gather(works.follow.step(), other.follow.step())

    bank.run(both())
    assert cursor(bank).sequence == node.newest
    assert bank.balance(asha) == (10_004 * XLM, 0)


def test_a_verdict_on_what_was_buried_is_kept_for_an_operator(bank, node, works, asha):
    """A node that lied about its history: money may have moved twice, a person has to look."""
    ben = bank.person("ben")
    node.begin()
    payment_id = bank.initiate(asha, ben, XLM)
    bank.confirm(asha, payment_id)
    ((inner,),) = bank.rows("SELECT hash FROM attempts")
    bank.change("UPDATE attempts SET state = 'dead'")
    works.closed(Transaction(Verdict(bytes(inner), True, 200, "tx_success")))
    (reason,) = bank.rows("SELECT reason FROM quarantine")
    assert "dead" in reason[0]
    assert cursor(bank).sequence == node.newest
