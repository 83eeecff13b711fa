"""The pay flow, by keyboard alone at 80x24: who, how much, the one question, the outcome."""

from textual import events
from textual.pilot import Pilot

from tests.tui.bank import HASH, LINK, Bank
from tests.tui.conftest import settle, shown
from tests.tui.fake_server import address_of
from tests.tui.screens.conftest import Page
from tui.screens.confirm import Confirm
from tui.screens.pay import Pay
from tui.session import Session
from tui.text import use_language
from tui.widgets.forms import Entry


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def fill_in(pilot: Pilot[None], who: str = "rav", amount: str = "25.5") -> None:
    await press(pilot, *who, "enter", *amount)


async def review(pilot: Pilot[None]) -> None:
    await fill_in(pilot)
    await press(pilot, "f7")
    assert isinstance(pilot.app.screen, Confirm)


def under(pilot: Pilot[None], entry: str) -> str:
    return str(pilot.app.screen.query_one(f"#{entry}", Entry).query_one(".words").content)


async def test_a_person_is_paid(page: Page, bank: Bank, signed_in: Session) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        question = shown(pilot)
        for words in ("Ravi Menon", "@ravi, name checked ✓", "Fee", "none", "5,275.94 XLM"):
            assert words in question
        await press(pilot, "y", *bank.pin, "enter")
        receipt = shown(pilot)
        assert "Paid to Ravi Menon" in receipt
        assert "Paid, confirmed at" in receipt
        assert HASH[:32] in receipt
        assert HASH[32:] in receipt
        assert "Receipt number" in receipt
        assert len(bank.moved) == 1
        assert signed_in.profile.unfinished == []
        await press(pilot, "n")
        assert pilot.app.clipboard == HASH
        await press(pilot, "f4")
        assert bank.moved[0] in shown(pilot)
        await press(pilot, "escape", "d")
        assert pilot.app.current_mode == "home"


async def test_the_question_stands_on_no(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "no"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Pay)
        assert bank.moved == []
        assert [one.status for one in bank.payments.values()] == ["cancelled"]
        await press(pilot, "f7")
        assert isinstance(pilot.app.screen, Confirm)
        assert len(bank.begun) == 2  # another try is another payment with another key


async def test_every_way_to_say_no(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await fill_in(pilot)
        for key in ("n", "f8", "escape"):
            await press(pilot, "f7")
            assert isinstance(pilot.app.screen, Confirm)
            await press(pilot, key)
            assert isinstance(pilot.app.screen, Pay)
    assert bank.moved == []
    assert {one.status for one in bank.payments.values()} == {"cancelled"}


async def test_yes_without_a_pin_asks_for_it(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        await press(pilot, "y")
        assert "Enter your PIN" in shown(pilot)
        assert not pilot.app.screen.query_one("#yes").has_class("-main")
        await press(pilot, *"12345", "enter")
        assert bank.moved == []
        await press(pilot, "6")
        assert pilot.app.screen.query_one("#yes").has_class("-main")


async def test_digits_typed_on_no_are_the_pin(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        await press(pilot, *bank.pin)
        assert "6 of 6" in shown(pilot)
        assert bank.moved == []
        await press(pilot, "enter")
        assert len(bank.moved) == 1


async def test_a_pin_typed_in_one_burst_is_whole(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        for digit in bank.pin:
            pilot.app.post_message(events.Key(digit, digit))
        await pilot.pause(0.5)
        assert "6 of 6" in shown(pilot)


async def test_a_wrong_pin_is_said_under_the_field(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        await press(pilot, "y", *"000000", "enter")
        assert under(pilot, "pin") == "! This PIN is not right."
        assert "000000" not in shown(pilot)
        assert bank.moved == []
        await press(pilot, *bank.pin, "enter")
        assert len(bank.moved) == 1
        assert "Paid to" in shown(pilot)


async def test_a_locked_pin_ends_the_trying(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        bank.refuse("POST confirm", "auth.pin_locked", status=403, field="pin", retry_after=86400)
        await press(pilot, "y", *bank.pin, "enter")
        assert "Paying opens again in 1 d" in under(pilot, "pin")
        assert pilot.app.screen.query_one("#yes").disabled
        assert bank.moved == []


async def test_two_yes_pay_once(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        await pilot.press("y", *bank.pin, "enter", "enter", "f7", "enter")
        await settle(pilot)
        assert [call for call, _body in bank.requests].count("POST confirm") == 1
        assert len(bank.moved) == 1


async def test_an_unknown_outcome_is_said_and_then_found(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        bank.settle_after = 10_000
        bank.lose = ["POST confirm", *["GET /api/pay"] * 100_000]
        await pilot.press("y", *bank.pin, "enter")
        for _ in range(50):
            await pilot.pause(0.01)
            if "Outcome not known yet" in shown(pilot):
                break
        words = shown(pilot)
        assert "Sent. Outcome not known yet." in words
        assert "Please do not pay again" in words
        bank.lose.clear()
        bank.settle_after = 0
        for _ in range(50):
            await pilot.pause(0.02)
            if "confirmed at" in shown(pilot):
                break
        assert "Paid, confirmed at" in shown(pilot)
        assert len(bank.moved) == len(bank.payments) == 1


async def test_a_failed_payment_says_why(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await review(pilot)
        answer = bank._confirm

        def fail(body: dict[str, str]) -> object:
            payment = answer(body)
            return bank._now(payment, status="failed", reason="payment.underfunded")

        bank._confirm = fail  # type: ignore[method-assign, assignment]
        await press(pilot, "y", *bank.pin, "enter")
        words = shown(pilot)
        assert "Not paid to" in words
        assert "Nothing was taken." in words


BAD_AMOUNTS = {
    "": "Please enter an amount such as 25.50.",
    "0": "Please enter an amount above zero.",
    "99999": "You have 5,301.44 XLM to spend.",
}
BAD_RECIPIENTS = {
    "": "Who is it for?",
    "not a person": "This is not a LumenPay ID or a payment code.",
    "@nobody_here": "Nobody has this name here.",
    "@asha": "This is you. Please choose somebody else.",
    "G" + "A" * 55: "This is not a LumenPay ID or a payment code.",
}


async def test_what_is_bad_is_said_under_its_field(page: Page, bank: Bank) -> None:
    async with page("pay", (120, 40)) as pilot:
        await fill_in(pilot, amount="5")
        amount = pilot.app.screen.query_one("#amount", Entry).field
        for typed, said in BAD_AMOUNTS.items():
            amount.value = typed
            await press(pilot, "f7")
            assert under(pilot, "amount") == f"! {said}"
        amount.value = "5"
        for who, said in BAD_RECIPIENTS.items():
            pilot.app.screen.query_one("#who", Entry).field.value = who
            await settle(pilot)
            await press(pilot, "f7")
            assert under(pilot, "who") == f"! {said}"
    assert bank.begun == {}


async def test_a_refusal_stands_under_the_field_it_is_about(page: Page, bank: Bank) -> None:
    async with page("pay", (120, 40)) as pilot:
        await fill_in(pilot)
        bank.refuse("POST initiate", "memo.required", field="memo")
        await press(pilot, "f7")
        assert "needs a reference" in under(pilot, "reference")
        assert bank.payments == {}
        bank.refuse("POST initiate", "network.unavailable", status=503)
        await press(pilot, "f7")
        assert "Nothing was taken" in under(pilot, "amount")


async def test_a_reference_is_measured_in_bytes(page: Page, bank: Bank) -> None:
    async with page("pay", (120, 40)) as pilot:
        await fill_in(pilot)
        pilot.app.screen.query_one("#reference", Entry).field.value = "ж" * 15
        await press(pilot, "f7")
        assert "at most 28" in under(pilot, "reference")
        assert bank.begun == {}


async def test_a_pasted_link_fills_in_what_it_asks_for(page: Page, bank: Bank) -> None:
    async with page("pay", (120, 40)) as pilot:
        pilot.app.screen.query_one("#who", Entry).field.take(LINK)
        await settle(pilot)
        words = shown(pilot)
        assert "Ravi Menon asks for it" in words
        assert pilot.app.screen.query_one("#amount", Entry).value == "12.5"
        assert pilot.app.screen.query_one("#note", Entry).value == "Lunch"
        await press(pilot, "f7")
        assert isinstance(pilot.app.screen, Confirm)


async def test_a_pasted_account_is_paid_with_its_reference(page: Page, bank: Bank) -> None:
    async with page("pay", (120, 40)) as pilot:
        code = f"web+stellar:pay?destination={address_of('X')}&amount=3.5&memo=42&memo_type=MEMO_ID"
        pilot.app.screen.query_one("#who", Entry).field.take(code)
        await settle(pilot)
        await press(pilot, "f7")
        (body,) = [body for call, body in bank.requests if call == "POST initiate"]
        assert body["memo"] == {"type": "id", "value": "42"}  # type: ignore[index]
        assert body["amount"] == "3.5"  # type: ignore[index]


async def test_a_typed_id_of_a_stranger(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await fill_in(pilot, who="@meera_iyer")
        await press(pilot, "f7")
        assert "Meera Iyer" in shown(pilot)


async def test_another_currency(page: Page, bank: Bank) -> None:
    async with page("pay") as pilot:
        await fill_in(pilot)
        await press(pilot, "f6")
        assert "1,850.00 USDC" in shown(pilot)
        await press(pilot, "f7")
        (body,) = [body for call, body in bank.requests if call == "POST initiate"]
        assert body["asset"].startswith("USDC:")  # type: ignore[index]


async def test_blocked_people_are_not_offered(page: Page) -> None:
    async with page("pay") as pilot:
        assert "Corner Bakery" not in shown(pilot)
        assert "★ Meera Iyer" in shown(pilot)


async def test_a_typed_comma_is_the_point_in_german_too(page: Page, bank: Bank) -> None:
    use_language("de")
    async with page("pay", (120, 40)) as pilot:
        await fill_in(pilot, amount="1,234")
        assert "1,234" in str(pilot.app.screen.query_one("#sum BigNumber").value)  # type: ignore[attr-defined]
        await press(pilot, "f7")
    assert [one.amount for one in bank.payments.values()] == ["1.234"]


async def test_a_name_of_another_domain_is_taken_when_it_is_whole(page: Page) -> None:
    async with page("pay") as pilot:
        await press(pilot, *"ravi*lumen")
        assert pilot.app.screen.query_one("#who", Entry).value == "ravi*lumen"
        await press(pilot, "enter")
        assert "✓ ravi*lumen" in shown(pilot)
