"""Splicing: touched hours are made anew among untouched ones, and the result is that of a fresh start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.summaries.buckets import Buckets, fill, no_buckets
from openward.care.summaries.continuous import compute_continuous, fill_continuous, no_continuous
from openward.care.summaries.model import DAY_MS, HORIZON_DAYS, HOUR_MS, Rules
from openward.care.summaries.readings import Ints, Readings
from openward.care.summaries.rebuild import without_old
from openward.care.summaries.splicing import Touched, remade, remade_continuous

pytestmark = pytest.mark.anyio

T0 = 1_710_028_800_000
MINUTE = 60_000
OURS, REFERENCE = Rules(), Rules(True, True)
Row = tuple[int, float, int]


class Record:
    """A patient's readings in a plain list, and the hours kept for them."""

    def __init__(self, rules: Rules = OURS) -> None:
        self.rules = rules
        self.rows: list[Row] = []
        self.buckets: Buckets = no_buckets()
        self.continuous: Buckets = no_continuous()
        self.last_ms: int | None = None
        self.read = 0

    async def readings(self, after_ms: int, until_ms: int) -> Readings:
        wanted = [row for row in self.rows if after_ms < row[0] <= until_ms]
        self.read += len(wanted)
        return Readings.of(wanted)

    async def arrivals(self, after_ms: int, until_ms: int) -> tuple[Ints, Ints]:
        times = np.array([row[0] for row in self.rows if after_ms < row[0] <= until_ms], dtype=np.int64)
        return times, times + np.where(times // HOUR_MS % 2, 2 * DAY_MS, 0)

    async def change(self, added: list[Row], removed: list[Row]) -> None:
        for row in removed:
            self.rows.remove(row)
        self.rows = sorted(self.rows + added)
        self.read = 0
        if not self.rows:
            self.buckets, self.continuous, self.last_ms = no_buckets(), no_continuous(), None
            return
        times = [time for time, *_ in [*added, *removed]]
        touched = Touched(min(times), max(times), self.last_ms, self.rows[-1][0])
        self.buckets = await remade(self.buckets, touched, self.readings, self.rules)
        self.continuous = await remade_continuous(self.continuous, touched, self.arrivals)
        self.last_ms = touched.last_ms

    async def assert_like_new(self) -> None:
        horizon = self.rows[-1][0] // HOUR_MS * HOUR_MS - HORIZON_DAYS * DAY_MS - 1
        fresh = without_old(fill(None, Readings.of([row for row in self.rows if row[0] > horizon]), self.rules))
        for name in ("time", "first", "last", "minutes", "records", "min", "max", "duration"):
            assert (self.buckets[name] == fresh[name]).all(), name
        assert self.buckets["glucose"] == pytest.approx(fresh["glucose"], rel=1e-9)
        assert self.buckets["variance"] == pytest.approx(fresh["variance"], rel=1e-9, abs=1e-9)
        continuous = without_old(fill_continuous(no_continuous(), *await self.arrivals(horizon, self.rows[-1][0])))
        assert np.array_equal(self.continuous, continuous)
        assert compute_continuous(self.continuous) == compute_continuous(continuous)


# Half minutes within two days, so that equal times, overlap across hours and full hours all happen.
samples = st.tuples(
    st.integers(0, 2 * 2880).map(lambda n: T0 + n * 30_000), st.floats(1.0, 30.0), st.sampled_from([0, 1, 5, 15, 150])
)
dense = st.tuples(st.integers(0, 500).map(lambda n: T0 + n * 30_000), st.floats(1.0, 30.0), st.sampled_from([1, 5, 65]))
# Each batch comes with picks of what is taken away; drawing inside the coroutine would end the tests' event loop.
batch = st.tuples(
    st.lists(st.one_of(samples, dense), min_size=1, max_size=40), st.sets(st.integers(0, 10_000), max_size=5)
)
batches = st.lists(batch, min_size=1, max_size=6)


@pytest.mark.parametrize("rules", [OURS, REFERENCE])
@settings(max_examples=100, deadline=None)
@given(batches)
async def test_adding_and_removing_give_the_hours_of_a_fresh_start(
    rules: Rules, batches: list[tuple[list[Row], set[int]]]
) -> None:
    record = Record(rules)
    for added, picks in batches:
        places = {pick % len(record.rows) for pick in picks} if record.rows else set()
        await record.change(added, [record.rows[place] for place in places])
        await record.assert_like_new()


async def _a_month() -> Record:
    record = Record()
    await record.change([(T0 + n * 5 * MINUTE, 6.0, 5) for n in range(12 * 24 * 30)], [])
    return record


async def test_a_late_reading_makes_only_its_hour_anew() -> None:
    record = await _a_month()
    await record.change([(T0 + 3 * DAY_MS + 22 * MINUTE, 9.0, 1)], [])
    # The newest hour that stays hands on its last reading; then come the twelve of the touched hour and the new one.
    assert record.read == 12 + 1
    await record.assert_like_new()


async def test_a_removed_last_reading_of_an_hour_is_followed_into_the_next() -> None:
    record = Record()
    rows = [(T0 + n * 5 * MINUTE, 6.0, 5) for n in range(12 * 24 * 5)]
    overlapping = [(time + 3 * MINUTE, 7.0, 5) for time, *_ in rows]
    await record.change(rows, [])
    await record.change(overlapping, [])
    await record.assert_like_new()
    await record.change([], [rows[11]])
    # Now the other sensor's readings count from there on, to the end of the record.
    await record.assert_like_new()


async def test_a_batch_beyond_the_horizon_reads_nothing() -> None:
    record = await _a_month()
    await record.change([(T0 - 40 * DAY_MS + n * 5 * MINUTE, 6.0, 5) for n in range(50)], [])
    assert record.read == 0
    await record.assert_like_new()
