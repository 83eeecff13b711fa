"""The three people of a demonstration: accounts, balances, PINs and some history."""

import json
import time
from typing import NamedTuple, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import msgspec

from core import wire
from server.commands.demo.deployment import Deployment, DeploymentFailed, Say

T = TypeVar("T")

OPEN_SECONDS = 60
SETTLE_SECONDS = 60
USDC_EACH = "250"


class Person(NamedTuple):
    handle: str
    name: str
    email: str
    password: str
    pin: str


class Payment(NamedTuple):
    payer: str
    payee: str
    amount: str
    asset: str
    note: str


PEOPLE = (
    Person("asha_rao", "Asha Rao", "asha@example.org", "practice-asha-lumen", "428517"),
    Person("ravi_menon", "Ravi Menon", "ravi@example.org", "practice-ravi-lumen", "736194"),
    Person("corner_bakery", "Corner Bakery", "hello@bakery.example.org", "practice-baker-lumen",
           "591826"),
)  # fmt: skip
HISTORY = (
    Payment("asha_rao", "ravi_menon", "120", "XLM", "Train tickets"),
    Payment("ravi_menon", "corner_bakery", "42.5", "XLM", "Bread and coffee"),
    Payment("corner_bakery", "asha_rao", "18.4", "XLM", "Change for the cake"),
)
USDC_HISTORY = Payment("asha_rao", "corner_bakery", "31.8", "USDC", "Birthday cake")


class PracticePeople:
    """Signs the people up once; afterwards the kept file says who they are."""

    def __init__(self, deployment: Deployment, say: Say) -> None:
        self.file = deployment.folder / "demo.json"
        self._deployment = deployment
        self._say = say
        self._tokens: dict[str, str] = {}

    def settle_in(self) -> None:
        if self.file.exists():
            return
        self._say("signing three people up")
        keys = {person.handle: self._sign_up(person) for person in PEOPLE}
        for person in PEOPLE:
            self._await_open(person)
        if self._deployment.localnet:
            self._hand_out_usdc(list(keys.values()))
        self._say("letting them pay each other")
        self._make_history()
        self._keep(keys)

    def listed(self) -> list[dict[str, str]]:
        """As `--headless` prints them."""
        fields = ("handle", "email", "password", "pin", "publicKey")
        people = json.loads(self.file.read_text())["people"]
        return [{field: person[field] for field in fields} for person in people]

    def _keep(self, keys: dict[str, str]) -> None:
        note = f"XLM, {USDC_EACH} USDC" if self._deployment.localnet else "10,000 XLM"
        people = [
            person._asdict() | {"publicKey": keys[person.handle], "note": note} for person in PEOPLE
        ]
        temporary = self.file.with_suffix(".new")
        temporary.write_text(json.dumps({"people": people}, indent=1))
        temporary.replace(self.file)

    def _sign_up(self, person: Person) -> str:
        """Sign in where an earlier start came that far; the person's public key."""
        try:
            session = self._sign_in(person)
        except DeploymentFailed:
            sign_up = wire.SignUp(
                email=person.email,
                password=person.password,
                full_name=person.name,
                pin=person.pin,
                handle=person.handle,
            )
            key = f"demo-{person.handle}"
            session = self._post("/api/auth/signup", sign_up, wire.SignedUp, key=key).session
        self._tokens[person.handle] = session.token
        return self._info(person.handle).public_key

    def _sign_in(self, person: Person) -> wire.Session:
        sign_in = wire.SignIn(email=person.email, password=person.password)
        return self._post("/api/auth/session", sign_in, wire.SignedIn).session

    def _info(self, handle: str) -> wire.WalletInfo:
        return self._get("/api/wallet?action=info", wire.WalletInfo, handle)

    def _await_open(self, person: Person) -> None:
        deadline = time.monotonic() + OPEN_SECONDS
        while self._info(person.handle).wallet_state != "open":
            if time.monotonic() > deadline:
                raise DeploymentFailed(f"the account of {person.handle} was not opened in time")
            time.sleep(0.2)

    def _hand_out_usdc(self, addresses: list[str]) -> None:
        """The market maker of the embedded network pays everybody some USDC."""
        from stellar_sdk import Asset, Keypair, Server, TransactionBuilder

        localnet = self._deployment.localnet
        maker = Keypair.from_secret(localnet["marketMakerSecret"])
        usdc = Asset(*localnet["usdc"].split(":"))
        with Server(localnet["horizon"]) as horizon:
            builder = TransactionBuilder(
                horizon.load_account(maker.public_key), localnet["passphrase"], base_fee=10_000
            )
            for address in addresses:
                builder.append_payment_op(address, usdc, USDC_EACH)
            transaction = builder.set_timeout(60).build()
            transaction.sign(maker)
            horizon.submit_transaction(transaction)

    def _make_history(self) -> None:
        payments = HISTORY + ((USDC_HISTORY,) if self._deployment.localnet else ())
        deadline = time.monotonic() + SETTLE_SECONDS
        waiting = [(payment.payer, self._pay(payment, deadline)) for payment in payments]
        while waiting:
            waiting = [entry for entry in waiting if self._status(*entry) != "success"]
            if time.monotonic() > deadline:
                raise DeploymentFailed("the first payments did not succeed in time")
            time.sleep(0.2)

    def _pay(self, payment: Payment, deadline: float) -> str:
        """Initiate and confirm; tried again while money handed out before is not counted yet."""
        initiate = wire.Initiate(
            recipient_address=payment.payee,
            amount=payment.amount,
            asset=payment.asset,
            note=payment.note,
        )
        key = f"demo-{payment.payer}-{payment.payee}-{payment.asset}"
        while True:
            try:
                payer, path = payment.payer, "/api/pay"
                started = self._post(path, initiate, wire.Initiated, payer, key)
                break
            except DeploymentFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
        pin = next(person.pin for person in PEOPLE if person.handle == payer)
        confirm = wire.Confirm(transaction_id=started.transaction_id, pin=pin)
        return self._post(path, confirm, wire.Transaction, payer).transaction_id

    def _status(self, payer: str, payment_id: str) -> str:
        path = f"/api/pay?action=status&transactionId={payment_id}"
        status = self._get(path, wire.Transaction, payer).status
        if status in {"failed", "expired", "cancelled"}:
            raise DeploymentFailed(f"a first payment came out as {status}")
        return status

    def _get(self, path: str, reply: type[T], handle: str) -> T:
        return self._ask(Request(self._deployment.server + path), reply, handle)  # noqa: S310

    def _post(
        self,
        path: str,
        body: wire.Request,
        reply: type[T],
        handle: str | None = None,
        key: str | None = None,
    ) -> T:
        request = Request(self._deployment.server + path, msgspec.json.encode(body))  # noqa: S310
        request.add_header("Content-Type", "application/json")
        if key is not None:
            request.add_header("Idempotency-Key", key)
        return self._ask(request, reply, handle)

    def _ask(self, request: Request, reply: type[T], handle: str | None) -> T:
        """The server is our own, on the loopback address: the scheme needs no check."""
        if handle is not None:
            request.add_header("Authorization", f"Bearer {self._tokens[handle]}")
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                return msgspec.json.decode(answer.read(), type=reply)
        except HTTPError as error:
            raise DeploymentFailed(f"the server refused: {error.read().decode()}") from None
        except URLError as error:
            raise DeploymentFailed(f"the server does not answer: {error.reason}") from None
