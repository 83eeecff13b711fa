"""A node of the network, asked by RPC, Horizon and friendbot (`server.usecases.network.Node`)."""

import base64
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Collection, Sequence
from typing import Literal

from msgspec import Struct

from core.errors import Unavailable
from core.links import account_address
from core.money import NATIVE
from server.chain.client import Client, Result, RpcRefused, Unanswered, Unsent
from server.chain.entries import AccountEntry, TrustlineEntry, read_entry_data
from server.chain.landed import LandedTransaction
from server.chain.ledger_keys import account_entry_key, trustline_entry_key
from server.chain.prices import order_book_price
from server.chain.results import read_result
from server.chain.xdr import Reader
from server.usecases.network import (
    AccountState,
    Answer,
    Ledger,
    Sighting,
    Snapshot,
    Tip,
    Unreadable,
)

READ_SECONDS = 5.0
PAGE_SECONDS = 20.0
SEND_SECONDS = 10.0
FUND_SECONDS = 40.0
PAGE = 200
PAGES_MAX = 1_000
KEYS_MAX = 200
LEDGERS_MAX = 200

_INVALID_PARAMETERS = -32602


class Urls(Struct, frozen=True):
    """Without slashes at the end; a public network has no friendbot."""

    rpc: str
    horizon: str
    friendbot: str | None


class _Network(Struct, rename="camel"):
    passphrase: str


class _Health(Struct, rename="camel"):
    latest_ledger: int
    latest_ledger_close_time: int
    oldest_ledger: int


class _Transaction(Struct, rename="camel"):
    tx_hash: str
    ledger: int
    created_at: int
    result_xdr: str
    envelope_xdr: str
    result_meta_xdr: str


class _Page(Struct, rename="camel"):
    transactions: list[_Transaction]
    latest_ledger: int
    latest_ledger_close_timestamp: int
    cursor: str


class _Closed(Struct, rename="camel"):
    sequence: int
    ledger_close_time: int


class _Ledgers(Struct):
    ledgers: list[_Closed]


class _Sent(Struct, rename="camel"):
    status: str
    error_result_xdr: str | None = None


class _Sight(Struct, rename="camel"):
    status: str
    oldest_ledger: int
    latest_ledger: int


class _Entry(Struct):
    xdr: str


class _Entries(Struct, rename="camel"):
    entries: list[_Entry]
    latest_ledger: int


class _Fees(Struct):
    p90: int


class _FeeStats(Struct, rename="camel"):
    inclusion_fee: _Fees


class RemoteNode:
    def __init__(self, client: Client, urls: Urls) -> None:
        self._client = client
        self._urls = urls

    async def passphrase(self) -> str:
        return (await self._read("getNetwork", {}, _Network)).passphrase

    async def tip(self) -> Tip:
        health = await self._read("getHealth", {}, _Health)
        close_ms = health.latest_ledger_close_time * 1000
        return Tip(health.latest_ledger, close_ms, health.oldest_ledger)

    async def sight(self, transaction_hash: bytes) -> Sighting:
        seen = await self._read("getTransaction", {"hash": transaction_hash.hex()}, _Sight)
        return Sighting(seen.status != "NOT_FOUND", seen.oldest_ledger, seen.latest_ledger)

    async def rate(self) -> int:
        return (await self._read("getFeeStats", {}, _FeeStats)).inclusion_fee.p90

    async def accounts(self, addresses: Collection[str], assets: Collection[str]) -> Snapshot:
        """One question, so that all of it is as of one ledger."""
        keys = [account_entry_key(address) for address in addresses]
        credit = [asset for asset in assets if asset != NATIVE]
        keys += [trustline_entry_key(address, asset) for address in addresses for asset in credit]
        if len(keys) > KEYS_MAX:
            raise ValueError(f"at most {KEYS_MAX} entries in one question")
        return await _reading(self._read_snapshot(keys))

    async def _read_snapshot(self, keys: list[str]) -> Snapshot:
        return _snapshot(await self._read("getLedgerEntries", {"keys": keys}, _Entries))

    async def price(self, asset: str) -> int | None:
        return await _reading(order_book_price(self._client, self._urls.horizon, asset))

    async def _read(self, method: str, parameters: object, wanted: type[Result]) -> Result:
        call = self._client.rpc(self._urls.rpc, method, parameters, wanted, seconds=READ_SECONDS)
        return await _reading(call)

    # sending

    async def send(self, envelope: bytes) -> Answer:
        parameters = {"transaction": base64.b64encode(envelope).decode()}
        try:
            sent = await self._client.rpc(
                self._urls.rpc, "sendTransaction", parameters, _Sent, seconds=SEND_SECONDS
            )
        except Unsent:
            return Answer("unsent")
        except Unanswered as silence:
            return Answer("unknown", retry_after_ms=silence.retry_after_ms)
        except RpcRefused as refusal:
            malformed = refusal.code == _INVALID_PARAMETERS
            return Answer("refused", "tx_malformed") if malformed else Answer("unknown")
        return _answer(sent)

    async def fund(self, address: str) -> Literal["funded", "refused", "unknown"]:
        if self._urls.friendbot is None:
            return "refused"
        try:
            reply = await self._client.get(self._urls.friendbot, FUND_SECONDS, addr=address)
        except (Unsent, Unanswered):
            return "unknown"
        return "funded" if reply.status == 200 else "refused"

    # following

    async def ledgers(self, first: int) -> Sequence[Ledger]:
        return await _reading(self._complete_ledgers(first))

    async def _complete_ledgers(self, first: int) -> list[Ledger]:
        """Of a full page the last ledger may go on in the next one; of a short page all ledgers
        up to the node's newest are complete, the empty ones too."""
        found: defaultdict[int, list[_Transaction]] = defaultdict(list)
        async for page in self._pages(first):
            for transaction in page.transactions:
                found[transaction.ledger].append(transaction)
            if len(page.transactions) < PAGE:
                last = min(page.latest_ledger, first + LEDGERS_MAX - 1)
                closed = {page.latest_ledger: page.latest_ledger_close_timestamp * 1000}
                return await self._timed(range(first, last + 1), found, closed)
            if (last := max(found)) > first:
                return await self._timed(range(first, min(last, first + LEDGERS_MAX)), found, {})
        raise Unanswered("the pages of a ledger end nowhere")

    async def _timed(
        self, sequences: range, found: dict[int, list[_Transaction]], closed: dict[int, int]
    ) -> list[Ledger]:
        """A transaction tells when its ledger closed; of empty ones the node is asked."""
        closed |= {n: found[n][0].created_at * 1000 for n in sequences if found.get(n)}
        if any(n not in closed for n in sequences):
            closed = dict(zip(sequences, await self._closes(sequences), strict=True))
        return [Ledger(n, closed[n], _landed(found.get(n, []))) for n in sequences]

    async def close_times(self, first: int, count: int) -> list[int]:
        return await _reading(self._closes(range(first, first + count)))

    async def _closes(self, sequences: range) -> list[int]:
        asked = {"startLedger": sequences[0], "pagination": {"limit": len(sequences)}}
        told = await self._client.rpc(
            self._urls.rpc, "getLedgers", asked, _Ledgers, seconds=PAGE_SECONDS
        )
        if [one.sequence for one in told.ledgers] != [*sequences]:
            raise Unanswered("getLedgers: not the ledgers that were asked for")
        return [one.ledger_close_time * 1000 for one in told.ledgers]

    async def _pages(self, first: int) -> AsyncIterator[_Page]:
        asked: dict[str, object] = {"startLedger": first, "pagination": {"limit": PAGE}}
        for _ in range(PAGES_MAX):
            page = await self._client.rpc(
                self._urls.rpc, "getTransactions", asked, _Page, seconds=PAGE_SECONDS
            )
            yield page
            asked = {"pagination": {"limit": PAGE, "cursor": page.cursor}}


async def _reading(question: Awaitable[Result]) -> Result:
    """A read without an answer is all the same to whoever asked."""
    try:
        return await question
    except (Unsent, Unanswered, RpcRefused, Unreadable) as trouble:
        raise Unavailable("network.unavailable") from trouble


def _answer(sent: _Sent) -> Answer:
    match sent.status:
        case "PENDING":
            return Answer("pending")
        case "DUPLICATE":
            return Answer("duplicate")
        case "TRY_AGAIN_LATER":
            return Answer("later")
        case "ERROR" if sent.error_result_xdr:
            return _refusal(base64.b64decode(sent.error_result_xdr))
        case _:
            return Answer("unknown")


def _refusal(raw: bytes) -> Answer:
    try:
        result = read_result(raw)
    except Unreadable:
        return Answer("unknown")
    return Answer("refused", result.code, result.operations, result.fee)


def _landed(transactions: Sequence[_Transaction]) -> list[LandedTransaction]:
    return [
        LandedTransaction(one.tx_hash, one.result_xdr, one.envelope_xdr, one.result_meta_xdr)
        for one in transactions
    ]


def _snapshot(found: _Entries) -> Snapshot:
    sequences: dict[str, int] = {}
    balances: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for entry in found.entries:
        holding = read_entry_data(Reader(base64.b64decode(entry.xdr)))
        if not isinstance(holding, AccountEntry | TrustlineEntry):
            continue
        address = account_address(holding.account)
        balances[address][holding.asset] = holding.balance
        if isinstance(holding, AccountEntry):
            sequences[address] = holding.sequence
    return Snapshot(
        found.latest_ledger,
        {
            address: AccountState(sequence, balances[address])
            for address, sequence in sequences.items()
        },
    )
