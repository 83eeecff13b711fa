"""Ledger entries of every kind, as hypothesis makes them up."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from server.localnet.ledger.assets import NATIVE, Asset
from server.localnet.ledger.entries import (
    Account,
    ClaimableBalance,
    Claimant,
    DataEntry,
    Offer,
    Price,
    Signer,
    TrustLine,
)

# a busy machine is no failure
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

IDS = st.binary(min_size=32, max_size=32)
SPONSORS = st.none() | IDS
AMOUNTS = st.integers(0, 2**63 - 1)
COUNTS = st.integers(0, 2**32 - 1)
_CODES = st.text("ABCDEFGHabcdefgh0123456789", min_size=1, max_size=12).map(str.encode)
CREDITS = st.builds(Asset, _CODES, IDS)
ASSETS = st.just(NATIVE) | CREDITS


def _payload_key(key: bytes, payload: bytes) -> bytes:
    padding = b"\x00" * (-len(payload) % 4)
    return b"\x00\x00\x00\x03" + key + len(payload).to_bytes(4) + payload + padding


SIGNER_KEYS = st.builds(
    lambda kind, key: kind.to_bytes(4) + key, st.integers(0, 2), IDS
) | st.builds(_payload_key, IDS, st.binary(min_size=1, max_size=64))
SIGNERS = st.lists(
    st.builds(Signer, SIGNER_KEYS, st.integers(1, 255), SPONSORS),
    max_size=20,
    unique_by=lambda s: s.key,
).map(lambda signers: tuple(sorted(signers, key=lambda signer: signer.key)))

ACCOUNTS = st.builds(
    Account,
    IDS,
    AMOUNTS,
    AMOUNTS,
    sub_entries=COUNTS,
    inflation_destination=SPONSORS,
    flags=st.integers(0, 15),
    home_domain=st.binary(max_size=32),
    thresholds=st.binary(min_size=4, max_size=4),
    signers=SIGNERS,
    buying_liabilities=AMOUNTS,
    selling_liabilities=AMOUNTS,
    sponsored=COUNTS,
    sponsoring=COUNTS,
    sequence_ledger=COUNTS,
    sequence_time=AMOUNTS,
    modified=COUNTS,
    sponsor=SPONSORS,
)
TRUSTLINES = st.builds(
    TrustLine,
    IDS,
    CREDITS,
    balance=AMOUNTS,
    limit=AMOUNTS,
    flags=st.integers(0, 7),
    buying_liabilities=AMOUNTS,
    selling_liabilities=AMOUNTS,
    modified=COUNTS,
    sponsor=SPONSORS,
)
PRICES = st.builds(Price, st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
OFFERS = st.builds(
    Offer,
    IDS,
    AMOUNTS,
    ASSETS,
    ASSETS,
    amount=AMOUNTS,
    price=PRICES,
    flags=st.integers(0, 1),
    modified=COUNTS,
    sponsor=SPONSORS,
)
DATA = st.builds(
    DataEntry,
    IDS,
    st.binary(min_size=1, max_size=64),
    st.binary(max_size=64),
    modified=COUNTS,
    sponsor=SPONSORS,
)
_UNCONDITIONAL = b"\x00\x00\x00\x00"
BALANCES = st.builds(
    ClaimableBalance,
    IDS,
    st.lists(st.builds(Claimant, IDS, st.just(_UNCONDITIONAL)), min_size=1, max_size=10).map(tuple),
    ASSETS,
    AMOUNTS,
    flags=st.integers(0, 1),
    modified=COUNTS,
    sponsor=SPONSORS,
)
ENTRIES = ACCOUNTS | TRUSTLINES | OFFERS | DATA | BALANCES
