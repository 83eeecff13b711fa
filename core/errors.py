"""The tree of domain errors, and the catalogue of their stable codes.

    Problem                 anything that a caller is told, with a code and a status
    ├── Malformed      400  the request cannot be read
    ├── NotSignedIn    401
    ├── Forbidden      403  role, level, PIN or second factor
    ├── Absent         404  not there, or not yours: the same bytes
    ├── Conflict       409  another body for the key, or an illegal move
    ├── TooLarge       413
    ├── WrongMedia     415
    ├── Refused        422  a rule says no
    ├── TooOld         426  the client must be updated
    ├── TooMany        429  with retry_after
    └── Unavailable    503  with retry_after
    InvariantBroken         our own fault: never shown, always an alarm

`CODES` names every code once, with the sentence that API users read. The wallet has its own
sentence for each of them.
"""

from typing import ClassVar

type_base = "https://lumenpay.dev/problems/"


Params = dict[str, str | int | list[str] | None]
"""What would help the caller; JSON values only."""


class InvariantBroken(Exception):
    """A rule that the code itself must keep does not hold. The work at hand is given up."""


def hold(condition: bool, rule: str) -> None:
    """Check a rule of our own; stays on under `python -O`, unlike `assert`."""
    if not condition:
        raise InvariantBroken(rule)


class Problem(Exception):
    """A refusal with a stable code.

    `field` names the request's field; `params` holds what would help (JSON values only);
    `retry_after` is in whole seconds.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Our fault"

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        params: Params | None = None,
        retry_after: int | None = None,
    ) -> None:
        hold(code in CODES, f"unknown problem code {code}")
        super().__init__(code)
        self.code = code
        self.field = field
        self.params: Params = params or {}
        self.retry_after = retry_after

    @property
    def detail(self) -> str:
        return CODES[self.code]


class Malformed(Problem):
    status = 400
    title = "Malformed request"


class NotSignedIn(Problem):
    status = 401
    title = "Not signed in"


class Forbidden(Problem):
    status = 403
    title = "Not allowed"


class Absent(Problem):
    status = 404
    title = "Not found"


class Conflict(Problem):
    status = 409
    title = "Conflict"


class TooLarge(Problem):
    status = 413
    title = "Too large"


class WrongMedia(Problem):
    status = 415
    title = "Unsupported media type"


class Refused(Problem):
    status = 422
    title = "Refused by a rule"


class TooOld(Problem):
    status = 426
    title = "Client too old"


class TooMany(Problem):
    status = 429
    title = "Too many requests"


class Unavailable(Problem):
    status = 503
    title = "Not available now"


CODES: dict[str, str] = {
    # the request itself
    "request.malformed_json": "The body is not valid JSON.",
    "request.invalid": "A field is missing, unknown or of the wrong type.",
    "request.unknown_action": "This action does not exist here.",
    "request.too_large": "The body is larger than this server reads.",
    "request.wrong_media": "Send application/json.",
    "request.not_found": "There is nothing at this address.",
    "request.method_not_allowed": "This method is not allowed here.",
    "request.client_too_old": "This client is too old for the server; please update it.",
    "request.bad_cursor": "The cursor was not made by this server.",
    "request.bad_range": "The dates or the limit are out of range.",
    "request.too_many": "Too many requests; wait and try again.",
    "idempotency.missing": "This call needs an Idempotency-Key header.",
    "idempotency.malformed": "An Idempotency-Key has 8 to 64 characters of A-Z a-z 0-9 - _.",
    "idempotency.conflict": "This Idempotency-Key was used with another body.",
    # money
    "amount.malformed": "An amount is a plain decimal number such as 25.5.",
    "amount.too_many_decimals": "An amount has at most 7 decimals.",
    "amount.not_positive": "An amount must be more than zero.",
    "amount.too_large": "The amount is larger than can exist.",
    "asset.unknown": "This currency is not known here.",
    "asset.not_accepted": "The receiver does not take this currency.",
    "asset.no_price": "There is no price for this currency now, so its limits cannot be checked.",
    # people
    "auth.required": "Sign in first.",
    "auth.session_expired": "The session has ended; sign in again.",
    "auth.wrong_credentials": "The name or the password is wrong.",
    "auth.refresh_reused": "This refresh token was used before; all its sessions are ended.",
    "auth.wrong_pin": "The PIN is wrong.",
    "auth.pin_locked": "The PIN was wrong too often; paying is locked for a while.",
    "auth.too_many": "Too many tries; wait and try again.",
    "account.email_malformed": "This is not an e-mail address.",
    "account.phone_malformed": "This is not a phone number with its country code.",
    "account.contact_missing": "Give an e-mail address or a phone number, not both.",
    "account.contact_taken": "An account with this e-mail or phone exists.",
    "account.password_weak": "A password needs 12 or more characters and must not be a common one.",
    "account.name_malformed": "A name has 1 to 80 printable characters.",
    "account.pin_malformed": "A PIN has six digits.",
    "account.pin_weak": "This PIN is too easy to guess.",
    "account.language_unknown": "This language is not available.",
    "account.timezone_unknown": "This time zone is not known.",
    "account.currency_unknown": "This display currency is not available.",
    "account.frozen": "Outgoing payments of this account are stopped.",
    "account.opening": "The account is being opened; this takes a moment.",
    "account.failed": "The account could not be opened; support has been told.",
    "account.referral_unknown": "This referral code does not exist.",
    "handle.malformed": "A handle has 3 to 30 characters: a-z, 0-9 and _, first a letter.",
    "handle.reserved": "This handle is reserved.",
    "handle.taken": "This handle is taken.",
    "handle.changed_before": "A handle can be changed once.",
    # payments
    "recipient.malformed": "This is not a handle, an account or a payment link.",
    "recipient.unknown": "Nobody has this handle.",
    "recipient.no_account": "There is no account at this address.",
    "recipient.self": "You cannot pay yourself.",
    "recipient.not_ready": "The receiver's account cannot take this payment now.",
    "recipient.line_full": "The receiver cannot hold that much of this currency.",
    "recipient.blocked": "You have blocked this person.",
    "memo.malformed": "The memo does not fit its type.",
    "memo.too_long": "A text memo has at most 28 bytes.",
    "memo.required": "The receiver needs a memo.",
    "memo.with_muxed": "An address that starts with M carries its own memo.",
    "note.too_long": "A note has at most 140 characters.",
    "payment.not_found": "There is no such payment.",
    "payment.balance_too_low": "There is not enough money for this payment.",
    "payment.limit_payment": "The amount is over the limit of one payment.",
    "payment.limit_day": "The amount is over what is left for today.",
    "payment.limit_month": "The amount is over what is left for this month.",
    "payment.limit_count": "The number of payments of today is used up.",
    "payment.expired": "The payment was not confirmed in time.",
    "payment.cancelled": "The payment was cancelled.",
    "payment.not_cancellable": "The payment is under way and cannot be cancelled.",
    "payment.already_final": "The payment is finished.",
    # why a payment failed, as its `reason`
    "payment.underfunded": "The account did not have the money when the payment was made.",
    "payment.no_destination": "The receiver's account does not exist.",
    "payment.refused_by_network": "The payment network refused the payment; nothing was taken.",
    "payment.not_included": "The payment network did not take it in time; nothing was taken.",
    # the rest of the house
    "contact.not_found": "There is no such contact.",
    "contact.exists": "This contact exists already.",
    "contact.name_malformed": "A contact's name has 1 to 80 printable characters.",
    "request.link_not_found": "There is no such payment request.",
    "request.link_expired": "This payment request has ended.",
    "request.expiry_malformed": "A request ends between one minute and one year from now.",
    "export.not_found": "There is nothing to export.",
    "export.format_unavailable": "Statements come as CSV or JSON.",
    "federation.not_found": "Nobody has this name here.",
    "federation.type_unsupported": "Ask with type=name or type=id.",
    "network.unavailable": "The payment network does not answer; nothing was held or sent.",
    "server.busy": "The server is busy; try again in a moment.",
    "server.unavailable": "The service is not available; nothing was done.",
    "server.fault": "Something went wrong on our side; nothing was lost.",
}
