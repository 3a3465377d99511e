"""Hours: what is skipped, and that the fast way and the running formula give the same sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.summaries.bands import cells
from openward.care.summaries.buckets import Buckets, as_array, bucket_at, fill
from openward.care.summaries.model import HOUR_MS, Bucket, Kind, Rules
from openward.care.summaries.readings import Readings, sample_minutes

T0 = 1_710_028_800_000  # 2024-03-10T00:00:00Z
MINUTE = 60_000
SECOND = 1000
OURS = Rules()
THEIRS = Rules(reference_merging=True)
Row = tuple[int, float, int]


def plainly(previous: Bucket | None, rows: list[Row], rules: Rules) -> list[dict[str, object]]:
    """The rule as it is written, one reading after another, in plain dictionaries."""
    hours: dict[int, dict[str, object]] = {}
    last_time, last_duration = None, 0
    if previous is not None:
        hours[previous.time_ms] = {
            "time": previous.time_ms,
            "first": previous.first_ms,
            "last": previous.last_ms,
            "minutes": list(previous.minutes),
            "records": list(previous.records),
            "glucose": previous.glucose,
            "variance": previous.variance,
            "min": previous.minimum,
            "max": previous.maximum,
            "duration": previous.last_duration_min,
        }
        last_time, last_duration = previous.last_ms, previous.last_duration_min
    touched = set()
    for time, value, duration in rows:
        hour = time // HOUR_MS * HOUR_MS
        bucket = hours.get(hour)
        if bucket is not None and sum(bucket["records"]) > 60:  # type: ignore[arg-type]
            continue
        remembered = 0 if rules.reference_merging and bucket is None else last_duration
        if last_time is not None and time - last_time < remembered * MINUTE - 10 * SECOND:
            continue
        if bucket is None:
            bucket = hours[hour] = {"time": hour, "first": time, "minutes": [0] * 6, "records": [0] * 6}
            bucket |= {"glucose": 0.0, "variance": 0.0, "min": value, "max": value}
        weight = duration or 1
        count = sum(bucket["minutes"] if duration else bucket["records"])  # type: ignore[arg-type]
        if count:
            mean = bucket["glucose"] / count  # type: ignore[operator]
            bucket["variance"] += weight * (value - mean) * (value - mean - weight / (count + weight) * (value - mean))  # type: ignore[operator]
        bucket["glucose"] += value * weight  # type: ignore[operator]
        cell = int(cells(np.array([value]), rules)[0])
        bucket["minutes"][cell] += duration  # type: ignore[index]
        bucket["records"][cell] += 1  # type: ignore[index]
        bucket |= {"min": min(bucket["min"], value), "max": max(bucket["max"], value)}  # type: ignore[type-var]
        bucket |= {"last": time, "duration": duration}
        last_time, last_duration = time, duration
        touched.add(hour)
    return [hours[hour] for hour in sorted(touched)]


def assert_same(got: Buckets, expected: list[dict[str, object]]) -> None:
    assert len(got) == len(expected)
    for name in ("time", "first", "last", "minutes", "records", "min", "max", "duration"):
        assert got[name].tolist() == [hour[name] for hour in expected], name
    for name in ("glucose", "variance"):
        wanted = [hour[name] for hour in expected]
        assert got[name].tolist() == pytest.approx(wanted, rel=1e-9, abs=1e-9), name


@st.composite
def rows(draw: st.DrawFn, start: int = T0, durations: st.SearchStrategy[int] | None = None) -> list[Row]:
    """Readings as real uploads bring them: steady sensors, gaps, doubles a little early or late, mixed intervals."""
    minutes = st.sampled_from([1, 5, 15]) if durations is None else durations
    steps = st.one_of(
        st.sampled_from([300, 290, 289, 60, 50, 49, 900, 890, 3600, 0]), st.integers(0, 400), st.integers(0, 100_000)
    )
    time = start + 1000 * draw(st.integers(0, 4000))
    found = []
    for step, value, duration in draw(
        st.lists(st.tuples(steps, st.floats(1.0, 33.0), minutes), min_size=1, max_size=150)
    ):
        time += step * 1000
        found.append((time, value, duration))
    return found


@settings(max_examples=150, deadline=None)
@given(rows(), st.booleans())
def test_sensor_hours_follow_the_rule(sample: list[Row], reference: bool) -> None:
    rules = Rules(reference_merging=reference)
    assert_same(fill(None, Readings.of(sample), rules), plainly(None, sample, rules))


@settings(max_examples=60, deadline=None)
@given(rows(durations=st.sampled_from([0, 5])))
def test_mixed_weights_follow_the_running_formula(sample: list[Row]) -> None:
    assert_same(fill(None, Readings.of(sample), OURS), plainly(None, sample, OURS))


@settings(max_examples=60, deadline=None)
@given(rows(durations=st.just(0)), st.booleans())
def test_meter_hours_follow_the_rule(sample: list[Row], reference: bool) -> None:
    rules = Rules(reference_edges=reference)
    assert_same(fill(None, Readings.of(sample), rules), plainly(None, sample, rules))


@settings(max_examples=150, deadline=None)
@given(st.one_of(rows(), rows(durations=st.sampled_from([0, 5]))), st.data(), st.booleans())
def test_adding_in_two_parts_equals_adding_at_once(sample: list[Row], data: st.DataObject, reference: bool) -> None:
    rules = Rules(reference_merging=reference)
    cut = data.draw(st.integers(0, len(sample)))
    first = fill(None, Readings.of(sample[:cut]), rules)
    previous = bucket_at(first, -1) if first.size else None
    second = fill(previous, Readings.of(sample[cut:]), rules)
    assert_same(second, plainly(previous, sample[cut:], rules))
    if first.size and second.size and first["time"][-1] == second["time"][0]:
        first = first[:-1]
    assert_same(np.concatenate((first, second)), plainly(None, sample, rules))


def test_a_meter_hour_that_goes_on_as_a_sensor_hour_keeps_the_running_formula() -> None:
    sample = [(T0, 4.0, 0), (T0 + MINUTE, 9.0, 0), (T0 + 10 * MINUTE, 6.0, 5), (T0 + 20 * MINUTE, 8.0, 5)]
    first = bucket_at(fill(None, Readings.of(sample[:2]), OURS), 0)
    assert_same(fill(first, Readings.of(sample[2:]), OURS), plainly(None, sample, OURS))


def test_example_of_two_sensors_in_one_hour() -> None:
    slow = [(T0, 6.0, 5), (T0 + 5 * MINUTE, 6.0, 5)]
    quick = [(T0 + 30 * SECOND + n * MINUTE, 9.0, 1) for n in range(6)]
    hour = bucket_at(fill(None, Readings.of(sorted(slow + quick)), OURS), 0)
    # Six one-minute readings lie within the two five-minute ones, the last of them after 00:05.
    assert (hour.total_records, hour.total_minutes, hour.glucose) == (2, 10, 60.0)


@pytest.mark.parametrize(("seconds", "records"), [(290, 2), (289, 1)])
def test_a_reading_may_be_ten_seconds_early(seconds: int, records: int) -> None:
    pair = Readings.of([(T0, 6.0, 5), (T0 + seconds * SECOND, 6.0, 5)])
    assert bucket_at(fill(None, pair, OURS), 0).total_records == records


def test_overlap_reaches_across_the_hour_unless_like_the_reference() -> None:
    pair = Readings.of([(T0 + 59 * MINUTE, 6.0, 5), (T0 + 61 * MINUTE, 9.0, 5)])
    assert fill(None, pair, OURS)["time"].tolist() == [T0]
    assert fill(None, pair, THEIRS)["time"].tolist() == [T0, T0 + HOUR_MS]
    previous = bucket_at(fill(None, pair.where(np.array([True, False])), OURS), 0)
    late = pair.where(np.array([False, True]))
    assert fill(previous, late, OURS).size == 0
    assert fill(previous, late, THEIRS).size == 1


def test_an_hour_takes_61_readings_and_the_next_starts_anew() -> None:
    rows_ = [(T0 + n * 50 * SECOND, 6.0, 1) for n in range(80)]
    filled = fill(None, Readings.of(rows_), OURS)
    assert filled["records"].sum(axis=1).tolist() == [61, 8]
    again = fill(bucket_at(filled, 0), Readings.of([(T0 + HOUR_MS - 1, 6.0, 1)]), OURS)
    assert again.size == 0


def test_plain_hours_and_arrays_are_the_same() -> None:
    filled = fill(None, Readings.of([(T0 + n * 5 * MINUTE, 3.0 + n, 5) for n in range(30)]), OURS)
    assert (as_array([bucket_at(filled, place) for place in range(filled.size)]) == filled).all()


def test_nothing_in_nothing_out() -> None:
    assert fill(None, Readings.of([]), OURS).size == 0


@pytest.mark.parametrize("sample", [[(T0, 6.0, 5), (T0 - 1, 6.0, 5)], [(T0, 6.0, -1)], [(T0, 6.0, 1441)]])
def test_impossible_readings_are_refused(sample: list[Row]) -> None:
    with pytest.raises(ValueError, match=r"ascending|0 to 1440"):
        Readings.of(sample)


@pytest.mark.parametrize(
    ("kind", "interval", "device", "minutes"),
    [
        (Kind.CGM, 60_000, "AbbottFreeStyleLibre_1", 1),
        (Kind.CGM, 359_999, None, 5),
        (Kind.CGM, None, "AbbottFreeStyleLibre3_x", 5),
        (Kind.CGM, None, "AbbottFreeStyleLibre_x", 15),
        (Kind.CGM, None, "Dexcom_x", 5),
        (Kind.CGM, None, None, 5),
        (Kind.BGM, 60_000, "AbbottFreeStyleLibre_x", 0),
    ],
)
def test_minutes_a_reading_stands_for(kind: Kind, interval: int | None, device: str | None, minutes: int) -> None:
    assert sample_minutes(kind, interval, device) == minutes
