"""`lumenpay pay`: pay somebody, with the same care as on the screen."""

import contextlib
import os

from core import wire
from core.errors import Refused
from core.ids import is_idempotency_key
from tui.api import ApiProblem, Away
from tui.commands.console import (
    DONE,
    PIN_NEEDED,
    REFUSED,
    USAGE,
    Console,
    Stop,
    agreed,
    parser,
    secret,
)
from tui.commands.console import run as run_command
from tui.payments import Payment
from tui.problems import reason_sentence
from tui.recipients import Target, contact_named, of_contact, read_target
from tui.session import is_final
from tui.text import _, money, plain_amount

WAIT_SECONDS_MAX = 120.0


def run(arguments: list[str]) -> int:
    options = parser("pay", "Pay somebody.")
    options.add_argument("--to", required=True, help="handle, payment link, address or contact")
    options.add_argument("--amount", help="such as 25.5 (else what the payment link asks for)")
    options.add_argument("--asset", help="XLM, USDC or CODE:ISSUER (else XLM)")
    options.add_argument("--memo", help="a reference that the receiver asked for")
    options.add_argument("--note", help="a word to yourself and the receiver")
    options.add_argument("--idempotency-key", metavar="KEY", help="repeat with the same key")
    options.add_argument("--pin-stdin", action="store_true", help="else LUMENPAY_PIN")
    options.add_argument("--wait", action="store_true", help="until it is confirmed")
    options.add_argument("--yes", action="store_true", help="do not ask again before paying")
    return run_command(options.parse_args(arguments), _pay)


async def _pay(console: Console) -> int:
    console.need_sign_in()
    key = console.options.idempotency_key
    if key is not None and not is_idempotency_key(key):
        raise Refused("idempotency.malformed")
    pin = _pin(console)
    payment = await _prepared(console, key)
    if not console.options.yes and not await _agreed(payment):
        console.say(_("Nothing was paid."))
        return REFUSED
    console.sent = True
    transaction = await _confirmed(console, payment, pin)
    return _told(console, transaction)


def _pin(console: Console) -> str:
    """Asked for before anything is held, so that a script without a PIN changes nothing."""
    pin = os.environ.get("LUMENPAY_PIN")
    if pin and not console.options.pin_stdin:
        return pin
    return secret(_("PIN"), "--pin-stdin", from_stdin=console.options.pin_stdin, missing=PIN_NEEDED)


async def _prepared(console: Console, key: str | None) -> Payment:
    """A word that is nobody's handle may still be a contact's name."""
    target = await _target(console)
    payment = Payment(console.session, _request(console, target), key)
    try:
        await payment.prepare()
    except ApiProblem as problem:
        if problem.code != "recipient.unknown":
            raise
        contact = contact_named(target.recipient, await console.session.read_contacts())
        if contact is None:
            raise
        payment = Payment(console.session, _request(console, of_contact(contact)), key)
        await payment.prepare()
    return payment


async def _target(console: Console) -> Target:
    text = console.options.to
    contacts = await console.session.read_contacts() if " " in text.strip() else []
    return await read_target(text, console.api, contacts)


def _request(console: Console, target: Target) -> wire.Initiate:
    options = console.options
    amount = options.amount or target.amount
    if amount is None:
        raise Stop(USAGE, _("How much? Use --amount."))
    memo = wire.Memo(type="text", value=options.memo) if options.memo else target.memo
    return wire.Initiate(
        recipient_address=target.recipient,
        amount=plain_amount(amount),
        asset=options.asset or target.asset or "XLM",
        memo=memo,
        note=options.note or target.note,
    )


async def _agreed(payment: Payment) -> bool:
    prepared = payment.prepared
    if prepared is None:
        raise RuntimeError("the payment is not prepared")
    question = _("Pay {amount} to {name}? Fee: none.").format(
        amount=money(prepared.amount, prepared.asset), name=_payee(prepared.payee)
    )
    try:
        yes = agreed(question, "--yes")
    except (Stop, KeyboardInterrupt):
        await payment.cancel()
        raise
    if not yes:
        await payment.cancel()
    return yes


def _payee(payee: wire.Party) -> str:
    handle = f" (@{payee.handle})" if payee.handle else ""
    return f"{payee.name or payee.address}{handle}"


async def _confirmed(console: Console, payment: Payment, pin: str) -> wire.Transaction:
    try:
        transaction = await payment.confirm(pin)
    except ApiProblem:
        console.sent = False
        if console.options.idempotency_key is None:  # nobody could repeat it: hold nothing
            with contextlib.suppress(ApiProblem, Away):
                await payment.cancel()
        raise
    if transaction.status == "pending":  # the confirm did not arrive: once more, same payment
        transaction = await payment.confirm(pin)
    if console.options.wait and not is_final(transaction):
        transaction = await payment.settled(WAIT_SECONDS_MAX)
    return transaction


def _told(console: Console, transaction: wire.Transaction) -> int:
    console.data(transaction, [transaction.hash or transaction.transaction_id])
    amount = money(transaction.amount, transaction.asset)
    name = _payee(transaction.counterparty)
    if transaction.status in {"failed", "cancelled", "expired"}:
        console.say(_("Nothing was paid.") + " " + reason_sentence(transaction.reason or ""))
        return REFUSED
    if transaction.status == "success":
        console.say(_("Paid {amount} to {name}.").format(amount=amount, name=name))
    else:
        console.say(_("{amount} to {name} is on its way.").format(amount=amount, name=name))
    return DONE
