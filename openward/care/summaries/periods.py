"""Hours into periods: 1, 7, 14 and 30 days back from the newest hour, each beside its predecessor."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from openward.care.summaries.bands import CELLS_OF
from openward.care.summaries.buckets import Buckets
from openward.care.summaries.model import DAY_MS, PERIOD_DAYS, Band, Period, Rules, Share, Window

# Every window begins and ends at one of these ages, so hours are added up once per stretch between two of them.
_AGES_DAYS = sorted({0, *PERIOD_DAYS, *(2 * days for days in PERIOD_DAYS)}, reverse=True)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What a stretch of hours adds up to; weight and weighted are those of the mean, see `_stretches`."""

    minutes: list[int]
    records: list[int]
    glucose: float
    weight: float
    weighted: float
    variance: float
    minimum: float
    maximum: float


def gmi(average_mmol: float) -> float:
    """Glucose management indicator in percent, one decimal, half up. Bergenstal 2018, by way of mmol/mol."""
    percent = (12.71 + 4.70587 * average_mmol) * 0.09148 + 2.152
    return math.floor(percent * 10 + 0.5) / 10


def compute(buckets: Buckets, rules: Rules) -> dict[str, Period]:
    """All periods of a record from its hours (ascending, one per hour); empty without hours.

    With T0 the newest hour, a period of n days holds the hours T0 - n d < time <= T0, and its offset those of the
    n days before. Windows hang on the newest data, not on today.
    """
    if buckets.size == 0:
        return {}
    times = buckets["time"].tolist()
    newest = times[-1]
    starts = {age: bisect_right(times, newest - age * DAY_MS) for age in _AGES_DAYS}
    stretches = _stretches(buckets, starts)
    first_variances = buckets["variance"] if rules.reference_merging else None

    def window(older: int, younger: int, days: int) -> Window:
        begin, end = starts[older], starts[younger]
        if begin == end:
            return Window()
        sums = _merged([stretches[age] for age in _AGES_DAYS if younger < age <= older and age in stretches])
        variance = sums.variance
        if first_variances is not None:
            # The reference merges the newest hour into an empty range and keeps the empty range's variance.
            variance -= float(first_variances[end - 1])
        return _finalised(sums, max(variance, 0.0), days, end - begin, _days_with_data(times, begin, end))

    return {f"{days}d": Period(days, window(days, 0, days), window(2 * days, days, days)) for days in PERIOD_DAYS}


def _stretches(buckets: Buckets, starts: dict[int, int]) -> dict[int, _Sums]:
    """Sums of the hours between each age and the next younger one, for stretches that have any."""
    ages = [age for age, younger in pairwise(_AGES_DAYS) if starts[age] < starts[younger]]
    recent = buckets[starts[_AGES_DAYS[0]] :]
    cuts = np.array([starts[age] for age in ages]) - starts[_AGES_DAYS[0]]
    minutes, records, glucose = recent["minutes"], recent["records"], recent["glucose"]
    weights = minutes.sum(axis=1)
    if not weights.any():
        weights = records.sum(axis=1)
    # Hours of zero-minute readings have no mean among hours that count minutes; they only add their own variance.
    weighted = np.where(weights > 0, glucose, 0.0)
    weight_sums = np.add.reduceat(weights, cuts)
    weighted_sums = np.add.reduceat(weighted, cuts)
    means = np.repeat(weighted_sums / np.maximum(weight_sums, 1), np.diff(np.append(cuts, recent.size)))
    away = np.where(weights > 0, weighted / np.maximum(weights, 1) - means, 0.0)
    variances = np.add.reduceat(recent["variance"] + weights * away * away, cuts)
    columns = zip(
        np.add.reduceat(minutes, cuts, axis=0).tolist(),
        np.add.reduceat(records, cuts, axis=0).tolist(),
        np.add.reduceat(glucose, cuts).tolist(),
        weight_sums.tolist(),
        weighted_sums.tolist(),
        variances.tolist(),
        np.minimum.reduceat(recent["min"], cuts).tolist(),
        np.maximum.reduceat(recent["max"], cuts).tolist(),
        strict=True,
    )
    return {age: _Sums(*sums) for age, sums in zip(ages, columns, strict=True)}


def _merged(stretches: list[_Sums]) -> _Sums:
    """One sum of several; pooled variance V = Va + Vb + (mean_b - mean_a)^2 Na Nb / (Na + Nb)."""
    weight, weighted, variance = 0.0, 0.0, 0.0
    for part in stretches:
        variance += part.variance
        if weight and part.weight:
            apart = part.weighted / part.weight - weighted / weight
            variance += apart * apart * weight * part.weight / (weight + part.weight)
        weight += part.weight
        weighted += part.weighted
    return _Sums(
        [sum(column) for column in zip(*(part.minutes for part in stretches), strict=True)],
        [sum(column) for column in zip(*(part.records for part in stretches), strict=True)],
        math.fsum(part.glucose for part in stretches),
        weight,
        weighted,
        variance,
        min(part.minimum for part in stretches),
        max(part.maximum for part in stretches),
    )


def _days_with_data(times: list[int], begin: int, end: int) -> int:
    """Days counted back from the newest hour: an hour at least 24 h before the last counted one is the next."""
    days = 0
    while end > begin:
        days += 1
        end = bisect_right(times, times[end - 1] - DAY_MS, begin, end)
    return days


def _finalised(sums: _Sums, variance: float, days: int, hours_with_data: int, days_with_data: int) -> Window:
    minutes, records = sum(sums.minutes), sum(sums.records)
    # Sensors weigh by minutes; a window of meter readings counts readings and has neither use nor GMI.
    weight = minutes or records
    average = sums.glucose / weight
    deviation = math.sqrt(variance / weight)
    return Window(
        glucose=sums.glucose,
        variance=variance,
        minutes=minutes,
        records=records,
        use_percent=minutes / (days * 1440),
        bands=_shares(sums.minutes, sums.records, weight, counts_minutes=minutes > 0),
        minimum=sums.minimum,
        maximum=sums.maximum,
        hours_with_data=hours_with_data,
        days_with_data=days_with_data,
        average_mmol=average,
        glucose_management_indicator=gmi(average) if minutes else 0.0,
        standard_deviation=deviation,
        coefficient_of_variation=deviation / average if average else 0.0,
        average_daily_records=records / days,
    )


def _shares(minutes: list[int], records: list[int], weight: int, *, counts_minutes: bool) -> dict[Band, Share]:
    shares = {}
    for band, places in CELLS_OF.items():
        band_minutes = sum([minutes[place] for place in places])
        band_records = sum([records[place] for place in places])
        shares[band] = Share(band_minutes, band_records, (band_minutes if counts_minutes else band_records) / weight)
    return shares
