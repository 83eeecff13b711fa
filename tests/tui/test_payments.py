"""Money cannot move twice: each answer lost in turn, each restart, each second try."""

import asyncio

import pytest

from core import wire
from tests.tui.bank import Bank
from tests.tui.conftest import SERVER, Clock
from tui.api import Api, ApiProblem, Away, OutcomeUnknown
from tui.payments import Payment
from tui.profile import Profile
from tui.session import Session

REQUEST = wire.Initiate(recipient_address="@ravi", amount="25.5", asset="XLM")


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def server(bank: Bank) -> Bank:
    return bank


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.payments.LOOK_UP_PAUSES_SECONDS", (0.0, 0.0))
    monkeypatch.setattr("tui.payments.SETTLE_PAUSE_SECONDS", 0.01)


async def test_paid(signed_in: Session, bank: Bank) -> None:
    payment = Payment(signed_in, REQUEST)
    prepared = await payment.prepare()
    assert prepared.payee.name == "Ravi Menon"
    assert signed_in.model.limits == prepared.limits
    assert [one.key for one in signed_in.profile.unfinished] == [payment.key]
    assert (await payment.confirm(bank.pin)).status == "processing"
    assert len(signed_in.profile.unfinished) == 1
    assert (await payment.settled(2)).status == "success"
    assert signed_in.profile.unfinished == []
    assert signed_in.model.recent[0].status == "success"
    await signed_in.api.aclose()


async def test_the_key_is_stored_before_the_first_byte_is_sent(
    signed_in: Session, bank: Bank
) -> None:
    stored: list[int] = []
    answer = bank._initiate

    def look(body: dict[str, str]) -> wire.Initiated:
        stored.append(len(Profile("default", signed_in.profile.path.parent).unfinished))
        return answer(body)

    bank._initiate = look  # type: ignore[method-assign]
    await Payment(signed_in, REQUEST).prepare()
    assert stored == [1]
    await signed_in.api.aclose()


async def test_a_refused_payment_leaves_no_key(signed_in: Session, bank: Bank) -> None:
    request = wire.Initiate(recipient_address="@ravi", amount="999999", asset="XLM")
    with pytest.raises(ApiProblem):
        await Payment(signed_in, request).prepare()
    assert signed_in.profile.unfinished == []
    assert bank.payments == {}
    await signed_in.api.aclose()


async def test_nothing_sent_leaves_no_key(signed_in: Session, bank: Bank) -> None:
    bank.away = True
    with pytest.raises(Away):
        await Payment(signed_in, REQUEST).prepare()
    assert signed_in.profile.unfinished == []
    await signed_in.api.aclose()


async def test_an_initiate_lost_twice_keeps_its_key(signed_in: Session, bank: Bank) -> None:
    bank.lose = ["POST initiate", "POST initiate"]
    with pytest.raises(Away):
        await Payment(signed_in, REQUEST).prepare()
    assert len(signed_in.profile.unfinished) == len(bank.payments) == 1
    assert bank.moved == []
    await signed_in.api.aclose()


@pytest.mark.parametrize("looks_lost", [0, 1])
async def test_a_lost_confirm_is_looked_up(signed_in: Session, bank: Bank, looks_lost: int) -> None:
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    bank.lose = ["POST confirm", *["GET /api/pay"] * looks_lost]
    assert (await payment.confirm(bank.pin)).status in {"processing", "success"}
    assert len(bank.moved) == 1
    await signed_in.api.aclose()


async def test_an_unknown_outcome_is_found_at_the_next_start(
    signed_in: Session, bank: Bank, clock: Clock
) -> None:
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    bank.lose = ["POST confirm", "GET /api/pay", "GET /api/pay"]
    with pytest.raises(OutcomeUnknown):
        await payment.confirm(bank.pin)
    await signed_in.api.aclose()
    profile = Profile("default", signed_in.profile.path.parent)
    again = Session(Api(SERVER, profile, transport=bank), profile, clock=clock)
    assert await again.look_up_unfinished() == []  # too young: another process may have it
    assert len(profile.unfinished) == 1
    clock.pass_seconds(60)
    (found,) = await again.look_up_unfinished()
    assert (found.transaction_id, found.status) == (payment.transaction_id, "success")
    assert profile.unfinished == []
    assert len(bank.moved) == 1
    await again.api.aclose()


async def test_a_key_that_the_server_never_heard_of_is_forgotten(
    signed_in: Session, clock: Clock
) -> None:
    signed_in.begin_payment("key-00000001")
    clock.pass_seconds(60)
    assert await signed_in.look_up_unfinished() == []
    assert signed_in.profile.unfinished == []
    await signed_in.api.aclose()


async def test_a_confirm_that_never_arrived_may_be_repeated(
    signed_in: Session, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    sent = signed_in.api.confirm

    async def lost(_transaction_id: str, _pin: str) -> wire.Transaction:
        raise Away("ReadError", sent=True)

    monkeypatch.setattr(signed_in.api, "confirm", lost)
    assert (await payment.confirm(bank.pin)).status == "pending"
    monkeypatch.setattr(signed_in.api, "confirm", sent)
    assert (await payment.confirm(bank.pin)).status == "processing"
    assert len(bank.moved) == len(bank.payments) == 1
    await signed_in.api.aclose()


async def test_a_wrong_pin_leaves_the_payment_as_it_is(signed_in: Session, bank: Bank) -> None:
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    with pytest.raises(ApiProblem) as refused:
        await payment.confirm("000000")
    assert refused.value.code == "auth.wrong_pin"
    assert bank.moved == []
    assert len(signed_in.profile.unfinished) == 1
    assert (await payment.confirm(bank.pin)).status == "processing"
    await signed_in.api.aclose()


async def test_an_expired_payment_is_an_outcome(signed_in: Session, bank: Bank) -> None:
    payment = Payment(signed_in, REQUEST)
    prepared = await payment.prepare()
    bank._now(bank.payments[prepared.transaction_id], status="expired")
    bank.refuse("POST confirm", "payment.expired", status=409)
    assert (await payment.confirm(bank.pin)).status == "expired"
    assert signed_in.profile.unfinished == []
    assert bank.moved == []
    await signed_in.api.aclose()


async def test_who_waits_may_be_cancelled_the_confirm_is_not(
    signed_in: Session, bank: Bank
) -> None:
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    waiting = asyncio.create_task(payment.confirm(bank.pin))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert payment._confirming is not None
    assert (await payment._confirming).status == "processing"
    assert len(bank.moved) == 1
    await signed_in.api.aclose()


async def test_cancelled(signed_in: Session, bank: Bank) -> None:
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    assert (await payment.cancel()).status == "cancelled"
    assert signed_in.profile.unfinished == []
    assert bank.moved == []
    await signed_in.api.aclose()


async def test_never_settled_is_unknown(signed_in: Session, bank: Bank) -> None:
    bank.settle_after = 1_000_000
    payment = Payment(signed_in, REQUEST)
    await payment.prepare()
    await payment.confirm(bank.pin)
    with pytest.raises(OutcomeUnknown):
        await payment.settled(0.1)
    assert len(signed_in.profile.unfinished) == 1
    await signed_in.api.aclose()
