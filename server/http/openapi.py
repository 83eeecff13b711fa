"""The OpenAPI 3.1 document, made from the route table and the structs: it cannot drift."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct

from core import wire
from server.http.operations import JSON, Operation
from server.http.problems import MEDIA_TYPE

EVERY = ("request.invalid", "request.client_too_old", "server.fault", "server.unavailable")
IN_BODY = ("request.malformed_json", "request.wrong_media", "request.too_large")
PRIVATE = ("auth.required", "auth.session_expired")
IDEMPOTENT = ("idempotency.missing", "idempotency.malformed", "idempotency.conflict")

Json = dict[str, object]


def codes_of(operation: Operation) -> tuple[str, ...]:
    """Every code that this operation can answer with."""
    sorts = [
        (True, EVERY),
        (operation.in_body, IN_BODY),
        (operation.action is not None, ("request.unknown_action",)),
        (not operation.public, PRIVATE),
        (operation.idempotent, IDEMPOTENT),
    ]
    common = [code for applies, codes in sorts if applies for code in codes]
    return tuple(dict.fromkeys([*common, *operation.codes]))


def document(operations: Sequence[Operation], version: str, server: str) -> Json:
    structs: set[type[Struct]] = {wire.Problem}
    structs |= {operation.sends for operation in operations if operation.in_body}
    structs |= {operation.replies for operation in operations if operation.replies}
    ordered = sorted(structs, key=lambda struct: struct.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=_ref("{name}"))
    return {
        "openapi": "3.1.0",
        "info": {"title": "LumenPay", "version": version, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": server}],
        "paths": _paths(operations),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths(operations: Sequence[Operation]) -> Json:
    paths: dict[str, Json] = {}
    for (path, method), group in groupby(operations, lambda row: (row.path, row.method)):
        paths.setdefault(path, {})[method.lower()] = _method(list(group))
    return dict(paths)


def _method(group: list[Operation]) -> Json:
    described: Json = {
        "operationId": "_or_".join(operation.name for operation in group),
        "summary": " · ".join(operation.summary for operation in group),
        "parameters": [*_path_parameters(group[0]), *_headers(group), *_query(group)],
        "responses": _responses(group),
        "x-codes": {operation.name: list(codes_of(operation)) for operation in group},
    }
    if not all(operation.public for operation in group):
        needs: list[Json] = [{"session": []}]
        described["security"] = needs + ([{}] if any(row.public for row in group) else [])
    if group[0].in_body:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": _body(group)}}}
    return described


def _body(group: list[Operation]) -> Json:
    refs = [{"$ref": _ref(operation.sends.__name__)} for operation in group]
    if len(refs) == 1:
        return dict(refs[0])
    mapping = {
        str(operation.action): ref["$ref"] for operation, ref in zip(group, refs, strict=True)
    }
    return {"oneOf": refs, "discriminator": {"propertyName": "action", "mapping": mapping}}


def _query(group: list[Operation]) -> list[Json]:
    """One parameter a name; required when every operation of the group requires it."""
    if group[0].in_body:
        return []
    found: dict[str, list[tuple[object, bool]]] = {}
    for operation in group:
        _, schemas = msgspec.json.schema_components([operation.sends], ref_template=_ref("{name}"))
        schema = schemas[operation.sends.__name__]
        for name, kind in schema.get("properties", {}).items():
            found.setdefault(name, []).append((kind, name in schema.get("required", ())))
    return [_parameter(name, "query", *_merged(uses, len(group))) for name, uses in found.items()]


def _merged(uses: list[tuple[object, bool]], operations: int) -> tuple[object, bool]:
    kinds = [kind for position, (kind, _) in enumerate(uses) if kind not in _first(uses, position)]
    required = len(uses) == operations and all(needed for _, needed in uses)
    return (kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), required


def _first(uses: list[tuple[object, bool]], count: int) -> list[object]:
    return [kind for kind, _ in uses[:count]]


def _headers(group: list[Operation]) -> Iterable[Json]:
    if any(operation.idempotent for operation in group):
        kind = {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"}
        yield _parameter(
            "Idempotency-Key", "header", kind, all(operation.idempotent for operation in group)
        )


def _path_parameters(operation: Operation) -> Iterable[Json]:
    for name in re.findall(r"{(\w+)}", operation.path):
        yield _parameter(name, "path", {"type": "string"}, True)


def _parameter(name: str, place: str, schema: object, required: bool) -> Json:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _responses(group: list[Operation]) -> Json:
    replies: dict[str, list[Operation]] = {}
    for operation in group:
        replies.setdefault(str(operation.status), []).append(operation)
    responses: Json = {status: _success(rows) for status, rows in replies.items()}
    problem = {"schema": {"$ref": _ref("Problem")}}
    responses["default"] = {"description": "A problem", "content": {MEDIA_TYPE: problem}}
    return responses


def _success(rows: list[Operation]) -> Json:
    described: Json = {"description": " · ".join(operation.summary for operation in rows)}
    content: Json = {}
    for media, of_media in groupby(rows, lambda row: row.media):
        names = {operation.replies.__name__ for operation in of_media if operation.replies}
        refs = [{"$ref": _ref(name)} for name in sorted(names)]
        if refs:
            content[media] = {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}
        elif rows[0].status != 204:
            content[media] = {"schema": {"type": "object" if media == JSON else "string"}}
    return described | ({"content": content} if content else {})


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"
