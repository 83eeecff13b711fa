"""A good call of each operation, by its name in the route table."""

from typing import NamedTuple
from urllib.parse import urlencode

from server.http.operations import Operation
from tests.server.http.office import Office, Person, confirming, paying, signing_up


class Sample(NamedTuple):
    """`sends` is the body, or the fields of the query."""

    path: str
    sends: dict[str, object]

    def target(self, operation: Operation) -> str:
        query = "" if operation.in_body else urlencode(self.sends)
        return self.path + (f"?{query}" if query else "")

    def body(self, operation: Operation) -> dict[str, object] | None:
        return self.sends if operation.in_body else None


def samples(office: Office, owner: Person) -> dict[str, Sample]:
    """What `owner` may do; `ben` is somebody else."""
    pending = [office.initiate(owner, "ben", "1", memo={"type": "id", "value": "7"})
               for _ in range(2)]  # fmt: skip
    contact = office.post("/api/contacts", {"name": "Ben", "recipient": "ben"}, owner).json
    asked = office.post("/api/requests", {"amount": "5"}, owner).json
    key = office.rows("SELECT idempotency_key FROM transactions WHERE id = ?", pending[0])[0][0]
    session = "/api/auth/session"
    return {
        "signUp": Sample("/api/auth/signup", signing_up("carl")),
        "signIn": Sample(
            session,
            {"action": "signIn", "email": owner.email, "password": "correct horse battery"},
        ),
        "refresh": Sample(
            session, {"action": "refresh", "refreshToken": office.sign_in(owner).refresh_token}
        ),
        "signOut": Sample(session, {"action": "signOut"}),
        "signOutEverywhere": Sample(session, {"action": "signOutEverywhere"}),
        "profile": Sample("/api/profile", {}),
        "changeProfile": Sample("/api/profile", {"language": "de", "timezone": "Asia/Kolkata"}),
        "walletInfo": Sample("/api/wallet", {"action": "info"}),
        "walletBalance": Sample("/api/wallet", {"action": "balance"}),
        "walletTransactions": Sample("/api/wallet", {"action": "transactions", "limit": "5"}),
        "initiate": Sample("/api/pay", paying("ben", memo={"type": "text", "value": "tea"})),
        "confirm": Sample("/api/pay", confirming(pending[0])),
        "cancel": Sample("/api/pay", {"action": "cancel", "transactionId": pending[1]}),
        "status": Sample("/api/pay", {"action": "status", "idempotencyKey": key}),
        "contacts": Sample("/api/contacts", {}),
        "addContact": Sample("/api/contacts", {"name": "Dora", "recipient": "dora"}),
        "changeContact": Sample(
            "/api/contacts", {"contactId": contact["contactId"], "favourite": True}
        ),
        "removeContact": Sample("/api/contacts", {"contactId": contact["contactId"]}),
        "createRequest": Sample("/api/requests", {"amount": "5", "asset": "XLM"}),
        "request": Sample(f"/p/{asked['requestId']}", {}),
        "requestOfCode": Sample(f"/P/{asked['requestId']}", {}),
        "events": Sample("/api/events", {}),
        "federation": Sample("/federation", {"q": "ben*pay.example.org", "type": "name"}),
        "stellarToml": Sample("/.well-known/stellar.toml", {}),
        "statement": Sample("/api/export", {"kind": "statement", "format": "csv"}),
        "receipt": Sample(
            "/api/export", {"kind": "receipt", "format": "csv", "transactionId": pending[0]}
        ),
        "health": Sample("/healthz", {}),
        "readiness": Sample("/readyz", {}),
        "metrics": Sample("/metrics", {}),
        "openapi": Sample("/api/openapi.json", {}),
    }
