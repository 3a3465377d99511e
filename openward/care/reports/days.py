"""The record day by day: glucose, finger-sticks, insulin and carbohydrate of each local day."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from openward.care.reports.model import Basal, Bolus, Carbs, DayStrip, InsulinPart, Period
from openward.care.reports.readings import DAY_MS, MINUTE_MS, Readings


def strips(
    period: Period,
    seen: Readings,
    sticks: Readings | None,
    boluses: Sequence[Bolus],
    basals: Sequence[Basal],
    carbs: Sequence[Carbs],
) -> tuple[DayStrip, ...]:
    """One strip per day of the period, in order, empty days included."""
    first = (period.first - date(1970, 1, 1)).days
    numbers, minutes, sensor_days = range(first, first + period.days), seen.minute_of_day, seen.local_day
    interval = float(np.median(seen.interval_min)) if len(seen) else 5.0
    delivery = sorted(basals, key=lambda one: one.start_local_ms)
    spans = np.array([(one.start_local_ms, one.end_local_ms) for one in delivery], dtype=np.int64).reshape(-1, 2)
    made = []
    for offset, number in enumerate(numbers):
        start, end = number * DAY_MS, (number + 1) * DAY_MS
        mask = sensor_days == number
        given = sorted((one for one in boluses if start <= one.local_ms < end), key=lambda one: one.local_ms)
        touching = np.flatnonzero((spans[:, 0] < end) & (spans[:, 1] > start)).tolist()
        basal = _cut_at_midnight([delivery[place] for place in touching], start, end)
        steady = sum(one.units for one in given if one.is_long_acting)
        made.append(
            DayStrip(
                day=period.first + timedelta(days=offset),
                minute_of_day=minutes[mask],
                mgdl=seen.mgdl[mask],
                interval_min=interval,
                meter=_sticks_of_day(sticks, number),
                boluses=tuple(((one.local_ms - start) / MINUTE_MS, one.units) for one in given),
                carbs=tuple(
                    ((one.local_ms - start) / MINUTE_MS, one.grams)
                    for one in sorted(carbs, key=lambda one: one.local_ms)
                    if start <= one.local_ms < end
                ),
                basal=basal,
                bolus_total=sum(one.units for one in given if not one.is_long_acting),
                # Long-acting injections are basal insulin, although they are given at once.
                basal_total=steady + sum((until - since) / 60.0 * rate for since, until, rate in basal),
            )
        )
    return tuple(made)


def _cut_at_midnight(touching: Sequence[Basal], start: int, end: int) -> tuple[tuple[float, float, float], ...]:
    """(from minute, until minute, units per hour) of the stretches that touch a day."""
    return tuple(
        (
            (max(one.start_local_ms, start) - start) / MINUTE_MS,
            (min(one.end_local_ms, end) - start) / MINUTE_MS,
            one.units_per_hour,
        )
        for one in touching
    )


def _sticks_of_day(sticks: Readings | None, number: int) -> tuple[tuple[float, float], ...]:
    if sticks is None:
        return ()
    mask = sticks.local_day == number
    return tuple(zip(sticks.minute_of_day[mask].tolist(), sticks.mgdl[mask].tolist(), strict=True))


def insulin_part(days: Sequence[DayStrip]) -> InsulinPart | None:
    """Averages over the days that have insulin; None when there is none at all."""
    given = [one for one in days if one.insulin_total > 0]
    if not given:
        return None
    eaten = [sum(grams or 0.0 for _, grams in one.carbs) for one in days]
    with_carbs = [grams for grams in eaten if grams > 0]
    basal = sum(one.basal_total for one in given) / len(given)
    bolus = sum(one.bolus_total for one in given) / len(given)
    return InsulinPart(
        days=len(given),
        total_per_day=basal + bolus,
        basal_per_day=basal,
        bolus_per_day=bolus,
        boluses_per_day=sum(len(one.boluses) for one in given) / len(given),
        carbs_per_day=sum(with_carbs) / len(with_carbs) if with_carbs else None,
    )
