"""A random, seeded life of a network: people who do everything the ledger knows, wisely or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from stellar_sdk import (
    Asset,
    Claimant,
    ClaimPredicate,
    Keypair,
    MuxedAccount,
    Price,
    TransactionEnvelope,
    TrustLineFlags,
)
from stellar_sdk.operation import (
    AccountMerge,
    BeginSponsoringFutureReserves,
    BumpSequence,
    ChangeTrust,
    ClaimClaimableBalance,
    Clawback,
    CreateAccount,
    CreateClaimableBalance,
    CreatePassiveSellOffer,
    EndSponsoringFutureReserves,
    ManageBuyOffer,
    ManageData,
    ManageSellOffer,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    Payment,
    RevokeSponsorship,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.operation import Operation
from stellar_sdk.operation.set_options import AuthorizationFlag
from stellar_sdk.signer import Signer

from server.localnet.ledger.entries import Offer
from tests.localnet.driver import Driver, person
from tests.localnet.ledger.doors import Envelope, bumped

XLM = Asset.native()


class RandomLife:
    def __init__(self, driver: Driver, seed: int, people: int = 10) -> None:
        self._driver = driver
        self._random = Random(seed)
        self._people = [person(f"random {number}") for number in range(people)]
        issuers = self._people[:2]
        self._assets = [
            XLM,
            *(Asset(code, one.public_key) for one in issuers for code in ("USD", "LONGCOIN")),
        ]
        self._makers: list[Callable[[Keypair], list[Operation]]] = [
            getattr(self, name) for name in dir(self) if name.startswith("_make_")
        ]

    def begin(self) -> None:
        self._driver.close(1_800_000_000)
        self._driver.fund(*self._people, lumens="200")
        credits_ = self._assets[1:]
        for holder in self._people[2:-2]:
            trust = [ChangeTrust(credit) for credit in credits_]
            issue = [
                Payment(holder.public_key, credit, "50", source=credit.issuer)
                for credit in credits_
            ]
            self._driver.do(holder, *trust, *issue, signers=tuple(self._people[:2]))

    def transactions(self, count: int) -> Iterator[Envelope]:
        """Of `count` people who act at once."""
        present = [one for one in self._people if self._is_there(one)]
        for source in self._random.sample(present, min(count, len(present))):
            yield self._transaction(source)

    def _transaction(self, source: Keypair) -> Envelope:
        operations = [
            operation
            for _ in range(self._random.choice((1, 1, 2, 3)))
            for operation in self._random.choice(self._makers)(source)
        ]
        others = {one.source.account_id for one in operations if one.source is not None}
        signers = [one for one in self._people if one.public_key in others and one != source]
        envelope = self._driver.build(
            source, *operations, signers=tuple(signers), fee=self._random.choice((100, 100, 5_000))
        )
        return envelope if self._random.random() < 0.7 else self._bump(envelope)

    def _bump(self, envelope: TransactionEnvelope) -> Envelope:
        payer = self._other(None)
        rate = max(100, envelope.transaction.fee // len(envelope.transaction.operations))
        return bumped(self._driver, envelope, payer, rate=rate)

    def _is_there(self, one: Keypair) -> bool:
        return self._driver.chain.state.account(one.raw_public_key()) is not None

    def _other(self, one: Keypair | None) -> Keypair:
        return self._random.choice([other for other in self._people if other != one])

    def _amount(self) -> str:
        return f"{self._random.choice((0.0000001, 0.5, 3, 20, 90, 250)):.7f}"

    def _price(self) -> Price:
        return Price(self._random.randint(1, 9), self._random.randint(1, 9))

    def _credit(self) -> Asset:
        return self._random.choice(self._assets[1:])

    def _asset(self) -> Asset:
        return self._random.choice(self._assets)

    def _make_account(self, source: Keypair) -> list[Operation]:
        return [CreateAccount(self._other(source).public_key, self._amount())]

    def _make_payment(self, source: Keypair) -> list[Operation]:
        to: str | MuxedAccount = self._other(source).public_key
        if self._random.random() < 0.3:
            to = MuxedAccount(to, self._random.randrange(2**64))
        return [Payment(to, self._asset(), self._amount())]

    def _make_payment_for_another(self, source: Keypair) -> list[Operation]:
        other = self._other(source).public_key
        return [Payment(source.public_key, self._asset(), self._amount(), source=other)]

    def _make_trust(self, source: Keypair) -> list[Operation]:
        credit = self._credit()
        if credit.issuer == source.public_key:
            return self._make_issue(source)
        return [ChangeTrust(credit, self._random.choice(("0", "100", "1000000")))]

    def _make_issue(self, source: Keypair) -> list[Operation]:
        credit = self._credit()
        return [
            Payment(self._other(source).public_key, credit, self._amount(), source=credit.issuer)
        ]

    def _make_flags(self, source: Keypair) -> list[Operation]:
        credit = self._credit()
        trustor = self._other(self._by_key(credit.issuer)).public_key
        allow, maintain = TrustLineFlags(1), TrustLineFlags(2)
        set_, clear = self._random.choice(
            ((allow, maintain), (maintain, allow), (None, allow), (allow, None))
        )
        return [SetTrustLineFlags(trustor, credit, clear, set_, source=credit.issuer)]

    def _by_key(self, key: str | None) -> Keypair:
        return next(one for one in self._people if one.public_key == key)

    def _make_options(self, source: Keypair) -> list[Operation]:
        weight = self._random.choice((0, 1, 2))
        signer = Signer.ed25519_public_key(self._other(source).public_key, weight)
        flags = AuthorizationFlag(self._random.choice((1, 2, 3, 10)))
        return [
            self._random.choice(
                (
                    SetOptions(signer=signer),
                    SetOptions(set_flags=flags),
                    SetOptions(clear_flags=flags),
                    SetOptions(home_domain="example.com"),
                )
            )
        ]

    def _make_data(self, source: Keypair) -> list[Operation]:
        value = self._random.choice((None, "x", b"\x00" * 40))
        return [ManageData(self._random.choice("abc"), value)]

    def _make_bump(self, source: Keypair) -> list[Operation]:
        return [BumpSequence(self._driver.sequence(source) + self._random.randint(0, 3))]

    def _make_merge(self, source: Keypair) -> list[Operation]:
        if self._random.random() < 0.7:
            return self._make_payment(source)
        return [AccountMerge(self._other(source).public_key)]

    def _make_offer(self, source: Keypair) -> list[Operation]:
        selling, buying = self._random.sample(self._assets, 2)
        owned = self._driver.chain.state.owned(source.raw_public_key())
        known = [entry.id for entry in owned if isinstance(entry, Offer)]
        offer_id = self._random.choice([0, 0, *known])
        amount = "0" if offer_id and self._random.random() < 0.5 else self._amount()
        maker = self._random.choice((ManageSellOffer, ManageBuyOffer))
        return [maker(selling, buying, amount, self._price(), offer_id)]

    def _make_passive_offer(self, source: Keypair) -> list[Operation]:
        selling, buying = self._random.sample(self._assets, 2)
        return [CreatePassiveSellOffer(selling, buying, self._amount(), self._price())]

    def _make_path_payment(self, source: Keypair) -> list[Operation]:
        send, receive = self._random.sample(self._assets, 2)
        path = self._random.choice(([], [], [self._asset()]))
        to = self._other(source).public_key
        if self._random.random() < 0.5:
            return [PathPaymentStrictSend(to, send, "5", receive, "0.0000001", path)]
        return [PathPaymentStrictReceive(to, send, "100", receive, "2", path)]

    def _make_balance(self, source: Keypair) -> list[Operation]:
        claimants = [Claimant(self._other(source).public_key)]
        later = ClaimPredicate.predicate_before_relative_time(self._random.randint(1, 60))
        if self._random.random() < 0.5:
            claimants.append(Claimant(source.public_key, ClaimPredicate.predicate_not(later)))
        return [CreateClaimableBalance(self._asset(), self._amount(), claimants)]

    def _make_claim(self, source: Keypair) -> list[Operation]:
        balances = list(self._driver.chain.state.claimable_balances())
        if not balances:
            return self._make_balance(source)
        chosen = self._random.choice(balances)
        claimant = self._random.choice(chosen.claimants).destination
        by = Keypair.from_raw_ed25519_public_key(claimant).public_key
        return [ClaimClaimableBalance("00000000" + chosen.id.hex(), source=by)]

    def _make_clawback(self, source: Keypair) -> list[Operation]:
        credit = self._credit()
        holder = self._other(self._by_key(credit.issuer)).public_key
        return [Clawback(credit, holder, self._amount(), source=credit.issuer)]

    def _make_sponsored(self, source: Keypair) -> list[Operation]:
        other = self._other(source)
        makers = (self._make_data, self._make_trust, self._make_offer, self._make_balance)
        inner = self._random.choice(makers)(other)
        for operation in inner:
            operation.source = operation.source or MuxedAccount.from_account(other.public_key)
        return [
            BeginSponsoringFutureReserves(other.public_key),
            *inner,
            EndSponsoringFutureReserves(source=other.public_key),
        ]

    def _make_revocation(self, source: Keypair) -> list[Operation]:
        key = self._other(source).public_key
        return [
            self._random.choice(
                (
                    RevokeSponsorship.revoke_account_sponsorship(key),
                    RevokeSponsorship.revoke_data_sponsorship(key, "a"),
                    RevokeSponsorship.revoke_trustline_sponsorship(key, self._assets[1]),
                )
            )
        ]
