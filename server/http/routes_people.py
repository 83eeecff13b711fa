"""Contacts, and asking for money."""

from core import wire
from server.http import queries
from server.http.operations import Answer, Caller, Nothing, Operation, operation
from server.http.routes_payments import RECIPIENT_CODES
from server.usecases.catalogue import UseCases

PATH = "/api/contacts"


def people_operations(use: UseCases) -> list[Operation]:
    return [*_contacts(use), *_requests(use)]


def _contacts(use: UseCases) -> list[Operation]:
    async def contacts(caller: Caller, query: queries.ContactList) -> wire.Contacts:
        after = queries.cursor(query.cursor)
        return await use.contacts.page(caller.user, after=after, limit=query.limit)

    async def add(caller: Caller, request: wire.NewContact) -> wire.Contact:
        return await use.contacts.add(caller.user, request)

    async def change(caller: Caller, request: wire.ChangedContact) -> wire.Contact:
        return await use.contacts.change(caller.user, request)

    async def remove(caller: Caller, request: wire.GoneContact) -> None:
        await use.contacts.remove(caller.user, request)

    return [
        operation(
            "GET",
            PATH,
            contacts,
            name="contacts",
            summary="The own contacts, newest first",
            sends=queries.ContactList,
            replies=wire.Contacts,
            codes="request.bad_cursor request.bad_range",
        ),
        operation(
            "POST",
            PATH,
            add,
            name="addContact",
            summary="Save somebody",
            sends=wire.NewContact,
            replies=wire.Contact,
            status=201,
            codes=f"{RECIPIENT_CODES} contact.exists contact.name_malformed server.busy",
        ),
        operation(
            "PATCH",
            PATH,
            change,
            name="changeContact",
            summary="Rename, mark or block somebody",
            sends=wire.ChangedContact,
            replies=wire.Contact,
            codes="contact.not_found contact.name_malformed server.busy",
        ),
        operation(
            "DELETE",
            PATH,
            remove,
            name="removeContact",
            summary="Forget somebody",
            sends=wire.GoneContact,
            codes="contact.not_found server.busy",
        ),
    ]


def _requests(use: UseCases) -> list[Operation]:
    async def create(caller: Caller, request: wire.NewRequest) -> Answer:
        reply = await use.requests.create(
            caller.user, request, key=caller.idempotency_key, body=caller.body
        )
        return Answer(body=reply.body, status=201)

    async def show(caller: Caller, _request: Nothing) -> Answer | wire.PublicRequest:
        found = await use.requests.public(caller.path["id"])
        if _wants_text(caller.accept):
            vary = ("vary", "Accept")
            return Answer(body=found.sep7.encode(), media="text/plain", headers=(vary,))
        return found

    return [
        operation(
            "POST",
            "/api/requests",
            create,
            name="createRequest",
            summary="Ask for money by a link",
            sends=wire.NewRequest,
            replies=wire.PaymentRequest,
            status=201,
            idempotent=True,
            codes="""amount.malformed amount.too_many_decimals amount.not_positive
                amount.too_large asset.unknown note.too_long request.expiry_malformed
                request.too_many server.busy""",
        ),
        *(
            operation(
                "GET",
                path,
                show,
                name=name,
                summary="What a link asks for, as JSON, or as a SEP-7 URI where text is wanted",
                sends=Nothing,
                replies=wire.PublicRequest,
                public=True,
                codes="request.link_not_found",
            )
            for path, name in (("/p/{id}", "request"), ("/P/{id}", "requestOfCode"))
        ),
    ]


def _wants_text(accept: str) -> bool:
    """JSON for whoever asks for it or for nothing in particular."""
    wanted = accept.lower()
    return "text/" in wanted and "json" not in wanted
