from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from stellar_sdk import xdr

from server.localnet.ledger.headers import (
    Header,
    hash_results,
    next_skips,
    pack_transaction_set,
    read_header,
)
from tests.localnet.ledger.entry_strategies import PATIENT

_HASHES = st.binary(min_size=32, max_size=32)
_HEADERS = st.builds(
    Header,
    sequence=st.integers(1, 2**32 - 1),
    previous_hash=_HASHES,
    close_time=st.integers(0, 2**63),
    transaction_set_hash=_HASHES,
    result_set_hash=_HASHES,
    state_hash=_HASHES,
    total_coins=st.integers(0, 2**63 - 1),
    fee_pool=st.integers(0, 2**63 - 1),
    id_pool=st.integers(0, 2**64 - 1),
    max_operations=st.integers(0, 2**32 - 1),
    skips=st.tuples(_HASHES, _HASHES, _HASHES, _HASHES),
    base_fee=st.just(100),
    base_reserve=st.just(5_000_000),
    protocol=st.just(27),
)


@PATIENT
@given(_HEADERS)
def test_a_header_packs_as_the_sdk_does_and_reads_back(header: Header) -> None:
    packed = header.pack()
    assert xdr.LedgerHeader.from_xdr_bytes(packed).to_xdr_bytes() == packed
    assert read_header(packed) == header


def test_the_skip_list_points_back_in_growing_steps() -> None:
    skips = (bytes(32),) * 4
    seen = {}
    for sequence in range(50, 600_000, 50):
        skips = next_skips(skips, sequence, sequence.to_bytes(32))
        seen[sequence] = [int.from_bytes(one) for one in skips]
    assert seen[5_000] == [5_000, 0, 0, 0]
    assert seen[5_050] == [5_050, 5_000, 0, 0]
    assert seen[55_000] == [55_000, 50_000, 0, 0]
    assert seen[55_050] == [55_050, 55_000, 50_000, 0]
    assert seen[555_050] == [555_050, 555_000, 550_000, 500_000]
    assert next_skips(skips, 600_001, b"x" * 32) == skips


def test_the_result_hash_is_that_of_the_xdr_set() -> None:
    result = xdr.TransactionResult(
        xdr.Int64(100),
        xdr.TransactionResultResult(xdr.TransactionResultCode.txBAD_SEQ),
        xdr.TransactionResultExt(0),
    )
    pair = xdr.TransactionResultPair(xdr.Hash(b"h" * 32), result)
    packed = xdr.TransactionResultSet([pair, pair]).to_xdr_bytes()
    pairs = [(b"h" * 32, result.to_xdr_bytes())] * 2
    assert hash_results(pairs) == sha256(packed).digest()


def test_an_empty_transaction_set_is_valid_xdr() -> None:
    packed = pack_transaction_set(bytes(32), [], 100)
    decoded = xdr.GeneralizedTransactionSet.from_xdr_bytes(packed)
    assert decoded.to_xdr_bytes() == packed
    assert decoded.v1_tx_set is not None
    assert len(decoded.v1_tx_set.phases) == 2
