"""Checks any Horizon or RPC answer against the published field lists in `data/`.

A record passes when it has each required field, no field that the list does not name, and each
value in the drawn type, format and range. A failure names the path of the field.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
HORIZON: dict[str, Any] = json.loads((DATA / "horizon-fields.json").read_text())
RPC: dict[str, Any] = json.loads((DATA / "rpc-fields.json").read_text())
RESULT_CODES: dict[str, Any] = json.loads((DATA / "result-codes.json").read_text())
_RECORDS: dict[str, Any] = json.loads((DATA / "effects-operations.json").read_text())
OPERATIONS: dict[str, Any] = _RECORDS["operations"]
EFFECTS: dict[str, Any] = _RECORDS["effects"]

Spec = Mapping[str, Any]
_TYPES: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "number": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 2**8 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
_TIME = re.compile(r"\+?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _is_base64(text: str) -> bool:
    return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "decimal7": re.compile(r"-?\d+\.\d{7}").fullmatch,
    "date-time": _TIME.fullmatch,
    "date-time; year above 9999 gets a + sign": _TIME.fullmatch,
    "RFC3339 UTC": _TIME.fullmatch,
    "base64": _is_base64,
    "base64 ScVal": _is_base64,
    "float": re.compile(r"\d+(\.\d+)?").fullmatch,
    "%019d-%010d": re.compile(r"\d{19}-\d{10}").fullmatch,
    "hex XDR ClaimableBalanceID": re.compile(r"0{8}[0-9a-f]{64}").fullmatch,
    "native | CODE:ISSUER": re.compile(r"native|[A-Za-z0-9]{1,12}:G[A-Z2-7]{55}").fullmatch,
    "int64 seconds": re.compile(r"-?\d+").fullmatch,
    "int64 seconds; together with abs_before": re.compile(r"-?\d+").fullmatch,
    "int64 epoch milliseconds": re.compile(r"\d+").fullmatch,
}


class FieldError(AssertionError):
    """A record differs from the published fields."""


class Checker:
    """Walks a value along a field list whose `ref` names are looked up in `schemas`."""

    def __init__(self, schemas: Mapping[str, Spec]) -> None:
        self._schemas = schemas

    def check(self, spec: Spec, value: Any, at: str) -> None:
        if value is None:
            if not spec.get("nullable"):
                raise FieldError(f"{at}: null")
            return
        if "ref" in spec:
            self._check_ref(spec["ref"], value, at)
            return
        kind = spec.get("type", "any" if "fields" not in spec else "object")
        if kind == "any":
            return
        expected = _TYPES[kind]
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            raise FieldError(f"{at}: {value!r} is not a {kind}")
        if expected is dict:
            self._check_object(spec, value, at)
        elif expected is list:
            self._check_list(spec, value, at)
        else:
            _check_scalar(spec, value, at)

    def _check_ref(self, name: str, value: Any, at: str) -> None:
        name = name.removeprefix("horizon-fields.json ")
        if name == "Operation":
            check_operation(value, at)
        elif name == "Effect":
            check_effect(value, at)
        else:
            self.check(self._schemas[name], value, at)
            _VARIANTS.get(name, _no_variant)(value, at)

    def _check_object(self, spec: Spec, value: dict[str, Any], at: str) -> None:
        if "values" in spec:
            for key, item in value.items():
                self.check(spec["values"], item, f"{at}.{key}")
            return
        fields = spec.get("fields")
        if fields is None:
            return
        for name in value.keys() - fields.keys():
            raise FieldError(f"{at}.{name}: not a published field")
        for name, field in fields.items():
            if name in value:
                self.check(field, value[name], f"{at}.{name}")
            elif field.get("required"):
                raise FieldError(f"{at}.{name}: missing")
        if "one_key_of" in spec and sum(key in value for key in spec["one_key_of"]) != 1:
            raise FieldError(f"{at}: not one of {spec['one_key_of']}")

    def _check_list(self, spec: Spec, value: list[Any], at: str) -> None:
        if "length" in spec and len(value) != spec["length"]:
            raise FieldError(f"{at}: {len(value)} items, not {spec['length']}")
        for index, item in enumerate(value):
            self.check(spec.get("items", {}), item, f"{at}[{index}]")


def _check_scalar(spec: Spec, value: Any, at: str) -> None:
    allowed = [*spec.get("enum", [value]), spec.get("other"), spec.get("pool_share")]
    if value not in allowed:
        raise FieldError(f"{at}: {value!r} is not one of {allowed}")
    if "const" in spec and value != spec["const"]:
        raise FieldError(f"{at}: {value!r} is not {spec['const']!r}")
    drawn = spec.get("format", "")
    if drawn in _RANGES:
        low, high = _RANGES[drawn]
        if isinstance(value, str) and not re.fullmatch(r"-?\d+", value):
            raise FieldError(f"{at}: {value!r} is not a decimal {drawn}")
        if not low <= int(value) <= high:
            raise FieldError(f"{at}: {value!r} is outside {drawn}")
    elif drawn in _FORMATS and not _FORMATS[drawn](value):
        raise FieldError(f"{at}: {value!r} is not {drawn}")


def _no_variant(value: dict[str, Any], at: str) -> None:
    """Most records have one shape only."""


def _check_balance_variant(value: dict[str, Any], at: str) -> None:
    variants = HORIZON["schemas"]["Balance"]["variants"]
    names = next(v for k, v in variants.items() if value["asset_type"] in k.split("|"))
    required = {name for name in names if not name.startswith("+")}
    optional = {name[1:] for name in names if name.startswith("+")}
    if not required <= value.keys() or not value.keys() <= required | optional:
        raise FieldError(f"{at}: {sorted(value)} is not the {value['asset_type']} balance")


def _check_asset_variant(value: dict[str, Any], at: str) -> None:
    named = {"asset_code", "asset_issuer"} & value.keys()
    if (value["asset_type"] == "native") != (not named) or len(named) == 1:
        raise FieldError(f"{at}: {value} mixes native and issued")


def _check_transaction_variant(value: dict[str, Any], at: str) -> None:
    if ("memo" in value) != (value["memo_type"] != "none"):
        raise FieldError(f"{at}.memo: does not fit memo_type {value['memo_type']}")
    if ("memo_bytes" in value) != (value["memo_type"] == "text"):
        raise FieldError(f"{at}.memo_bytes: does not fit memo_type {value['memo_type']}")
    if ("fee_bump_transaction" in value) != ("inner_transaction" in value):
        raise FieldError(f"{at}: one half of a fee-bump")


_VARIANTS: Mapping[str, Callable[[dict[str, Any], str], None]] = {
    "Balance": _check_balance_variant,
    "Asset": _check_asset_variant,
    "Transaction": _check_transaction_variant,
}

_HORIZON = Checker(HORIZON["schemas"])
_TYPED = Checker(
    HORIZON["schemas"]
    | _RECORDS["types"]
    | {
        "ClaimPredicate": HORIZON["schemas"]["ClaimPredicate"],
    }
)
_RPC = Checker(RPC["types"])


def _check_typed(table: Mapping[str, Any], value: dict[str, Any], at: str) -> None:
    kind = value.get("type")
    if kind not in table["types"]:
        raise FieldError(f"{at}.type: {kind!r} is unknown")
    drawn = table["types"][kind]
    if value.get("type_i") != drawn["type_i"]:
        raise FieldError(f"{at}.type_i: {value.get('type_i')!r} is not that of {kind}")
    _TYPED.check({"fields": {**table["base"]["fields"], **drawn["fields"]}}, value, at)


def check_operation(value: dict[str, Any], at: str = "operation") -> None:
    _check_typed(OPERATIONS, value, at)


def check_effect(value: dict[str, Any], at: str = "effect") -> None:
    _check_typed(EFFECTS, value, at)


def check_record(schema: str, value: Any) -> None:
    """A single Horizon record against one entry of `schemas` (also Operation and Effect)."""
    _HORIZON.check({"ref": schema}, value, schema)


def check_page(schema: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """A Horizon page of `schema`; gives back its records."""
    _check_envelope(HORIZON["schemas"]["Page"], body)
    return _check_embedded(schema, body)


def _check_envelope(spec: Spec, body: dict[str, Any]) -> None:
    if body.keys() != spec["fields"].keys():
        raise FieldError(f"page: {sorted(body)} is not {sorted(spec['fields'])}")
    if "_links" in spec["fields"]:
        _HORIZON.check({"ref": "PageLinks"}, body["_links"], "page._links")


def _check_embedded(schema: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    if body["_embedded"].keys() != {"records"}:
        raise FieldError(f"page._embedded: {sorted(body['_embedded'])}")
    records: list[dict[str, Any]] = body["_embedded"]["records"]
    for record in records:
        check_record(schema, record)
    return records


def check_problem(body: dict[str, Any], status: int, names: list[str] | None = None) -> str:
    """A problem document; gives back its short name, which must be one of `names` when given."""
    _HORIZON.check({"ref": "Problem"}, body, "problem")
    known = HORIZON["problem_types"]
    name = body["type"].removeprefix(known["type_prefix"])
    if name not in known["types"]:
        raise FieldError(f"problem.type: {body['type']!r} is unknown")
    drawn = known["types"][name]
    if (body["status"], body["title"], status) != (drawn["status"], drawn["title"], body["status"]):
        raise FieldError(f"problem: {body} under {status} is not the published {name}")
    if body.get("extras") == {}:
        raise FieldError("problem.extras: empty instead of left out")
    _HORIZON.check({"fields": drawn.get("extras", {})}, body.get("extras", {}), "problem.extras")
    if names is not None and name not in names:
        raise FieldError(f"problem.type: {name} is not one of {names}")
    return name


def check_horizon(endpoint: str, status: int, body: Any) -> None:
    """An answer of `endpoint` ("GET /accounts/{account_id}") against its published responses."""
    responses = HORIZON["endpoints"][endpoint]["responses"]
    drawn = responses.get(str(status))
    if drawn is None:
        common = HORIZON["conventions"]["common_errors"].get(str(status))
        if common is None:
            raise FieldError(f"{endpoint}: status {status} is not published")
        check_problem(body, status, [common])
        return
    _check_drawn(drawn, status, body)


def _check_drawn(drawn: Spec, status: int, body: Any) -> None:
    if "one_of" in drawn:
        problem = "type" in body
        _check_drawn(next(d for d in drawn["one_of"] if ("problem" in d) == problem), status, body)
    elif "problem" in drawn:
        check_problem(body, status, drawn["problem"])
    elif "page_of" in drawn:
        check_page(drawn["page_of"], body)
    elif "embedded_records_of" in drawn:
        _check_envelope(HORIZON["schemas"]["EmbeddedRecords"], body)
        _check_embedded(drawn["embedded_records_of"], body)
    else:
        check_record(drawn["ref"], body)
        if "tx_status" in drawn and body["tx_status"] != drawn["tx_status"]:
            raise FieldError(f"tx_status {body['tx_status']} under {status}")


def check_friendbot(status: int, body: dict[str, Any]) -> None:
    """An answer of friendbot: `{successful, hash, envelope_xdr}` or a problem of its own prefix."""
    drawn = HORIZON["friendbot"]
    if status == 200:
        _HORIZON.check({"fields": drawn["responses"]["200"]}, body, "friendbot")
        return
    if not body["type"].startswith(drawn["type_prefix"]):
        raise FieldError(f"friendbot: {body['type']}")
    prefix = HORIZON["problem_types"]["type_prefix"]
    name = body["type"].removeprefix(drawn["type_prefix"])
    check_problem({**body, "type": prefix + name}, status)


def check_rpc(method: str, result: dict[str, Any]) -> None:
    """The `result` member of a JSON-RPC reply to `method`."""
    drawn = RPC["methods"][method]
    fields = dict(drawn["result"])
    _RPC.check({"fields": fields}, result, method)
    if result.get("status") == "NOT_FOUND":
        for name in drawn["when_NOT_FOUND"]["absent"]:
            if name in result:
                raise FieldError(f"{method}.{name}: present though not found")
        for name, zero in drawn["when_NOT_FOUND"]["zero_values"].items():
            if result[name] != zero:
                raise FieldError(f"{method}.{name}: {result[name]!r} though not found")


def check_rpc_reply(method: str, reply: dict[str, Any]) -> dict[str, Any]:
    """A whole JSON-RPC reply, result or error; gives back that member."""
    if reply.keys() not in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"}):
        raise FieldError(f"{method}: {sorted(reply)} is not a JSON-RPC reply")
    if reply["jsonrpc"] != "2.0":
        raise FieldError(f"{method}: jsonrpc {reply['jsonrpc']!r}")
    if "result" in reply:
        check_rpc(method, reply["result"])
        result: dict[str, Any] = reply["result"]
        return result
    return check_rpc_error(method, reply["error"])


def check_rpc_error(method: str, error: dict[str, Any]) -> dict[str, Any]:
    """The `error` member; its code must be one that `method` or every method may give."""
    _RPC.check({"fields": RPC["error_object"]}, error, f"{method}.error")
    own = RPC["methods"].get(method, {}).get("error_codes", [])
    if error["code"] not in [*RPC["all_methods_error_codes"], *own]:
        raise FieldError(f"{method}.error: code {error['code']} is not published")
    return error
