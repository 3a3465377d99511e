"""The flat figures of a period that lists filter, sort and show, by their published names, and when each is shown."""

from typing import Final, TypeAlias

from openward.care.summaries.model import Band, Period, Window

# Counts stay integers, so that they are written as such; None is a figure that is withheld.
Figures: TypeAlias = dict[str, float | None]

# Above this fraction of use a sensor day has percentages, and a period a GMI.
ENOUGH_USE: Final = 0.7
# More than a day of minutes gives a longer period its percentages.
ENOUGH_MINUTES: Final = 1440
# A meter period has SD and CV from so many readings on so many days.
ENOUGH_RECORDS: Final = 30
ENOUGH_DAYS: Final = 7


def _with_deltas(*names: str) -> tuple[str, ...]:
    return tuple(name + ending for name in names for ending in ("", "Delta"))


def _times(ending: str) -> tuple[str, ...]:
    return tuple(f"timeIn{band}{ending}" for band in Band)


_SORTED_ONLY: Final = _with_deltas("timeInExtremeHighRecords")

CGM_FIELDS: Final = _with_deltas(
    "min",
    "max",
    "averageGlucoseMmol",
    "glucoseManagementIndicator",
    "averageDailyRecords",
    "standardDeviation",
    "coefficientOfVariation",
    "timeCGMUsePercent",
    *_times("Percent"),
    "timeCGMUseMinutes",
    "timeCGMUseRecords",
    *_times("Minutes"),
    *_times("Records"),
    "totalRecords",
    "hoursWithData",
    "daysWithData",
)
"""Every sensor figure of a period, each followed by its delta: all of them can be sorted by."""

BGM_FIELDS: Final = _with_deltas(
    "min",
    "max",
    "averageGlucoseMmol",
    "averageDailyRecords",
    "standardDeviation",
    "coefficientOfVariation",
    *_times("Percent"),
    *_times("Records"),
    "totalRecords",
)
"""Every meter figure of a period that can be sorted by, each followed by its delta."""

CGM_FILTERS: Final = tuple(name for name in CGM_FIELDS if name not in _SORTED_ONLY)
"""The sensor figures that the patient list can be filtered by."""

BGM_FILTERS: Final = tuple(
    name
    for name in BGM_FIELDS
    if name not in (*_SORTED_ONLY, *_with_deltas("standardDeviation", "coefficientOfVariation"))
)
"""The meter figures that the patient list can be filtered by."""

INTEGER_FIELDS: Final = frozenset(
    name
    for name in CGM_FIELDS
    if name.removesuffix("Delta").endswith(("Minutes", "Records", "WithData")) and "averageDaily" not in name
)
"""The figures, of either kind, that are whole numbers."""


def cgm_figures(period: Period) -> Figures:
    """All of `CGM_FIELDS`, in that order, for one sensor period; None where the figure is withheld.

    Tidepool: use, average, SD and CV need a reading; percentages more than 70 % of one day or more than a day of
    minutes; GMI more than 70 % use. A delta needs the same of the preceding window. SD, CV and their deltas are
    required by the published shape and are 0 instead of absent; so are counts, which are always there.
    """
    now, before, delta = period.current, period.offset, period.delta
    has_data = now.records > 0
    had_data = has_data and before.records > 0
    has_shares = has_data and _enough_for_shares(now, period.days)
    had_shares = has_shares and _enough_for_shares(before, period.days)
    has_gmi = has_data and now.use_percent > ENOUGH_USE
    had_gmi = has_gmi and before.use_percent > ENOUGH_USE

    figures: Figures = {}
    _put(figures, "min", now.minimum, delta.minimum)
    _put(figures, "max", now.maximum, delta.maximum)
    _put(figures, "averageGlucoseMmol", *_shown(now.average_mmol, has_data, delta.average_mmol, had_data))
    _put(
        figures,
        "glucoseManagementIndicator",
        *_shown(now.glucose_management_indicator, has_gmi, delta.glucose_management_indicator, had_gmi),
    )
    _put(figures, "averageDailyRecords", now.average_daily_records, delta.average_daily_records)
    _put(
        figures,
        "standardDeviation",
        now.standard_deviation if has_data else 0.0,
        delta.standard_deviation if had_data else 0.0,
    )
    _put(
        figures,
        "coefficientOfVariation",
        now.coefficient_of_variation if has_data else 0.0,
        delta.coefficient_of_variation if had_data else 0.0,
    )
    _put(figures, "timeCGMUsePercent", *_shown(now.use_percent, has_data, delta.use_percent, had_data))
    _put_percents(figures, now, has_shares, delta, had_shares)
    _put(figures, "timeCGMUseMinutes", now.minutes, delta.minutes)
    _put(figures, "timeCGMUseRecords", now.records, delta.records)
    for band in Band:
        _put(figures, f"timeIn{band}Minutes", now.bands[band].minutes, delta.bands[band].minutes)
    _put_records(figures, now, delta)
    _put(figures, "hoursWithData", now.hours_with_data, delta.hours_with_data)
    _put(figures, "daysWithData", now.days_with_data, delta.days_with_data)
    return figures


def bgm_figures(period: Period) -> Figures:
    """All of `BGM_FIELDS`, in that order, for one meter period; None where the figure is withheld.

    Tidepool: a reading gives average and percentages, one in the preceding window too their deltas; SD, CV and
    both their deltas need 30 readings on 7 days of the current window.
    """
    now, delta = period.current, period.delta
    has_data = now.records > 0
    had_data = has_data and period.offset.records > 0
    has_spread = now.records >= ENOUGH_RECORDS and now.days_with_data >= ENOUGH_DAYS

    figures: Figures = {}
    _put(figures, "min", now.minimum, delta.minimum)
    _put(figures, "max", now.maximum, delta.maximum)
    _put(figures, "averageGlucoseMmol", *_shown(now.average_mmol, has_data, delta.average_mmol, had_data))
    _put(figures, "averageDailyRecords", now.average_daily_records, delta.average_daily_records)
    _put(
        figures,
        "standardDeviation",
        *_shown(now.standard_deviation, has_spread, delta.standard_deviation, has_spread),
    )
    _put(
        figures,
        "coefficientOfVariation",
        *_shown(now.coefficient_of_variation, has_spread, delta.coefficient_of_variation, has_spread),
    )
    _put_percents(figures, now, has_data, delta, had_data)
    _put_records(figures, now, delta)
    return figures


def _enough_for_shares(window: Window, days: int) -> bool:
    return window.use_percent > ENOUGH_USE if days == 1 else window.minutes > ENOUGH_MINUTES


def _shown(value: float, has: bool, delta: float, had: bool) -> tuple[float | None, float | None]:
    return (value if has else None, delta if had else None)


def _put(figures: Figures, name: str, value: float | None, delta: float | None) -> None:
    figures[name] = value
    figures[name + "Delta"] = delta


def _put_percents(figures: Figures, now: Window, has: bool, delta: Window, had: bool) -> None:
    for band in Band:
        _put(figures, f"timeIn{band}Percent", *_shown(now.bands[band].percent, has, delta.bands[band].percent, had))


def _put_records(figures: Figures, now: Window, delta: Window) -> None:
    for band in Band:
        _put(figures, f"timeIn{band}Records", now.bands[band].records, delta.bands[band].records)
    _put(figures, "totalRecords", now.records, delta.records)
