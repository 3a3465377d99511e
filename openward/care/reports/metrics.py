"""Core glucose metrics: mean, spread, estimated A1c and risk indices, each None when there is nothing to compute."""

import math
from dataclasses import dataclass

import numpy as np

from openward.care.reports.bands import BandShares, shares
from openward.care.reports.readings import Floats, Readings

SPREAD_MINIMUM = 30
PERCENTILES = (5, 25, 50, 75, 95)


def mean(readings: Readings) -> float | None:
    """Time-weighted mean in mg/dL."""
    total = float(readings.interval_min.sum())
    return float((readings.interval_min * readings.mgdl).sum() / total) if total > 0 else None


def standard_deviation(readings: Readings, minimum: int = SPREAD_MINIMUM) -> float | None:
    """Sample standard deviation (n - 1) in mg/dL around the time-weighted mean; None below `minimum` readings."""
    middle = mean(readings)
    if middle is None or len(readings) < max(2, minimum):
        return None
    return math.sqrt(float(((readings.mgdl - middle) ** 2).sum()) / (len(readings) - 1))


def population_deviation(readings: Readings) -> float | None:
    """Weighted population form in mg/dL: what rolling summaries keep."""
    middle, total = mean(readings), float(readings.interval_min.sum())
    if middle is None:
        return None
    return math.sqrt(float((readings.interval_min * (readings.mgdl - middle) ** 2).sum()) / total)


def cv(mean_mgdl: float | None, deviation_mgdl: float | None) -> float | None:
    """Coefficient of variation in percent."""
    return None if not mean_mgdl or deviation_mgdl is None else 100.0 * deviation_mgdl / mean_mgdl


def gmi(mean_mgdl: float) -> float:
    """Glucose management indicator in percent (Bergenstal 2018)."""
    return 3.31 + 0.02392 * mean_mgdl


def gmi_mmol_mol(mean_mmol: float) -> float:
    """Glucose management indicator in mmol/mol from the mean in mmol/L (Bergenstal 2018)."""
    return 12.71 + 4.70587 * mean_mmol


def estimated_a1c(mean_mgdl: float) -> float:
    """Estimated A1c in percent (Nathan 2008); show this or the GMI, not both."""
    return (mean_mgdl + 46.7) / 28.7


@dataclass(frozen=True, slots=True)
class GlycemiaRisk:
    """Glycemia risk index (Klonoff 2022) with its parts in percent points and its zone A (best) to E."""

    index: float
    uncapped: float
    hypo_part: float
    hyper_part: float
    zone: str


def glycemia_risk(found: BandShares) -> GlycemiaRisk:
    """GRI from the shares of the standard bands, each band alone: 3.0 VL + 2.4 L + 1.6 VH + 0.8 H, at most 100."""
    very_low, low, _, high, very_high = found.percents
    uncapped = 3.0 * very_low + 2.4 * low + 1.6 * very_high + 0.8 * high
    index = min(100.0, uncapped)
    # The published zones join at 20, 40, 60 and 80, each limit belonging to the better zone.
    zone = "ABCDE"[sum(index > limit for limit in (20, 40, 60, 80))]
    return GlycemiaRisk(index, uncapped, very_low + 0.8 * low, very_high + 0.5 * high, zone)


def _risk(mgdl: Floats) -> tuple[Floats, Floats]:
    """Kovatchev's risk per reading, below and above the neutral point; values under 1 mg/dL count as 1."""
    scaled = 1.509 * (np.log(np.maximum(mgdl, 1.0)) ** 1.084 - 5.381)
    risk = 10.0 * scaled**2
    return np.where(scaled < 0, risk, 0.0), np.where(scaled > 0, risk, 0.0)


def blood_glucose_risk(readings: Readings) -> tuple[float, float] | None:
    """LBGI and HBGI (Kovatchev): low risk up to 2.5 and 4.5, moderate up to 5 and 9."""
    if not len(readings):
        return None
    low, high = _risk(readings.mgdl)
    return float(low.mean()), float(high.mean())


def average_daily_risk_range(readings: Readings) -> float | None:
    """ADRR (Kovatchev 2006): the mean over days of the highest low risk plus the highest high risk."""
    if not len(readings):
        return None
    low, high = _risk(readings.mgdl)
    day = readings.local_day
    ranges = [float(low[day == one].max() + high[day == one].max()) for one in np.unique(day)]
    return float(np.mean(ranges))


@dataclass(frozen=True, slots=True)
class Grade:
    """GRADE score (Hill 2007) and the percent of it that comes from <70, 70-140 and >140 mg/dL."""

    score: float
    hypo: float
    eu: float
    hyper: float


def grade(readings: Readings) -> Grade | None:
    """Mean of min(50, 425 (log10(log10(g / 18)) + 0.16)^2)."""
    if not len(readings):
        return None
    # At 18 mg/dL and below the inner logarithm is not positive; the score is at its limit there.
    ratio = np.maximum(readings.mgdl / 18.0, 1.0 + 1e-9)
    scores = np.minimum(50.0, 425.0 * (np.log10(np.log10(ratio)) + 0.16) ** 2)
    total, whole = float(scores.sum()), readings.whole_mgdl
    parts = [float(scores[mask].sum()) for mask in (whole < 70, (whole >= 70) & (whole <= 140), whole > 140)]
    hypo, eu, hyper = (100.0 * part / total if total > 0 else 0.0 for part in parts)
    return Grade(total / len(readings), hypo, eu, hyper)


def j_index(mean_mgdl: float, deviation_mgdl: float) -> float:
    """J-index: 0.001 (mean + SD)^2."""
    return 0.001 * (mean_mgdl + deviation_mgdl) ** 2


def percentiles(readings: Readings) -> tuple[float, ...] | None:
    """The 5th, 25th, 50th, 75th and 95th percentile in mg/dL, type 7 (linear between order statistics)."""
    if not len(readings):
        return None
    return tuple(float(value) for value in np.percentile(readings.mgdl, PERCENTILES, method="linear"))


def standard_risk(readings: Readings) -> GlycemiaRisk | None:
    """GRI of a record; always on the standard bands, whatever range set the person has."""
    found = shares(readings)
    return None if found is None else glycemia_risk(found)
