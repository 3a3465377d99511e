"""What continuous data sets delivered in time: readings per hour, realtime and deferred."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from openward.care.summaries.buckets import Buckets
from openward.care.summaries.model import DAY_MS, HOUR_MS, PERIOD_DAYS, ContinuousPeriod
from openward.care.summaries.readings import Ints

CONTINUOUS_DTYPE: Final = np.dtype(
    [("time", "i8"), ("first", "i8"), ("last", "i8"), ("realtime", "i4"), ("deferred", "i4")]
)


def no_continuous() -> Buckets:
    """An empty array of continuous hours."""
    return np.empty(0, dtype=CONTINUOUS_DTYPE)


def fill_continuous(kept: Buckets, times_ms: Sequence[int] | Ints, created_ms: Sequence[int] | Ints) -> Buckets:
    """The kept hours with readings added, ascending; none is skipped, and glucose plays no part.

    times_ms, created_ms: when each was measured (ascending, not before the newest kept hour) and when it reached
    us. It is realtime when less than 24 h lie between, else deferred.
    """
    times, created = np.asarray(times_ms, dtype=np.int64), np.asarray(created_ms, dtype=np.int64)
    if times.size == 0:
        return kept
    hours = times // HOUR_MS
    starts = np.flatnonzero(np.concatenate(([True], hours[1:] != hours[:-1])))
    realtime = (created - times < DAY_MS).astype(np.int64)
    filled = np.empty(starts.size, dtype=CONTINUOUS_DTYPE)
    filled["time"] = hours[starts] * HOUR_MS
    filled["first"] = times[starts]
    filled["last"] = times[np.append(starts[1:], times.size) - 1]
    filled["realtime"] = np.add.reduceat(realtime, starts)
    filled["deferred"] = np.add.reduceat(1 - realtime, starts)
    if kept.size and kept["time"][-1] == filled["time"][0]:
        filled["first"][0] = kept["first"][-1]
        filled["realtime"][0] += kept["realtime"][-1]
        filled["deferred"][0] += kept["deferred"][-1]
        kept = kept[:-1]
    return np.concatenate((kept, filled))


def compute_continuous(buckets: Buckets) -> dict[str, ContinuousPeriod]:
    """All periods from ascending continuous hours; windows as for glucose, without predecessor; empty without."""
    if buckets.size == 0:
        return {}
    times = buckets["time"]
    periods = {}
    for days in PERIOD_DAYS:
        inside = buckets[np.searchsorted(times, times[-1] - days * DAY_MS, side="right") :]
        periods[f"{days}d"] = ContinuousPeriod(days, int(inside["realtime"].sum()), int(inside["deferred"].sum()))
    return periods


def realtime_days(buckets: Buckets, start: datetime, end: datetime) -> int:
    """Days with realtime readings among the hours from start to end, both included (aware times).

    Walking back from the newest hour in that span, an hour with realtime readings at or before the cursor counts a
    day and moves the cursor to the calendar day (UTC) before it, at the newest hour's time of day.
    """
    first, last = round(start.timestamp() * 1000), round(end.timestamp() * 1000)
    inside = buckets[(buckets["time"] >= first) & (buckets["time"] <= last)]
    if inside.size == 0:
        return 0
    newest_ms = int(inside["time"][-1])
    time_of_day_ms = newest_ms % DAY_MS
    cursor_ms, days = newest_ms, 0
    for time_ms in inside["time"][inside["realtime"] > 0][::-1].tolist():
        if time_ms <= cursor_ms:
            days += 1
            cursor_ms = time_ms // DAY_MS * DAY_MS - DAY_MS + time_of_day_ms
    return days
