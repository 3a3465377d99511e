"""Glucose ranges: the four range sets, which band a value falls in, and the shares as shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from openward.care.reports.readings import MGDL_PER_MMOL, Readings

TIGHT_HIGH = 140
EXTREME_HIGH = 350


class Band(StrEnum):
    """The five bands, lowest first."""

    VERY_LOW = "very-low"
    LOW = "low"
    TARGET = "target"
    HIGH = "high"
    VERY_HIGH = "very-high"


BANDS: tuple[Band, ...] = tuple(Band)
BAND_NAMES: Mapping[Band, str] = {
    Band.VERY_LOW: "Very low",
    Band.LOW: "Low",
    Band.TARGET: "Target",
    Band.HIGH: "High",
    Band.VERY_HIGH: "Very high",
}


@dataclass(frozen=True, slots=True)
class Goals:
    """Percent of time; `target` is to be exceeded, all others are not to be reached. None: nothing agreed."""

    target: float | None = None
    any_low: float | None = None
    very_low: float | None = None
    any_high: float | None = None
    very_high: float | None = None


@dataclass(frozen=True, slots=True)
class RangePreset:
    """One set of thresholds in mg/dL: very_low > g, low > g, g > high, g > very_high. None: that band is not used."""

    key: str
    label: str
    very_low: int | None
    low: int
    high: int
    very_high: int | None
    goals: Goals
    mean_goal: tuple[int, float] | None = None  # mg/dL and mmol/L, each as printed
    gmi_goal: float | None = None

    @property
    def bands(self) -> tuple[Band, ...]:
        """The bands that this set uses, lowest first."""
        absent = {
            band for band, limit in ((Band.VERY_LOW, self.very_low), (Band.VERY_HIGH, self.very_high)) if not limit
        }
        return tuple(band for band in BANDS if band not in absent)


# Battelino 2019: the consensus targets per group of people.
PRESETS: Mapping[str, RangePreset] = {
    preset.key: preset
    for preset in (
        RangePreset("adaStandard", "Type 1 and type 2", 54, 70, 180, 250, Goals(70, 4, 1, 25, 5), (154, 8.6), 7.0),
        RangePreset("adaHighRisk", "Older or high risk", None, 70, 180, 250, Goals(50, 1, None, 50, 10)),
        RangePreset("adaPregnancyType1", "Pregnancy, type 1", 54, 63, 140, None, Goals(70, 4, 1, 25, None)),
        RangePreset("adaPregnancyType2", "Pregnancy, gestational or type 2", 54, 63, 140, None, Goals()),
    )
}
STANDARD = PRESETS["adaStandard"]


@dataclass(frozen=True, slots=True)
class Share:
    """One band's part of the record; percent is 0-100, unrounded."""

    minutes: float
    readings: int
    percent: float


@dataclass(frozen=True, slots=True)
class BandShares:
    """Shares of all bands; the parts that overlap with them (tight target, extreme high) stand apart."""

    very_low: Share
    low: Share
    target: Share
    high: Share
    very_high: Share
    any_low: Share
    any_high: Share
    tight_target: Share
    extreme_high: Share
    minutes: float
    readings: int

    @property
    def percents(self) -> tuple[float, float, float, float, float]:
        """Percent of the five bands, lowest first; they sum to 100."""
        return (
            self.very_low.percent,
            self.low.percent,
            self.target.percent,
            self.high.percent,
            self.very_high.percent,
        )


def band_index(readings: Readings, preset: RangePreset = STANDARD) -> npt.NDArray[np.intp]:
    """Which of the five bands (0 very low to 4 very high) each reading is in, compared on whole mg/dL."""
    whole = readings.whole_mgdl
    index = np.full(whole.shape, 2, dtype=np.intp)
    index[whole < preset.low] = 1
    index[whole > preset.high] = 3
    if preset.very_low is not None:
        index[whole < preset.very_low] = 0
    if preset.very_high is not None:
        index[whole > preset.very_high] = 4
    return index


def shares(readings: Readings, preset: RangePreset = STANDARD) -> BandShares | None:
    """Minutes, readings and percent per band; None for an empty record, never zeros."""
    total = float(readings.interval_min.sum())
    if total <= 0:
        return None
    index, whole, weights = band_index(readings, preset), readings.whole_mgdl, readings.interval_min

    def share(mask: npt.NDArray[np.bool_]) -> Share:
        minutes = float(weights[mask].sum())
        return Share(minutes, int(mask.sum()), 100.0 * minutes / total)

    return BandShares(
        very_low=share(index == 0),
        low=share(index == 1),
        target=share(index == 2),
        high=share(index == 3),
        very_high=share(index == 4),
        any_low=share(index < 2),
        any_high=share(index > 2),
        tight_target=share((whole >= preset.low) & (whole <= TIGHT_HIGH)),
        extreme_high=share(whole >= EXTREME_HIGH),
        minutes=total,
        readings=len(readings),
    )


def whole_percents(percents: Sequence[float]) -> tuple[int, ...]:
    """The five percentages as printed: whole numbers, half to even, that sum to 100 when they nearly do.

    A difference of up to two goes to "high"; when that has not enough to give, the largest band bears it.
    """
    shown = [int(np.rint(round(percent, 9))) for percent in percents]
    off = 100 - sum(shown)
    if off and abs(off) <= 2:
        bearer = 3 if shown[3] + off >= 0 else shown.index(max(shown))
        shown[bearer] += off
    return tuple(shown)


def bar_heights(percents: Sequence[float], used: Sequence[bool] = (True,) * 5) -> tuple[float, ...]:
    """Heights of the five bands in percent of the bar: at least 6, the target 12, scaled back to 100."""
    least = (6.0, 6.0, 12.0, 6.0, 6.0)
    raw = [max(p, m) if u else 0.0 for p, m, u in zip(percents, least, used, strict=True)]
    return tuple(100.0 * height / sum(raw) for height in raw)


def shown_glucose(mgdl: float, units: str) -> str:
    """A glucose value (mg/dL) as printed: whole mg/dL, or mmol/L with one decimal; half to even."""
    if units == "mg/dL":
        return f"{int(np.rint(mgdl))}"
    return f"{np.round(mgdl / MGDL_PER_MMOL, 1):.1f}"
