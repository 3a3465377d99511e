"""Variability between points in time: MODD, CONGA and MAGE on an even grid of local days."""

from dataclasses import dataclass

import numpy as np

from openward.care.reports.readings import DAY_MS, MINUTE_MS, Floats, Readings

MAX_GAP_MIN = 45.0
SHORT_POINTS, LONG_POINTS = 5, 32


@dataclass(frozen=True, slots=True)
class Grid:
    """values: one row per local day, one column every `step_min`; mg/dL, NaN where nothing is known."""

    first_day: int
    step_min: float
    values: Floats


def grid(readings: Readings, step_min: float | None = None) -> Grid | None:
    """Interpolate linearly between readings; points in a gap of more than 45 minutes stay empty."""
    if not len(readings):
        return None
    step = float(np.median(readings.interval_min)) if step_min is None else step_min
    per_day = max(1, round(1440 / step))
    # At the end of summer time one hour is on the wall clock twice: each wall time counts once, as a mean.
    time, which = np.unique(readings.local_ms, return_inverse=True)
    values = np.bincount(which, weights=readings.mgdl) / np.bincount(which)
    first, last = int(time[0]) // DAY_MS, int(time[-1]) // DAY_MS
    points = first * DAY_MS + np.arange((last - first + 1) * per_day) * (DAY_MS / per_day)
    right = np.searchsorted(time, points, side="left")
    left = np.searchsorted(time, points, side="right") - 1
    inside = (right < time.size) & (left >= 0)
    gap = np.where(inside, time[np.minimum(right, time.size - 1)] - time[np.maximum(left, 0)], np.inf)
    known = inside & (gap <= MAX_GAP_MIN * MINUTE_MS)
    filled = np.where(known, np.interp(points, time, values), np.nan)
    return Grid(first, 1440 / per_day, filled.reshape(-1, per_day))


def modd(even: Grid) -> float | None:
    """Mean of daily differences (Molnar 1972): |g(t) - g(t - 24 h)| in mg/dL; needs two days."""
    apart = np.abs(even.values[1:] - even.values[:-1])
    known = apart[~np.isnan(apart)]
    return float(known.mean()) if known.size else None


def conga(even: Grid, hours: int) -> float | None:
    """CONGA-n (McDonnell 2005): sample SD in mg/dL of g(t) - g(t - n hours)."""
    lag = round(hours * 60 / even.step_min)
    flat = even.values.ravel()
    if lag < 1 or lag >= flat.size:
        return None
    apart = flat[lag:] - flat[:-lag]
    known = apart[~np.isnan(apart)]
    return float(known.std(ddof=1)) if known.size > 1 else None


def _moving_mean(values: Floats, points: int) -> Floats:
    """Centred moving average that shortens at the ends."""
    ones = np.ones(points)
    return np.convolve(values, ones, mode="same") / np.convolve(np.ones(values.size), ones, mode="same")


def _turning_values(values: Floats) -> Floats:
    """Raw extremes between crossings of the short and the long average: peaks and valleys in turn."""
    above = _moving_mean(values, SHORT_POINTS) > _moving_mean(values, LONG_POINTS)
    cuts = np.flatnonzero(above[1:] != above[:-1]) + 1
    runs = np.split(np.arange(values.size), cuts)
    return np.array([values[run].max() if above[run[0]] else values[run].min() for run in runs])


def mage(even: Grid) -> float | None:
    """MAGE (Service 1970) by crossings of moving averages of 5 and 32 points, in mg/dL.

    Heights above 1 SD between neighbouring extremes; the mean of the upward and of the downward ones. Other
    implementations differ by up to a factor of two: name the algorithm with the value, and decide nothing by it.
    """
    flat = even.values.ravel()
    known = ~np.isnan(flat)
    if known.sum() < 2:
        return None
    deviation = float(flat[known].std(ddof=1))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    steps = [
        np.diff(_turning_values(flat[begin:end]))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
        if end - begin >= LONG_POINTS
    ]
    heights = np.concatenate(steps) if steps else np.empty(0)
    means = [float(side.mean()) for side in (heights[heights > deviation], -heights[-heights > deviation]) if side.size]
    return float(np.mean(means)) if means else None
