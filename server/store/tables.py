"""The tables, as the newest migration leaves them; a test compares the two on both databases.

Money is BIGINT stroops, times are BIGINT milliseconds, ids are text (ULIDs sort by time), hashes
and sealed data are bytes, booleans are 0 and 1.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

metadata = MetaData()


def _table(name: str, key: str, columns: str) -> Table:
    """`columns`: name:type, one letter a type (t, b, i, B: big integer), ? for nullable."""
    kinds = {"t": Text, "b": LargeBinary, "i": Integer, "B": BigInteger}
    made: list[Column[object]] = []
    for column in columns.split():
        label, _, kind = column.partition(":")
        made.append(Column(label, kinds[kind[0]], nullable=kind.endswith("?")))
    return Table(name, metadata, *made, PrimaryKeyConstraint(*key.split()))


profiles = _table(
    "profiles",
    "user_id",
    """user_id:t handle:t handle_changed_ms:B? sealed:b password_hash:t language:t timezone:t
    display_currency:t referral_code:t referred_by:t? created_ms:B""",
)
kyc_status = _table("kyc_status", "user_id", "user_id:t level:i updated_ms:B")
identifiers = _table("identifiers", "hash", "hash:b user_id:t kind:t")
handles = _table("handles", "handle", "handle:t user_id:t")
wallets = _table(
    "wallets",
    "user_id",
    "user_id:t role:t public_key:t encrypted_keys:b state:t hash:b? tries:i created_ms:B",
)
lanes = _table("lanes", "user_id", "user_id:t sequence:B state:t in_flight:b?")
balances = _table("balances", "user_id asset", "user_id:t asset:t available:B held:B")
payers = _table(
    "payers",
    "user_id",
    """user_id:t pin_salt:b pin_tag:b pin_wrong:i pin_locked_until_ms:B frozen:i
    cooling_until_ms:B day:i day_used:B day_count:i month:i month_used:B""",
)
limit_levels = _table(
    "limit_levels",
    "level valid_from_ms",
    "level:i valid_from_ms:B per_payment:B per_day:B per_month:B payments_a_day:i",
)
limit_overrides = _table(
    "limit_overrides",
    "user_id",
    """user_id:t valid_from_ms:B per_payment:B per_day:B per_month:B payments_a_day:i
    reason:t operator:t""",
)
standings = _table(
    "standings",
    "user_id",
    """user_id:t level:i valid_from_ms:B? per_payment:B? per_day:B? per_month:B?
    payments_a_day:i?""",
)
"""A view: each person's level with the override, if there is one."""

people = _table("people", "user_id", "user_id:t handle:t level:i sealed:b public_key:t state:t")
"""A view: somebody with a wallet here, as others see him."""

signed_in = _table(
    "signed_in", "token_hash", "token_hash:b session_id:t user_id:t handle:t expires_ms:B"
)
"""A view: who stands behind an access token."""

transactions = _table(
    "transactions",
    "id",
    """id:t user_id:t kind:t direction:t status:t reason:t? counterparty_id:t? address:t amount:B
    asset:t memo_type:t? memo:t? note:t? value:B day:i request_id:t? idempotency_key:t? hash:b?
    position:i ledger:B? tries:i created_ms:B expires_ms:B? confirmed_ms:B? settled_ms:B?""",
)
holds = _table("holds", "payment_id", "payment_id:t user_id:t asset:t amount:B")
attempts = _table(
    "attempts",
    "hash",
    """hash:b outer_hash:b kind:t lane:t sequence:B max_ledger:B state:t envelope:b fee_payer:t
    worker:t code:t? sends:i next_ms:B created_ms:B sent_ledger:B?""",
)
postings = _table(
    "postings", "id", "id:B transfer:t ledger:B owner:t asset:t amount:B created_ms:B"
)
idempotency = _table(
    "idempotency", "scope key", "scope:t key:t body_hash:b reply:b subject:t created_ms:B"
)
rate_limits = _table("rate_limits", "key", "key:t times:b")
sessions = _table(
    "sessions",
    "id",
    """id:t user_id:t token_hash:b refresh_hash:b expires_ms:B refresh_expires_ms:B
    created_ms:B""",
)
contacts = _table(
    "contacts",
    "id",
    """id:t user_id:t address:t contact_user_id:t? sealed_name:b? favourite:i blocked:i
    last_paid_ms:B? created_ms:B""",
)
payment_requests = _table(
    "payment_requests",
    "id",
    "id:t user_id:t amount:B? asset:t? note:t? status:t expires_ms:B created_ms:B",
)
prices = _table("prices", "asset", "asset:t stroops:B seen_ms:B")
cursors = _table("cursors", "name", "name:t passphrase:t sequence:B close_ms:B")
keyring = _table("keyring", "name", "name:t sealed:b created_ms:B")
outbox = _table("outbox", "id", "id:B user_id:t kind:t subject:t created_ms:B")
audit_log = _table(
    "audit_log",
    "chain_id seq",
    "chain_id:t seq:B at_ms:B action:t user_id:t subject:t detail:t mac:b",
)
audit_heads = _table("audit_heads", "chain_id", "chain_id:t seq:B mac:b")
quarantine = _table("quarantine", "id", "id:B ledger:B hash:b reason:t raw:b created_ms:B")

VIEWS = (standings, people, signed_in)
TABLES = tuple(table for table in metadata.sorted_tables if table not in VIEWS)
