"""The route table: every call that this server answers."""

from functools import cache

import msgspec

from server.http import openapi
from server.http.metrics import HttpMetrics
from server.http.operations import Answer, Caller, Nothing, Operation, operation
from server.http.routes_accounts import account_operations
from server.http.routes_events import event_operations
from server.http.routes_payments import payment_operations
from server.http.routes_people import people_operations
from server.http.routes_public import public_operations
from server.usecases.catalogue import UseCases


def route_table(
    use: UseCases, metrics: HttpMetrics, *, version: str, public_url: str
) -> list[Operation]:
    """The calls that are made most stand first."""
    rows = [
        *payment_operations(use),
        *account_operations(use),
        *people_operations(use),
        *event_operations(use),
        *public_operations(use, metrics),
    ]

    @cache
    def document() -> bytes:
        return msgspec.json.encode(openapi.document(table, version, public_url))

    async def described(_caller: Caller, _request: Nothing) -> Answer:
        return Answer(body=document())

    table = [
        *rows,
        operation(
            "GET",
            "/api/openapi.json",
            described,
            name="openapi",
            summary="This document",
            sends=Nothing,
            media="application/json",
            public=True,
        ),
    ]
    return table
