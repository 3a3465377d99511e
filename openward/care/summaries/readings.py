"""Readings as arrays: when, how much glucose, and how many minutes each stands for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from openward.care.summaries.model import DAY_MS, MINUTE_MS, Kind

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

MOST_DURATION_MIN = DAY_MS // MINUTE_MS


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings of one kind in ascending time: ms since 1970, mmol/L, and the whole minutes each stands for."""

    times_ms: Ints
    values_mmol: Floats
    durations_min: Ints

    def __post_init__(self) -> None:
        """Raises ValueError unless the three have one length, times ascend and durations are 0..1440 minutes."""
        if not self.times_ms.shape == self.values_mmol.shape == self.durations_min.shape:
            raise ValueError("times, values and durations differ in length")
        if np.any(self.times_ms[1:] < self.times_ms[:-1]):
            raise ValueError("readings are not in ascending order")
        if np.any((self.durations_min < 0) | (self.durations_min > MOST_DURATION_MIN)):
            raise ValueError("a reading stands for 0 to 1440 minutes")

    @classmethod
    def of(cls, rows: Iterable[tuple[int, float, int]]) -> "Readings":
        """Readings from rows of (time in ms, value in mmol/L, minutes)."""
        times, values, durations = tuple(zip(*rows, strict=True)) or ((), (), ())
        return cls(
            np.array(times, dtype=np.int64), np.array(values, dtype=np.float64), np.array(durations, dtype=np.int64)
        )

    def where(self, chosen: NDArray[np.bool_]) -> "Readings":
        """Only the readings whose place in `chosen` is true."""
        return Readings(self.times_ms[chosen], self.values_mmol[chosen], self.durations_min[chosen])


def sample_minutes(kind: Kind, sample_interval_ms: int | None, device_id: str | None) -> int:
    """Whole minutes a reading stands for; a meter reading is a moment (0), a sensor without word on it 5 or 15."""
    if kind is Kind.BGM:
        return 0
    if sample_interval_ms is not None:
        return sample_interval_ms // MINUTE_MS
    device = device_id or ""
    return 15 if "AbbottFreeStyleLibre" in device and "AbbottFreeStyleLibre3" not in device else 5
