"""The engine on both databases: whole payments, batches, refusals, races, trouble."""

import asyncio
from typing import ClassVar

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from core.books import Books, Needs
from core.commands import Command, Reply
from core.errors import Problem, Unavailable
from core.paying import ExpirePayments
from server.store import engine as engine_module
from server.store.database import Work
from server.store.engine import SOLO_TRIES
from tests.server.store.bank import XLM, Bank, failed, landed


def codes(outcomes: list[object]) -> list[str]:
    """The refusals' codes, "ok" for answers."""
    return sorted(one.code if isinstance(one, Problem) else "ok" for one in outcomes)


def test_a_payment_from_first_to_last(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben", 5 * XLM)
    payment_id = bank.initiate(asha, ben, 25 * XLM, note="lunch")
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
    assert bank.rows("SELECT state, code FROM attempts") == [("landed_ok", "tx_success")]
    assert bank.rows(
        "SELECT status, kind, note FROM transactions WHERE user_id = ? AND kind = 'incoming'", ben
    ) == [("success", "incoming", "lunch")]
    bank.verify_books()


def test_a_failed_and_a_cancelled_and_an_expired_payment_give_back(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    bad = bank.confirm(asha, bank.initiate(asha, ben, XLM))
    cancelled, late = bank.initiate(asha, ben, 2 * XLM), bank.initiate(asha, ben, 4 * XLM)
    bank.cancel(asha, cancelled)
    bank.follow((failed(bad, "op_no_trust"),))
    bank.now_ms += 600_000
    assert bank.do(ExpirePayments(now_ms=bank.now_ms, payment_ids=(late, cancelled))) == 1
    assert bank.balance(asha) == (10_000 * XLM, 0)
    assert [bank.payment(asha, key).status for key in (bad.id, cancelled, late)] == [
        "failed",
        "cancelled",
        "expired",
    ]
    assert bank.rows("SELECT day_used, day_count FROM payers WHERE user_id = ?", asha) == [(0, 0)]
    bank.verify_books()


def test_many_commands_of_a_batch_are_one_commit_and_see_each_other(bank: Bank) -> None:
    asha, ben = bank.person("asha", 10 * XLM), bank.person("ben")
    before = bank.engine.batches
    orders = [bank.initiate_command(asha, ben, 3 * XLM) for _ in range(5)]
    outcomes = bank.at_once(orders)
    assert bank.engine.batches - before <= 2
    assert codes(outcomes) == ["ok"] * 3 + ["payment.balance_too_low"] * 2
    assert bank.balance(asha) == (XLM, 9 * XLM)
    confirmed = bank.at_once([bank.confirm_command(asha, o.payment_id) for o in orders[:3]])
    assert [p.reason for p in confirmed] == [None, "queued", "queued"]  # type: ignore[union-attr]
    bank.verify_books()


def test_a_refusal_changes_nothing_but_leaves_an_audit_row(bank: Bank) -> None:
    asha, ben = bank.person("asha", 10 * XLM), bank.person("ben")
    before = bank.everything()
    with pytest.raises(Problem) as refused:
        bank.initiate(asha, ben, 11 * XLM)
    assert refused.value.code == "payment.balance_too_low"
    assert bank.everything() == before
    newest = "SELECT action, user_id, subject, detail FROM audit_log ORDER BY seq DESC LIMIT 1"
    assert bank.rows(newest) == [("refused", asha, "payment.initiate", "payment.balance_too_low")]


def test_wrong_pins_are_counted_although_they_are_refused(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    payment_id = bank.initiate(asha, ben)
    outcomes = bank.at_once([bank.confirm_command(asha, payment_id, "000000") for _ in range(5)])
    assert codes(outcomes) == ["auth.pin_locked"] * 3 + ["auth.wrong_pin"] * 2
    with pytest.raises(Problem) as refused:
        bank.confirm(asha, payment_id)
    assert refused.value.code == "auth.pin_locked"
    assert bank.payment(asha, payment_id).status == "pending"


# races


def test_twenty_at_once_of_the_limit_pass_exactly_twice(bank: Bank) -> None:
    """lending-kyc.md 5.2: 10,000 each, 20,000 a day."""
    asha, ben = bank.person("asha", 1_000_000 * XLM), bank.person("ben")
    outcomes = bank.at_once([bank.initiate_command(asha, ben, 10_000 * XLM) for _ in range(20)])
    assert codes(outcomes) == ["ok"] * 2 + ["payment.limit_day"] * 18
    assert bank.balance(asha) == (980_000 * XLM, 20_000 * XLM)


def test_one_key_twenty_times_at_once_is_one_payment(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    orders = [bank.initiate_command(asha, ben, XLM, key="the-only-key") for _ in range(20)]
    replies = bank.at_once(orders)
    assert len({reply.body for reply in replies if isinstance(reply, Reply)}) == 1
    assert sum(not reply.replayed for reply in replies if isinstance(reply, Reply)) == 1
    assert bank.rows(
        "SELECT count(*) FROM transactions WHERE user_id = ? AND kind = 'payment'", asha
    ) == [(1,)]
    assert bank.balance(asha) == (9_999 * XLM, XLM)
    other = bank.initiate_command(asha, ben, XLM, key="the-only-key", body_hash=b"other")
    with pytest.raises(Problem) as refused:
        bank.do(other)
    assert refused.value.code == "idempotency.conflict"


def test_one_confirm_twenty_times_at_once_signs_once(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    payment_id = bank.initiate(asha, ben)
    outcomes = bank.at_once([bank.confirm_command(asha, payment_id) for _ in range(20)])
    assert codes(outcomes) == ["ok"] * 20
    assert len(bank.signed) == 1
    assert bank.rows("SELECT count(*) FROM attempts") == [(1,)]


def test_confirm_and_cancel_at_once_have_one_winner(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    payment_id = bank.initiate(asha, ben)

    async def both() -> list[object]:
        from core.paying import CancelPayment

        cancel = CancelPayment(now_ms=bank.now_ms, payment_id=payment_id, user_id=asha)
        confirm = bank.confirm_command(asha, payment_id)
        return await asyncio.gather(
            bank.engine.run(confirm), bank.engine.run(cancel), return_exceptions=True
        )

    assert codes(bank.run(both())) == ["ok", "payment.not_cancellable"]
    bank.verify_books()


def test_two_servers_on_one_database_cannot_spend_twice(bank: Bank, second_bank: Bank) -> None:
    """Two engines, funds for ten, twenty payments from each: exactly ten pass."""
    asha, ben = bank.person("asha", 10 * XLM), bank.person("ben")
    first = [bank.initiate_command(asha, ben) for _ in range(20)]
    second = [bank.initiate_command(asha, ben) for _ in range(20)]
    outcomes = race(bank, first, second_bank, second)
    assert codes(outcomes) == ["ok"] * 10 + ["payment.balance_too_low"] * 30
    assert bank.balance(asha) == (0, 10 * XLM)
    assert bank.rows("SELECT count(*) FROM audit_heads") == [(2,)]
    bank.verify_books()


def test_two_servers_never_sign_one_payment_twice(bank: Bank, second_bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    keys = [bank.initiate(asha, ben) for _ in range(5)]
    outcomes = race(
        bank,
        [bank.confirm_command(asha, key) for key in keys],
        second_bank,
        [second_bank.confirm_command(asha, key) for key in keys],
    )
    assert codes(outcomes) == ["ok"] * 10
    assert len(bank.signed) + len(second_bank.signed) >= 1
    assert bank.rows("SELECT count(*) FROM attempts") == [(1,)]
    bank.verify_books()


def race(
    first: Bank, some: list[Command[Reply]], second: Bank, others: list[Command[Reply]]
) -> list[object]:
    """Both banks at once, each command a batch of its own where the two meet."""

    async def all_of_them() -> list[object]:
        jobs = [first.engine.run(command) for command in some]
        jobs += [second.engine.run(command) for command in others]
        return await asyncio.gather(*jobs, return_exceptions=True)

    return first.run(all_of_them())


# faults


class Broken(Command[None], frozen=True, kw_only=True):
    """Changes a balance, then dies."""

    action: ClassVar[str] = "test.broken"
    owner: str

    def need(self, needs: Needs) -> None:
        needs.balances.add(self.owner)

    def decide(self, books: Books) -> None:
        books.balance(self.owner, "XLM").available += 5
        books.record(self.now_ms, "never", self.owner, "")
        raise RuntimeError("a bug")


def test_a_decision_that_dies_fails_alone(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    batch: list[Command[object]] = []
    for _ in range(3):
        batch += [bank.initiate_command(asha, ben), Broken(now_ms=0, owner=asha)]
    outcomes = bank.at_once(batch)
    assert [type(one).__name__ for one in outcomes] == ["Reply", "RuntimeError"] * 3
    assert bank.balance(asha) == (9_997 * XLM, 3 * XLM)
    assert bank.rows("SELECT count(*) FROM audit_log WHERE action = 'never'") == [(0,)]
    bank.verify_books()


def test_a_value_that_no_database_holds_fails_alone(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    batch = [bank.initiate_command(asha, ben) for _ in range(3)]
    batch[1] = bank.initiate_command(asha, ben, expires_ms=2**70)
    outcomes = bank.at_once(batch)
    assert [type(one).__name__ for one in outcomes] == ["Reply", "InvariantBroken", "Reply"]
    assert bank.balance(asha) == (9_998 * XLM, 2 * XLM)
    bank.verify_books()


class Overdraws(Command[None], frozen=True, kw_only=True):
    """Decides what the database must refuse."""

    action: ClassVar[str] = "test.overdraws"
    owner: str

    def need(self, needs: Needs) -> None:
        needs.balances.add(self.owner)

    def decide(self, books: Books) -> None:
        books.balance(self.owner, "XLM").available = -1


def test_what_the_database_refuses_fails_alone_and_the_rest_is_done(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    batch: list[Command[object]] = [bank.initiate_command(asha, ben) for _ in range(4)]
    batch.insert(2, Overdraws(now_ms=0, owner=ben))
    outcomes = bank.at_once(batch)
    assert [type(one).__name__ for one in outcomes] == [
        "Reply",
        "Reply",
        "InvariantBroken",
        "Reply",
        "Reply",
    ]
    assert bank.balance(asha) == (9_996 * XLM, 4 * XLM)
    assert bank.balance(ben) == (10_000 * XLM, 0)
    bank.verify_books()


def test_database_trouble_reaches_every_caller_and_the_queue_lives_on(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    before, real = bank.everything(), bank.database.write
    tries = 0

    async def away(work: Work[object]) -> object:
        nonlocal tries
        tries += 1
        raise OperationalError("COMMIT", None, OSError("disk full"))

    monkeypatch.setattr(bank.database, "write", away)
    outcomes = bank.at_once([bank.initiate_command(asha, ben) for _ in range(3)])
    assert codes(outcomes) == ["server.unavailable"] * 3
    assert all(isinstance(one, Unavailable) and one.retry_after == 1 for one in outcomes)
    assert tries == 1 + SOLO_TRIES  # nobody waits for the tries of the others
    monkeypatch.setattr(bank.database, "write", real)
    assert bank.everything() == before
    bank.initiate(asha, ben)
    bank.verify_books()


def test_nothing_is_half_written_when_the_commit_fails(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After all statements of the batch, before the commit."""
    asha, ben = bank.person("asha"), bank.person("ben")
    before = bank.everything(but=())
    real = engine_module.apply_batch

    def then_trouble(connection: Connection, **batch: object) -> object:
        real(connection, **batch)  # type: ignore[arg-type]
        raise OperationalError("COMMIT", None, OSError("disk full"))

    monkeypatch.setattr(engine_module, "apply_batch", then_trouble)
    assert codes(bank.at_once([bank.initiate_command(asha, ben)])) == ["server.unavailable"]
    monkeypatch.setattr(engine_module, "apply_batch", real)
    assert bank.everything(but=()) == before
    bank.initiate(asha, ben)
    bank.verify_books()


def test_a_row_changed_behind_the_engine_is_decided_anew(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard of the write finds other rows than the decision had read; the retry reads them."""
    asha, ben = bank.person("asha"), bank.person("ben")
    real, meddled = engine_module.apply_batch, []

    def meddle(connection: Connection, **batch: object) -> object:
        if not meddled:
            meddled.append(1)
            from core.errors import InvariantBroken

            raise InvariantBroken("balances: 0 of 1 rows were as they had been")
        return real(connection, **batch)  # type: ignore[arg-type]

    monkeypatch.setattr(engine_module, "apply_batch", meddle)
    assert codes(bank.at_once([bank.initiate_command(asha, ben)])) == ["ok"]
    bank.verify_books()


def test_a_killed_connection_is_replaced(postgresql_bank: Bank) -> None:
    """The server ends our connections between two batches and amid one."""
    bank = postgresql_bank
    asha, ben = bank.person("asha"), bank.person("ben")
    kill = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    for _ in range(2):
        bank.rows(kill)
        bank.initiate(asha, ben)
        assert bank.run(bank.reads.person(asha)) is not None
    assert bank.balance(asha) == (9_998 * XLM, 2 * XLM)
    bank.verify_books()


def test_reads_say_so_while_the_database_is_away(postgresql_bank: Bank) -> None:
    bank = postgresql_bank
    asha = bank.person("asha")
    gone = Bank(bank.url.replace("host=", "host=/nowhere"), "gone", bank.runner)
    with pytest.raises(Unavailable):
        bank.run(gone.reads.balances(asha))
    with pytest.raises(Unavailable):
        bank.run(gone.database.read(lambda connection: None))


def test_after_a_stop_commands_are_told_that_nothing_was_done(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    bank.run(bank.engine.stop())
    with pytest.raises(Unavailable):
        bank.initiate(asha, ben)
