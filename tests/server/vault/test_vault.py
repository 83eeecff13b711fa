"""Keys: sealed to their row, opened for one signature, gone from memory after it."""

import gc
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from core.books import Wallet
from core.errors import InvariantBroken
from core.links import decode_strkey
from server.vault.keks import CannotOpen, LocalKek
from server.vault.keyring import Secrets, new_keyring, open_keyring
from server.vault.sealing import Sealing, bound_to
from server.vault.signer import Signer
from server.vault.vault import Vault

KEY = bytes(range(32))
DIGEST = b"\7" * 32


def sealing_under(key: bytes = KEY) -> Sealing:
    return Sealing(LocalKek(key, os.urandom), os.urandom)


def wallet_of(signer: Signer, owner: str) -> Wallet:
    key = signer.new_key(owner)
    return Wallet(owner, "user", key.public_key, key.encrypted_keys, "open", None, 0, 0)


@pytest.fixture
def signer() -> Signer:
    return Signer(sealing_under(), os.urandom)


def verify(wallet: Wallet, signature: bytes) -> None:
    _, key = decode_strkey(wallet.public_key)
    Ed25519PublicKey.from_public_bytes(key).verify(signature, DIGEST)


def test_a_new_key_signs_what_its_address_verifies(signer):
    wallet = wallet_of(signer, "asha")
    verify(wallet, signer.sign_hash(wallet, DIGEST))


def test_keys_of_one_owner_are_all_different(signer):
    assert len({signer.new_key("asha") for _ in range(20)}) == 20


def test_only_hashes_are_signed(signer):
    with pytest.raises(InvariantBroken):
        signer.sign_hash(wallet_of(signer, "asha"), b"something longer than thirty-two bytes")


def test_a_seed_opens_in_its_own_row_only(signer):
    """100 rows swapped pairwise: no signature comes out."""
    wallets = [wallet_of(signer, f"owner{n}") for n in range(100)]
    for one, other in zip(wallets, [*wallets[1:], wallets[0]], strict=True):
        with pytest.raises(CannotOpen):
            signer.sign_hash(_with(one, encrypted_keys=other.encrypted_keys), DIGEST)
        with pytest.raises(CannotOpen):
            signer.sign_hash(_with(one, user_id=other.user_id), DIGEST)
        with pytest.raises(CannotOpen):
            signer.sign_hash(_with(one, public_key=other.public_key), DIGEST)


def _with(wallet: Wallet, **changed) -> Wallet:
    fields = {name: getattr(wallet, name) for name in Wallet.__struct_fields__}
    return Wallet(**(fields | changed))


def test_every_flipped_bit_of_the_envelope_is_refused(signer):
    wallet = wallet_of(signer, "asha")
    sealed = wallet.encrypted_keys
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            signer.sign_hash(_with(wallet, encrypted_keys=bytes(changed)), DIGEST)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_envelope_are_refused(raw):
    with pytest.raises(CannotOpen), sealing_under().opened(raw, bound_to("seed")):
        raise AssertionError("opened")


def test_a_cut_envelope_is_refused_at_every_length(signer):
    wallet = wallet_of(signer, "asha")
    for length in range(len(wallet.encrypted_keys)):
        with pytest.raises(CannotOpen):
            signer.sign_hash(_with(wallet, encrypted_keys=wallet.encrypted_keys[:length]), DIGEST)


def test_another_kek_opens_nothing_and_says_so(signer):
    wallet = wallet_of(signer, "asha")
    other = Signer(sealing_under(b"\1" * 32), os.urandom)
    with pytest.raises(CannotOpen, match="another key"):
        other.sign_hash(wallet, DIGEST)


def test_the_secret_is_zeroed_when_the_block_ends_however_it_ends():
    sealing, bound = sealing_under(), bound_to("seed", "asha")
    raw = sealing.seal(b"s" * 32, bound)
    with sealing.opened(raw, bound) as secret:
        assert secret == b"s" * 32
    assert secret == bytes(32)
    with pytest.raises(ZeroDivisionError), sealing.opened(raw, bound) as secret:
        raise ZeroDivisionError
    assert secret == bytes(32)


def test_no_seed_stays_in_memory_after_signing():
    """The seed given by the random source is searched for in the process's own memory."""
    marker = bytearray(os.urandom(32))
    given = iter([marker])
    signer = Signer(sealing_under(), lambda n: bytes(next(given, os.urandom(n))))
    wallet = wallet_of(signer, "asha")
    for _ in range(200):
        signer.sign_hash(wallet, DIGEST)
    hidden = bytes(byte ^ 0x5A for byte in marker)
    marker[:] = bytes(32)
    gc.collect()
    assert _copies_in_memory(hidden) == 0
    control = bytes(byte ^ 0x5A for byte in hidden)
    assert _copies_in_memory(hidden) > 0
    del control


def _copies_in_memory(hidden: bytes) -> int:
    """Copies of the wanted bytes in writable memory, the needle itself never whole in there:
    its first half is searched, then each byte of the second is compared."""
    found = 0
    half = bytearray(byte ^ 0x5A for byte in hidden[:16])
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
        for line in maps.read().splitlines():
            span, rights, *rest = line.split()
            if not rights.startswith("rw") or rest[-1] in {"[vvar]", "[vsyscall]"}:
                continue
            start, end = (int(address, 16) for address in span.split("-"))
            found += _copies_in(memory, start, end, half, hidden[16:])
    return found


def _copies_in(memory, start: int, end: int, half: bytearray, hidden_rest: bytes) -> int:
    try:
        memory.seek(start)
        chunk = bytearray(memory.read(end - start))
    except OSError:
        return 0
    found, at = 0, chunk.find(half)
    while at >= 0:
        rest = chunk[at + 16 : at + 32]
        found += len(rest) == 16 and all(
            byte ^ 0x5A == wanted for byte, wanted in zip(rest, hidden_rest, strict=True)
        )
        at = chunk.find(half, at + 1)
    chunk[:] = bytes(len(chunk))
    return found


# the house's secrets, personal data, PINs


def test_the_keyring_comes_back_and_needs_the_kek_that_sealed_it():
    sealed = new_keyring(sealing_under(), os.urandom)
    secrets = open_keyring(sealing_under(), sealed)
    assert secrets == open_keyring(sealing_under(), sealed)
    assert len({secrets.pins, secrets.lookups, secrets.audit}) == 3
    with pytest.raises(CannotOpen):
        open_keyring(sealing_under(b"\2" * 32), sealed)


def test_secrets_never_show_themselves():
    secrets = Secrets(b"pins", b"lookups", b"audit")
    assert repr(secrets) == str(secrets) == "Secrets(…)"


def vault_with(keys: str = "plk") -> Vault:
    return Vault(sealing_under(), Secrets(*(key.encode() * 32 for key in keys)), os.urandom)


def test_personal_data_opens_for_its_owner_only():
    vault = vault_with()
    sealed = vault.seal("asha", b"Asha Rao")
    assert vault.open("asha", sealed) == b"Asha Rao"
    assert b"Asha" not in sealed
    with pytest.raises(CannotOpen):
        vault.open("ben", sealed)


def test_lookups_are_the_same_for_the_same_kind_value_and_key_only():
    one, other = vault_with("pla"), vault_with("pma")
    assert one.keyed_hash("email", "a@b.example") == one.keyed_hash("email", "a@b.example")
    different = {
        one.keyed_hash("email", "a@b.example"),
        one.keyed_hash("phone", "a@b.example"),
        one.keyed_hash("email", "b@b.example"),
        one.keyed_hash("ema", "ila@b.example"),
        other.keyed_hash("email", "a@b.example"),
    }
    assert len(different) == 5


def test_a_pin_is_checked_against_its_owners_row():
    vault = vault_with()
    salt, tag = vault.new_pin("asha", "482915")
    assert vault.pin_check("asha", "482915")(salt, tag)
    assert not vault.pin_check("asha", "482916")(salt, tag)
    assert not vault.pin_check("ben", "482915")(salt, tag)
    assert not vault_with("qla").pin_check("asha", "482915")(salt, tag)
    assert vault.new_pin("asha", "482915") != (salt, tag)
