from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.localnet.ledger.assets import NATIVE, Asset
from server.localnet.ledger.entries import Account, Offer, Price, TrustLine, account_key
from server.localnet.ledger.state import State
from server.localnet.ledger.state_hash import StateHash
from tests.localnet.ledger.entry_strategies import PATIENT

ALICE, BOB = b"a" * 32, b"b" * 32
USD = Asset(b"USD", b"i" * 32)


def _state() -> State:
    state = State()
    state.load(Account(ALICE, 100, 1))
    state.load(Account(BOB, 100, 1))
    state.ledger = 7
    return state


def _offer(number: int, n: int, d: int) -> Offer:
    return Offer(ALICE, number, NATIVE, USD, amount=1, price=Price(n, d))


def test_an_edit_changes_a_copy_and_stamps_the_ledger() -> None:
    state = _state()
    before = state.account(ALICE)
    state.begin()
    assert before is not None
    edited = state.edit(before)
    edited.balance = 1
    assert before.balance == 100
    assert state.edit(before) is edited
    (change,) = state.commit()
    assert change.before is before
    assert change.after is edited
    assert (before.modified, edited.modified) == (0, 7)
    assert state.account(ALICE) is edited


def test_a_rollback_leaves_no_trace() -> None:
    state = _state()
    before = StateHash.of(state).digest()
    state.begin()
    state.edit_account(ALICE).balance = 0
    state.begin()
    state.edit_account(ALICE).balance = 5
    state.put(_offer(state.next_id(), 1, 2))
    state.remove(account_key(BOB))
    state.commit()
    state.rollback()
    assert StateHash.of(state).digest() == before
    assert state.id_pool == 0
    assert list(state.book(NATIVE, USD)) == []
    assert list(state.owned(ALICE)) == []
    assert state.depth == 0


def test_an_inner_rollback_keeps_the_outer_changes() -> None:
    state = _state()
    state.begin()
    state.edit_account(ALICE).balance = 60
    state.begin()
    state.edit_account(ALICE).balance = 10
    state.rollback()
    assert state.edit_account(ALICE).balance == 60
    (change,) = state.commit()
    assert isinstance(change.before, Account)
    assert change.before.balance == 100


def test_what_comes_and_goes_in_one_change_set_is_no_change() -> None:
    state = _state()
    state.begin()
    offer = _offer(1, 1, 1)
    state.put(offer)
    state.remove(offer.key)
    assert state.commit() == []


def test_a_book_is_sorted_by_exact_price_then_by_age() -> None:
    state = _state()
    state.begin()
    thirds = [_offer(3, 333_333_333, 1_000_000_000), _offer(2, 1, 3), _offer(1, 2, 6)]
    for offer in thirds:
        state.put(offer)
    assert [offer.id for offer in state.book(NATIVE, USD)] == [3, 1, 2]
    assert state.best_offer(NATIVE, USD) is thirds[0]
    dearer = _offer(3, 1, 2)
    state.put(dearer)
    assert [offer.id for offer in state.book(NATIVE, USD)] == [1, 2, 3]
    state.rollback()
    assert list(state.pairs()) == []


def test_a_missing_account_can_not_be_edited() -> None:
    state = State()
    state.begin()
    with pytest.raises(LookupError):
        state.edit_account(ALICE)


def test_holders_are_known_by_asset() -> None:
    state = _state()
    state.begin()
    line = TrustLine(ALICE, USD, limit=1, flags=1)
    state.put(line)
    assert list(state.holders(USD)) == [line]
    assert state.trustline(ALICE, USD) is line
    state.remove(line.key)
    assert list(state.holders(USD)) == []


@settings(PATIENT, max_examples=60)
@given(st.integers(0, 2**32))
def test_nested_change_sets_agree_with_a_plain_model(seed: int) -> None:
    random = Random(seed)
    state = State()
    model: dict[bytes, int] = {}
    saved: list[dict[bytes, int]] = []
    for _ in range(120):
        step = random.choice(["begin", "end", "undo", "put", "edit", "drop"])
        account = bytes([random.randrange(6)]) * 32
        if step == "begin" and len(saved) < 5:
            saved.append(dict(model))
            state.begin()
        elif step in ("end", "undo") and saved:
            before = saved.pop()
            changes = None
            if step == "end":
                changes = state.commit()
                assert {c.after.key for c in changes if c.after} <= {account_key(a) for a in model}
            else:
                state.rollback()
                model = before
        elif saved:
            _change(state, model, step, account, random.randrange(1000))
        assert {entry.key: _balance(entry) for entry in state} == {
            account_key(one): balance for one, balance in model.items()
        }


def _change(state: State, model: dict[bytes, int], step: str, account: bytes, amount: int) -> None:
    if step == "put" and account not in model:
        state.put(Account(account, amount, 0))
        model[account] = amount
    elif step == "edit" and account in model:
        state.edit_account(account).balance = amount
        model[account] = amount
    elif step == "drop" and account in model:
        state.remove(account_key(account))
        del model[account]


def _balance(entry: object) -> int:
    assert isinstance(entry, Account)
    return entry.balance


def test_the_state_hash_follows_changes_as_if_made_anew() -> None:
    state = _state()
    followed = StateHash.of(state)
    for amount in range(5):
        state.begin()
        state.edit_account(ALICE).balance = amount
        if amount % 2:
            state.put(_offer(amount, 1, amount))
        followed = followed.after(state.commit())
        assert followed.digest() == StateHash.of(state).digest()
