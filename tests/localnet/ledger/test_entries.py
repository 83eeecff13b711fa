import pytest
from hypothesis import given, settings
from stellar_sdk import xdr

from server.localnet.ledger.assets import NATIVE, Asset, InvalidAssetError, asset_from_xdr
from server.localnet.ledger.entries import Account, Entry, Offer
from server.localnet.ledger.readers import entry_from_xdr
from tests.localnet.ledger.entry_strategies import ASSETS, ENTRIES, OFFERS, PATIENT


@settings(PATIENT, max_examples=300)
@given(ENTRIES)
def test_an_entry_packs_to_what_the_sdk_reads_and_packs_again(entry: Entry) -> None:
    packed = entry.pack()
    decoded = xdr.LedgerEntry.from_xdr_bytes(packed)
    assert decoded.to_xdr_bytes() == packed
    assert decoded.data.to_xdr_bytes() == entry.pack_data()
    assert entry.to_xdr() == decoded
    again = entry_from_xdr(decoded)
    assert type(again) is type(entry)
    assert again.pack() == packed
    assert again.key == entry.key
    assert (again.owner, again.sponsor, again.modified) == (
        entry.owner,
        entry.sponsor,
        entry.modified,
    )


@PATIENT
@given(ENTRIES)
def test_a_key_is_the_packed_ledger_key(entry: Entry) -> None:
    assert xdr.LedgerKey.from_xdr_bytes(entry.key).to_xdr_bytes() == entry.key


@PATIENT
@given(ENTRIES)
def test_a_copy_is_equal_and_apart(entry: Entry) -> None:
    packed = entry.pack()
    twin = entry.copy()
    assert twin.pack() == packed
    other = entry.copy()
    other.modified = (entry.modified + 1) % 2**32
    assert other.pack() != packed
    assert entry.pack() == packed


@PATIENT
@given(OFFERS)
def test_an_offer_packs_as_results_carry_it(offer: Offer) -> None:
    assert xdr.OfferEntry.from_xdr_bytes(offer.pack_offer()).to_xdr_bytes() == offer.pack_offer()


def test_an_account_says_only_what_there_is_to_say() -> None:
    plain = xdr.LedgerEntry.from_xdr_bytes(Account(bytes(32), 1, 2).pack()).data.account
    assert plain is not None
    assert plain.ext.v == 0
    owing = xdr.LedgerEntry.from_xdr_bytes(
        Account(bytes(32), 1, 2, selling_liabilities=1).pack()
    ).data.account
    assert owing is not None
    assert owing.ext.v1 is not None
    assert owing.ext.v1.ext.v == 0


@PATIENT
@given(ASSETS)
def test_an_asset_packs_and_reads_back(asset: Asset) -> None:
    packed = asset.pack()
    assert xdr.Asset.from_xdr_bytes(packed).to_xdr_bytes() == packed
    assert asset_from_xdr(xdr.Asset.from_xdr_bytes(packed)) == asset
    assert asset.is_native == (asset == NATIVE)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (1, b"US-D"),
        (1, b"\x00\x00\x00\x00"),
        (1, b"U\x00SD"),
        (1, b"US\xc3\xa9"),
        (2, b"USDC".ljust(12, b"\x00")),  # a short code belongs into the short form
        (2, b"USDCUSDC\x00USD"),
    ],
)
def test_a_malformed_asset_code_is_refused(kind: int, code: bytes) -> None:
    packed = kind.to_bytes(4) + code + bytes(4) + bytes(32)
    with pytest.raises(InvalidAssetError):
        asset_from_xdr(xdr.Asset.from_xdr_bytes(packed))


def test_an_asset_prints_in_canonical_form() -> None:
    issuer = bytes(32)
    assert str(NATIVE) == "native"
    assert str(Asset(b"USD", issuer)).startswith("USD:GAAAAAAAAA")
