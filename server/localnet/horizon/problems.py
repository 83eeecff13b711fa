"""The errors of Horizon and friendbot as problem documents (RFC 9457)."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

HORIZON_ERRORS = "https://stellar.org/horizon-errors/"
FRIENDBOT_ERRORS = "https://stellar.org/friendbot-errors/"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"

_KINDS: Mapping[str, tuple[int, str, str]] = {
    "bad_request": (400, "Bad Request", "A parameter of the request cannot be used."),
    "before_history": (
        410,
        "Data Requested Is Before Recorded History",
        "The ledger asked for is older than the oldest one kept here.",
    ),
    "invalid_accounts_params": (
        400,
        "Invalid Accounts Parameters",
        "Give exactly one filter: signer, sponsor, asset or liquidity_pool.",
    ),
    "invalid_order_book": (
        400,
        "Invalid Order Book Parameters",
        "Name both assets: selling_asset_type and buying_asset_type, with code and issuer"
        " unless the type is native.",
    ),
    "not_acceptable": (
        406,
        "An acceptable response content-type could not be provided for this request",
        "This resource can be had as JSON or, where it streams, as text/event-stream.",
    ),
    "not_found": (404, "Resource Missing", "There is nothing under this address."),
    "server_error": (
        500,
        "Internal Server Error",
        "The request met a fault of the server; the log of the network has the details.",
    ),
    "timeout": (
        504,
        "Timeout",
        "The transaction is queued but no ledger has taken it yet; look it up by its hash,"
        " or send the same envelope again.",
    ),
    "transaction_failed": (
        400,
        "Transaction Failed",
        "The network refused the transaction or it failed when applied; extras.result_codes"
        " tells why.",
    ),
    "transaction_malformed": (
        400,
        "Transaction Malformed",
        "The value of tx is no base64 of a transaction envelope.",
    ),
    "transaction_submission_timeout": (
        504,
        "Transaction Submission Timeout",
        "No ledger has taken the transaction yet; send the same envelope again, or look it up"
        " by extras.hash.",
    ),
    "unsupported_media_type": (
        415,
        "Unsupported Media Type",
        "Send the body as application/x-www-form-urlencoded.",
    ),
}


class Problem(Exception):
    """An answer other than success; `kind` is the last part of the problem's type."""

    def __init__(
        self,
        kind: str,
        detail: str | None = None,
        extras: Mapping[str, object] | None = None,
        prefix: str = HORIZON_ERRORS,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status, self.title, usual = _KINDS[kind]
        self.detail = detail or usual
        self.extras = extras
        self.prefix = prefix

    def body(self) -> dict[str, object]:
        document: dict[str, object] = {
            "type": self.prefix + self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.extras:
            document["extras"] = self.extras
        return document

    def response(self) -> Response:
        return Response(msgspec.json.encode(self.body()), self.status, media_type=PROBLEM_TYPE)


def invalid_field(name: str, reason: str, prefix: str = HORIZON_ERRORS) -> Problem:
    return Problem("bad_request", extras={"invalid_field": name, "reason": reason}, prefix=prefix)


def not_found() -> Problem:
    return Problem("not_found")
