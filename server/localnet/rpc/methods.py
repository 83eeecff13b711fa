"""The table of methods."""

from functools import partial

from server.localnet.ledger.chain import Chain
from server.localnet.rpc.entries import get_ledger_entries
from server.localnet.rpc.events import get_events
from server.localnet.rpc.fees import FeeStats
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
        "getFeeStats": FeeStats(chain).get,
        "getHealth": partial(get_health, chain),
        "getLatestLedger": partial(get_latest_ledger, chain),
        "getLedgerEntries": partial(get_ledger_entries, chain),
        "getLedgers": partial(get_ledgers, chain),
        "getNetwork": partial(get_network, chain, friendbot_url),
        "getTransaction": transactions.get_one,
        "getTransactions": transactions.get_page,
        "getVersionInfo": partial(get_version_info, chain),
        "sendTransaction": partial(send_transaction, chain),
        "simulateTransaction": partial(simulate_transaction, chain),
    }
