"""The percentile curve of a usual day: bins, smoothing, and when it may be drawn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openward.care.reports.coverage import CONSENSUS_PERCENT, DAY_MIN, day_coverage, record_min
from openward.care.reports.metrics import PERCENTILES
from openward.care.reports.readings import Floats, Readings

QUARTER_HOUR_BINS, HOUR_BINS = 96, 24
BEST_DAYS = 7
LEAST_MIN_A_DAY = 60.0


@dataclass(frozen=True, slots=True)
class Curve:
    """centre_min: minute of the day of each bin's middle; raw and smooth: 5 percentiles x bins, mg/dL, NaN if empty."""

    bin_min: int
    centre_min: Floats
    raw: Floats
    smooth: Floats
    counts: npt.NDArray[np.intp]


def smoothed(rows: Floats) -> Floats:
    """Weights 1-4-1 over the previous, own and next bin, on a circle; an empty neighbour does not count."""
    sides = np.stack([np.roll(rows, 1, axis=1), np.roll(rows, -1, axis=1)])
    known = ~np.isnan(sides)
    total = 4.0 * rows + np.where(known, sides, 0.0).sum(axis=0)
    return np.asarray(total / (4.0 + known.sum(axis=0)), dtype=np.float64)


def curve(readings: Readings, bins: int = QUARTER_HOUR_BINS) -> Curve:
    """Percentiles 5, 25, 50, 75, 95 per time of day; 96 bins of a quarter or 24 of an hour (centred on the half)."""
    width = 1440 // bins
    place = (readings.minute_of_day // width).astype(np.intp)
    order = np.argsort(place, kind="stable")
    groups = np.split(readings.mgdl[order], np.searchsorted(place[order], np.arange(1, bins)))
    raw = np.full((len(PERCENTILES), bins), np.nan)
    for column, values in enumerate(groups):
        if values.size:
            raw[:, column] = np.percentile(values, PERCENTILES, method="linear")
    centres = np.asarray((np.arange(bins) + 0.5) * width, dtype=np.float64)
    return Curve(width, centres, raw, smoothed(raw), np.bincount(place, minlength=bins).astype(np.intp))


def best_days(readings: Readings) -> dict[int, float]:
    """The up to seven local days of best coverage with at least an hour of data: day -> percent covered."""
    day = readings.local_day
    covered = {
        one: percent
        for one, percent in day_coverage(readings).items()
        if float(readings.interval_min[day == one].sum()) >= LEAST_MIN_A_DAY
    }
    ranked = sorted(covered, key=lambda one: (-covered[one], -one))[:BEST_DAYS]
    return {one: covered[one] for one in sorted(ranked)}


def is_curve_shown(readings: Readings) -> bool:
    """More than 24 h of record, seven days with data, and these covered to 70 % on average."""
    if record_min(readings) <= DAY_MIN:
        return False
    best = best_days(readings)
    return len(best) == BEST_DAYS and sum(best.values()) / BEST_DAYS >= CONSENSUS_PERCENT
