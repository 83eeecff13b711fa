"""The world of the stored envelopes: people in every state that some rule asks about."""

from __future__ import annotations

from hashlib import sha256

from stellar_sdk import (
    Asset,
    Claimant,
    ClaimPredicate,
    FeeBumpTransactionEnvelope,
    Keypair,
    Network,
    Signer,
    TransactionEnvelope,
    TrustLineFlags,
)
from stellar_sdk.operation import (
    BeginSponsoringFutureReserves,
    BumpSequence,
    ChangeTrust,
    CreateAccount,
    CreateClaimableBalance,
    EndSponsoringFutureReserves,
    ManageData,
    ManageSellOffer,
    Operation,
    Payment,
    SetOptions,
    SetTrustLineFlags,
)
from stellar_sdk.operation.set_options import AuthorizationFlag as Flag

from server.localnet.ledger.chain import Chain
from server.localnet.ledger.records import AppliedTransaction
from tests.localnet.driver import Driver, person

XLM = Asset.native()
START = 1_700_000_000
PREIMAGE = b"open sesame"

# Issuers: of USD and EUR, without flags; of BOND, with all of them; of nothing, for ever.
BANK, STATE, MARBLE = (person(name) for name in ("bank", "state", "marble"))
USD, EUR = Asset("USD", BANK.public_key), Asset("EUROPEAN", BANK.public_key)
BOND = Asset("BOND", STATE.public_key)
# Alice holds all and has offers; Bob's USD line is full; Carol has only an unauthorized BOND line.
ALICE, BOB, CAROL = (person(name) for name in ("alice", "bob", "carol"))
FROZEN = person("frozen")  # holds BOND, without authorization
POOR = person("poor")  # two reserves and some fees
THIN = person("thin")  # a USD line, and no reserve for anything more
COUNCIL = person("council")  # thresholds 1, 2, 3; Alice and Bob are signers of weight 1
CROWD = person("crowd")  # twenty signers
GREEDY = person("greedy")  # an offer that may bring all the lumens there can be
SPONSOR, WARD = person("sponsor"), person("ward")  # a data entry of the ward is sponsored
AHEAD = person("ahead")  # its sequence number lies in ledgers to come
SECRET = person("secret")  # a hash is a signer of it
NOBODY = person("nobody")


class World(Driver):
    """Records what was submitted to make it, and the balances by the names used in the cases."""

    def __init__(self) -> None:
        super().__init__(Chain(Network.STANDALONE_NETWORK_PASSPHRASE))
        self.setup: list[str] = []
        self.balances: dict[str, str] = {}
        self.chain.close(START)
        self._populate()
        self._issue()
        self._trade()
        self._share_power()
        self._set_aside()

    def land(
        self, envelope: TransactionEnvelope | FeeBumpTransactionEnvelope
    ) -> AppliedTransaction:
        self.setup.append(envelope.to_xdr())
        return super().land(envelope)

    def _populate(self) -> None:
        rich = (BANK, STATE, MARBLE, ALICE, BOB, CAROL, FROZEN, COUNCIL, CROWD, GREEDY)
        self.fund(*rich, SPONSOR, WARD, AHEAD, SECRET)
        exact = [CreateAccount(POOR.public_key, "1.001"), CreateAccount(THIN.public_key, "1.501")]
        self.do(self.root, *exact)
        self.do(AHEAD, BumpSequence(1 << 60))

    def _issue(self) -> None:
        self.do(
            STATE,
            SetOptions(
                set_flags=Flag.AUTHORIZATION_REQUIRED
                | Flag.AUTHORIZATION_REVOCABLE
                | Flag.AUTHORIZATION_CLAWBACK_ENABLED
            ),
        )
        self.do(MARBLE, SetOptions(set_flags=Flag.AUTHORIZATION_IMMUTABLE))
        for one in (ALICE, BOB):
            self._give(one, USD, BANK)
            self._give(one, EUR, BANK)
        self._give(THIN, USD, BANK, "5")
        self.do(BOB, ChangeTrust(USD, "100"))
        self.do(CAROL, ChangeTrust(BOND))
        for one in (ALICE, FROZEN):
            self._give(one, BOND, STATE)
        self.do(STATE, self._flags(FROZEN, clear=TrustLineFlags.AUTHORIZED_FLAG))

    def _give(self, one: Keypair, asset: Asset, issuer: Keypair, amount: str = "100") -> None:
        grant = [self._flags(one, put=TrustLineFlags.AUTHORIZED_FLAG)] if issuer == STATE else []
        self.do(one, ChangeTrust(asset))
        self.do(issuer, *grant, Payment(one.public_key, asset, amount))

    @staticmethod
    def _flags(
        one: Keypair, clear: TrustLineFlags | None = None, put: TrustLineFlags | None = None
    ) -> Operation:
        return SetTrustLineFlags(one.public_key, BOND, clear_flags=clear, set_flags=put)

    def _trade(self) -> None:
        """Offers 1 and 2 of Alice, 3 of Greedy, who issues what it sells."""
        self.do(
            ALICE,
            ManageSellOffer(USD, XLM, "10", "2"),
            ManageSellOffer(EUR, USD, "10", "1"),
        )
        own = Asset("GREED", GREEDY.public_key)
        self.do(GREEDY, ManageSellOffer(own, XLM, "922337202600", "1"))

    def _share_power(self) -> None:
        signers = [Signer.ed25519_public_key(one.public_key, 1) for one in (ALICE, BOB)]
        self.do(
            COUNCIL,
            *(SetOptions(signer=one) for one in signers),
            SetOptions(master_weight=1, low_threshold=1, med_threshold=2, high_threshold=3),
        )
        crowd = [person(f"member {n}").public_key for n in range(20)]
        self.do(CROWD, *(SetOptions(signer=Signer.ed25519_public_key(key, 1)) for key in crowd))
        self.do(SECRET, SetOptions(signer=Signer.sha256_hash(_digest(PREIMAGE), 1)))
        self.do(
            SPONSOR,
            BeginSponsoringFutureReserves(WARD.public_key),
            ManageData("sponsored", "x", source=WARD.public_key),
            EndSponsoringFutureReserves(source=WARD.public_key),
            signers=(WARD,),
        )
        self.do(ALICE, ManageData("own", "x"))

    def _set_aside(self) -> None:
        always = ClaimPredicate.predicate_unconditional()
        never = ClaimPredicate.predicate_not(always)
        for name, asset, amount, claimants in (
            ("open", XLM, "1", [Claimant(BOB.public_key, always)]),
            ("shut", XLM, "1", [Claimant(BOB.public_key, never)]),
            ("usd", USD, "1", [Claimant(one.public_key, always) for one in (BOB, CAROL)]),
            ("bond", BOND, "1", [Claimant(CAROL.public_key, always)]),
            ("huge", XLM, "500", [Claimant(GREEDY.public_key, always)]),
        ):
            envelope = self.build(ALICE, CreateClaimableBalance(asset, amount, claimants))
            self.balances[name] = envelope.transaction.get_claimable_balance_id(0)
            assert self.land(envelope).successful


def _digest(preimage: bytes) -> bytes:
    return sha256(preimage).digest()
