"""Settings: read whole, refused by name, silent about values."""

from pathlib import Path

import pytest

from server.settings import BadSettings, load, load_database_url

ISSUER = "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5"
KEY = "0f" * 32
LOCAL = {
    "STELLAR_NETWORK": "local",
    "STELLAR_HORIZON_URL": "http://127.0.0.1:8000/",
    "STELLAR_RPC_URL": "http://127.0.0.1:8000/rpc",
    "USDC_ISSUER": ISSUER,
    "WALLET_ENCRYPTION_KEY": KEY,
    "LUMENPAY_DATA": "/data",
}


def problems(**changes: str) -> list[str]:
    with pytest.raises(BadSettings) as refused:
        load({**LOCAL, **changes})
    return refused.value.problems


def test_a_local_network_is_set_by_its_addresses() -> None:
    settings = load(LOCAL)
    assert settings.horizon_url == "http://127.0.0.1:8000"
    assert settings.passphrase == "Standalone Network ; February 2017"
    assert settings.friendbot_url is None
    assert settings.database_url == "sqlite:////data/lumenpay.db"
    assert settings.wallet_encryption_key == bytes.fromhex(KEY)
    assert settings.limits_timezone.key == "UTC"
    assert settings.prepared_statements is True
    assert load({**LOCAL, "LUMENPAY_PREPARED_STATEMENTS": "off"}).prepared_statements is False


def test_there_is_no_default_network() -> None:
    with pytest.raises(BadSettings) as refused:
        load({})
    assert refused.value.problems[0] == "STELLAR_NETWORK is missing"


def test_everything_that_is_wrong_is_named_at_once() -> None:
    found = problems(USDC_ISSUER="me", WALLET_ENCRYPTION_KEY="12", LIMITS_TIMEZONE="Mars")
    assert [problem.split(" ")[0] for problem in found] == [
        "USDC_ISSUER",
        "WALLET_ENCRYPTION_KEY",
        "LIMITS_TIMEZONE",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STELLAR_NETWORK", "main"),
        ("STELLAR_HORIZON_URL", "127.0.0.1:8000"),
        ("STELLAR_RPC_URL", "ftp://host/rpc"),
        ("STELLAR_FRIENDBOT_URL", "friendbot"),
        ("USDC_ISSUER", ISSUER[:-1] + "A"),
        ("DATABASE_URL", "mysql://host/db"),
        ("WALLET_ENCRYPTION_KEY", "zz" * 32),
        ("PUBLIC_URL", "lumenpay.example"),
        ("LIMITS_TIMEZONE", "../etc/passwd"),
        ("AUTH_PROVIDER", "supabase"),
        ("LUMENPAY_PAYMENT_EXPIRY_SECONDS", "0"),
        ("LUMENPAY_PAYS_PER_MINUTE", "many"),
        ("LUMENPAY_SIGNUPS_PER_HOUR", "-1"),
        ("LUMENPAY_LOG_LEVEL", "loud"),
        ("LUMENPAY_PREPARED_STATEMENTS", "maybe"),
        ("REDIS_URL", "redis://host"),
        ("SUPABASE_URL", "https://x.example"),
        ("LUMENPAY_TYPO", "1"),
        ("STELLAR_PASPHRASE", "x"),
    ],
)
def test_a_bad_or_unknown_setting_is_named_without_its_value(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} ")
    assert value not in problem.removeprefix(name) or len(value) < 4


@pytest.mark.parametrize("name", [*LOCAL])
def test_what_is_needed_has_no_default(name: str) -> None:
    given = {key: value for key, value in LOCAL.items() if key != name}
    if name == "LUMENPAY_DATA":
        assert load(given).data == Path("~/.local/share/lumenpay").expanduser()
        return
    with pytest.raises(BadSettings) as refused:
        load(given)
    assert f"{name} is missing" in refused.value.problems


def test_names_of_the_wallet_are_no_mistake() -> None:
    assert load({**LOCAL, "LUMENPAY_SERVER": "http://x", "LUMENPAY_PIN": "1", "PATH": "/bin"})


def test_testnet_needs_no_addresses() -> None:
    settings = load({"STELLAR_NETWORK": "testnet", "WALLET_ENCRYPTION_KEY": KEY})
    assert settings.passphrase == "Test SDF Network ; September 2015"
    assert settings.friendbot_url == "https://friendbot.stellar.org"
    assert settings.usdc_issuer == ISSUER
    with pytest.raises(BadSettings, match="STELLAR_PASSPHRASE"):
        load(
            {"STELLAR_NETWORK": "testnet", "WALLET_ENCRYPTION_KEY": KEY, "STELLAR_PASSPHRASE": "x"}
        )


def test_the_public_network_asks_for_more() -> None:
    public = {
        "STELLAR_NETWORK": "public",
        "STELLAR_RPC_URL": "https://rpc.example",
        "WALLET_ENCRYPTION_KEY": KEY,
    }
    for changes in ({}, {"PUBLIC_URL": "http://pay.example"}):
        with pytest.raises(BadSettings, match="PUBLIC_URL"):
            load({**public, **changes})
    with pytest.raises(BadSettings, match="STELLAR_FRIENDBOT_URL"):
        load({**public, "PUBLIC_URL": "https://a.example", "STELLAR_FRIENDBOT_URL": "http://b"})
    assert load({**public, "PUBLIC_URL": "https://pay.example/"}).public_url == (
        "https://pay.example"
    )


def test_a_file_holds_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "lumenpay.conf"
    lines = ["# ours", "", *(f"{name} = {value}" for name, value in LOCAL.items())]
    file.write_text("\n".join(lines))
    named = {"LUMENPAY_CONFIG": str(file)}
    assert load(named) == load(LOCAL)
    assert load({**named, "LIMITS_TIMEZONE": "Asia/Kolkata"}).limits_timezone.key == "Asia/Kolkata"


@pytest.mark.parametrize("text", [None, "STELLAR_NETWORK", "a b=c", "=x", b"\xff=1"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str | bytes | None) -> None:
    file = tmp_path / "lumenpay.conf"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadSettings, match="LUMENPAY_CONFIG"):
        load({"LUMENPAY_CONFIG": str(file)})


def test_migrating_needs_the_database_alone() -> None:
    assert load_database_url({"LUMENPAY_DATA": "/d"}) == "sqlite:////d/lumenpay.db"
    for given, read in (
        ("postgres://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ):
        assert load_database_url({"DATABASE_URL": given}) == read
    with pytest.raises(BadSettings, match="DATABASE_URL"):
        load_database_url({"DATABASE_URL": "nonsense"})


def test_settings_never_print_their_values() -> None:
    assert KEY not in repr(load(LOCAL))
    assert "0f0f" not in str(load(LOCAL))
