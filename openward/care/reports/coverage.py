"""How much of the time was measured, and whether that is enough to be shown."""

from dataclasses import dataclass

from openward.care.reports.readings import DAY_MS, MINUTE_MS, Readings

CONSENSUS_DAYS = 14
CONSENSUS_PERCENT = 70.0
DAY_MIN = 1440.0


def in_wear(readings: Readings) -> float | None:
    """Percent of the time from first to last reading that was measured: printed on the report."""
    if not len(readings):
        return None
    worn_min = (int(readings.time_ms[-1]) - int(readings.time_ms[0])) / MINUTE_MS + float(readings.interval_min[-1])
    return min(100.0, 100.0 * float(readings.interval_min.sum()) / worn_min)


def in_window(readings: Readings, window_min: float) -> float | None:
    """Percent of the window that was measured; the caller shortens the window by minutes not yet gone by."""
    return None if window_min <= 0 else min(100.0, 100.0 * float(readings.interval_min.sum()) / window_min)


def record_min(readings: Readings) -> float:
    """Minutes from the first reading to the end of the last one; 0 for none."""
    if not len(readings):
        return 0.0
    return (int(readings.time_ms[-1]) - int(readings.time_ms[0])) / MINUTE_MS + float(readings.interval_min[-1])


@dataclass(frozen=True, slots=True)
class Enough:
    """Whether a record meets the consensus minimum: 14 days of which at least 70 % (9.8 days) was measured."""

    measured_days: float
    needed_days: float
    is_enough: bool


def enough(readings: Readings, last_day: int) -> Enough:
    """Judge the 14 local days that end with `last_day` (days since 1970-01-01)."""
    recent = readings.in_local_days(last_day - CONSENSUS_DAYS + 1, last_day)
    measured_min = float(recent.interval_min.sum())
    needed_min = CONSENSUS_DAYS * DAY_MIN * CONSENSUS_PERCENT / 100.0
    return Enough(measured_min / DAY_MIN, needed_min / DAY_MIN, measured_min >= needed_min - 1e-6)


def day_coverage(readings: Readings) -> dict[int, float]:
    """Percent measured of each local day that has readings.

    The first and the last day are measured against the part of the day that lies inside the record.
    """
    if not len(readings):
        return {}
    starts, ends = int(readings.local_ms.min()), int(readings.local_ms.max())
    ends += int(readings.interval_min[-1] * MINUTE_MS)
    covered: dict[int, float] = {}
    for day in sorted(set(readings.local_day.tolist())):
        inside_ms = min(ends, (day + 1) * DAY_MS) - max(starts, day * DAY_MS)
        minutes = float(readings.interval_min[readings.local_day == day].sum())
        covered[day] = min(100.0, 100.0 * minutes / max(inside_ms / MINUTE_MS, 1.0))
    return covered
