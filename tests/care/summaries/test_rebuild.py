"""Rebuilding: whatever the order of arrival, the hours are those of a fresh start."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.summaries.buckets import Buckets, fill, no_buckets
from openward.care.summaries.model import DAY_MS, HORIZON_DAYS, HOUR_MS, Rules
from openward.care.summaries.periods import compute
from openward.care.summaries.readings import Readings
from openward.care.summaries.rebuild import EVERYTHING, drop_from, newest, read_after, refreshed, without_old

T0 = 1_710_028_800_000
MINUTE = 60_000
OURS = Rules()
Row = tuple[int, float, int]


class Record:
    """A patient's readings and kept hours, updated as the procedure says, with the readings in a plain list."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.buckets: Buckets = no_buckets()
        self.last_ms: int | None = None
        self.read = 0

    def update(self, added: list[Row], removed: Sequence[Row] = ()) -> None:
        for row in removed:
            self.rows.remove(row)
        self.rows = sorted(self.rows + added)
        if not self.rows:
            self.buckets, self.last_ms = no_buckets(), None
            return
        last = self.rows[-1][0]
        start = drop_from(self.last_ms, last, min(time for time, *_ in [*added, *removed]))
        kept = self.buckets if start is None else self.buckets[self.buckets["time"] < start]
        after = read_after(newest(kept), last)
        wanted = [row for row in self.rows if after < row[0] <= last]
        self.read = len(wanted)
        self.buckets, self.last_ms = refreshed(kept, Readings.of(wanted), OURS), last


def from_scratch(rows: list[Row]) -> Buckets:
    horizon = max(time for time, *_ in rows) // HOUR_MS * HOUR_MS - HORIZON_DAYS * DAY_MS - 1
    return without_old(fill(None, Readings.of([row for row in sorted(rows) if row[0] > horizon]), OURS))


def assert_same(a: Buckets, b: Buckets) -> None:
    for name in ("time", "first", "last", "minutes", "records", "min", "max", "duration"):
        assert (a[name] == b[name]).all(), name
    assert a["glucose"] == pytest.approx(b["glucose"], rel=1e-9)
    assert a["variance"] == pytest.approx(b["variance"], rel=1e-9, abs=1e-9)


# Seconds within five days, coarse so that equal times, overlap and full hours all happen.
samples = st.tuples(
    st.integers(0, 5 * 2880).map(lambda half_minutes: T0 + half_minutes * 30_000),
    st.floats(1.0, 30.0),
    st.sampled_from([1, 5, 15]),
)
dense = st.tuples(st.integers(0, 400).map(lambda n: T0 + n * 30_000), st.floats(1.0, 30.0), st.sampled_from([1, 5]))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.one_of(samples, dense), min_size=1, max_size=60), min_size=1, max_size=6))
def test_any_order_of_arrival_gives_the_hours_of_a_fresh_start(batches: list[list[Row]]) -> None:
    record = Record()
    for batch in batches:
        record.update(batch)
    assert_same(record.buckets, from_scratch(record.rows))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(samples, dense), min_size=2, max_size=80, unique=True), st.data())
def test_removing_readings_gives_the_hours_of_a_fresh_start(rows: list[Row], data: st.DataObject) -> None:
    record = Record()
    record.update(rows)
    gone = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=len(rows) - 1, unique=True))
    record.update([], gone)
    assert_same(record.buckets, from_scratch(record.rows))


@settings(max_examples=40, deadline=None)
@given(st.permutations([(T0 + day * DAY_MS + 7 * MINUTE, 5.0 + day / 10, 5) for day in range(0, 150, 7)]))
def test_figures_agree_beyond_the_horizon_too(rows: list[Row]) -> None:
    record = Record()
    for row in rows:
        record.update([row])
    assert compute(record.buckets, OURS) == compute(from_scratch(rows), OURS)
    record.update([], [max(rows)])
    assert compute(record.buckets, OURS) == compute(from_scratch(record.rows), OURS)


def test_work_is_proportional_to_the_touched_hours() -> None:
    record = Record()
    record.update([(T0 + n * 5 * MINUTE, 6.0, 5) for n in range(12 * 24 * 30)])
    record.update([(T0 + 30 * DAY_MS, 6.0, 5)])
    assert record.read == 1
    record.update([(T0 + 29 * DAY_MS + 22 * HOUR_MS + 4000, 6.0, 5)])
    assert record.read == 2 * 12 + 2


def test_which_hours_are_dropped() -> None:
    assert drop_from(None, T0, T0) == EVERYTHING
    assert drop_from(T0, T0 + 1, T0 + 1) is None
    assert drop_from(T0, T0, T0) == T0
    assert drop_from(T0 + DAY_MS, T0 + DAY_MS, T0 + HOUR_MS + 5) == T0 + HOUR_MS
    # The newest reading is gone, so hours beyond the old horizon come back into reach.
    assert drop_from(T0 + DAY_MS, T0, T0 + DAY_MS) == EVERYTHING


def test_at_most_1441_hours_stay() -> None:
    rows = [(T0 + hour * HOUR_MS, 6.0, 5) for hour in range(2000)]
    kept = without_old(fill(None, Readings.of(rows), OURS))
    assert kept.size == 1441
    assert np.array_equal(kept["time"][[0, -1]], [T0 + 559 * HOUR_MS, T0 + 1999 * HOUR_MS])
    assert without_old(no_buckets()).size == 0
