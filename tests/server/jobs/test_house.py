"""The treasury's accounts come onto the network, whoever funds them."""

import pytest

from server.jobs.house import KeepHouse
from server.usecases.treasury import CHANNELS, MAIN_ROLES, make_missing
from server.vault.signer import NewKey
from tests.server.jobs.network import BankClock, JobsBank
from tests.server.store.bank import XLM, address_of


class Keys:
    def new_key(self, user_id: str) -> NewKey:
        return NewKey(address_of(user_id), b"sealed")


@pytest.fixture
def bank(empty_bank: JobsBank) -> JobsBank:
    """A followed network, and keys for a treasury that is on no ledger yet."""
    empty_bank.start_following()
    empty_bank.fee_payer = "fee"
    make(empty_bank)
    return empty_bank


@pytest.fixture
def house(bank, node) -> KeepHouse:
    return KeepHouse(
        bank.engine,
        bank.reads,
        node,
        sign_channels=bank.sign_house,
        worker="test",
        clock=BankClock(bank),
        signed=lambda: None,
    )


def make(bank) -> int:
    return bank.run(make_missing(bank.engine, bank.reads, Keys(), bank.now_ms))


def states(bank) -> dict[str, str]:
    return {one.user_id: one.state for one in bank.run(bank.reads.house())}


def test_the_accounts_are_made_once(bank, house):
    before = bank.everything()
    assert make(bank) == 0
    assert bank.everything() == before
    assert len(states(bank)) == len(MAIN_ROLES) + CHANNELS


def test_a_missing_account_is_added_and_the_others_keep_their_keys(bank, house):
    kept = bank.rows("SELECT user_id, public_key FROM wallets ORDER BY user_id")
    bank.change("DELETE FROM wallets WHERE user_id = 'channel-8'")
    assert make(bank) == 1
    assert bank.rows("SELECT user_id, public_key FROM wallets ORDER BY user_id") == kept
    assert make(bank) == 0


def test_from_nothing_to_open_with_a_friendbot(bank, node, works, house):
    bank.run(house.step())
    assert sorted(node.funded) == sorted(address_of(role) for role in MAIN_ROLES)
    bank.run(house.step())
    assert len(node.funded) == len(MAIN_ROLES)
    for role in MAIN_ROLES:
        node.sequences[address_of(role)] = 900
    bank.run(house.step())
    bank.run(house.step())
    lane, sequence, opened = bank.signed[-1]
    assert (lane, sequence, len(opened)) == ("sponsor", 901, CHANNELS)
    bank.run(house.step())
    assert len(bank.signed) == 1
    for channel in opened:
        node.sequences[address_of(channel)] = 950 << 32
    works.settled()
    works.closed()
    bank.run(house.step())
    assert set(states(bank).values()) == {"open"}
    lanes = bank.run(bank.reads.lanes(states(bank)))
    assert lanes["channel-1"].sequence == 950 << 32
    assert lanes["sponsor"].sequence == 901


def test_without_money_it_waits_and_changes_nothing(bank, node, house):
    node.friendbot_says = "refused"
    before = bank.everything()
    bank.run(house.step())
    assert bank.everything() == before


def test_an_account_is_not_admitted_before_its_money_is_in_the_books(bank, node, works, house):
    for role in MAIN_ROLES:
        node.sequences[address_of(role)] = 900
    node.close()
    before = bank.everything()
    bank.run(house.step())
    assert bank.everything() == before
    works.followed()
    bank.run(house.step())
    assert states(bank)["fee"] == "open"


def test_channels_wait_for_the_accounts_that_pay_for_them(bank, node, house):
    node.sequences[address_of("sponsor")] = 900
    bank.run(house.step())
    bank.run(house.step())
    assert bank.signed == []
    assert states(bank)["sponsor"] == "open"


@pytest.mark.parametrize("dry", [True, False])
def test_an_account_that_runs_dry_is_told_in_time(bank, node, house, capsys, dry):
    bank.change("UPDATE wallets SET state = 'open'")
    for role in MAIN_ROLES:
        node.sequences[address_of(role)] = 900
        node.balances[address_of(role)] = 99 * XLM if dry else 100 * XLM
    bank.run(house.step())
    assert capsys.readouterr().out.count("house.dry") == (2 if dry else 0)
