"""Exact amounts: what is read is what is meant, and what is printed reads back the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvariantBroken, Refused
from core.money import MAX_STROOPS, Amount, Asset, format_stroops, parse_stroops

ISSUER = "GBZXN7PIRZGNMHGA7MUUUF4GWPY5AYPV6LY4UV2GL6VJGIQRXFDNMADI"
USDC = Asset("USDC", ISSUER)
XLM = Asset("XLM")


@pytest.mark.parametrize(
    ("text", "stroops"),
    [
        ("25.5", 255_000_000),
        ("0.0000001", 1),
        ("1", 10_000_000),
        ("007", 70_000_000),
        ("1.0000000", 10_000_000),
        ("922337203685.4775807", MAX_STROOPS),
    ],
)
def test_plain_decimals_are_read_exactly(text: str, stroops: int) -> None:
    assert parse_stroops(text) == stroops


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount.malformed"),
        (" 1", "amount.malformed"),
        ("1 ", "amount.malformed"),
        ("1\n", "amount.malformed"),
        ("+1", "amount.malformed"),
        ("-1", "amount.malformed"),
        ("1e3", "amount.malformed"),
        ("1E-3", "amount.malformed"),
        ("NaN", "amount.malformed"),
        ("Infinity", "amount.malformed"),
        ("1,5", "amount.malformed"),
        ("1_000", "amount.malformed"),
        ("0x10", "amount.malformed"),
        (".5", "amount.malformed"),
        ("5.", "amount.malformed"),
        ("1.2.3", "amount.malformed"),
        ("\u0661", "amount.malformed"),  # a digit, but not ours
        ("1" * 65, "amount.malformed"),
        ("1.00000001", "amount.too_many_decimals"),
        ("0.00000000", "amount.too_many_decimals"),
        ("0", "amount.not_positive"),
        ("0.0000000", "amount.not_positive"),
        ("922337203685.4775808", "amount.too_large"),
        ("9" * 30, "amount.too_large"),
    ],
)
def test_everything_else_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_stroops(text, "amount")
    assert (refused.value.code, refused.value.field) == (code, "amount")


@given(st.integers(1, MAX_STROOPS))
def test_what_is_printed_reads_back(stroops: int) -> None:
    printed = format_stroops(stroops)
    assert parse_stroops(printed) == stroops
    assert not printed.endswith(".")
    assert "." not in printed or not printed.endswith("0")


@given(st.integers(-MAX_STROOPS, -1))
def test_negative_amounts_keep_their_sign(stroops: int) -> None:
    assert format_stroops(stroops) == f"-{format_stroops(-stroops)}"


def test_zero_prints_as_zero() -> None:
    assert format_stroops(0) == "0"


@pytest.mark.parametrize(
    ("text", "asset"),
    [("XLM", XLM), ("USDC", USDC), (f"USDC:{ISSUER}", USDC), (f"a1:{ISSUER}", Asset("a1", ISSUER))],
)
def test_assets_are_read(text: str, asset: Asset) -> None:
    assert Asset.parse(text, ISSUER) == asset


@pytest.mark.parametrize(
    "text",
    ["", "xlm", "EUR", "USDC:", f":{ISSUER}", f"TOOLONGACODE1:{ISSUER}", f"U$D:{ISSUER}", "USDC:G"],
)
def test_unknown_assets_are_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Asset.parse(text, ISSUER)
    assert (refused.value.code, refused.value.field) == ("asset.unknown", "asset")


def test_usdc_is_nothing_without_an_issuer() -> None:
    with pytest.raises(Refused):
        Asset.parse("USDC", None)


def test_names_are_the_wires() -> None:
    assert (XLM.name, USDC.name) == ("XLM", f"USDC:{ISSUER}")
    assert XLM.native
    assert not USDC.native


def test_amounts_of_one_asset_add_up() -> None:
    assert Amount(5, XLM) + Amount(7, XLM) == Amount(12, XLM)
    assert Amount(5, XLM) - Amount(7, XLM) == Amount(-2, XLM)
    assert str(Amount(255_000_000, USDC)) == "25.5 USDC"


def test_two_assets_never_mix_and_nothing_overflows() -> None:
    with pytest.raises(InvariantBroken):
        Amount(1, XLM) + Amount(1, USDC)
    with pytest.raises(InvariantBroken):
        Amount(1, XLM) - Amount(1, USDC)
    with pytest.raises(InvariantBroken):
        Amount(MAX_STROOPS, XLM) + Amount(1, XLM)
