"""All tables of the first release. Frozen: it imports nothing of the product."""

from alembic import op

revision = "0001"
down_revision = None

XLM = 10_000_000

# level, one payment, a day, a month (XLM), payments a day
LEVELS = (
    (0, 10_000, 20_000, 100_000, 20),
    (1, 25_000, 50_000, 250_000, 50),
    (2, 100_000, 200_000, 1_000_000, 100),
    (3, 500_000, 1_000_000, 10_000_000, 200),
)

# Written for PostgreSQL; `_for_sqlite` changes the types. {serial} is a growing integer key.
TABLES = """
CREATE TABLE wallets (
    user_id TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    public_key TEXT NOT NULL UNIQUE,
    encrypted_keys BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('opening', 'open', 'failed')),
    hash BYTEA,
    tries INTEGER NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX wallets_by_hash ON wallets (hash) WHERE hash IS NOT NULL;
CREATE INDEX wallets_opening ON wallets (created_ms) WHERE state = 'opening';
CREATE INDEX wallets_of_the_house ON wallets (role) WHERE role <> 'user';

CREATE TABLE profiles (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES wallets,
    handle TEXT NOT NULL UNIQUE,
    handle_changed_ms BIGINT,
    sealed BYTEA NOT NULL,
    password_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    display_currency TEXT NOT NULL,
    referral_code TEXT NOT NULL UNIQUE,
    referred_by TEXT REFERENCES profiles,
    created_ms BIGINT NOT NULL
);

CREATE TABLE kyc_status (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES profiles,
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),
    updated_ms BIGINT NOT NULL
);

CREATE TABLE identifiers (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES profiles,
    kind TEXT NOT NULL CHECK (kind IN ('email', 'phone'))
);
CREATE INDEX identifiers_by_user ON identifiers (user_id);

CREATE TABLE handles (
    handle TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES profiles
);

CREATE TABLE payers (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES profiles,
    pin_salt BYTEA NOT NULL,
    pin_tag BYTEA NOT NULL,
    pin_wrong INTEGER NOT NULL,
    pin_locked_until_ms BIGINT NOT NULL,
    frozen INTEGER NOT NULL,
    cooling_until_ms BIGINT NOT NULL,
    day INTEGER NOT NULL,
    day_used BIGINT NOT NULL CHECK (day_used >= 0),
    day_count INTEGER NOT NULL CHECK (day_count >= 0),
    month INTEGER NOT NULL,
    month_used BIGINT NOT NULL CHECK (month_used >= 0)
);

CREATE TABLE limit_levels (
    level INTEGER NOT NULL,
    valid_from_ms BIGINT NOT NULL,
    per_payment BIGINT NOT NULL,
    per_day BIGINT NOT NULL,
    per_month BIGINT NOT NULL,
    payments_a_day INTEGER NOT NULL,
    PRIMARY KEY (level, valid_from_ms)
);

CREATE TABLE limit_overrides (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES profiles,
    valid_from_ms BIGINT NOT NULL,
    per_payment BIGINT NOT NULL,
    per_day BIGINT NOT NULL,
    per_month BIGINT NOT NULL,
    payments_a_day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    operator TEXT NOT NULL
);

CREATE TABLE lanes (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES wallets,
    sequence BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('free', 'taken', 'review')),
    in_flight BYTEA,
    CHECK (state <> 'taken' OR in_flight IS NOT NULL),
    CHECK (state <> 'free' OR in_flight IS NULL)
);

CREATE TABLE balances (
    user_id TEXT NOT NULL REFERENCES wallets,
    asset TEXT NOT NULL,
    available BIGINT NOT NULL CHECK (available >= 0),
    held BIGINT NOT NULL CHECK (held >= 0),
    PRIMARY KEY (user_id, asset)
);

CREATE TABLE transactions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES wallets,
    kind TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    status TEXT NOT NULL CHECK (
        status IN ('pending', 'processing', 'success', 'failed', 'cancelled', 'expired')
    ),
    reason TEXT,
    counterparty_id TEXT,
    address TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    asset TEXT NOT NULL,
    memo_type TEXT,
    memo TEXT,
    note TEXT,
    value BIGINT NOT NULL CHECK (value >= 0),
    day INTEGER NOT NULL,
    request_id TEXT,
    idempotency_key TEXT,
    hash BYTEA,
    position INTEGER NOT NULL,
    ledger BIGINT,
    tries INTEGER NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    confirmed_ms BIGINT,
    settled_ms BIGINT,
    CHECK (status <> 'success' OR ledger IS NOT NULL)
);
CREATE INDEX transactions_by_owner ON transactions (user_id, id);
CREATE INDEX transactions_by_hash ON transactions (hash) WHERE hash IS NOT NULL;
CREATE INDEX transactions_by_day ON transactions (created_ms);
CREATE INDEX transactions_live ON transactions (user_id, status)
    WHERE status IN ('pending', 'processing');
CREATE INDEX transactions_late ON transactions (expires_ms) WHERE status = 'pending';
CREATE INDEX transactions_waiting ON transactions (user_id, id)
    WHERE status = 'processing' AND hash IS NULL;

CREATE TABLE holds (
    payment_id TEXT NOT NULL PRIMARY KEY REFERENCES transactions,
    user_id TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0)
);

CREATE TABLE attempts (
    hash BYTEA NOT NULL PRIMARY KEY,
    outer_hash BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'opening', 'treasury')),
    lane TEXT NOT NULL REFERENCES lanes,
    sequence BIGINT NOT NULL,
    max_ledger BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('signed', 'sent', 'outcome_unknown', 'refused', 'dead', 'landed_ok',
                  'landed_failed')
    ),
    envelope BYTEA NOT NULL,
    fee_payer TEXT NOT NULL REFERENCES wallets,
    worker TEXT NOT NULL,
    code TEXT,
    sends INTEGER NOT NULL,
    next_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    sent_ledger BIGINT
);
CREATE UNIQUE INDEX attempts_one_a_sequence ON attempts (lane, sequence)
    WHERE state NOT IN ('refused', 'dead');
CREATE INDEX attempts_unfinished ON attempts (max_ledger, next_ms)
    WHERE state IN ('signed', 'sent', 'outcome_unknown');

CREATE TABLE postings (
    id {serial},
    transfer TEXT NOT NULL,
    ledger BIGINT NOT NULL,
    owner TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    created_ms BIGINT NOT NULL
);

CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    reply BYTEA NOT NULL,
    subject TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE TABLE rate_limits (
    key TEXT NOT NULL PRIMARY KEY,
    times BYTEA NOT NULL
);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES profiles,
    token_hash BYTEA NOT NULL UNIQUE,
    refresh_hash BYTEA NOT NULL,
    expires_ms BIGINT NOT NULL,
    refresh_expires_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (refresh_expires_ms);

CREATE TABLE contacts (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES profiles,
    address TEXT NOT NULL,
    contact_user_id TEXT REFERENCES profiles,
    sealed_name BYTEA,
    favourite INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    last_paid_ms BIGINT,
    created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX contacts_one_an_address ON contacts (user_id, address);
CREATE INDEX contacts_by_user ON contacts (user_id, id);

CREATE TABLE payment_requests (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES profiles,
    amount BIGINT CHECK (amount > 0),
    asset TEXT,
    note TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'paid')),
    expires_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX payment_requests_by_user ON payment_requests (user_id);

CREATE TABLE prices (
    asset TEXT NOT NULL PRIMARY KEY,
    stroops BIGINT NOT NULL CHECK (stroops > 0),
    seen_ms BIGINT NOT NULL
);

CREATE TABLE cursors (
    name TEXT NOT NULL PRIMARY KEY,
    passphrase TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    close_ms BIGINT NOT NULL
);

CREATE TABLE outbox (
    id {serial},
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX outbox_by_user ON outbox (user_id, id);

CREATE TABLE audit_log (
    chain_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    action TEXT NOT NULL,
    user_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (chain_id, seq)
);

CREATE TABLE audit_heads (
    chain_id TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    mac BYTEA NOT NULL
);

CREATE TABLE keyring (
    name TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE quarantine (
    id {serial},
    ledger BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    reason TEXT NOT NULL,
    raw BYTEA NOT NULL,
    created_ms BIGINT NOT NULL
);
"""

# What of a payment is settled when it is written: everything but state, reason and evidence.
SETTLED = """id, user_id, kind, direction, counterparty_id, address, amount, asset, memo_type,
memo, note, value, day, request_id, idempotency_key, created_ms, expires_ms"""

INSERT_ONLY = ("postings", "audit_log")
WITH_ROWID = ("wallets", "attempts", "postings", "outbox", "quarantine")

# Owned rows: a reader sees those of the user that its transaction names, and no others.
OWNED = {
    "profiles": "user_id",
    "kyc_status": "user_id",
    "identifiers": "user_id",
    "payers": "user_id",
    "limit_overrides": "user_id",
    "wallets": "user_id",
    "lanes": "user_id",
    "balances": "user_id",
    "transactions": "user_id",
    "holds": "user_id",
    "attempts": "lane",
    "postings": "owner",
    "idempotency": "scope",
    "sessions": "user_id",
    "contacts": "user_id",
    "payment_requests": "user_id",
    "outbox": "user_id",
    "audit_log": "user_id",
}
SHARED = ("limit_levels", "prices", "handles", "cursors")


STANDINGS = """CREATE VIEW standings{options} AS
    SELECT k.user_id, k.level, o.valid_from_ms, o.per_payment, o.per_day, o.per_month,
           o.payments_a_day
    FROM kyc_status k LEFT JOIN limit_overrides o ON o.user_id = k.user_id"""

PEOPLE = """CREATE VIEW people{options} AS
    SELECT p.user_id, p.handle, k.level, p.sealed, w.public_key, w.state
    FROM profiles p
    JOIN kyc_status k ON k.user_id = p.user_id
    JOIN wallets w ON w.user_id = p.user_id"""

SIGNED_IN = """CREATE VIEW signed_in{options} AS
    SELECT s.token_hash, s.id AS session_id, s.user_id, p.handle, s.expires_ms
    FROM sessions s JOIN profiles p ON p.user_id = s.user_id"""


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(_for_sqlite(statement) if sqlite else _for_postgresql(statement))
    for view in (STANDINGS, PEOPLE, SIGNED_IN):
        op.execute(view.format(options="" if sqlite else " WITH (security_invoker = true)"))
    for level, *amounts, count in LEVELS:
        row = (level, 0, *(amount * XLM for amount in amounts), count)
        op.execute(f"INSERT INTO limit_levels VALUES {row}")
    for statement in _triggers_sqlite() if sqlite else _triggers_postgresql():
        op.execute(statement)
    if not sqlite:
        _guard_rows()


def _for_sqlite(statement: str) -> str:
    """STRICT tables know INTEGER, TEXT and BLOB; rows lie in the order of their key."""
    text = statement.replace("{serial}", "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT")
    text = text.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB")
    if text.strip().startswith("CREATE TABLE"):
        name = text.split()[2]
        text += " STRICT" if name in WITH_ROWID else " STRICT, WITHOUT ROWID"
    return text


def _for_postgresql(statement: str) -> str:
    return statement.replace("{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")


def _triggers_sqlite() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, '{0} rows are never changed'); END"
    made = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refuse.format(table)}"
        for table in INSERT_ONLY
        for verb in ("UPDATE", "DELETE")
    ]
    return [
        *made,
        f"CREATE TRIGGER transactions_settled BEFORE UPDATE OF {SETTLED} ON transactions "
        + refuse.format("settled parts of transactions"),
        "CREATE TRIGGER transactions_no_delete BEFORE DELETE ON transactions "
        + refuse.format("transactions"),
    ]


def _triggers_postgresql() -> list[str]:
    function = """CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation'; END $$"""
    made = [
        f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()"
        for table in INSERT_ONLY
    ]
    truncates = [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
        for table in (*INSERT_ONLY, "transactions")
    ]
    return [
        function,
        *made,
        *truncates,
        f"CREATE TRIGGER transactions_settled BEFORE UPDATE OF {SETTLED} ON transactions "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()",
        "CREATE TRIGGER transactions_no_delete BEFORE DELETE ON transactions "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()",
    ]


def _guard_rows() -> None:
    """Two roles beside the owner: the engine (a batch mixes users) sees all rows, a reader those
    of the user named by `lumenpay.user_id`. FORCE: the owner is bound by the policies too."""
    for role in ("lumenpay_engine", "lumenpay_reader"):
        op.execute(
            f"""DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} NOLOGIN;
                END IF;
            END $$"""
        )
        op.execute(
            f"""DO $$ BEGIN
                IF NOT pg_has_role(current_user, '{role}', 'USAGE') THEN
                    EXECUTE format('GRANT {role} TO %I', current_user);
                END IF;
            END $$"""
        )
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO lumenpay_engine")
    op.execute("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO lumenpay_engine")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lumenpay_engine")
    for table in (*OWNED, *SHARED, "standings", "people", "signed_in"):
        op.execute(f"GRANT SELECT ON {table} TO lumenpay_reader")
    for table, owner in OWNED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY engine ON {table} TO lumenpay_engine USING (true) WITH CHECK (true)"
        )
        op.execute(
            f"CREATE POLICY own ON {table} FOR SELECT TO lumenpay_reader "
            f"USING ({owner} = NULLIF(current_setting('lumenpay.user_id', true), ''))"
        )
