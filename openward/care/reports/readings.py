"""Sensor readings as arrays: what every figure of a glucose report is computed from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MGDL_PER_MMOL = 18.01559
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
OVERLAP_ALLOWANCE_MS = 10_000
MAX_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings in the order of time; all four arrays have one entry per reading.

    time_ms: UTC, milliseconds since 1970; local_ms: the wall clock of the person, as if it were UTC;
    value_mmol: glucose in mmol/L; interval_min: the minutes that the reading stands for.
    """

    time_ms: Ints
    local_ms: Ints
    value_mmol: Floats
    interval_min: Floats

    @classmethod
    def of(
        cls,
        time_ms: npt.ArrayLike,
        value_mmol: npt.ArrayLike,
        interval_min: npt.ArrayLike = 5.0,
        *,
        local_offset_min: npt.ArrayLike = 0,
        local_ms: npt.ArrayLike | None = None,
    ) -> "Readings":
        """Put readings in order of time; offset or wall clock may be given, one number or one per reading."""
        time = np.atleast_1d(np.asarray(time_ms, dtype=np.int64))
        local = time + np.asarray(local_offset_min, dtype=np.int64) * MINUTE_MS if local_ms is None else local_ms
        order = np.argsort(time, kind="stable")

        def arranged(array: npt.ArrayLike, kind: type[Any]) -> npt.NDArray[Any]:
            return np.broadcast_to(np.asarray(array, dtype=kind), time.shape)[order]

        return cls(
            time[order], arranged(local, np.int64), arranged(value_mmol, np.float64), arranged(interval_min, np.float64)
        )

    def __len__(self) -> int:
        return int(self.time_ms.size)

    @property
    def mgdl(self) -> Floats:
        """The values in mg/dL, not rounded: for means and everything computed from them."""
        return self.value_mmol * MGDL_PER_MMOL

    @property
    def whole_mgdl(self) -> Floats:
        """The values in whole mg/dL, half to even: what thresholds are compared with."""
        return np.asarray(np.rint(self.value_mmol * MGDL_PER_MMOL), dtype=np.float64)

    @property
    def local_day(self) -> Ints:
        """The calendar day of each reading, as days since 1970-01-01 on the person's wall clock."""
        return self.local_ms // DAY_MS

    @property
    def minute_of_day(self) -> Floats:
        """The wall-clock minute, 0 to below 1440."""
        return np.asarray((self.local_ms % DAY_MS) / MINUTE_MS, dtype=np.float64)

    def pick(self, mask: npt.NDArray[np.bool_]) -> "Readings":
        """The readings where the mask is true."""
        return Readings(self.time_ms[mask], self.local_ms[mask], self.value_mmol[mask], self.interval_min[mask])

    def in_local_days(self, first_day: int, last_day: int) -> "Readings":
        """The readings of whole local days, both ends included (days since 1970-01-01)."""
        day = self.local_day
        return self.pick((day >= first_day) & (day <= last_day))


def without_overlap(readings: Readings) -> Readings:
    """Drop what comes before the previous kept reading's interval is over, less 10 s; keep 60 a clock hour.

    Two uploads of one sensor, or two sensors worn at once, must not count twice.
    """
    if len(readings) < 2:
        return readings
    time = readings.time_ms
    stands_ms = (readings.interval_min * MINUTE_MS).astype(np.int64) - OVERLAP_ALLOWANCE_MS
    keep = np.ones(time.size, dtype=np.bool_)
    if np.any(np.diff(time) < stands_ms[:-1]):
        free_from = int(time[0])
        for place, (moment, stands) in enumerate(zip(time.tolist(), stands_ms.tolist(), strict=True)):
            if moment < free_from:
                keep[place] = False
            else:
                free_from = moment + stands
    kept = readings.pick(keep)
    hour = kept.time_ms // HOUR_MS
    return kept.pick(np.arange(hour.size) - np.searchsorted(hour, hour) < MAX_PER_HOUR)
