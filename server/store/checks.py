"""What must hold in the books at any moment: the checks of `lumenpay verify`.

Each check is a query for what breaks its rule; no rows, no breach.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from core.books import AuditEntry
from server.store.audit import AUDIT, START, Head, seal
from server.store.sets import Row, ask

ROWS_MAX = 100
"""So many rows of a breach are named."""

Names = dict[str, str]


class Rule(NamedTuple):
    columns: tuple[str, ...]
    sql: str


_LIVE = "('pending', 'processing')"
_UNFINISHED = "('signed', 'sent', 'outcome_unknown')"

RULES: dict[str, Rule] = {
    "postings_sum_zero": Rule(
        ("transfer", "asset", "sum"),
        """SELECT transfer, asset, CAST(SUM(amount) AS TEXT) FROM postings
        GROUP BY transfer, asset HAVING SUM(amount) <> 0""",
    ),
    "balances_equal_postings": Rule(
        ("owner", "asset", "difference"),
        """SELECT owner, asset, CAST(SUM(amount) AS TEXT) FROM (
            SELECT owner, asset, amount FROM postings WHERE owner <> 'outside'
            UNION ALL SELECT user_id, asset, -(available + held) FROM balances
        ) AS sides GROUP BY owner, asset HAVING SUM(amount) <> 0""",
    ),
    "holds_equal_held": Rule(
        ("owner", "asset", "difference"),
        """SELECT user_id, asset, CAST(SUM(amount) AS TEXT) FROM (
            SELECT user_id, asset, amount FROM holds
            UNION ALL SELECT user_id, asset, -held FROM balances
        ) AS sides GROUP BY user_id, asset HAVING SUM(amount) <> 0""",
    ),
    "holds_live": Rule(
        ("payment", "status", "held"),
        f"""SELECT t.id, t.status, CAST(COALESCE(h.amount, 0) AS TEXT)
        FROM transactions t LEFT JOIN holds h ON h.payment_id = t.id
        WHERE (t.status IN {_LIVE}) <> (h.payment_id IS NOT NULL)
           OR h.amount <> t.amount OR h.user_id <> t.user_id OR h.asset <> t.asset""",
    ),
    "lanes": Rule(
        ("lane", "state", "sequence", "attempt"),
        f"""SELECT l.user_id, l.state, l.sequence, a.state
        FROM lanes l
        LEFT JOIN attempts a ON a.lane = l.user_id AND a.state IN {_UNFINISHED}
        WHERE (l.in_flight IS NULL) <> (a.hash IS NULL)
           OR l.in_flight <> a.hash OR l.sequence <> a.sequence""",
    ),
    "attempts": Rule(
        ("payment", "status", "attempt"),
        f"""SELECT t.id, t.status, a.state
        FROM transactions t LEFT JOIN attempts a ON a.hash = t.hash
        WHERE t.kind = 'payment' AND t.direction = 'out' AND t.idempotency_key IS NOT NULL
          AND (t.status = 'processing' AND t.hash IS NOT NULL
               AND (a.hash IS NULL OR a.state NOT IN {_UNFINISHED})
            OR t.status = 'success' AND (a.hash IS NULL OR a.state <> 'landed_ok'))""",
    ),
    "limits": Rule(
        ("user", "day", "counted", "payments"),
        """SELECT p.user_id, p.day, p.day_used, CAST(COALESCE(SUM(t.value), 0) AS TEXT)
        FROM payers p LEFT JOIN transactions t
          ON t.user_id = p.user_id AND t.day = p.day AND t.direction = 'out'
         AND t.status IN ('pending', 'processing', 'success')
        WHERE p.day > 0
        GROUP BY p.user_id, p.day, p.day_used, p.day_count
        HAVING COALESCE(SUM(t.value), 0) <> p.day_used OR COUNT(t.id) <> p.day_count""",
    ),
}


def check_rules(connection: Connection) -> dict[str, list[Names]]:
    """The breaches of each rule."""
    return {name: _breaches(connection, rule) for name, rule in RULES.items()}


def _breaches(connection: Connection, rule: Rule) -> list[Names]:
    rows = ask(connection, f"{rule.sql} LIMIT ?", ROWS_MAX)
    return [dict(zip(rule.columns, map(_text, row), strict=True)) for row in rows]


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def check_chains(connection: Connection, key: bytes) -> list[Names]:
    """Rows of the audit log that are missing, changed or out of place, and heads that do not
    fit the last row of their chain."""
    heads = {
        str(chain_id): Head(_int(seq), _bytes(mac))
        for chain_id, seq, mac in ask(connection, "SELECT chain_id, seq, mac FROM audit_heads")
    }
    ends: dict[str, Head] = {}
    broken = [name for row in _audit_rows(connection) for name in _check_row(key, row, ends)]
    for chain_id in sorted(heads.keys() | ends.keys()):
        end = ends.get(chain_id, START)
        if heads.get(chain_id) != end:
            broken.append(_broken(chain_id, end.seq, "the head does not fit the last row"))
    return broken[:ROWS_MAX]


def heads(connection: Connection) -> list[Names]:
    """To be kept elsewhere: they show a tail that was cut together with its head."""
    rows = ask(connection, "SELECT chain_id, seq, mac FROM audit_heads ORDER BY chain_id")
    return [dict(zip(("chain", "seq", "mac"), map(_text, row), strict=True)) for row in rows]


_PAGE = 10_000


def _audit_rows(connection: Connection) -> Iterator[Row]:
    """All chains in order, page by page: a log is longer than memory."""
    names = ", ".join(AUDIT.columns)
    chain_id, seq = "", 0
    while True:
        page = ask(
            connection,
            f"SELECT {names} FROM audit_log WHERE (chain_id, seq) > (?, ?) "
            "ORDER BY chain_id, seq LIMIT ?",
            chain_id,
            seq,
            _PAGE,
        )
        yield from page
        if len(page) < _PAGE:
            return
        chain_id, seq = str(page[-1][0]), _int(page[-1][1])


_make_entry: Callable[..., AuditEntry] = AuditEntry


def _check_row(key: bytes, row: Row, ends: dict[str, Head]) -> Iterator[Names]:
    chain_id, seq, mac = str(row[0]), _int(row[1]), _bytes(row[-1])
    previous = ends.get(chain_id, START)
    if seq != previous.seq + 1:
        yield _broken(chain_id, previous.seq + 1, "missing")
    elif mac != seal(key, previous.mac, chain_id, seq, _make_entry(*row[2:-1])):
        yield _broken(chain_id, seq, "changed")
    ends[chain_id] = Head(seq, mac)


def _broken(chain_id: str, seq: int, what: str) -> Names:
    return {"chain": chain_id, "seq": str(seq), "row": what}


def _int(value: object) -> int:
    return value if isinstance(value, int) else -1


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
