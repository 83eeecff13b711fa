"""What other servers, operators and machines read."""

import msgspec

from core import wire
from server.http import queries
from server.http.metrics import HttpMetrics
from server.http.operations import Answer, Caller, Nothing, Operation, operation
from server.usecases.catalogue import UseCases

ANY_ORIGIN = ("access-control-allow-origin", "*")
"""SEP-1 and SEP-2 ask for it: wallets in browsers read these two."""


def public_operations(use: UseCases, metrics: HttpMetrics) -> list[Operation]:
    return [*_directory(use), *_health(use, metrics)]


def _directory(use: UseCases) -> list[Operation]:
    async def federation(_caller: Caller, query: queries.FederationName) -> Answer:
        found = await use.directory.federation(query.q, query.type)
        return Answer(body=msgspec.json.encode(found), headers=(ANY_ORIGIN,))

    async def toml(_caller: Caller, _request: Nothing) -> Answer:
        text = use.directory.toml().encode()
        return Answer(body=text, media="text/plain; charset=utf-8", headers=(ANY_ORIGIN,))

    return [
        operation(
            "GET",
            "/federation",
            federation,
            name="federation",
            summary="SEP-2: the account of handle*domain, or the handle of an account",
            sends=queries.FederationName,
            replies=wire.Federation,
            public=True,
            codes="federation.not_found federation.type_unsupported",
        ),
        operation(
            "GET",
            "/.well-known/stellar.toml",
            toml,
            name="stellarToml",
            summary="SEP-1: who runs this server and where federation is answered",
            sends=Nothing,
            media="text/plain",
            public=True,
        ),
    ]


def _health(use: UseCases, metrics: HttpMetrics) -> list[Operation]:
    async def alive(_caller: Caller, _request: Nothing) -> wire.Health:
        return wire.Health(status="ok")

    async def ready(_caller: Caller, _request: Nothing) -> Answer:
        found = await use.health.ready()
        status = 200 if found.status == "ready" else 503
        return Answer(body=msgspec.json.encode(found), status=status)

    async def measured(_caller: Caller, _request: Nothing) -> Answer:
        page, media = metrics.page()
        return Answer(body=page, media=media)

    return [
        operation(
            "GET",
            "/healthz",
            alive,
            name="health",
            summary="The process answers",
            sends=Nothing,
            replies=wire.Health,
            public=True,
        ),
        operation(
            "GET",
            "/readyz",
            ready,
            name="readiness",
            summary="Database and network are there (503 with the same shape if not)",
            sends=Nothing,
            replies=wire.Readiness,
            public=True,
        ),
        operation(
            "GET",
            "/metrics",
            measured,
            name="metrics",
            summary="Figures for Prometheus",
            sends=Nothing,
            media="text/plain",
            public=True,
        ),
    ]
