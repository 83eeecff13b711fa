"""The head of somebody's envelope: who sent it, who pays its fee, under which memo."""

from core.links import account_address
from server.chain.xdr import Reader
from server.usecases.network import Head, Unreadable

_V0, _V1, _FEE_BUMP = 0, 2, 5


def read_head(raw: bytes) -> Head:
    """Raises `Unreadable`."""
    reader = Reader(raw)
    kind, fee_source = reader.uint32(), None
    if kind == _FEE_BUMP:
        fee_source = account_address(reader.muxed_account())
        reader.take(8)
        kind = reader.uint32()
    if kind not in {_V0, _V1}:
        raise Unreadable(f"an envelope of the unknown type {kind}")
    source = account_address(reader.take(32) if kind == _V0 else reader.muxed_account())
    reader.take(12)
    _skip_conditions(reader)
    memo_type, memo = _read_memo(reader)
    return Head(source, fee_source or source, memo_type, memo)


def _skip_conditions(reader: Reader) -> None:
    kind = reader.uint32()
    if kind == 1:
        reader.take(16)
    elif kind == 2:
        reader.maybe(lambda: reader.take(16))
        reader.maybe(lambda: reader.take(8))
        reader.maybe(lambda: reader.take(8))
        reader.take(12)
        reader.each(lambda: _skip_signer(reader))
    elif kind != 0:
        raise Unreadable(f"preconditions of the unknown type {kind}")


def _skip_signer(reader: Reader) -> None:
    kind = reader.uint32()
    reader.take(32)
    if kind == 3:
        reader.opaque()


def _read_memo(reader: Reader) -> tuple[str | None, str | None]:
    match reader.uint32():
        case 0:
            return None, None
        case 1:
            text = reader.opaque().decode("utf-8", "replace")
            return "text", text.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL
        case 2:
            return "id", str(reader.uint64())
        case 3:
            return "hash", reader.take(32).hex()
        case 4:
            return "return", reader.take(32).hex()
        case kind:
            raise Unreadable(f"a memo of the unknown type {kind}")
