"""GET and POST /friendbot?addr=…"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stellar_sdk import StrKey

from server.localnet.friendbot import Friendbot
from server.localnet.horizon.bodies import form_value, read_body
from server.localnet.horizon.endpoints import JSON_TYPE, answer
from server.localnet.horizon.problems import FRIENDBOT_ERRORS, invalid_field
from server.localnet.horizon.values import Json, b64

BODY_BYTES_MAX = 4096


def routes(friendbot: Friendbot) -> list[Route]:
    async def endpoint(request: Request) -> Response:
        return await answer(lambda: _respond(friendbot, request))

    return [Route("/friendbot", endpoint, methods=["GET", "POST"])]


async def _respond(friendbot: Friendbot, request: Request) -> Response:
    applied = await friendbot.fund(_account(await _asked(request)))
    body: Json = {
        "successful": True,
        "hash": applied.hash.hex(),
        "envelope_xdr": b64(applied.envelope),
    }
    return Response(msgspec.json.encode(body), media_type=JSON_TYPE)


async def _asked(request: Request) -> str:
    in_query = request.query_params.get("addr")
    if in_query is not None or request.method != "POST":
        return in_query or ""
    body = await read_body(request, BODY_BYTES_MAX)
    if body is None:
        raise invalid_field("addr", "the body is too large", FRIENDBOT_ERRORS)
    return form_value(body, "addr")


def _account(text: str) -> bytes:
    if not text:
        raise invalid_field("addr", "is required", FRIENDBOT_ERRORS)
    if StrKey.is_valid_contract(text):
        raise invalid_field("addr", "contracts cannot be funded here", FRIENDBOT_ERRORS)
    if not StrKey.is_valid_ed25519_public_key(text):
        raise invalid_field("addr", "is no account address", FRIENDBOT_ERRORS)
    return StrKey.decode_ed25519_public_key(text)
