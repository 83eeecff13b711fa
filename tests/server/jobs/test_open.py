"""Newcomers' accounts: many at a time, no one in another's way, funded once."""

import asyncio

import pytest

from server.jobs import open as module
from server.jobs.open import HouseSigning, Open
from tests.server.jobs.network import BankClock, Transaction, failure
from tests.server.store.bank import address_of

USDC = "USDC:GISSUER"


class Opening:
    """The job with its channels, and how each transaction was signed."""

    def __init__(self, bank, node, channels: int = 3) -> None:
        self.bank, self.node = bank, node
        self.ways: list[str] = []
        self.trusted: list[list[str]] = []
        self.channels = [self._house_account("channel") for _ in range(channels)]
        self.payout = self._house_account("payout")
        self.restart()

    def restart(self, *, practice: bool = True) -> None:
        self.job = Open(
            self.bank.engine,
            self.bank.reads,
            self.node,
            signing=HouseSigning(
                *(self._signer(way) for way in ("open", "trust", "gift")), self.trusted.append
            ),
            assets=[USDC],
            practice=practice,
            worker="test",
            clock=BankClock(self.bank),
            signed=lambda: None,
        )

    def _signer(self, way: str):
        def sign(*arguments):
            self.ways.append(way)
            return self.bank.sign_house(*arguments)

        return sign

    def _house_account(self, role: str) -> str:
        owner = self.bank.new_id()
        self.bank.change(
            "INSERT INTO wallets (user_id, role, public_key, encrypted_keys, state, tries, "
            "created_ms) VALUES (?, ?, ?, ?, 'open', 0, 0)",
            owner,
            role,
            address_of(owner),
            b"keys",
        )
        self.bank.change(
            "INSERT INTO lanes (user_id, sequence, state) VALUES (?, 5, 'free')", owner
        )
        return owner

    def stepped(self) -> None:
        async def step() -> None:
            await self.job.step()
            for _ in range(5):
                await asyncio.sleep(0)

        self.bank.run(step())

    def groups(self) -> list[int]:
        return [len(ids) for lane, _, ids in self.bank.signed if lane != self.payout]

    def states(self) -> set[str]:
        return {
            str(row[0]) for row in self.bank.rows("SELECT state FROM wallets WHERE role = 'user'")
        }


@pytest.fixture
def opening(bank, node) -> Opening:
    return Opening(bank, node)


def newcomers(bank, count: int) -> list[str]:
    return [bank.sign_up(f"person_{number}") for number in range(count)]


def landed(bank, node, works) -> None:
    """The signed openings are sent and land."""
    works.settled()
    works.closed()


def test_many_are_opened_in_few_transactions_one_a_channel(bank, node, works, opening):
    people = newcomers(bank, 40)
    opening.stepped()
    opening.stepped()
    assert opening.groups() == [18, 18, 4]
    assert {lane for lane, _, _ in bank.signed} == set(opening.channels)
    landed(bank, node, works)
    assert len(bank.run(bank.reads.lanes(people))) == 40
    assert opening.states() == {"opening"}


def test_without_practice_money_an_account_is_open_once_it_exists(bank, node, works, opening):
    newcomers(bank, 2)
    opening.restart(practice=False)
    works.follow._practice = False
    opening.stepped()
    landed(bank, node, works)
    assert opening.states() == {"open"}
    opening.stepped()
    assert node.funded == []


def test_more_than_the_channels_can_carry_waits_for_the_next_ledger(bank, node, works, opening):
    newcomers(bank, 60)
    opening.stepped()
    assert opening.groups() == [18, 18, 18]
    landed(bank, node, works)
    opening.stepped()
    assert opening.groups() == [18, 18, 18, 6]


def test_after_a_failure_each_goes_alone_and_waits_longer_each_time(bank, node, works, opening):
    newcomers(bank, 2)
    opening.stepped()
    works.settled()
    first = next(iter(node.queue))
    node.queue.clear()
    works.closed(Transaction(failure(first, "tx_failed", "op_success", "op_already_exists")))
    opening.stepped()
    assert opening.groups() == [2]
    bank.now_ms += 2_000
    opening.stepped()
    assert opening.groups() == [2, 1, 1]
    landed(bank, node, works)
    assert (
        len(bank.rows("SELECT 1 FROM wallets w JOIN lanes l USING (user_id) WHERE role = 'user'"))
        == 2
    )


def test_an_account_that_somebody_else_has_made_gets_its_trustlines(bank, node, works, opening):
    (asha,) = newcomers(bank, 1)
    opening.stepped()
    works.settled()
    first = next(iter(node.queue))
    node.queue.clear()
    works.closed(Transaction(failure(first, "tx_failed", "op_success", "op_already_exists")))
    node.sequences[address_of(asha)] = 77
    opening.stepped()
    bank.now_ms += 2_000
    opening.stepped()
    assert opening.ways == ["open", "trust"]


def test_an_asset_without_its_issuer_stops_nobody(bank, node, opening, capsys):
    newcomers(bank, 1)
    opening.stepped()
    assert (opening.trusted, opening.groups()) == ([[]], [1])
    assert "asset.no_issuer" in capsys.readouterr().out
    node.sequences["GISSUER"] = 5
    bank.sign_up("later")
    opening.stepped()
    assert opening.trusted == [[]]
    bank.now_ms += module.ISSUERS_EVERY_MS
    bank.sign_up("later_still")
    opening.stepped()
    assert opening.trusted == [[], [USDC]]


def test_an_opening_that_never_works_is_given_up_and_told(bank, node, opening):
    newcomers(bank, 1)
    bank.change("UPDATE wallets SET tries = ? WHERE role = 'user'", module.TRIES_MAX)
    opening.stepped()
    assert opening.states() == {"failed"}
    assert opening.groups() == []
    assert bank.rows("SELECT kind FROM outbox ORDER BY id DESC LIMIT 1") == [("wallet.opened",)]


@pytest.fixture
def poor(bank, node, works, opening) -> list[str]:
    """Accounts that exist and are empty."""
    people = newcomers(bank, 3)
    opening.stepped()
    landed(bank, node, works)
    return people


def test_each_is_asked_for_once(bank, node, opening, poor):
    for _ in range(3):
        opening.stepped()
    assert sorted(node.funded) == sorted(address_of(one) for one in poor)


def test_who_was_not_funded_in_time_is_asked_for_again(bank, node, opening, poor):
    node.friendbot_says = "unknown"
    opening.stepped()
    opening.stepped()
    bank.now_ms += module.FUNDED_WITHIN_MS
    opening.stepped()
    assert len(node.funded) == 6


def test_where_friendbot_refuses_the_treasury_gives(bank, node, works, opening, poor):
    node.friendbot_says = "refused"
    opening.stepped()
    opening.stepped()
    assert "gift" not in opening.ways
    bank.now_ms += module.FUNDED_WITHIN_MS
    opening.stepped()
    opening.stepped()
    assert opening.ways.count("gift") == 1
    assert bank.signed[-1][0] == opening.payout
    assert set(bank.signed[-1][2]) == set(poor)


def test_after_a_restart_it_goes_on_from_the_database_alone(bank, node, works, opening, poor):
    opening.restart()
    opening.stepped()
    assert len(node.funded) == 3
