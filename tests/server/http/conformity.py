"""Whether replies are what the OpenAPI document says. Every call of the tests passes here."""

import re
from typing import Any

from tests.server.http.asgi import Reply

Json = dict[str, Any]

ANYWHERE = {"request.not_found", "request.method_not_allowed"}
"""Codes of addresses and methods that the document does not know."""


class Conformity:
    def __init__(self, document: Json) -> None:
        self._document = document
        self._patterns = {
            path: re.compile(re.sub(r"{\w+}", "[^/]+", path)) for path in document["paths"]
        }

    def check(self, method: str, target: str, reply: Reply) -> None:
        problem = reply.headers.get("content-type") == "application/problem+json"
        if problem and reply.code in ANYWHERE:
            return
        described = self._described(method, target.partition("?")[0])
        if problem:
            self._check_problem(described, reply)
            return
        expected = described["responses"].get(str(reply.status))
        if reply.status == 503:  # readiness: the same shape, as its summary says
            expected = described["responses"]["200"]
        assert expected is not None, f"{method} {target}: {reply.status} is not documented"
        self._check_content(expected.get("content", {}), reply)

    def _described(self, method: str, path: str) -> Json:
        for template, pattern in self._patterns.items():
            if pattern.fullmatch(path):
                found: Json = self._document["paths"][template][method.lower()]
                return found
        raise AssertionError(f"{path} is not documented")

    def _check_problem(self, described: Json, reply: Reply) -> None:
        told = reply.json
        assert told["status"] == reply.status
        assert told["requestId"] == reply.headers["x-request-id"]
        known = {code for codes in described["x-codes"].values() for code in codes}
        assert told["code"] in known, f"{described['operationId']}: {told['code']}"
        self.validate(told, {"$ref": "#/components/schemas/Problem"})

    def _check_content(self, content: Json, reply: Reply) -> None:
        if not content:
            assert reply.body == b""
            return
        media = reply.headers["content-type"].partition(";")[0]
        if media in content and media == "application/json" and content[media]:
            self.validate(reply.json, content[media]["schema"])

    def validate(self, value: object, schema: Json, path: str = "$") -> None:
        """As much of JSON Schema as the document uses."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            self.validate(value, self._document["components"]["schemas"][name], path)
            return
        if "anyOf" in schema:
            assert any(self._fits(value, option, path) for option in schema["anyOf"]), path
            return
        kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list,
                 "null": type(None)}  # fmt: skip
        kind = schema.get("type")
        if kind is not None:
            assert isinstance(value, kinds[kind]), f"{path} is no {kind}: {value!r}"
        if isinstance(value, dict) and {"properties", "additionalProperties"} & schema.keys():
            self._validate_object(value, schema, path)
        if isinstance(value, list):
            for item in value:
                self.validate(item, schema["items"], f"{path}[]")

    def _validate_object(self, value: Json, schema: Json, path: str) -> None:
        known = schema.get("properties", {})
        missing = set(schema.get("required", ())) - value.keys()
        assert not missing, f"{path} lacks {missing}"
        for name, inner in value.items():
            if name in known:
                self.validate(inner, known[name], f"{path}.{name}")
            else:
                extra = schema.get("additionalProperties")
                assert isinstance(extra, dict), f"{path}.{name} is not documented"
                self.validate(inner, extra, f"{path}.{name}")

    def _fits(self, value: object, schema: Json, path: str) -> bool:
        try:
            self.validate(value, schema, path)
        except AssertionError:
            return False
        return True
