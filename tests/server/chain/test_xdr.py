"""The hand-written readers of entries and metas against the SDK's own bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.chain.entries import (
    AccountEntry,
    DataEntry,
    TrustlineEntry,
    read_entry,
    read_entry_data,
)
from server.chain.meta import read_moves
from server.chain.xdr import Reader
from server.usecases.network import Move, Unreadable
from tests.server.chain.sdk_xdr import (
    ASHA,
    BEN,
    LONG,
    OPERATIONS,
    OTHER_ENTRIES,
    USDC,
    account_entry,
    data_entry,
    ledger_entry,
    metas,
    trustline_entry,
)


@pytest.mark.parametrize("rich", [False, True])
def test_an_account_is_read_whole(rich):
    raw = account_entry(ASHA, 500, rich=rich).to_xdr_bytes()
    reader = Reader(raw)
    entry = read_entry_data(reader)
    extra = (3, 4, 11, 22) if rich else (0, 0, 0, 0)
    assert entry == AccountEntry(ASHA.raw_public_key(), 500, 77, 2, *extra)
    assert reader.done()


@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("asset", [USDC, LONG])
def test_a_trustline_is_read_whole(asset, rich):
    reader = Reader(trustline_entry(ASHA, asset, 300, rich=rich).to_xdr_bytes())
    entry = read_entry_data(reader)
    buying = 33 if rich else 0
    assert entry == TrustlineEntry(ASHA.raw_public_key(), asset, 300, 1_000, 1, buying)
    assert entry.room == 700 - buying
    assert reader.done()


def test_a_data_entry_is_read():
    entry = read_entry_data(Reader(data_entry().to_xdr_bytes()))
    assert entry == DataEntry("config.memo_required", b"1")


@pytest.mark.parametrize("data", OTHER_ENTRIES, ids=lambda data: data.type.name)
def test_other_entries_are_walked_over_to_their_last_byte(data):
    reader = Reader(ledger_entry(data, sponsored=True).to_xdr_bytes())
    assert read_entry(reader) is None
    assert reader.done()


@pytest.mark.parametrize("meta", metas(OPERATIONS), ids=lambda meta: f"v{meta.v}")
def test_moves_are_what_each_operation_changed(meta):
    asha, ben = ASHA.public_key, BEN.public_key
    assert read_moves(meta.to_xdr_bytes()) == [
        Move(0, asha, "XLM", -40),
        Move(0, ben, "XLM", 40),
        Move(2, ben, USDC, 2),
        Move(3, ben, "XLM", -40),
        Move(3, asha, "XLM", 40),
    ]


def test_a_meta_of_the_future_is_not_guessed_at():
    with pytest.raises(Unreadable):
        read_moves(b"\0\0\0\5" + bytes(64))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bytes_are_unreadable_or_read_but_never_crash(data):
    raw = bytearray(metas(OPERATIONS)[3].to_xdr_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        moves = read_moves(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except Unreadable:
        return
    assert all(isinstance(move, Move) for move in moves)
