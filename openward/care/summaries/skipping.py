"""Which readings count: two sensors or two uploads of one must not fill the same minutes twice."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from openward.care.summaries.model import HOUR_MS, MINUTE_MS, Bucket, Rules
from openward.care.summaries.readings import Ints, Readings

# An hour that holds more than 60 readings takes no more: so 61 are possible.
MOST_RECORDS: Final = 61
# Sensors report up to ten seconds early; such a reading does not overlap the one before.
EARLY_MS: Final = 10_000


def accepted(previous: Bucket | None, readings: Readings, rules: Rules) -> NDArray[np.bool_]:
    """Which readings count, as a mask of the same length.

    If no reading could be skipped were all before it taken, then none is skipped: that is seen without a loop.
    Otherwise each reading depends on the last accepted one, and they are walked through in turn.
    """
    times, durations = readings.times_ms, readings.durations_min
    everything = np.ones(times.size, dtype=np.bool_)
    if times.size == 0:
        return everything
    hours = times // HOUR_MS
    windows = durations[:-1] * MINUTE_MS - EARLY_MS
    overlaps = times[1:] - times[:-1] < windows
    if rules.reference_merging:
        overlaps &= hours[1:] == hours[:-1]
    counts = np.bincount(hours - hours[0]) if hours[-1] - hours[0] < 10 * hours.size + 100 else _run_lengths(hours)
    held = 0
    first_overlaps = False
    if previous is not None:
        same_hour = previous.time_ms == int(hours[0]) * HOUR_MS
        held = previous.total_records if same_hour else 0
        window = previous.last_duration_min * MINUTE_MS - EARLY_MS
        carried = same_hour or not rules.reference_merging
        first_overlaps = carried and int(times[0]) - previous.last_ms < window
    full = counts.max() > MOST_RECORDS or counts[0] + held > MOST_RECORDS
    if not (first_overlaps or full or overlaps.any()):
        return everything
    return _accepted_in_turn(previous, readings, rules)


def _run_lengths(hours: Ints) -> Ints:
    starts = np.concatenate(([0], np.flatnonzero(hours[1:] != hours[:-1]) + 1, [hours.size]))
    return np.diff(starts)


def _accepted_in_turn(previous: Bucket | None, readings: Readings, rules: Rules) -> NDArray[np.bool_]:
    hour, last, window, count = None, int(readings.times_ms[0]), 0, 0
    if previous is not None:
        hour, last, count = previous.time_ms // HOUR_MS, previous.last_ms, previous.total_records
        window = previous.last_duration_min * MINUTE_MS - EARLY_MS
    kept = np.zeros(readings.times_ms.size, dtype=np.bool_)
    pairs = zip(readings.times_ms.tolist(), readings.durations_min.tolist(), strict=True)
    for place, (time, duration) in enumerate(pairs):
        if time // HOUR_MS != hour:
            hour, count = time // HOUR_MS, 0
            if rules.reference_merging:
                window = -EARLY_MS
        if count < MOST_RECORDS and time - last >= window:
            kept[place] = True
            last, window, count = time, duration * MINUTE_MS - EARLY_MS, count + 1
    return kept
