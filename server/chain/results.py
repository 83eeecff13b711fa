"""What became of a transaction, read from the raw bytes of its result.

A fee-bump's result hides the inner one; it is unwrapped, so that codes are always the payment's own
(`tx_fee_bump_inner_failed` says nothing). Names of codes are Horizon's.
"""

from msgspec import Struct

from server.chain.xdr import Reader

_FEE_BUMP_SUCCESS, _FEE_BUMP_FAILED = 1, -13
_SUCCESS, _FAILED = 0, -1


def _downwards(first: int, names: str) -> dict[int, str]:
    """The protocol numbers its codes down from `first`."""
    return {first - n: name for n, name in enumerate(names.split())}


_TRANSACTION_CODES = _downwards(
    0,
    """tx_success tx_failed tx_too_early tx_too_late tx_missing_operation tx_bad_seq tx_bad_auth
    tx_insufficient_balance tx_no_source_account tx_insufficient_fee tx_bad_auth_extra
    tx_internal_error tx_not_supported tx_fee_bump_inner_failed tx_bad_sponsorship
    tx_bad_min_seq_age_or_gap tx_malformed tx_soroban_invalid tx_frozen_key_accessed""",
)
_BEFORE_THE_OPERATION = _downwards(
    -1,
    """op_bad_auth op_no_source_account op_not_supported op_too_many_subentries
    op_exceeded_work_limit op_too_many_sponsoring""",
)
_CREATE_ACCOUNT, _PAYMENT, _CHANGE_TRUST, _BEGIN_SPONSORING, _END_SPONSORING = 0, 1, 6, 16, 17
_OPERATION_CODES = {
    _PAYMENT: _downwards(
        0,
        """op_success op_malformed op_underfunded op_src_no_trust op_src_not_authorized
        op_no_destination op_no_trust op_not_authorized op_line_full op_no_issuer""",
    ),
    _CREATE_ACCOUNT: _downwards(
        0, "op_success op_malformed op_underfunded op_low_reserve op_already_exists"
    ),
    _CHANGE_TRUST: _downwards(
        0,
        """op_success op_malformed op_no_issuer op_invalid_limit op_low_reserve
        op_self_not_allowed op_trust_line_missing op_cannot_delete
        op_not_auth_maintain_liabilities""",
    ),
    _BEGIN_SPONSORING: _downwards(0, "op_success op_malformed op_already_sponsored op_recursive"),
    _END_SPONSORING: _downwards(0, "op_success op_not_sponsored"),
}


class Result(Struct, frozen=True):
    """`fee` in stroops is what the outer transaction was charged, or, for
    `tx_insufficient_fee`, what it would have needed. `inner_hash` is a fee-bump's only.
    `operations` are empty unless the operations were tried."""

    fee: int
    code: str
    operations: tuple[str, ...] = ()
    inner_hash: bytes | None = None

    @property
    def success(self) -> bool:
        return self.code == "tx_success"


def read_result(raw: bytes) -> Result:
    """Raises `Unreadable` when the bytes end early."""
    reader = Reader(raw)
    fee, code = reader.int64(), reader.int32()
    if code not in {_FEE_BUMP_SUCCESS, _FEE_BUMP_FAILED}:
        return Result(fee, _code(code), _operations(reader, code))
    inner_hash = reader.take(32)
    reader.int64()
    inner = reader.int32()
    return Result(fee, _code(inner), _operations(reader, inner), inner_hash)


def _code(code: int) -> str:
    return _TRANSACTION_CODES.get(code, "tx_unknown")


def _operations(reader: Reader, code: int) -> tuple[str, ...]:
    """The codes of a failed transaction, up to the first operation that this server never sends
    (the length of its result is not known here); those of a successful one are all the same."""
    if code != _FAILED:
        return ()
    codes: list[str] = []
    for _ in range(reader.uint32()):
        if before := reader.int32():
            codes.append(_BEFORE_THE_OPERATION.get(before, "op_unknown"))
            continue
        names = _OPERATION_CODES.get(reader.uint32())
        if names is None:
            break
        codes.append(names.get(reader.int32(), "op_unknown"))
    return tuple(codes)
