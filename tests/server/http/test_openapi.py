"""The OpenAPI document says what the routes do."""

from core.errors import CODES
from server.http.openapi import codes_of
from tests.server.http.office import Office


def test_every_route_is_documented(office: Office) -> None:
    document = office.get("/api/openapi.json").json
    assert document["openapi"] == "3.1.0"
    described = {
        (path, method.upper()) for path, methods in document["paths"].items() for method in methods
    }
    assert described == {(row.path, row.method) for row in office.table}


def test_codes_are_those_of_the_catalogue(office: Office) -> None:
    for row in office.table:
        assert set(codes_of(row)) <= CODES.keys(), row.name


def test_bodies_are_told_apart_by_their_action(office: Office) -> None:
    paths = office.get("/api/openapi.json").json["paths"]
    body = paths["/api/pay"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["discriminator"] == {
        "propertyName": "action",
        "mapping": {
            "initiate": "#/components/schemas/Initiate",
            "confirm": "#/components/schemas/Confirm",
            "cancel": "#/components/schemas/Cancel",
        },
    }
    assert set(paths["/api/pay"]["post"]["responses"]) == {"200", "201", "default"}


def test_queries_are_described_with_what_they_need(office: Office) -> None:
    paths = office.get("/api/openapi.json").json["paths"]
    wallet = {one["name"]: one for one in paths["/api/wallet"]["get"]["parameters"]}
    assert wallet["action"]["required"] is True
    assert wallet["limit"]["required"] is False
    assert {"cursor", "kind", "asset", "from", "to", "person"} < wallet.keys()
    link = paths["/p/{id}"]["get"]["parameters"]
    assert [(one["name"], one["in"], one["required"]) for one in link] == [("id", "path", True)]


def test_who_must_be_signed_in_is_said(office: Office) -> None:
    paths = office.get("/api/openapi.json").json["paths"]
    assert paths["/api/pay"]["post"]["security"] == [{"session": []}]
    assert paths["/api/auth/session"]["post"]["security"] == [{"session": []}, {}]
    assert "security" not in paths["/healthz"]["get"]


def test_every_reference_leads_somewhere(office: Office) -> None:
    document = office.get("/api/openapi.json").json
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.extend(value for name, value in node.items() if name == "$ref")
            for value in node.values():
                walk(value)
        if isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    names = {ref.rpartition("/")[2] for ref in found}
    assert len(names) > 15
    assert names <= document["components"]["schemas"].keys()
