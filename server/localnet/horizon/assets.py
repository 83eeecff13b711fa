"""Issued assets: who holds how much of them."""

from collections import Counter
from collections.abc import Iterable

from server.localnet.horizon.accounts import flags
from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import invalid_field
from server.localnet.horizon.query import PageQuery
from server.localnet.horizon.state_pages import page_of
from server.localnet.horizon.values import Json, address, amount, asset_fields, asset_type
from server.localnet.ledger.assets import Asset
from server.localnet.ledger.entries import ClaimableBalance, TrustLine

_STANDINGS = ("authorized", "authorized_to_maintain_liabilities", "unauthorized")


async def assets(call: Call, page: PageQuery) -> list[Json]:
    """In the order of code, issuer and type, which make the paging token."""
    if page.cursor and page.cursor.count("_") < 2:
        raise invalid_field("cursor", "is no paging token of an asset (CODE_ISSUER_type)")
    code, issuer = call.query.text("asset_code"), call.query.account("asset_issuer")
    waiting = _waiting_balances(call)
    found = (
        (_token(asset), asset)
        for asset in {*call.horizon.chain.state.assets(), *waiting}
        if (code is None or asset.code == code.encode())
        and (issuer is None or asset.issuer == issuer)
    )
    chosen = page_of(found, page, page.cursor or None)
    return [_record(call, asset, waiting.get(asset, [])) for asset in chosen]


def _token(asset: Asset) -> str:
    return f"{asset.code.decode()}_{address(asset.issuer)}_{asset_type(asset)}"


def _waiting_balances(call: Call) -> dict[Asset, list[ClaimableBalance]]:
    waiting: dict[Asset, list[ClaimableBalance]] = {}
    for balance in call.horizon.chain.state.claimable_balances():
        if not balance.asset.is_native:
            waiting.setdefault(balance.asset, []).append(balance)
    return waiting


def _record(call: Call, asset: Asset, waiting: list[ClaimableBalance]) -> Json:
    state = call.horizon.chain.state
    issuer = state.account(asset.issuer)
    domain = issuer.home_domain.decode("utf-8", "replace") if issuer is not None else ""
    counts, sums = _holdings(state.holders(asset))
    return {
        "_links": {
            "toml": {"href": f"https://{domain}/.well-known/stellar.toml" if domain else ""}
        },
        **asset_fields(asset),
        "paging_token": _token(asset),
        "num_claimable_balances": len(waiting),
        "num_liquidity_pools": 0,
        "num_contracts": 0,
        "accounts": {standing: counts[standing] for standing in _STANDINGS},
        "claimable_balances_amount": amount(sum(balance.amount for balance in waiting)),
        "liquidity_pools_amount": amount(0),
        "contracts_amount": amount(0),
        "balances": {standing: amount(sums[standing]) for standing in _STANDINGS},
        "flags": flags(issuer.flags if issuer is not None else 0),
    }


def _holdings(lines: Iterable[TrustLine]) -> tuple[Counter[str], Counter[str]]:
    """How many hold it, and how much of it, by what they may do with it."""
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for line in lines:
        standing = _STANDINGS[0 if line.is_authorized else 1]
        if not line.may_maintain_liabilities:
            standing = _STANDINGS[2]
        counts[standing] += 1
        sums[standing] += line.balance
    return counts, sums
