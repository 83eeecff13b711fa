"""`lumenpay verify`: the books against the network, and what is printed of it."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.settlement import Movement
from server.commands import verify
from server.usecases.network import AccountState, Snapshot
from tests.server.store.bank import XLM, Bank, address_of, landed

ISSUER = "G" + "A" * 55
USDC = f"USDC:{ISSUER}"


class Mirror:
    """A node that says what the books said when it was made; a test then changes either."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.asked = 0
        self.balances: dict[str, dict[str, int]] = {}
        for owner, asset, total in bank.rows(
            "SELECT user_id, asset, available + held FROM balances"
        ):
            self.balances.setdefault(address_of(str(owner)), {})[str(asset)] = int(str(total))
        cursor = bank.run(bank.reads.cursor())
        assert cursor is not None
        self.ledger = cursor.sequence

    async def accounts(self, addresses: Collection[str], assets: Collection[str]) -> Snapshot:
        self.asked += 1
        assert len(addresses) * len(assets) <= 200
        there = {a: AccountState(1, self.balances[a]) for a in addresses if a in self.balances}
        return Snapshot(self.ledger, there)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "FOLLOWED_SECONDS", 0.05)
    monkeypatch.setattr(verify, "LOOK_SECONDS", 0.01)


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    made = Bank(database_url)
    made.open()
    try:
        made.house()
        yield made
    finally:
        made.close()
        made.runner.close()


def differing(bank: Bank, node: Mirror) -> list[dict[str, str]]:
    return bank.run(verify.differing(bank.database, node))  # type: ignore[arg-type]


def test_equal_books_differ_in_nothing(bank: Bank) -> None:
    asha = bank.person("asha")
    bank.sign_up("ben")  # has no account yet
    bank.follow(movements=(Movement(asha, USDC, 7, b"h", "incoming", "GFAR"),))
    bank.initiate(asha, None, 5 * XLM)
    node = Mirror(bank)
    assert differing(bank, node) == []
    assert node.asked == 1


def test_each_difference_is_named(bank: Bank) -> None:
    asha, ben, cho = (bank.person(name) for name in ("asha", "ben", "cho"))
    node = Mirror(bank)
    node.balances[address_of(asha)]["XLM"] += 1
    node.balances[address_of(ben)][USDC] = 3  # we do not know of it: not among our assets
    del node.balances[address_of(cho)]
    found = {
        row["owner"]: (row["asset"], row["ours"], row["network"]) for row in differing(bank, node)
    }
    assert found == {
        asha: ("XLM", str(10_000 * XLM), str(10_000 * XLM + 1)),
        cho: ("XLM", str(10_000 * XLM), "0"),
    }


def test_money_that_moves_meanwhile_is_no_difference(bank: Bank) -> None:
    """The node answers for an older ledger than the books stand at."""
    asha, ben = bank.person("asha"), bank.person("ben")
    node = Mirror(bank)
    bank.follow((landed(bank.confirm(asha, bank.initiate(asha, ben, 5 * XLM))),))
    assert differing(bank, node) == []
    assert node.asked == 2


def test_a_ledger_that_is_not_followed_yet_is_said_to_be_so(bank: Bank) -> None:
    asha = bank.person("asha")
    node = Mirror(bank)
    node.balances[address_of(asha)]["XLM"] += 1
    node.ledger += 5
    (row,) = differing(bank, node)
    assert row["note"] == "the ledger is not followed yet"


def test_many_accounts_are_asked_in_turns(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        bank.person(f"user{n}")
    monkeypatch.setattr(verify, "KEYS_MAX", 3)
    node = Mirror(bank)
    node.balances[address_of(bank.fee_payer)]["XLM"] += 1
    assert [row["owner"] for row in differing(bank, node)] == [bank.fee_payer]
    assert node.asked == 4  # three for seven accounts, one for the suspect


# what is printed


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """`_verify` told what to find; the settings are good."""
    told: dict[str, object] = {"checks": {"lanes": [], "limits": []}}

    async def found(_settings: object) -> object:
        if isinstance(told["checks"], Exception):
            raise told["checks"]
        return told["checks"], [{"chain": "c", "seq": "1", "mac": "00"}]

    monkeypatch.setattr(verify, "load", lambda _environment: None)
    monkeypatch.setattr(verify, "_verify", found)
    return told


def test_good_books_exit_0(verified: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.run(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert told["checks"] == {name: {"ok": True, "rows": []} for name in ("lanes", "limits")}
    assert told["heads"] == [{"chain": "c", "seq": "1", "mac": "00"}]


def test_broken_books_exit_3_and_name_the_rows(
    verified: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    verified["checks"] = {"lanes": [{"lane": "asha"}], "limits": []}
    assert verify.run(["--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["checks"]["lanes"] == {"ok": False, "rows": [{"lane": "asha"}]}
    assert verify.run([]) == 3
    assert capsys.readouterr().out == "lanes: BROKEN\n  lane asha\nlimits: ok\n"


def test_a_network_that_is_away_exits_6(
    verified: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    verified["checks"] = Unavailable("network.unavailable")
    assert verify.run([]) == 6
    assert "payment network" in capsys.readouterr().err


def test_missing_settings_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("STELLAR_NETWORK", "LUMENPAY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    assert verify.run([]) == 2
    assert "STELLAR_NETWORK" in capsys.readouterr().err
