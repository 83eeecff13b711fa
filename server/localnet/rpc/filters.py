"""The filters of getEvents: by type, contract and topics; one that matches is enough."""

from collections.abc import Callable

from stellar_sdk import StrKey, xdr

from server.localnet.ledger.events import Event
from server.localnet.rpc.codec import parse_base64, parse_xdr
from server.localnet.rpc.jsonrpc import INVALID_PARAMS, RpcError
from server.localnet.rpc.params import Params

_FILTERS_MAX = 5
_CONTRACTS_MAX = 5
_TOPICS_MAX = 5
_SEGMENTS_MAX = 4
_TYPES = {"", "system", "contract"}

Matcher = Callable[[Event], bool]
_Segments = list[bytes | None]  # None stands for any one segment


class Filter(Params):
    """`type` is a comma list; a topic is a list of base64 ScVal, `*`, and `**` at its end."""

    type: str | None = ""
    contract_ids: list[str] | None = None
    topics: list[list[str]] | None = None


def matcher(filters: list[Filter]) -> Matcher:
    """Raises RpcError naming the filter that is wrong."""
    if len(filters) > _FILTERS_MAX:
        raise RpcError(INVALID_PARAMS, f"maximum {_FILTERS_MAX} filters per request")
    matchers = [_parse(one, number) for number, one in enumerate(filters, 1)]
    return lambda event: not matchers or any(matches(event) for matches in matchers)


def _parse(one: Filter, number: int) -> Matcher:
    try:
        wants_contract_events = _parse_type(one.type or "")
        contracts = _parse_contracts(one.contract_ids or [])
        topics = _parse_topics(one.topics or [])
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, f"filter {number} invalid: {error}") from error

    def matches(event: Event) -> bool:
        return (
            wants_contract_events
            and (not contracts or event.contract in contracts)
            and (not topics or any(_match(topic, event.topics) for topic in topics))
        )

    return matches


def _parse_type(joined: str) -> bool:
    """Whether contract events are wanted: there are no others here."""
    types = joined.split(",")
    if not _TYPES.issuperset(types):
        raise ValueError("filter type invalid: if set, type must be either 'system' or 'contract'")
    return types != ["system"]


def _parse_contracts(ids: list[str]) -> set[bytes]:
    if len(ids) > _CONTRACTS_MAX:
        raise ValueError(f"maximum {_CONTRACTS_MAX} contract IDs per filter")
    for number, contract in enumerate(ids, 1):
        if not StrKey.is_valid_contract(contract):
            raise ValueError(f"contract ID {number} invalid")
    return {StrKey.decode_contract(contract) for contract in ids}


def _parse_topics(topics: list[list[str]]) -> list[_Segments]:
    if len(topics) > _TOPICS_MAX:
        raise ValueError(f"maximum {_TOPICS_MAX} topics per filter")
    return [_parse_topic(topic, number) for number, topic in enumerate(topics, 1)]


def _parse_topic(topic: list[str], number: int) -> _Segments:
    """A trailing `**` stays in it as an empty segment, which no ScVal is."""
    if not topic:
        raise ValueError(f"topic {number} invalid: topic must have at least 1 segment")
    open_ended = topic[-1] == "**"
    fixed = topic[:-1] if open_ended else topic
    if len(fixed) > _SEGMENTS_MAX:
        raise ValueError(
            f"topic {number} invalid: topic cannot have more than {_SEGMENTS_MAX} segments"
        )
    segments = [_parse_segment(text, number, place) for place, text in enumerate(fixed, 1)]
    return [*segments, _REST] if open_ended else segments


def _parse_segment(text: str, topic: int, place: int) -> bytes | None:
    if text == "*":
        return None
    at = f"topic {topic} invalid: segment {place} invalid:"
    if text == "**":
        raise ValueError(f"{at} wildcard '**' is only allowed as the last segment")
    try:
        packed = parse_base64(text)
        parse_xdr(xdr.SCVal, packed)
    except ValueError as error:
        raise ValueError(f"{at} neither a wildcard nor a base64 ScVal ({error})") from error
    return packed


def _match(segments: _Segments, topics: tuple[bytes, ...]) -> bool:
    fixed = segments
    if segments[-1] == _REST:
        fixed = segments[:-1]
        topics = topics[: len(fixed)]
    return len(topics) == len(fixed) and all(
        wanted is None or wanted == topic for wanted, topic in zip(fixed, topics, strict=True)
    )


_REST = b""
