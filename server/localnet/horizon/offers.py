"""Offers that stand in the order books."""

from collections.abc import Iterable

from server.localnet.horizon.endpoints import Call
from server.localnet.horizon.problems import invalid_field, not_found
from server.localnet.horizon.query import PageQuery, Query, parse_integer
from server.localnet.horizon.state_pages import page_of
from server.localnet.horizon.values import (
    Json,
    address,
    amount,
    asset_fields,
    price,
    price_fraction,
)
from server.localnet.ledger.assets import Asset
from server.localnet.ledger.entries import Offer
from server.localnet.ledger.state import State


async def offer(call: Call) -> Json:
    wanted = call.query.required_integer("offer_id")
    found = next((o for o in _all(call.horizon.chain.state) if o.id == wanted), None)
    if found is None:
        raise not_found()
    return offer_record(call, found)


async def offers(call: Call, page: PageQuery) -> list[Json]:
    """Filtered by seller, sold and bought asset, and sponsor, all of them optional."""
    query, state = call.query, call.horizon.chain.state
    seller, sponsor = query.account("seller"), query.account("sponsor")
    selling, buying = _asset(query, "selling"), _asset(query, "buying")
    if seller is not None:
        found = _of_account(state, seller)
    elif selling is not None and buying is not None:
        found = state.book(selling, buying)
    else:
        found = _all(state)
    matching = (
        offer
        for offer in found
        if (sponsor is None or offer.sponsor == sponsor)
        and (selling is None or offer.selling == selling)
        and (buying is None or offer.buying == buying)
    )
    return _page(call, page, matching)


async def account_offers(call: Call, page: PageQuery) -> list[Json]:
    account = call.query.required_account("account_id")
    return _page(call, page, _of_account(call.horizon.chain.state, account))


def _asset(query: Query, side: str) -> Asset | None:
    """Written as one canonical value, or as type, code and issuer."""
    canonical, spelled = query.canonical_asset(side), query.asset(f"{side}_")
    if canonical is not None and spelled is not None:
        raise invalid_field(side, f"give either {side} or {side}_asset_type")
    return canonical if canonical is not None else spelled


def _all(state: State) -> Iterable[Offer]:
    return (offer for selling, buying in state.pairs() for offer in state.book(selling, buying))


def _of_account(state: State, account: bytes) -> Iterable[Offer]:
    return (entry for entry in state.owned(account) if isinstance(entry, Offer))


def _page(call: Call, page: PageQuery, found: Iterable[Offer]) -> list[Json]:
    after = parse_integer("cursor", page.cursor) if page.cursor else None
    chosen = page_of(((offer.id, offer) for offer in found), page, after)
    return [offer_record(call, offer) for offer in chosen]


def offer_record(call: Call, offer: Offer) -> Json:
    n, d = offer.price
    seller = address(offer.seller)
    record: Json = {
        "_links": {
            "self": {"href": f"{call.base}/offers/{offer.id}"},
            "offer_maker": {"href": f"{call.base}/accounts/{seller}"},
        },
        "id": str(offer.id),
        "paging_token": str(offer.id),
        "seller": seller,
        "selling": asset_fields(offer.selling),
        "buying": asset_fields(offer.buying),
        "amount": amount(offer.amount),
        "price_r": price_fraction(n, d),
        "price": price(n, d),
        "last_modified_ledger": offer.modified,
        "last_modified_time": call.modified_at(offer.modified),
    }
    if offer.sponsor is not None:
        record["sponsor"] = address(offer.sponsor)
    return record
