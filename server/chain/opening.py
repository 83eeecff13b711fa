"""Opening accounts: sponsored create and trustline for each (CAP-33), in one transaction.

The source gives the sequence; every operation names its own source. Source, sponsor and each new
account sign: an envelope's 20 signatures are enough for 18 accounts opened by a channel, or for 19
opened by the sponsor itself.
"""

from collections.abc import Sequence
from struct import Struct as Layout

from msgspec import Struct

from core.errors import hold
from core.money import MAX_STROOPS
from server.chain.transactions import Body, Source, account_key, pack_asset, transaction_body

ACCOUNTS_MAX = 19

_OPERATION = Layout(">II32sI")  # with a source of its own, an ed25519 key; the type
_ACCOUNT = Layout(">I32s")
_INT64 = Layout(">q")
_CREATE_ACCOUNT, _CHANGE_TRUST, _BEGIN_SPONSORING, _END_SPONSORING = 0, 6, 16, 17


class Opening(Struct, frozen=True):
    """Accounts (addresses) to open with nothing in them; the sponsor keeps their reserves.
    `trusted` are the assets (wire names) that each of them will take. Accounts that somebody has
    made already (`exist`) get their trustlines only."""

    sponsor: str
    accounts: Sequence[str]
    trusted: Sequence[str]
    exist: bool = False

    @property
    def operations(self) -> int:
        return len(self.accounts) * ((2 if self.exist else 3) + len(self.trusted))


def opening_body(network: bytes, source: Source, opening: Opening) -> Body:
    hold(len(opening.accounts) <= ACCOUNTS_MAX, "an envelope has 20 signatures")
    operations = [one for account in opening.accounts for one in _open(opening, account)]
    return transaction_body(network, source, operations)


def _open(opening: Opening, account: str) -> list[bytes]:
    own, sponsor = account_key(account), account_key(opening.sponsor)
    named = _ACCOUNT.pack(0, own)
    create = _operation(sponsor, _CREATE_ACCOUNT, named + _INT64.pack(0))
    return [
        _operation(sponsor, _BEGIN_SPONSORING, named),
        *(() if opening.exist else (create,)),
        *(
            _operation(own, _CHANGE_TRUST, pack_asset(asset) + _INT64.pack(MAX_STROOPS))
            for asset in opening.trusted
        ),
        _operation(own, _END_SPONSORING, b""),
    ]


def _operation(source: bytes, kind: int, rest: bytes) -> bytes:
    return _OPERATION.pack(1, 0, source, kind) + rest
