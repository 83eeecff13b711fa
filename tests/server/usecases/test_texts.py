"""What a database cannot keep of a text is refused; of a stranger's text it is replaced."""

import pytest
from stellar_sdk import Account, Asset, Keypair, TransactionBuilder, TransactionEnvelope

from core.errors import Malformed, Refused
from core.wire import Memo
from server.chain.envelopes import read_head
from server.usecases.payments import check_memo, check_note


def test_a_note_with_a_nul_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        check_note("for\0you")
    assert (refused.value.code, refused.value.field) == ("request.invalid", "note")


def test_a_memo_with_a_nul_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        check_memo(Memo(type="text", value="for\0you"))
    assert (refused.value.code, refused.value.field) == ("memo.malformed", "memo")


def test_a_strangers_memo_is_kept_without_what_cannot_be() -> None:
    stranger = Keypair.from_raw_ed25519_seed(bytes(32))
    builder = TransactionBuilder(Account(stranger.public_key, 1), "a network", 100)
    builder.append_payment_op(stranger.public_key, Asset.native(), "1")
    transaction = builder.add_text_memo(b"a\0\xffb").set_timeout(30).build().transaction
    head = read_head(TransactionEnvelope(transaction, "a network").to_xdr_object().to_xdr_bytes())
    assert (head.memo_type, head.memo) == ("text", "a\ufffd\ufffdb")
