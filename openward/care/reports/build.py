"""Makes a glucose report from readings and insulin and carbohydrate events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from openward.care.reports import coverage, episodes, metrics, variability
from openward.care.reports.bands import STANDARD, RangePreset, shares
from openward.care.reports.curve import HOUR_BINS, QUARTER_HOUR_BINS, Curve, curve, is_curve_shown
from openward.care.reports.days import insulin_part, strips
from openward.care.reports.model import (
    Basal,
    Bolus,
    Carbs,
    Extent,
    Flag,
    GlucoseReport,
    MeterPart,
    Period,
    Person,
    Statistics,
    Units,
)
from openward.care.reports.readings import MGDL_PER_MMOL, Readings, without_overlap

EPOCH = date(1970, 1, 1)
CONGA_HOURS = (1, 2, 4, 24)
METER_BIN_MINIMUM = 30


@dataclass(frozen=True, slots=True)
class Events:
    """What happened beside glucose: wall-clock times, in any order."""

    boluses: Sequence[Bolus] = ()
    basals: Sequence[Basal] = ()
    carbs: Sequence[Carbs] = ()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def build(
    person: Person,
    readings: Readings,
    *,
    last_day: date,
    days: int = 14,
    units: Units = "mg/dL",
    preset: RangePreset = STANDARD,
    meter: Readings | None = None,
    events: Events | None = None,
    made_on: date | None = None,
    bins: int = QUARTER_HOUR_BINS,
    elapsed_min: float | None = None,
) -> GlucoseReport:
    """The report of the `days` local days that end with `last_day`.

    readings and meter may reach beyond the period; bins is 96 or 24;
    elapsed_min: the minutes of the window gone by so far, when its last day is still running.
    """
    period = Period(last_day - timedelta(days=days - 1), last_day)
    first_number, last_number = day_number(period.first), day_number(period.last)
    seen = without_overlap(readings.in_local_days(first_number, last_number))
    sticks = None if meter is None else meter.in_local_days(first_number, last_number)
    happened = events or Events()
    statistics = describe(seen, last_number, elapsed_min or days * coverage.DAY_MIN) if len(seen) else None
    found = shares(seen, preset)
    meter_part = describe_meter(sticks, preset, days) if sticks is not None and len(sticks) else None
    drawn = _curve_if_shown(seen, bins)
    day_strips = strips(period, seen, sticks, happened.boluses, happened.basals, happened.carbs)
    extent = _extent(seen, meter_part)
    return GlucoseReport(
        person=person,
        period=period,
        made_on=made_on or last_day,
        units=units,
        preset=preset,
        extent=extent,
        flags=_flags(extent, statistics, drawn, meter_part),
        statistics=statistics,
        shares=found,
        curve=drawn if extent is Extent.FULL else None,
        strips=day_strips,
        meter=meter_part,
        insulin=insulin_part(day_strips),
    )


def describe(seen: Readings, last_day: int, window_min: float) -> Statistics:
    """All sensor figures of a record that is not empty and has no overlap."""
    enough = coverage.enough(seen, last_day)
    middle, deviation = metrics.mean(seen), metrics.standard_deviation(seen)
    risk = metrics.blood_glucose_risk(seen)
    spots = metrics.percentiles(seen)
    even = variability.grid(seen)
    measured_min = float(seen.interval_min.sum())
    has_gmi = enough.is_enough and middle is not None
    return Statistics(
        readings=len(seen),
        measured_min=measured_min,
        days_with_data=int(np.unique(seen.local_day).size),
        active_in_wear=coverage.in_wear(seen),
        active_in_window=coverage.in_window(seen, window_min),
        enough=enough,
        mean=middle,
        sd=deviation,
        cv=metrics.cv(middle, deviation),
        gmi=metrics.gmi(middle) if has_gmi and middle is not None else None,
        gmi_mmol_mol=metrics.gmi_mmol_mol(middle / MGDL_PER_MMOL) if has_gmi and middle is not None else None,
        estimated_a1c=metrics.estimated_a1c(middle) if has_gmi and middle is not None else None,
        risk=metrics.standard_risk(seen),
        lbgi=risk[0] if risk else None,
        hbgi=risk[1] if risk else None,
        adrr=metrics.average_daily_risk_range(seen),
        grade=metrics.grade(seen),
        j_index=metrics.j_index(middle, deviation) if middle is not None and deviation is not None else None,
        percentiles=spots,
        iqr=spots[3] - spots[1] if spots else None,
        modd=variability.modd(even) if even else None,
        conga=tuple((hours, variability.conga(even, hours) if even else None) for hours in CONGA_HOURS),
        mage=variability.mage(even) if even else None,
        episodes=tuple(
            episodes.summarize(kind, episodes.find(seen, kind), measured_min) for kind in episodes.EpisodeKind
        ),
    )


def describe_meter(sticks: Readings, ranges: RangePreset, days: int) -> MeterPart:
    """Finger-stick figures; every stick weighs the same, whatever interval it came with."""
    even = Readings(sticks.time_ms, sticks.local_ms, sticks.value_mmol, np.ones(len(sticks)))
    middle, deviation, found = metrics.mean(even), metrics.standard_deviation(even), shares(even, ranges)
    if middle is None or found is None:
        raise ValueError("a meter part needs at least one reading")
    hourly = curve(even, HOUR_BINS)
    is_dense = bool(np.all(hourly.counts[hourly.counts > 0] >= METER_BIN_MINIMUM))
    return MeterPart(
        readings=len(even),
        per_day=len(even) / days,
        mean=middle,
        sd=deviation,
        cv=metrics.cv(middle, deviation),
        shares=found,
        minute_of_day=even.minute_of_day,
        mgdl=even.mgdl,
        curve=hourly if is_dense else None,
    )


def _curve_if_shown(seen: Readings, bins: int) -> Curve | None:
    return curve(seen, bins) if len(seen) and is_curve_shown(seen) else None


def _extent(seen: Readings, meter: MeterPart | None) -> Extent:
    """Less than 24 h: nothing but a word; exactly 24 h: the boxes, if 70 % of the time worn was measured."""
    if not len(seen):
        return Extent.EMPTY if meter is None else Extent.BOXES
    length_min = coverage.record_min(seen)
    if length_min > coverage.DAY_MIN:
        return Extent.FULL
    worn = coverage.in_wear(seen) or 0.0
    if length_min == coverage.DAY_MIN and worn >= coverage.CONSENSUS_PERCENT:
        return Extent.BOXES
    return Extent.INSUFFICIENT


def _flags(
    extent: Extent, statistics: Statistics | None, drawn: Curve | None, meter: MeterPart | None
) -> tuple[Flag, ...]:
    if statistics is None:
        return (Flag.NO_DATA,) if meter is None else (Flag.NO_CGM,)
    found = []
    if extent is Extent.INSUFFICIENT:
        found.append(Flag.LESS_THAN_A_DAY)
    if not statistics.enough.is_enough:
        found += [Flag.BELOW_CONSENSUS_MINIMUM, Flag.GMI_WITHHELD]
    if statistics.sd is None:
        found.append(Flag.SPREAD_WITHHELD)
    if drawn is None:
        found.append(Flag.CURVE_HIDDEN)
    return tuple(found)
