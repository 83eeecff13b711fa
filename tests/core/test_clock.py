"""Time is injected, never runs back, and is written one way."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock, day_and_month, parse_rfc3339, rfc3339

NOON = 1_795_521_600_123  # 2026-11-24T12:00:00.123Z


def test_times_are_written_with_milliseconds_and_z() -> None:
    assert rfc3339(NOON) == "2026-11-24T12:00:00.123Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"


@given(st.integers(0, 4_102_444_800_000))
def test_what_is_written_reads_back(ms: int) -> None:
    assert parse_rfc3339(rfc3339(ms)) == ms


def test_offsets_are_understood_and_required() -> None:
    assert parse_rfc3339("2026-11-24T17:30:00.123+05:30") == NOON
    for text in ("2026-11-24T12:00:00", "tomorrow", ""):
        with pytest.raises(ValueError):
            parse_rfc3339(text)


def test_business_time_is_the_ledgers_once_there_is_one() -> None:
    clock = SystemClock()
    wall = int(datetime.now(UTC).timestamp() * 1000)
    assert abs(clock.wall_ms() - wall) < 5_000
    assert abs(clock.business_ms() - wall) < 5_000
    clock.followed(NOON)
    assert clock.business_ms() == NOON
    clock.followed(NOON - 60_000)
    assert clock.business_ms() == NOON


def test_days_and_months_are_the_zones() -> None:
    midnight = parse_rfc3339("2026-12-31T20:00:00Z")
    assert day_and_month(midnight, ZoneInfo("UTC")) == (20261231, 202612)
    assert day_and_month(midnight, ZoneInfo("Asia/Kolkata")) == (20270101, 202701)
