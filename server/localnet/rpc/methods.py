"""The table of methods."""

from collections.abc import Callable
from functools import partial

from msgspec import Raw

from server.localnet.ledger.chain import Chain
from server.localnet.rpc.entries import get_ledger_entries
from server.localnet.rpc.events import get_events
from server.localnet.rpc.fees import get_fee_stats
from server.localnet.rpc.jsonrpc import Method
from server.localnet.rpc.ledgers import get_health, get_latest_ledger, get_ledgers
from server.localnet.rpc.network import get_network, get_version_info
from server.localnet.rpc.simulation import simulate_transaction
from server.localnet.rpc.submission import send_transaction
from server.localnet.rpc.transactions import Transactions


def methods(chain: Chain, friendbot_url: str | None) -> dict[str, Method]:
    transactions = Transactions(chain)
    return {
        "getEvents": partial(get_events, chain),
        "getFeeStats": OnceALedger(chain, get_fee_stats),
        "getHealth": partial(get_health, chain),
        "getLatestLedger": OnceALedger(chain, get_latest_ledger),
        "getLedgerEntries": partial(get_ledger_entries, chain),
        "getLedgers": partial(get_ledgers, chain),
        "getNetwork": partial(get_network, chain, friendbot_url),
        "getTransaction": transactions.get_one,
        "getTransactions": transactions.get_page,
        "getVersionInfo": partial(get_version_info, chain),
        "sendTransaction": partial(send_transaction, chain),
        "simulateTransaction": partial(simulate_transaction, chain),
    }


class OnceALedger:
    """A method whose answer depends on the last ledger only, and is kept until the next."""

    def __init__(self, chain: Chain, tell: Callable[[Chain], bytes]) -> None:
        self._chain = chain
        self._tell = tell
        self._ledger = 0
        self._told = b""

    def __call__(self, _params: Raw) -> bytes:
        latest = self._chain.head.sequence
        if self._ledger != latest:
            self._ledger, self._told = latest, self._tell(self._chain)
        return self._told
