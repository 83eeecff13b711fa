"""What use cases and jobs read, on both databases."""

import asyncio

import pytest

from core.attempts import BuryAttempts, Mark, MarkAttempts
from core.books import Limits, PaymentRequest
from core.prices import NotePrices
from core.settlement import Movement
from server.store.housekeeping import EVENTS_KEPT_MS, TRIES_KEPT_MS, StoreHousekeeping
from server.usecases.views import PaymentFilter, PaymentView
from tests.server.store.bank import XLM, Bank, address_of, digest, landed


def ids(views: list[PaymentView]) -> list[str]:
    return [view.payment.id for view in views]


# people


def test_a_session_is_found_by_its_token(bank: Bank) -> None:
    asha = bank.sign_up("asha")

    async def both() -> list[object]:
        tokens = [digest("token", asha), b"no such token", digest("token", asha)]
        return await asyncio.gather(*map(bank.reads.session, tokens))

    first, none, again = bank.run(both())
    assert (first.user_id, first.handle) == (asha, "asha")  # type: ignore[attr-defined]
    assert none is None
    assert again == first


def test_credentials_by_identifier_and_by_any_handle(bank: Bank) -> None:
    asha = bank.sign_up("asha")
    by_mail = bank.run(bank.reads.credentials(identifier=digest("mail", "asha")))
    assert by_mail is not None
    assert (by_mail.user_id, by_mail.password_hash) == (asha, "$argon2")
    assert bank.run(bank.reads.credentials(handle="asha")) == by_mail
    assert bank.run(bank.reads.credentials(identifier=b"x")) is None
    assert bank.run(bank.reads.credentials(handle="nobody")) is None


def test_somebody_by_handle_address_and_id(bank: Bank) -> None:
    asha = bank.person("asha")
    person = bank.run(bank.reads.person(asha))
    assert person is not None
    assert (person.handle, person.level, person.wallet_state) == ("asha", 0, "open")
    assert bank.run(bank.reads.person_by_handle("asha")) == person
    assert bank.run(bank.reads.person_by_address(address_of(asha))) == person
    assert bank.run(bank.reads.person_by_address(address_of(bank.fee_payer))) is None
    assert bank.run(bank.reads.person("nobody")) is None
    assert bank.run(bank.reads.referrer(asha[-8:])) == asha
    assert bank.run(bank.reads.referrer("x")) is None


def test_an_old_handle_still_finds_its_owner(bank: Bank) -> None:
    asha = bank.person("asha")
    bank.change("INSERT INTO handles (handle, user_id) VALUES ('asha_rao', ?)", asha)
    bank.change("UPDATE profiles SET handle = 'asha_rao' WHERE user_id = ?", asha)
    person = bank.run(bank.reads.person_by_handle("asha"))
    assert person is not None
    assert person.handle == "asha_rao"


def test_a_profile_is_its_owner_s(bank: Bank) -> None:
    asha = bank.person("asha")
    view = bank.run(bank.reads.profile(asha))
    assert view is not None
    assert (view.profile.handle, view.level, view.public_key) == ("asha", 0, address_of(asha))
    assert bank.run(bank.reads.profile("nobody")) is None


def test_contacts_page_newest_first_and_belong_to_one(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    for n in range(3):
        bank.confirm(asha, bank.initiate(asha, None, address=f"GFAR{n}"))
    bank.confirm(asha, bank.initiate(asha, ben))
    first = bank.run(bank.reads.contacts(asha, after=None, limit=2))
    rest = bank.run(bank.reads.contacts(asha, after=first[-1].contact.id, limit=9))
    seen = [view.contact.address for view in first + rest]
    assert seen == [address_of(ben), "GFAR2", "GFAR1", "GFAR0"]
    assert first[0].person is not None
    assert first[0].person.handle == "ben"
    assert rest[0].person is None
    key = first[0].contact.id
    assert bank.run(bank.reads.contact(asha, key)) == first[0]
    for found in (
        bank.run(bank.reads.payee(asha, handle="ben")),
        bank.run(bank.reads.payee(asha, address=address_of(ben), account=address_of(ben))),
    ):
        assert (found.person, found.contact) == (first[0].person, first[0])
    stranger = bank.run(bank.reads.payee(asha, address="GFAR1", account="GFAR1"))
    assert stranger.person is None
    assert stranger.contact is not None
    nobody = bank.run(bank.reads.payee(ben, handle="nobody"))
    assert (nobody.person, nobody.contact) == (None, None)
    assert bank.run(bank.reads.contact(ben, key)) is None
    assert bank.run(bank.reads.contacts(ben, after=None, limit=9)) == []


def test_a_request_is_read_by_whoever_has_its_id(bank: Bank) -> None:
    asha = bank.person("asha")
    bank.change("INSERT INTO payment_requests VALUES ('R', ?, 5, 'XLM', NULL, 'open', 9, 0)", asha)
    view = bank.run(bank.reads.request("R"))
    assert view is not None
    assert view.request == PaymentRequest("R", asha, 5, "XLM", None, "open", 9, 0)
    assert view.payee.handle == "asha"
    assert bank.run(bank.reads.request("S")) is None


# money


def test_a_payment_is_found_by_id_and_by_key_but_by_its_owner_alone(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    payment_id = bank.initiate(asha, ben, key="my-own-key-1")
    view = bank.run(bank.reads.payment(asha, payment_id))
    assert view is not None
    assert view.counterparty is not None
    assert (view.counterparty.handle, view.is_contact) == ("ben", False)
    assert bank.run(bank.reads.payment_by_key(asha, "my-own-key-1")) == view
    assert bank.run(bank.reads.payment(ben, payment_id)) is None
    assert bank.run(bank.reads.payment_by_key(ben, "my-own-key-1")) is None
    assert bank.run(bank.reads.payment_by_key(asha, "another-key-1")) is None
    bank.confirm(asha, payment_id)
    confirmed = bank.run(bank.reads.payment(asha, payment_id))
    assert confirmed is not None
    assert confirmed.is_contact


def test_payments_page_newest_first_and_filter(bank: Bank) -> None:
    asha, ben, cho = bank.person("asha"), bank.person("ben"), bank.person("cho")
    made = []
    for payee in (ben, cho, ben, None):
        bank.now_ms += 1_000
        made.append(bank.initiate(asha, payee))

    def read(before: str | None = None, limit: int = 50, **wanted: object) -> list[str]:
        asked = PaymentFilter(**wanted)  # type: ignore[arg-type]
        return ids(bank.run(bank.reads.payments(asha, asked, before=before, limit=limit)))

    everything = read()
    assert everything[:4] == made[::-1]
    assert len(everything) == 5  # and the friendbot's money
    assert read(limit=2) == everything[:2]
    assert read(before=everything[1], limit=2) == everything[2:4]
    assert read(kind="friendbot") == everything[4:]
    assert read(person=ben) == [made[2], made[0]]
    assert read(person=address_of("outside")) == [made[3]]
    assert read(asset="USDC:G") == []
    assert read(from_ms=bank.now_ms) == [made[3]]
    assert read(to_ms=bank.now_ms - 2_000, kind="payment") == [made[0]]
    assert ids(bank.run(bank.reads.payments(ben, PaymentFilter(), before=None, limit=9))) != []
    assert set(everything).isdisjoint(
        ids(bank.run(bank.reads.payments(ben, PaymentFilter(), before=None, limit=9)))
    )


def test_limits_are_the_override_s_when_there_is_one(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    bank.initiate(asha, ben, 3 * XLM)
    found = bank.run(bank.reads.limits(asha, bank.now_ms))
    assert found is not None
    limits, payer = found
    assert limits == Limits(10_000 * XLM, 20_000 * XLM, 100_000 * XLM, 20)
    assert payer.day_used == 3 * XLM
    bank.change("INSERT INTO limit_overrides VALUES (?, 0, 1, 2, 3, 4, 'a test', 'nobody')", asha)
    found = bank.run(bank.reads.limits(asha, bank.now_ms))
    assert found is not None
    assert found[0] == Limits(1, 2, 3, 4)
    assert bank.run(bank.reads.limits("nobody", bank.now_ms)) is None


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_levels_are_those_of_the_design(bank: Bank, level: int) -> None:
    payment = (10_000, 25_000, 100_000, 500_000)[level] * XLM
    day = (20_000, 50_000, 200_000, 1_000_000)[level] * XLM
    month = (100_000, 250_000, 1_000_000, 10_000_000)[level] * XLM
    rows = bank.rows(
        "SELECT per_payment, per_day, per_month, payments_a_day FROM limit_levels WHERE level = ?",
        level,
    )
    assert rows == [(payment, day, month, (20, 50, 100, 200)[level])]


def test_balances_and_prices(bank: Bank) -> None:
    asha = bank.person("asha")
    usdc = Movement(asha, "USDC:G", 5, b"h", "incoming", "GFAR")
    bank.follow(movements=(usdc,))
    balances = bank.run(bank.reads.balances(asha))
    assert [(b.asset, b.available, b.held) for b in balances] == [
        ("USDC:G", 5, 0),
        ("XLM", 10_000 * XLM, 0),
    ]
    for stroops in (2 * XLM, 3 * XLM):
        bank.do(NotePrices(now_ms=bank.now_ms, stroops={"USDC:G": stroops}))
    prices = bank.run(bank.reads.prices())
    assert {asset: price.stroops for asset, price in prices.items()} == {"USDC:G": 3 * XLM}


# what is to be done


def test_attempts_are_due_to_their_worker_until_they_are_finished(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    payment = bank.confirm(asha, bank.initiate(asha, ben))
    assert payment.hash is not None

    def due(worker: str = "test", at_ms: int | None = None) -> list[bytes]:
        found = bank.reads.attempts_due(worker, at_ms or bank.now_ms, 9)
        return [attempt.hash for attempt in bank.run(found)]

    assert due() == [payment.hash]
    assert due("another") == []
    later = (Mark(payment.hash, "sent", bank.now_ms + 5_000),)
    bank.do(MarkAttempts(now_ms=bank.now_ms, marks=later))
    assert due() == []
    assert due(at_ms=bank.now_ms + 5_000) == [payment.hash]
    assert bank.run(bank.reads.attempts([payment.hash, b"x"])).keys() == {payment.hash}
    assert bank.run(bank.reads.attempts_overdue(9)) == []
    bank.change("UPDATE cursors SET sequence = sequence + 20")
    assert bank.run(bank.reads.attempts_overdue(9)) == [payment.hash]
    bank.do(BuryAttempts(now_ms=bank.now_ms, hashes=(payment.hash,)))
    assert due(at_ms=bank.now_ms + 5_000) == []
    assert bank.run(bank.reads.attempts_overdue(9)) == []
    (waiting,) = bank.run(bank.reads.waiting(9))
    assert (waiting.lane, waiting.payment_ids) == (asha, (payment.id,))


def test_only_free_lanes_with_open_payees_wait(bank: Bank) -> None:
    asha, ben, cho = bank.person("asha"), bank.person("ben"), bank.sign_up("cho")
    first = bank.confirm(asha, bank.initiate(asha, ben))
    queued = [bank.confirm(asha, bank.initiate(asha, payee)).id for payee in (ben, cho, None)]
    assert bank.run(bank.reads.waiting(9)) == []  # the lane is taken
    bank.follow((landed(first),))
    (waiting,) = bank.run(bank.reads.waiting(9))
    assert waiting.payment_ids == (queued[0], queued[2])  # cho is being opened


def test_late_payments_and_old_sessions(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    pending = bank.initiate(asha, ben)
    bank.confirm(asha, bank.initiate(asha, ben))
    assert bank.run(bank.reads.payments_late(bank.now_ms + 599_999, 9)) == []
    assert bank.run(bank.reads.payments_late(bank.now_ms + 600_000, 9)) == [pending]
    assert bank.run(bank.reads.sessions_over(bank.now_ms, 9)) == []
    assert len(bank.run(bank.reads.sessions_over(bank.now_ms + 2_592_000_000, 9))) == 2


def test_wallets_and_lanes_of_the_jobs(bank: Bank) -> None:
    asha, cho, dev = bank.person("asha"), bank.sign_up("cho"), bank.sign_up("dev")
    bank.change("INSERT INTO lanes (user_id, sequence, state) VALUES (?, 5, 'free')", dev)
    assert [w.user_id for w in bank.run(bank.reads.wallets_to_open(9))] == [cho]
    assert [w.user_id for w in bank.run(bank.reads.wallets_to_fund(9))] == [dev]
    (house,) = bank.run(bank.reads.house())
    assert (house.user_id, house.role, house.state) == (bank.fee_payer, "fee", "open")
    assert bank.run(bank.reads.owners([address_of(asha), "GFAR"])) == {address_of(asha): asha}
    assert bank.run(bank.reads.wallets([asha, "x"])).keys() == {asha}
    assert bank.run(bank.reads.lanes([asha, cho]))[asha].state == "free"


# events


def test_events_are_told_in_order_to_their_owner(bank: Bank) -> None:
    asha, ben = bank.person("asha"), bank.person("ben")
    start = bank.run(bank.reads.newest_event())
    payment = bank.confirm(asha, bank.initiate(asha, ben))
    bank.follow((landed(payment),))
    own = bank.run(bank.reads.events_of(asha, after=start, limit=99))
    assert [event.kind for event in own].count("transaction.updated") == 3
    assert {event.user_id for event in own} == {asha}
    everybody = bank.run(bank.reads.events(after=start, limit=99))
    assert [event.id for event in everybody] == sorted(event.id for event in everybody)
    assert [e for e in everybody if e.user_id == asha] == own
    assert bank.run(bank.reads.events(after=everybody[1].id, limit=2)) == everybody[2:4]
    assert bank.run(bank.reads.oldest_event()) == 1


def test_ids_of_events_grow_with_the_commits_of_two_servers(bank: Bank, second_bank: Bank) -> None:
    """A reader that has seen an id never finds a smaller one later."""
    asha, ben = bank.person("asha", 10_000 * XLM), bank.person("ben")
    seen: list[int] = []

    async def watch(done: asyncio.Event) -> None:
        while not done.is_set():
            events = await bank.reads.events(after=seen[-1] if seen else 0, limit=999)
            seen.extend(event.id for event in events)
            await asyncio.sleep(0)

    async def scene() -> None:
        done = asyncio.Event()
        watching = asyncio.create_task(watch(done))
        for _ in range(6):
            orders = [one.initiate_command(asha, ben) for one in (bank, second_bank)]
            await asyncio.gather(bank.engine.run(orders[0]), second_bank.engine.run(orders[1]))
        done.set()
        await watching

    bank.run(scene())
    rest = bank.run(bank.reads.events(after=seen[-1], limit=999))
    everything = bank.run(bank.reads.events(after=0, limit=999))
    assert seen + [event.id for event in rest] == [event.id for event in everything]


def test_old_events_and_old_tries_are_swept(bank: Bank) -> None:
    asha = bank.person("asha")
    house = StoreHousekeeping(bank.database)
    old, young = bank.now_ms.to_bytes(8), (bank.now_ms + TRIES_KEPT_MS).to_bytes(8)
    insert = "INSERT INTO rate_limits (key, times) VALUES (?, ?)"
    bank.change(insert, "old", young + old)
    bank.change(insert, "young", old + young)
    before = bank.everything(but=("outbox", "rate_limits"))
    assert bank.run(house.sweep(bank.now_ms)) == 0
    events = bank.rows("SELECT count(*) FROM outbox")[0][0]
    bank.now_ms += max(EVENTS_KEPT_MS, TRIES_KEPT_MS) + 1
    assert bank.run(house.sweep(bank.now_ms)) == int(str(events)) + 1
    assert bank.rows("SELECT key FROM rate_limits") == [("young",)]
    assert bank.everything(but=("outbox", "rate_limits")) == before
    assert bank.run(bank.reads.newest_event()) == 0
    bank.initiate(asha, None)
    assert bank.run(bank.reads.oldest_event()) > int(str(events))
