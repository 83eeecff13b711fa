"""The sentence that people read for each problem code: what is wrong, and what would help.

Several sentences of a code are tried in order; the first one whose `{names}` are all among the
problem's params is taken, so the last one of a code needs none.
"""

from collections.abc import Mapping
from string import Formatter

from core.money import NATIVE
from tui import text
from tui.api import ApiError, ApiProblem, Away, OutcomeUnknown
from tui.text import _, marked

Params = Mapping[str, str | int | list[str] | None]

SENTENCES: dict[str, tuple[str, ...]] = {
    # the request itself
    "request.malformed_json": (marked("LumenPay did not understand this. Please update the app."),),
    "request.invalid": (marked("Something is missing here, or it is not what fits."),),
    "request.unknown_action": (marked("LumenPay cannot do this yet. Please update the app."),),
    "request.too_large": (marked("This is too long. Please shorten it."),),
    "request.wrong_media": (marked("LumenPay did not understand this. Please update the app."),),
    "request.not_found": (marked("LumenPay has nothing here. Please update the app."),),
    "request.method_not_allowed": (marked("LumenPay cannot do this here. Please update the app."),),
    "request.client_too_old": (marked("This app is too old. Please update it."),),
    "request.bad_cursor": (marked("The list has changed. Please load it again."),),
    "request.bad_range": (marked("These dates do not fit. Please choose others."),),
    "request.too_many": (
        marked("That was a lot at once. Please wait {retryAfter} and try again."),
        marked("That was a lot at once. Please wait a moment and try again."),
    ),
    "idempotency.missing": (marked("LumenPay did not understand this. Please update the app."),),
    "idempotency.malformed": (marked("LumenPay did not understand this. Please update the app."),),
    "idempotency.conflict": (
        marked("This was sent before with something else in it. Please start again."),
    ),
    # money
    "amount.malformed": (marked("Please enter an amount such as 25.50."),),
    "amount.too_many_decimals": (marked("An amount has at most 7 digits after the point."),),
    "amount.not_positive": (marked("Please enter an amount above zero."),),
    "amount.too_large": (marked("This amount is larger than anybody can have."),),
    "asset.unknown": (marked("LumenPay does not know this currency."),),
    "asset.not_accepted": (marked("This person cannot receive this currency."),),
    "asset.no_price": (
        marked("There is no price for this currency now, so it cannot be sent. Please try later."),
    ),
    # people
    "auth.required": (marked("Please sign in first."),),
    "auth.session_expired": (marked("You were signed out. Please sign in again."),),
    "auth.wrong_credentials": (marked("The name or the password is not right."),),
    "auth.refresh_reused": (
        marked("For your safety you were signed out everywhere. Please sign in again."),
    ),
    "auth.wrong_pin": (
        marked("This PIN is not right. Tries left: {triesLeft}."),
        marked("This PIN is not right."),
    ),
    "auth.pin_locked": (
        marked("The PIN was wrong too often. Paying opens again at {until}."),
        marked("The PIN was wrong too often. Paying opens again in {retryAfter}."),
        marked("The PIN was wrong too often. Paying is locked for 24 hours."),
    ),
    "auth.too_many": (
        marked("That was tried too often. Please wait {retryAfter} and try again."),
        marked("That was tried too often. Please wait a while and try again."),
    ),
    "account.email_malformed": (marked("This is not an e-mail address."),),
    "account.phone_malformed": (marked("Please enter the phone number with its country code, +…"),),
    "account.contact_missing": (marked("Please enter an e-mail address or a phone number."),),
    "account.contact_taken": (marked("There is an account with this already. Sign in instead?"),),
    "account.password_weak": (
        marked("Please choose a password of 12 or more characters that nobody would guess."),
    ),
    "account.name_malformed": (marked("Please enter your name, up to 80 characters."),),
    "account.pin_malformed": (marked("A PIN has six digits."),),
    "account.pin_weak": (marked("This PIN is too easy to guess. Please choose another."),),
    "account.language_unknown": (marked("LumenPay does not speak this language yet."),),
    "account.timezone_unknown": (marked("This time zone is not known."),),
    "account.currency_unknown": (marked("Amounts cannot be shown in this currency yet."),),
    "account.frozen": (marked("Paying is stopped for your account. Please contact support."),),
    "account.opening": (marked("Your account is still being opened. This takes a moment."),),
    "account.failed": (marked("Your account could not be opened. Support has been told."),),
    "account.referral_unknown": (marked("Nobody has this invitation code."),),
    "handle.malformed": (
        marked("A handle has 3 to 30 characters: a to z, 0 to 9 and _. It begins with a letter."),
    ),
    "handle.reserved": (marked("This handle cannot be taken. Please choose another."),),
    "handle.taken": (marked("Somebody has this handle already. Please choose another."),),
    "handle.changed_before": (marked("A handle can be changed once, and yours was."),),
    # payments
    "recipient.malformed": (marked("This is not a LumenPay ID or a payment code."),),
    "recipient.unknown": (marked("Nobody has this name here."),),
    "recipient.no_account": (marked("Nobody can receive money there."),),
    "recipient.self": (marked("This is you. Please choose somebody else."),),
    "recipient.not_ready": (marked("This person cannot take this payment now. Please try later."),),
    "recipient.line_full": (marked("This person cannot hold that much of this currency."),),
    "recipient.blocked": (marked("You have blocked this person. Unblock them first."),),
    "memo.malformed": (marked("This reference is not of the right kind."),),
    "memo.too_long": (marked("A reference has at most 28 characters."),),
    "memo.required": (marked("This receiver needs a reference. Please enter it."),),
    "memo.with_muxed": (marked("This payment code has its own reference; please leave it empty."),),
    "note.too_long": (marked("A note has at most 140 characters."),),
    "payment.not_found": (marked("There is no such payment."),),
    "payment.balance_too_low": (
        marked("You have {available} to spend."),
        marked("You do not have enough for this payment."),
    ),
    "payment.limit_payment": (
        marked("One payment can be {perPayment} at most, from level {levelNeeded} on more."),
        marked("One payment can be {perPayment} at most."),
        marked("This is more than one payment can be."),
    ),
    "payment.limit_day": (
        marked("You can send {dayLeft} more today."),
        marked("This is more than you can still send today."),
    ),
    "payment.limit_month": (
        marked("You can send {monthLeft} more this month."),
        marked("This is more than you can still send this month."),
    ),
    "payment.limit_count": (
        marked("You have made as many payments as a day allows. Please try tomorrow."),
    ),
    "payment.expired": (marked("This payment was not confirmed in time. Nothing was sent."),),
    "payment.cancelled": (marked("This payment was cancelled. Nothing was sent."),),
    "payment.not_cancellable": (marked("This payment is on its way and cannot be stopped."),),
    "payment.already_final": (marked("This payment is finished already."),),
    # why a payment failed
    "payment.underfunded": (
        marked("There was not enough money when it was sent. Nothing was taken."),
    ),
    "payment.no_destination": (marked("Nobody can receive money there. Nothing was taken."),),
    "payment.refused_by_network": (marked("The payment was refused. Nothing was taken."),),
    "payment.not_included": (
        marked("The payment did not get through in time. Nothing was taken."),
    ),
    # the rest of the house
    "contact.not_found": (marked("There is no such contact."),),
    "contact.exists": (marked("You have this contact already."),),
    "contact.name_malformed": (marked("Please enter a name, up to 80 characters."),),
    "request.link_not_found": (marked("There is no such payment request."),),
    "request.link_expired": (marked("This payment request has ended."),),
    "request.expiry_malformed": (
        marked("A request ends between one minute and one year from now."),
    ),
    "export.not_found": (marked("There is nothing to save."),),
    "export.format_unavailable": (marked("Statements can be saved as CSV or JSON."),),
    "federation.not_found": (marked("Nobody has this name here."),),
    "federation.type_unsupported": (
        marked("LumenPay did not understand this. Please update the app."),
    ),
    "network.unavailable": (
        marked("Payments cannot be made right now. Nothing was taken. Please try again soon."),
    ),
    "server.busy": (marked("LumenPay is busy. Please try again in a moment."),),
    "server.unavailable": (marked("LumenPay is not available now. Nothing was done."),),
    "server.fault": (marked("Something went wrong on our side. Your money is safe."),),
}

LIMITS = frozenset({"perPayment", "dayLeft", "monthLeft"})
"""Params that are counted in XLM; `available` is in the `asset` beside it."""


def sentence(problem: ApiError) -> str:
    """What to tell a person about a call that did not work."""
    if isinstance(problem, ApiProblem):
        return problem_sentence(
            problem.code, problem.params, problem.request_id, problem.retry_after
        )
    if isinstance(problem, OutcomeUnknown):
        return _("Sent. The outcome is not known yet; it can be looked up. Do not pay again.")
    if isinstance(problem, Away) and problem.sent:
        return _("LumenPay did not answer. Please try again in a moment.")
    return _("LumenPay cannot be reached. Please check the connection; it tries again by itself.")


def reason_sentence(code: str) -> str:
    """Why a payment failed, by its `reason`, or "" where nobody knows."""
    return problem_sentence(code) if code in SENTENCES else ""


def problem_sentence(
    code: str,
    params: Params | None = None,
    request_id: str = "",
    retry_after: int | None = None,
) -> str:
    """The sentence of a code; a general one with code and request id where there is none."""
    words = _words(params or {}, retry_after)
    for variant in SENTENCES.get(code, ()):
        if _names(variant) <= words.keys():
            return _(variant).format_map(words)
    return _("This did not work. If it happens again, tell support: {code}, {request}.").format(
        code=code, request=request_id
    )


def _names(message: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(message) if name}


def _words(params: Params, retry_after: int | None) -> dict[str, str]:
    """The params as people read them: money with its currency, times in their own zone."""
    asset = params.get("asset")
    words = {name: _word(name, value, asset) for name, value in params.items() if value is not None}
    if retry_after is not None:
        words.setdefault("retryAfter", text.age(retry_after))
    return words


def _word(name: str, value: str | int | list[str], asset: str | int | list[str] | None) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if name in LIMITS:
        return text.money(str(value), NATIVE)
    if name == "available":
        return text.money(str(value), asset) if isinstance(asset, str) else text.amount(str(value))
    return _time(str(value)) if name == "until" else str(value)


def _time(value: str) -> str:
    try:
        return text.date_time(value)
    except ValueError:
        return value
