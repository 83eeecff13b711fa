from collections.abc import Iterator

import pytest
from stellar_sdk import Asset, Claimant, ClaimPredicate, Keypair, StrKey, xdr
from stellar_sdk.operation import (
    BeginSponsoringFutureReserves,
    ChangeTrust,
    ClaimClaimableBalance,
    CreateClaimableBalance,
    EndSponsoringFutureReserves,
    Payment,
    SetOptions,
)
from stellar_sdk.operation.set_options import AuthorizationFlag

from server.localnet.ledger.entries import ClaimableBalance
from tests.localnet.driver import STROOPS, Driver, codes, person, result_of
from tests.localnet.market import ALICE, BOB, CAROL, ISSUER, START, USD, XLM, moved, open_market

ALWAYS = ClaimPredicate.predicate_unconditional()
NEVER = ClaimPredicate.predicate_not(ALWAYS)


@pytest.fixture
def market() -> Iterator[Driver]:
    driver = open_market()
    yield driver
    driver.check()


def _set_aside(
    driver: Driver,
    *claimants: Claimant,
    asset: Asset = XLM,
    amount: str = "10",
    owner: Keypair = ALICE,
) -> str:
    """The balance id as the network tells it."""
    applied = driver.do(owner, CreateClaimableBalance(asset, amount, list(claimants)))
    result = result_of(applied).create_claimable_balance_result
    assert result is not None
    assert result.balance_id is not None
    return result.balance_id.to_xdr_bytes().hex()


def _to(one: Keypair, predicate: ClaimPredicate = ALWAYS) -> Claimant:
    return Claimant(one.public_key, predicate)


def _balance(driver: Driver, balance_id: str) -> ClaimableBalance | None:
    return driver.chain.state.claimable_balance(bytes.fromhex(balance_id)[4:])


def _sponsoring(driver: Driver, one: Keypair) -> int:
    account = driver.chain.state.account(one.raw_public_key())
    assert account is not None
    return account.sponsoring


@pytest.mark.parametrize("asset", [XLM, USD])
def test_an_amount_is_set_aside_and_claimed(market: Driver, asset: Asset) -> None:
    balance_id = _set_aside(market, _to(BOB), _to(CAROL), asset=asset)
    balance = _balance(market, balance_id)
    assert balance is not None
    assert (balance.amount, balance.sponsor) == (10 * STROOPS, ALICE.raw_public_key())
    assert _sponsoring(market, ALICE) == 2
    before = market.lumens(BOB)
    applied = market.do(BOB, ClaimClaimableBalance(balance_id))
    assert moved(applied) == [b"transfer"]
    assert _balance(market, balance_id) is None
    assert _sponsoring(market, ALICE) == 0
    if asset.is_native():
        assert market.lumens(BOB) == before + 10 * STROOPS - 100
    else:
        assert market.holding(BOB, USD) == 110 * STROOPS
    assert market.refuse(CAROL, ClaimClaimableBalance(balance_id)) == [
        "CLAIM_CLAIMABLE_BALANCE_DOES_NOT_EXIST"
    ]


def test_the_id_is_the_one_that_the_client_foretells(market: Driver) -> None:
    operations = [CreateClaimableBalance(XLM, "1", [_to(BOB)]) for _ in range(2)]
    envelope = market.build(ALICE, *operations)
    foretold = [envelope.transaction.get_claimable_balance_id(place) for place in range(2)]
    market.land(envelope)
    assert all(_balance(market, one) is not None for one in foretold)


def test_issuers_mint_into_a_balance_and_burn_out_of_it(market: Driver) -> None:
    applied = market.do(ISSUER, CreateClaimableBalance(USD, "5", [_to(ISSUER)]))
    assert moved(applied) == [b"mint"]
    result = result_of(applied).create_claimable_balance_result
    assert result is not None
    assert result.balance_id is not None
    balance_id = result.balance_id.to_xdr_bytes().hex()
    assert moved(market.do(ISSUER, ClaimClaimableBalance(balance_id))) == [b"burn"]


def test_who_is_no_claimant_can_t_claim(market: Driver) -> None:
    balance_id = _set_aside(market, _to(BOB))
    for other in (ALICE, CAROL, ISSUER):
        assert market.refuse(other, ClaimClaimableBalance(balance_id)) == [
            "CLAIM_CLAIMABLE_BALANCE_CANNOT_CLAIM"
        ]


def _before(time: int) -> ClaimPredicate:
    return ClaimPredicate.predicate_before_absolute_time(time)


@pytest.mark.parametrize(
    ("predicate", "may_claim"),
    [
        (ALWAYS, True),
        (NEVER, False),
        (_before(START + 1_000), True),
        (_before(START), False),
        (ClaimPredicate.predicate_not(_before(START)), True),
        (ClaimPredicate.predicate_not(_before(START + 1_000)), False),
        (ClaimPredicate.predicate_and(ALWAYS, NEVER), False),
        (ClaimPredicate.predicate_and(ALWAYS, _before(START + 1_000)), True),
        (ClaimPredicate.predicate_or(ALWAYS, NEVER), True),
        (ClaimPredicate.predicate_or(NEVER, NEVER), False),
        (ClaimPredicate.predicate_before_relative_time(0), False),
        (ClaimPredicate.predicate_before_relative_time(1_000), True),
        (ClaimPredicate.predicate_before_relative_time(2**63 - 1), True),
    ],
)
def test_predicates(market: Driver, predicate: ClaimPredicate, may_claim: bool) -> None:
    balance_id = _set_aside(market, _to(BOB, predicate))
    applied = market.apply(BOB, ClaimClaimableBalance(balance_id))
    assert applied.successful == may_claim
    if not may_claim:
        assert codes(applied.result) == ["CLAIM_CLAIMABLE_BALANCE_CANNOT_CLAIM"]


def test_relative_times_are_fixed_when_the_balance_is_made(market: Driver) -> None:
    nested = ClaimPredicate.predicate_and(
        ALWAYS, ClaimPredicate.predicate_before_relative_time(100)
    )
    balance_id = _set_aside(market, _to(BOB, nested))
    made = market.chain.head.close_time
    balance = _balance(market, balance_id)
    assert balance is not None
    stored = xdr.ClaimPredicate.from_xdr_bytes(balance.claimants[0].predicate)
    expected = ClaimPredicate.predicate_and(ALWAYS, _before(made + 100))
    assert stored == expected.to_xdr_object()
    market.close(98)
    market.close()  # the claim lands at made + 100
    assert market.refuse(BOB, ClaimClaimableBalance(balance_id)) == [
        "CLAIM_CLAIMABLE_BALANCE_CANNOT_CLAIM"
    ]


def test_a_claim_lands_in_the_last_allowed_second(market: Driver) -> None:
    balance_id = _set_aside(market, _to(BOB, ClaimPredicate.predicate_before_relative_time(100)))
    market.close(98)
    market.do(BOB, ClaimClaimableBalance(balance_id))
    assert _balance(market, balance_id) is None


def test_claims_without_a_place_to_go(market: Driver) -> None:
    dave = person("dave")
    market.fund(dave)
    balance_id = _set_aside(market, _to(dave), asset=USD)
    claim = ClaimClaimableBalance(balance_id)
    assert market.refuse(dave, claim) == ["CLAIM_CLAIMABLE_BALANCE_NO_TRUST"]
    market.do(dave, ChangeTrust(USD, "9.9999999"))
    assert market.refuse(dave, claim) == ["CLAIM_CLAIMABLE_BALANCE_LINE_FULL"]
    market.do(dave, ChangeTrust(USD, "10"))
    market.do(dave, claim)


def test_authorization_is_asked_at_both_ends(market: Driver) -> None:
    dave = person("dave")
    market.fund(dave)
    balance_id = _set_aside(market, _to(dave), asset=USD)
    market.do(ISSUER, SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED))
    market.do(dave, ChangeTrust(USD))
    assert market.refuse(dave, ClaimClaimableBalance(balance_id)) == [
        "CLAIM_CLAIMABLE_BALANCE_NOT_AUTHORIZED"
    ]
    assert market.refuse(dave, CreateClaimableBalance(USD, "1", [_to(BOB)])) == [
        "CREATE_CLAIMABLE_BALANCE_NOT_AUTHORIZED"
    ]


def test_creations_that_are_refused(market: Driver) -> None:
    dave = person("dave")
    market.fund(dave, lumens="2")
    to_bob = [_to(BOB)]
    assert market.refuse(dave, CreateClaimableBalance(USD, "1", to_bob)) == [
        "CREATE_CLAIMABLE_BALANCE_NO_TRUST"
    ]
    assert market.refuse(ALICE, CreateClaimableBalance(USD, "100.0000001", to_bob)) == [
        "CREATE_CLAIMABLE_BALANCE_UNDERFUNDED"
    ]
    assert market.refuse(dave, CreateClaimableBalance(XLM, "1", to_bob)) == [
        "CREATE_CLAIMABLE_BALANCE_UNDERFUNDED"
    ]
    assert market.refuse(dave, CreateClaimableBalance(XLM, "0.9", to_bob)) == [
        "CREATE_CLAIMABLE_BALANCE_LOW_RESERVE"
    ]
    market.do(dave, CreateClaimableBalance(XLM, "0.1", to_bob))


def test_each_claimant_costs_a_reserve(market: Driver) -> None:
    dave = person("dave")
    market.fund(dave, lumens="2.2")
    two = [_to(BOB), _to(CAROL)]
    assert market.refuse(dave, CreateClaimableBalance(XLM, "0.3", two)) == [
        "CREATE_CLAIMABLE_BALANCE_LOW_RESERVE"
    ]
    market.do(dave, CreateClaimableBalance(XLM, "0.1", two))


def test_a_sponsor_may_carry_the_reserve(market: Driver) -> None:
    market.do(
        BOB,
        BeginSponsoringFutureReserves(ALICE.public_key),
        CreateClaimableBalance(XLM, "1", [_to(CAROL)], source=ALICE.public_key),
        EndSponsoringFutureReserves(source=ALICE.public_key),
        signers=(ALICE,),
    )
    (balance,) = market.chain.state.claimable_balances()
    assert balance.sponsor == BOB.raw_public_key()
    assert (_sponsoring(market, BOB), _sponsoring(market, ALICE)) == (1, 0)
    market.do(CAROL, ClaimClaimableBalance("00000000" + balance.id.hex()))
    assert _sponsoring(market, BOB) == 0


def _depth(levels: int) -> ClaimPredicate:
    predicate = ALWAYS
    for _ in range(levels - 1):
        predicate = ClaimPredicate.predicate_not(predicate)
    return predicate


@pytest.mark.parametrize(
    "operation",
    [
        CreateClaimableBalance(XLM, "1", []),
        CreateClaimableBalance(XLM, "1", [_to(BOB), _to(BOB)]),
        CreateClaimableBalance(XLM, "0", [_to(BOB)]),
        CreateClaimableBalance(XLM, "1", [_to(BOB, _depth(5))]),
        CreateClaimableBalance(XLM, "1", [_to(BOB, _before(-1))]),
        CreateClaimableBalance(
            XLM, "1", [_to(BOB, ClaimPredicate.predicate_before_relative_time(-1))]
        ),
    ],
)
def test_malformed_balances(market: Driver, operation: CreateClaimableBalance) -> None:
    envelope = market.build(ALICE, operation)
    before = market.entries()
    submission = market.chain.submit(envelope.to_xdr_object().to_xdr_bytes())
    assert (submission.status, codes(submission.result or b"")) == (
        "ERROR",
        ["CREATE_CLAIMABLE_BALANCE_MALFORMED"],
    )
    market.close()
    assert market.entries() == before


@pytest.mark.parametrize("arms", [0, 1])
def test_operators_need_both_operands(market: Driver, arms: int) -> None:
    operation = CreateClaimableBalance(
        XLM, "1", [_to(BOB, ClaimPredicate.predicate_and(ALWAYS, ALWAYS))]
    )
    source = market.build(ALICE, operation).to_xdr_object()
    body = source.v1.tx.operations[0].body.create_claimable_balance_op  # type: ignore[union-attr]
    predicate = body.claimants[0].v0.predicate  # type: ignore[union-attr]
    predicate.and_predicates = predicate.and_predicates[:arms]
    submission = market.chain.submit(market.sign(source, ALICE))
    assert codes(submission.result or b"") == ["CREATE_CLAIMABLE_BALANCE_MALFORMED"]


def test_four_levels_are_allowed(market: Driver) -> None:
    balance_id = _set_aside(market, _to(BOB, _depth(4)))
    assert _balance(market, balance_id) is not None


def test_a_low_threshold_is_enough_to_claim(market: Driver) -> None:
    balance_id = _set_aside(market, _to(BOB))
    market.do(BOB, SetOptions(low_threshold=1, med_threshold=2, high_threshold=2))
    assert (
        market.chain.submit(
            market.build(BOB, Payment(ALICE.public_key, XLM, "1")).to_xdr_object().to_xdr_bytes()
        ).status
        == "ERROR"
    )
    market.do(BOB, ClaimClaimableBalance(balance_id))


def test_the_event_names_the_balance(market: Driver) -> None:
    balance_id = _set_aside(market, _to(BOB))
    applied = market.do(BOB, ClaimClaimableBalance(balance_id))
    (event,) = applied.events.operations[0]
    source = xdr.SCVal.from_xdr_bytes(event.topics[1]).address
    assert source is not None
    assert source.claimable_balance_id is not None
    assert source.claimable_balance_id.to_xdr_bytes().hex() == balance_id
    assert StrKey.encode_contract(event.contract).startswith("C")
