"""Continuous data: what came within a day and what came later, and the days that count for the report."""

from datetime import UTC, datetime

import pytest

from openward.care.summaries.continuous import compute_continuous, fill_continuous, no_continuous, realtime_days
from openward.care.summaries.model import DAY_MS, HOUR_MS

T0 = 1_710_028_800_000
START, END = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 30, tzinfo=UTC)


def test_less_than_a_day_is_realtime() -> None:
    hours = fill_continuous(no_continuous(), [T0, T0 + 1, T0 + HOUR_MS], [T0 + DAY_MS - 1, T0 + 1 + DAY_MS, T0])
    assert hours["realtime"].tolist() == [1, 1]
    assert hours["deferred"].tolist() == [1, 0]
    assert (hours["first"].tolist(), hours["last"].tolist()) == ([T0, T0 + HOUR_MS], [T0 + 1, T0 + HOUR_MS])


def test_no_reading_is_skipped_and_parts_add_up() -> None:
    times = [T0 + n * 10_000 for n in range(720)]
    whole = fill_continuous(no_continuous(), times, times)
    parts = fill_continuous(fill_continuous(no_continuous(), times[:500], times[:500]), times[500:], times[500:])
    assert (whole == parts).all()
    assert whole["realtime"].tolist() == [360, 360]
    assert (fill_continuous(whole, [], []) == whole).all()


def test_periods() -> None:
    times = [T0 + day * DAY_MS for day in range(10)]
    created = [time + (DAY_MS if place % 2 else 0) for place, time in enumerate(times)]
    periods = compute_continuous(fill_continuous(no_continuous(), times, created))
    assert {name: (p.realtime, p.deferred, p.total) for name, p in periods.items()} == {
        "1d": (0, 1, 1),
        "7d": (3, 4, 7),
        "14d": (5, 5, 10),
        "30d": (5, 5, 10),
    }
    assert periods["14d"].average_daily_records == pytest.approx(10 / 14)
    assert compute_continuous(no_continuous()) == {}


def days_of(hours: list[int], *, deferred: frozenset[int] = frozenset()) -> int:
    times = [T0 + hour * HOUR_MS for hour in hours]
    created = [time + (2 * DAY_MS if hour in deferred else 0) for hour, time in zip(hours, times, strict=True)]
    return realtime_days(fill_continuous(no_continuous(), times, created), START, END)


def test_a_day_counts_once_and_the_next_begins_at_the_first_hours_time_of_day() -> None:
    assert days_of(list(range(24))) == 1
    assert days_of(list(range(25))) == 2  # 24:00 is the newest hour; the cursor moves to 00:00 of the day before.
    # The newest hour is 18:00 on day 1; the cursor then stands at 18:00 on day 0, so 20:00 does not count.
    assert days_of([20, 42]) == 1
    assert days_of([18, 42]) == 2
    # After a day counted early, the cursor is at 18:00 of the calendar day before that one.
    assert days_of([18, 24 + 3, 48 + 18]) == 3


def test_deferred_hours_only_set_the_time_of_day() -> None:
    assert days_of([20, 42], deferred=frozenset({42})) == 1
    assert days_of([10, 20], deferred=frozenset({10, 20})) == 0


def test_only_hours_within_the_span_count() -> None:
    hours = fill_continuous(no_continuous(), [T0, T0 + DAY_MS, T0 + 2 * DAY_MS], [T0] * 3)
    first, second = datetime(2024, 3, 10, tzinfo=UTC), datetime(2024, 3, 11, tzinfo=UTC)
    assert realtime_days(hours, first, second) == 2
    assert realtime_days(hours, second, second) == 1
    assert realtime_days(hours, END, END) == 0
