"""Who is meant by what somebody typed, pasted or picked."""

import pytest

from core import wire
from core.errors import Problem
from core.links import sep7_pay
from tests.tui.bank import LINK, Bank
from tests.tui.conftest import SERVER
from tests.tui.fake_server import address_of, person, transaction
from tui.api import Api, ApiProblem
from tui.profile import Profile
from tui.recipients import contact_named, known_people, matching, read_target


def contact(name: str, handle: str | None = None, **more: object) -> wire.Contact:
    fields: dict[str, object] = {
        "contact_id": name,
        "name": name,
        "handle": handle,
        "address": address_of(name),
        "favourite": False,
        "blocked": False,
    }
    return wire.Contact(**(fields | more))  # type: ignore[arg-type]


async def read(text: str, profile: Profile, contacts: list[wire.Contact] | None = None) -> object:
    api = Api(SERVER, profile, transport=Bank())
    try:
        return await read_target(text, api, contacts or [])
    finally:
        await api.aclose()


async def test_a_handle_is_taken_before_a_contact_of_that_name(profile: Profile) -> None:
    target = await read(" @Ravi ", profile, [contact("ravi", "somebody_else")])
    assert target.recipient == "@Ravi"  # type: ignore[attr-defined]


async def test_a_contact_is_never_sent_by_name(profile: Profile) -> None:
    target = await read("Meera from Work", profile, [contact("meera from work", "meera_iyer")])
    assert target.recipient == "@meera_iyer"  # type: ignore[attr-defined]
    target = await read("the baker", profile, [contact("The Baker")])
    assert target.recipient == address_of("The Baker")  # type: ignore[attr-defined]


async def test_two_contacts_of_one_name_are_nobody(profile: Profile) -> None:
    twice = [contact("A B", "a_b"), contact("a b", "b_a")]
    assert contact_named("A B", twice) is None
    with pytest.raises(Problem):
        await read("A B", profile, twice)


async def test_a_link_says_what_it_asks_for(profile: Profile) -> None:
    target = await read(LINK, profile)
    assert (target.recipient, target.name) == (LINK, "Ravi Menon")  # type: ignore[attr-defined]
    assert (target.amount, target.asset) == ("12.5", "XLM")  # type: ignore[attr-defined]
    with pytest.raises(ApiProblem):
        await read(LINK.replace("0123456789", "9876543210"), profile)


async def test_a_payment_code_brings_amount_and_reference(profile: Profile) -> None:
    text = sep7_pay(address_of("X"), amount="3.5", memo="bill 7", message="Thanks")
    target = await read(text, profile)
    assert (target.amount, target.note) == ("3.5", "Thanks")  # type: ignore[attr-defined]
    assert target.memo == wire.Memo(type="text", value="bill 7")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["", "a b", "G" + "A" * 55, "http://x/p/1", "web+stellar:tx?xdr=A", "é"]
)
async def test_what_is_nobody_is_refused(profile: Profile, text: str) -> None:
    with pytest.raises(Problem) as refused:
        await read(text, profile)
    assert refused.value.code == "recipient.malformed"


def test_the_people_one_knows() -> None:
    contacts = [
        contact("Ravi Menon", "ravi", last_paid_at="2026-11-20T00:00:00.000Z"),
        contact("Old Friend", "old", favourite=True),
        contact("Blocked", "blocked", blocked=True),
    ]
    recent = [
        transaction(person("Blocked", "blocked"), "1"),
        transaction(person("Corner Bakery"), "2", at="2026-11-24T09:00:00.000Z"),
        transaction(person("Payer"), "2", direction="in"),
        transaction(person("Ravi Menon", "ravi"), "2"),
        transaction(person("Fund"), "2", kind="friendbot"),
    ]
    people = known_people(contacts, recent)
    assert [one.name for one in people] == ["Old Friend", "Corner Bakery", "Ravi Menon"]
    assert people[1].target.recipient == address_of("Corner Bakery")
    assert [one.name for one in matching("@RAV", people)] == ["Ravi Menon"]
    assert [one.name for one in matching("bak", people)] == ["Corner Bakery"]
    assert [one.name for one in matching("friend", people)] == ["Old Friend"]
    assert matching("nobody", people) == []
