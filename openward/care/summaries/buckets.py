"""Readings into hours: what is skipped, what is counted, and the sums that every figure is made from."""

from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from openward.care.summaries.bands import CELLS, cells
from openward.care.summaries.model import HOUR_MS, Bucket, Rules
from openward.care.summaries.readings import Readings
from openward.care.summaries.skipping import accepted

Buckets: TypeAlias = NDArray[np.void]

BUCKET_DTYPE: Final = np.dtype(
    [
        ("time", "i8"),
        ("first", "i8"),
        ("last", "i8"),
        ("minutes", "i4", (CELLS,)),
        ("records", "i4", (CELLS,)),
        ("glucose", "f8"),
        ("variance", "f8"),
        ("min", "f8"),
        ("max", "f8"),
        ("duration", "i4"),
    ]
)


def no_buckets() -> Buckets:
    """An empty array of hours."""
    return np.empty(0, dtype=BUCKET_DTYPE)


def bucket_at(buckets: Buckets, place: int) -> Bucket:
    """One hour of the array as a plain value; negative places count from the end."""
    time, first, last, minutes, records, *rest = buckets[place].tolist()
    return Bucket(time, first, last, tuple(minutes.tolist()), tuple(records.tolist()), *rest)


def as_array(buckets: Iterable[Bucket]) -> Buckets:
    """Plain hours as an array, in the order given."""
    return np.array([_row(bucket) for bucket in buckets], dtype=BUCKET_DTYPE)


def _row(bucket: Bucket) -> tuple[object, ...]:
    sums = (bucket.glucose, bucket.variance, bucket.minimum, bucket.maximum)
    times = (bucket.time_ms, bucket.first_ms, bucket.last_ms)
    return (*times, bucket.minutes, bucket.records, *sums, bucket.last_duration_min)


def fill(previous: Bucket | None, readings: Readings, rules: Rules) -> Buckets:
    """Add ascending readings to hours; returns every hour that took one, ascending.

    previous is the newest hour before (or of) the first reading. When it takes readings itself it comes back
    extended, first in the array; its last reading decides about overlap across the hour. A skipped reading changes
    nothing. All readings must be later than, or at, the last one of `previous`.
    """
    kept = accepted(previous, readings, rules)
    if not kept.all():
        readings = readings.where(kept)
    if readings.times_ms.size == 0:
        return no_buckets()
    if _same_kind_of_weight(previous, readings):
        return _add_together(previous, readings, rules)
    return as_array(add_one_by_one(previous, readings, rules))


def _same_kind_of_weight(previous: Bucket | None, readings: Readings) -> bool:
    """Whether minutes weigh throughout, or nowhere; sensors that mix both need the running formula."""
    timed = bool(readings.durations_min[0] > 0)
    if previous is not None and previous.time_ms == int(readings.times_ms[0]) // HOUR_MS * HOUR_MS:
        timed_before = previous.total_minutes > 0
        if timed_before != timed:
            return False
    return bool(np.all((readings.durations_min > 0) == timed))


def _add_together(previous: Bucket | None, readings: Readings, rules: Rules) -> Buckets:
    times, values, durations = readings.times_ms, readings.values_mmol, readings.durations_min
    hours = times // HOUR_MS
    fresh = np.empty(times.size, dtype=np.bool_)
    fresh[0] = True
    np.not_equal(hours[1:], hours[:-1], out=fresh[1:])
    starts = np.flatnonzero(fresh)
    places = np.cumsum(fresh) - 1
    size = starts.size
    weights = np.maximum(durations, 1).astype(np.float64)

    filled = np.empty(size, dtype=BUCKET_DTYPE)
    filled["time"] = hours[starts] * HOUR_MS
    filled["first"] = times[starts]
    ends = np.append(starts[1:], times.size) - 1
    filled["last"] = times[ends]
    filled["duration"] = durations[ends]
    keys = places * CELLS + cells(values, rules)
    filled["records"] = np.bincount(keys, minlength=size * CELLS).reshape(size, CELLS)
    filled["minutes"] = np.bincount(keys, weights=durations, minlength=size * CELLS).reshape(size, CELLS)
    glucose = np.add.reduceat(values * weights, starts)
    filled["glucose"] = glucose
    away = values - (glucose / np.add.reduceat(weights, starts))[places]
    filled["variance"] = np.add.reduceat(weights * away * away, starts)
    filled["min"] = np.minimum.reduceat(values, starts)
    filled["max"] = np.maximum.reduceat(values, starts)
    if previous is not None and previous.time_ms == int(filled["time"][0]):
        filled[0] = as_array([joined(previous, bucket_at(filled, 0))])[0]
    return filled


def joined(early: Bucket, late: Bucket) -> Bucket:
    """One hour from its earlier and its later part, by the parallel variance formula."""
    early_weight = early.total_minutes or early.total_records
    late_weight = late.total_minutes or late.total_records
    apart = late.glucose / late_weight - early.glucose / early_weight
    between = apart * apart * early_weight * late_weight / (early_weight + late_weight)
    return Bucket(
        early.time_ms,
        early.first_ms,
        late.last_ms,
        tuple(a + b for a, b in zip(early.minutes, late.minutes, strict=True)),
        tuple(a + b for a, b in zip(early.records, late.records, strict=True)),
        early.glucose + late.glucose,
        early.variance + late.variance + between,
        min(early.minimum, late.minimum),
        max(early.maximum, late.maximum),
        late.last_duration_min,
    )


def add_one_by_one(previous: Bucket | None, readings: Readings, rules: Rules) -> list[Bucket]:
    """Add accepted readings by the running weighted formula; returns the hours that took one, ascending."""
    filled: list[Bucket] = []
    current = previous
    places = cells(readings.values_mmol, rules).tolist()
    columns = (readings.times_ms.tolist(), readings.values_mmol.tolist(), readings.durations_min.tolist(), places)
    for time, value, duration, cell in zip(*columns, strict=True):
        hour_ms = time // HOUR_MS * HOUR_MS
        if current is None or current.time_ms != hour_ms:
            nothing = (0,) * CELLS
            current = Bucket(hour_ms, time, time, nothing, nothing, 0.0, 0.0, value, value, duration)
        if filled and filled[-1].time_ms == hour_ms:
            filled.pop()
        current = _with_one(current, time, value, duration, cell)
        filled.append(current)
    return filled


def _with_one(bucket: Bucket, time: int, value: float, duration: int, cell: int) -> Bucket:
    weight = duration or 1
    before = bucket.total_minutes if duration else bucket.total_records
    variance = bucket.variance
    if before:
        mean = bucket.glucose / before
        moved = mean + weight / (before + weight) * (value - mean)
        variance += weight * (value - mean) * (value - moved)
    minutes = tuple(m + duration if place == cell else m for place, m in enumerate(bucket.minutes))
    records = tuple(r + 1 if place == cell else r for place, r in enumerate(bucket.records))
    return Bucket(
        bucket.time_ms,
        bucket.first_ms,
        time,
        minutes,
        records,
        bucket.glucose + value * weight,
        variance,
        min(bucket.minimum, value),
        max(bucket.maximum, value),
        duration,
    )
