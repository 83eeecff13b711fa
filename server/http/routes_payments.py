"""The wallet, paying, statements."""

from core import wire
from server.http import queries
from server.http.operations import Answer, Caller, Operation, operation
from server.usecases.catalogue import UseCases
from server.usecases.exports import File

RECIPIENT_CODES = """recipient.malformed recipient.unknown recipient.self
    request.link_not_found request.link_expired"""
INITIATE_CODES = f"""{RECIPIENT_CODES} amount.malformed amount.too_many_decimals
    amount.not_positive amount.too_large asset.unknown asset.not_accepted asset.no_price
    memo.malformed memo.too_long memo.required memo.with_muxed note.too_long recipient.no_account
    recipient.not_ready recipient.line_full recipient.blocked account.frozen account.opening
    account.failed payment.balance_too_low payment.limit_payment payment.limit_day
    payment.limit_month payment.limit_count network.unavailable request.too_many server.busy"""
CONFIRM_CODES = """account.pin_malformed auth.wrong_pin auth.pin_locked account.frozen
    payment.not_found payment.expired payment.cancelled server.busy"""
CANCEL_CODES = "payment.not_found payment.not_cancellable payment.already_final server.busy"
LIST_CODES = """request.bad_cursor request.bad_range asset.unknown recipient.malformed
    recipient.unknown request.link_not_found request.link_expired"""
EXPORT_CODES = "export.not_found export.format_unavailable request.bad_range asset.unknown"


def payment_operations(use: UseCases) -> list[Operation]:
    return [*_paying(use), *_wallet(use), *_exports(use)]


def _paying(use: UseCases) -> list[Operation]:
    async def initiate(caller: Caller, request: wire.Initiate) -> Answer:
        reply = await use.payments.initiate(
            caller.user, request, key=caller.idempotency_key, body=caller.body
        )
        return Answer(body=reply.body, status=201)

    async def confirm(caller: Caller, request: wire.Confirm) -> wire.Transaction:
        return await use.payments.confirm(caller.user, request)

    async def cancel(caller: Caller, request: wire.Cancel) -> wire.Transaction:
        return await use.payments.cancel(caller.user, request)

    async def status(caller: Caller, query: queries.PaymentStatus) -> wire.Transaction:
        return await use.payments.status(caller.user, query.transaction_id, query.idempotency_key)

    return [
        operation(
            "POST",
            "/api/pay",
            initiate,
            name="initiate",
            summary="Hold an amount for somebody",
            sends=wire.Initiate,
            replies=wire.Initiated,
            status=201,
            idempotent=True,
            codes=INITIATE_CODES,
        ),
        operation(
            "POST",
            "/api/pay",
            confirm,
            name="confirm",
            summary="Pay what was initiated",
            sends=wire.Confirm,
            replies=wire.Transaction,
            codes=CONFIRM_CODES,
        ),
        operation(
            "POST",
            "/api/pay",
            cancel,
            name="cancel",
            summary="Give up what was initiated",
            sends=wire.Cancel,
            replies=wire.Transaction,
            codes=CANCEL_CODES,
        ),
        operation(
            "GET",
            "/api/pay",
            status,
            name="status",
            summary="One transaction, by its id or its idempotency key",
            sends=queries.PaymentStatus,
            replies=wire.Transaction,
            codes="payment.not_found",
        ),
    ]


def _wallet(use: UseCases) -> list[Operation]:
    async def info(caller: Caller, _query: queries.WalletInfo) -> wire.WalletInfo:
        return await use.wallets.info(caller.user)

    async def balance(caller: Caller, _query: queries.WalletBalance) -> wire.Balances:
        return await use.wallets.balances(caller.user)

    async def transactions(caller: Caller, query: queries.WalletTransactions) -> wire.Transactions:
        before = queries.cursor(query.cursor)
        wanted = await use.transactions.wanted(
            caller.user,
            kind=query.kind,
            asset=query.asset,
            from_ms=queries.moment(query.from_, "from"),
            to_ms=queries.moment(query.to, "to"),
            person=query.person,
        )
        return await use.transactions.page(caller.user, wanted, before=before, limit=query.limit)

    return [
        operation(
            "GET",
            "/api/wallet",
            info,
            name="walletInfo",
            summary="Whose wallet this is, and its state",
            sends=queries.WalletInfo,
            replies=wire.WalletInfo,
        ),
        operation(
            "GET",
            "/api/wallet",
            balance,
            name="walletBalance",
            summary="What is in it, as of the last ledger followed",
            sends=queries.WalletBalance,
            replies=wire.Balances,
        ),
        operation(
            "GET",
            "/api/wallet",
            transactions,
            name="walletTransactions",
            summary="What happened, newest first",
            sends=queries.WalletTransactions,
            replies=wire.Transactions,
            codes=LIST_CODES,
        ),
    ]


def _exports(use: UseCases) -> list[Operation]:
    async def statement(caller: Caller, query: queries.Statement) -> Answer:
        wanted = await use.transactions.wanted(
            caller.user,
            asset=query.asset,
            from_ms=queries.moment(query.from_, "from"),
            to_ms=queries.moment(query.to, "to"),
        )
        return _attached(await use.exports.statement(caller.user, wanted, query.format))

    async def receipt(caller: Caller, query: queries.Receipt) -> Answer:
        return _attached(await use.exports.receipt(caller.user, query.transaction_id, query.format))

    return [
        operation(
            "GET",
            "/api/export",
            statement,
            name="statement",
            summary="All transactions of a time, as a file",
            sends=queries.Statement,
            media="text/csv",
            codes=EXPORT_CODES,
        ),
        operation(
            "GET",
            "/api/export",
            receipt,
            name="receipt",
            summary="One transaction, as a file",
            sends=queries.Receipt,
            media="text/csv",
            codes="payment.not_found export.format_unavailable",
        ),
    ]


def _attached(file: File) -> Answer:
    disposition = ("content-disposition", f'attachment; filename="{file.name}"')
    return Answer(body=file.body, media=file.media, headers=(disposition,))
