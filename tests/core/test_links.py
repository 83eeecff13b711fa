"""Recipients are read in one order; addresses are checked to the last bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Malformed, Refused
from core.links import (
    RESERVED,
    Account,
    Federated,
    Handle,
    Link,
    PayLink,
    check_handle,
    derive_handle,
    is_account,
    read_recipient,
    request_link,
    sep7_pay,
)

G = "GBZXN7PIRZGNMHGA7MUUUF4GWPY5AYPV6LY4UV2GL6VJGIQRXFDNMADI"
# SEP-23's own vectors
G23 = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
M23 = "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK"
M23_ZERO = "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ"


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        ("https://pay.example/P/0123456789", Link("0123456789")),
        ("HTTPS://PAY.EXAMPLE/P/0123456789", Link("0123456789")),
        ("http://127.0.0.1:8080/p/abcdefghjk", Link("ABCDEFGHJK")),
        (f"web+stellar:pay?destination={G}", PayLink(Account(G))),
        (
            f"web+stellar:pay?destination={G}&amount=1.5&memo=a%26b&memo_type=MEMO_TEXT&msg=hi",
            PayLink(Account(G), "1.5", "XLM", "a&b", "text", "hi"),
        ),
        (
            f"web+stellar:pay?destination={G}&asset_code=USDC&asset_issuer={G23}",
            PayLink(Account(G), asset=f"USDC:{G23}"),
        ),
        (
            f"web+stellar:pay?destination={G}&memo={'A' * 43}%3D&memo_type=MEMO_HASH",
            PayLink(Account(G), memo="00" * 32, memo_type="hash"),
        ),
        (G, Account(G)),
        (f"  {G}\n", Account(G)),
        (M23, Account(G23, 9223372036854775808)),
        ("asha*lumenpay.example", Federated("asha", "lumenpay.example")),
        ("Asha.Rao*LumenPay.Example", Federated("asha.rao", "lumenpay.example")),
        ("asha_rao", Handle("asha_rao")),
        ("@Asha_Rao", Handle("asha_rao")),
    ],
)
def test_recipients_are_read(text: str, recipient: object) -> None:
    assert read_recipient(text) == recipient


def test_a_muxed_address_carries_its_id() -> None:
    assert read_recipient(M23_ZERO) == Account(G23, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ab",
        "1asha",
        "asha rao",
        "*",
        "asha*",
        "*domain",
        G[:-1],
        G[:-1] + "A",
        G[:10] + G[9] + G[11:],
        M23[:-1] + "A",
        "SBQWY3DNPFWGSZTFNV4WQZLBMRSWIZLUMVZWK43UMVZXG5DFON2GK43U",
        "https://pay.example/",
        "https://pay.example/P/short",
        "https://pay.example/P/012345678U",
        "web+stellar:tx?xdr=AAAA",
        "web+stellar:pay?amount=1",
        f"web+stellar:pay?destination={G}&asset_code=USDC",
        f"web+stellar:pay?destination={G}&memo=x&memo_type=MEMO_OTHER",
        f"web+stellar:pay?destination={G}&memo=%25%25&memo_type=MEMO_HASH",
        "\x1b[2J",
        "a" * 10_000,
    ],
)
def test_what_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_recipient(text)
    assert refused.value.code == "recipient.malformed"
    assert refused.value.field == "recipientAddress"


@given(st.integers(0, 55), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_changed_character_is_noticed(position: int, character: str) -> None:
    changed = G[:position] + character + G[position + 1 :]
    assert is_account(changed) == (changed == G)


@given(st.text(max_size=80))
def test_no_text_gets_past_as_anything_but_a_recipient_or_a_refusal(text: str) -> None:
    try:
        recipient = read_recipient(text)
    except Malformed:
        return
    assert isinstance(recipient, Account | Link | Federated | Handle | PayLink)


def test_handles_are_folded_and_reserved_words_kept() -> None:
    assert check_handle("@Asha_Rao") == "asha_rao"
    for text, code in (("admin", "handle.reserved"), ("ab", "handle.malformed")):
        with pytest.raises(Refused) as refused:
            check_handle(text)
        assert (refused.value.code, refused.value.field) == (code, "handle")


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Asha Rao", "asha_rao"),
        ("José Núñez", "jose_nunez"),
        ("Admin", "user_admin"),
        ("李小龍", "user"),
        ("42 Crew", "crew"),
        ("X", "user_x"),
        ("A very long name that does not end at all", "a_very_long_name_that_do"),
    ],
)
def test_a_handle_is_derived_from_the_name(name: str, handle: str) -> None:
    assert derive_handle(name, 1) == handle


@given(st.text(max_size=100), st.integers(1, 99_999))
def test_every_derived_handle_is_a_legal_one(name: str, number: int) -> None:
    derived = derive_handle(name, number)
    if derived not in RESERVED:
        assert check_handle(derived) == derived


def test_links_are_in_capitals_for_small_codes() -> None:
    assert request_link("https://pay.example/", "0123456789") == "HTTPS://PAY.EXAMPLE/P/0123456789"


@given(
    st.one_of(st.none(), st.just("25.5")),
    st.sampled_from(["XLM", f"USDC:{G23}"]),
    st.one_of(st.none(), st.text(min_size=1, max_size=28)),
)
def test_what_sep7_writes_reads_back(amount: str | None, asset: str, memo: str | None) -> None:
    link = sep7_pay(G, amount, asset, memo)
    assert read_recipient(link) == PayLink(
        Account(G), amount, asset, memo, "text" if memo is not None else None
    )
