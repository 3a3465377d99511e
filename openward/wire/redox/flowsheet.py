"""Flowsheet/New: the figures of the last 14 days under the codes that the Clinics API names.

Without `icode` numbers have four decimals and shares are percentages; with it they are rounded as clinicians read them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from openward.care.ehr import Figures, Head
from openward.wire.redox.copied import at, instant, order_id, read, start

MGDL_PER_MMOL: Final = 18.01559
"""Tidepool, clinic behaviour 18.4."""
PERIOD: Final = "14d"
_LENGTH: Final = timedelta(days=14)
_PERCENT: Final = "%"


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it is written; `units` None for a mere number."""

    text: str
    units: str | None = None
    kind: str = "Numeric"


def _plain(value: float, decimals: int = 4) -> str:
    return f"{value:.{decimals}f}"


def _share(value: float, said: Figures) -> Value:
    """A fraction as a percentage: below one percent a digit more is worth saying."""
    percent = value * 100
    return Value(_plain(percent, (1 if percent < 1 else 0) if said.icode else 4), _PERCENT)


def _wear(value: float, said: Figures) -> Value:
    return Value(_plain(value * 100, 2 if said.icode else 4), _PERCENT)


def _variation(value: float, said: Figures) -> Value:
    return Value(_plain(value * 100, 1), _PERCENT) if said.icode else Value(_plain(value))


def _indicator(value: float, said: Figures) -> Value:
    return Value(_plain(value, 1 if said.icode else 4), _PERCENT)


def _glucose(value: float, said: Figures) -> Value:
    return Value(_plain(_in_units(value, said)), said.units)


def _average(value: float, said: Figures) -> Value:
    shown = _in_units(value, said)
    decimals = 1 if said.units == "mmol/L" or shown < 1 else 0
    return Value(_plain(shown, decimals if said.icode else 4), said.units)


def _deviation(value: float, said: Figures) -> Value:
    return Value(_plain(_in_units(value, said), 1 if said.icode else 4), said.units)


def _in_units(mmol: float, said: Figures) -> float:
    return mmol if said.units == "mmol/L" else mmol * MGDL_PER_MMOL


def _rate(value: float, _said: Figures) -> Value:
    return Value(_plain(value))


def _count(units: str | None = None) -> Callable[[float, Figures], Value]:
    return lambda value, _said: Value(str(round(value)), units)


_Row = tuple[str, str, Callable[[float, Figures], Value], str]
_RANGES: Final = (
    ("TIME_ABOVE_RANGE_VERY_HIGH", "timeInVeryHighPercent", "above range, very high"),
    ("TIME_ABOVE_RANGE_HIGH", "timeInHighPercent", "above range, high"),
    ("TIME_IN_RANGE", "timeInTargetPercent", "in range"),
    ("TIME_BELOW_RANGE_LOW", "timeInLowPercent", "below range, low"),
    ("TIME_BELOW_RANGE_VERY_LOW", "timeInVeryLowPercent", "below range, very low"),
)


def _ranges(kind: str, share: str) -> tuple[_Row, ...]:
    return tuple((f"{code}_{kind}", field, _share, f"{kind}: {share} {words}") for code, field, words in _RANGES)


_CGM: Final[tuple[_Row, ...]] = (
    *_ranges("CGM", "time"),
    ("GLUCOSE_MANAGEMENT_INDICATOR", "glucoseManagementIndicator", _indicator, "CGM: glucose management indicator"),
    ("AVERAGE_CGM", "averageGlucoseMmol", _average, "CGM: average glucose"),
    ("STANDARD_DEVIATION_CGM", "standardDeviation", _deviation, "CGM: standard deviation"),
    ("COEFFICIENT_OF_VARIATION_CGM", "coefficientOfVariation", _variation, "CGM: coefficient of variation"),
    ("ACTIVE_WEAR_TIME_CGM", "timeCGMUsePercent", _wear, "CGM: active wear time"),
    ("DAYS_WITH_DATA_CGM", "daysWithData", _count("day"), "CGM: days with data"),
    ("HOURS_WITH_DATA_CGM", "hoursWithData", _count("hour"), "CGM: hours with data"),
)
_SMBG: Final[tuple[_Row, ...]] = (
    *_ranges("SMBG", "readings"),
    ("READINGS_ABOVE_RANGE_VERY_HIGH_SMBG", "timeInVeryHighRecords", _count(), "SMBG: number of very high readings"),
    ("READINGS_BELOW_RANGE_VERY_LOW_SMBG", "timeInVeryLowRecords", _count(), "SMBG: number of very low readings"),
    ("MAX_SMBG", "max", _glucose, "SMBG: highest reading"),
    ("MIN_SMBG", "min", _glucose, "SMBG: lowest reading"),
    ("AVERAGE_SMBG", "averageGlucoseMmol", _average, "SMBG: average glucose"),
    ("STANDARD_DEVIATION_SMBG", "standardDeviation", _deviation, "SMBG: standard deviation"),
    ("COEFFICIENT_OF_VARIATION_SMBG", "coefficientOfVariation", _variation, "SMBG: coefficient of variation"),
    ("TOTAL_READING_COUNT_SMBG", "totalRecords", _count(), "SMBG: number of readings"),
    ("CHECK_RATE_READINGS_DAY_SMBG", "averageDailyRecords", _rate, "SMBG: readings per day"),
    ("DAYS_WITH_DATA_SMBG", "daysWithData", _count("day"), "SMBG: days with data"),
)
_KINDS: Final = (("cgm", "CGM", _CGM), ("bgm", "SMBG", _SMBG))


def write(head: Head, figures: Figures) -> bytes | None:
    """The message, None when there is not a single observation."""
    observations = observe(figures, head.at)
    if not observations:
        return None
    order = read(head.order)
    message = start(head, order, "Flowsheet", "New")
    # A flowsheet has no place of its own for the order that it follows.
    message["Visit"]["Extensions"] = {"order-id": {"string": order_id(order, head)}}
    return msgspec.json.encode(message | {"Observations": observations})


def observe(figures: Figures, now: datetime) -> list[dict[str, Any]]:
    """All observations there are; a figure that is withheld is left out, and so is a kind without a period."""
    found: list[dict[str, Any]] = []
    for kind, word, rows in _KINDS:
        stats = figures.stats.get(kind)
        period = at(stats, "periods", PERIOD)
        if not isinstance(period, Mapping):
            continue
        found += _dates(word, stats, now)
        for code, field, write_value, words in rows:
            value = period.get(field)
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.append(_observation(code, write_value(value, figures), words, now))
    return found


def _dates(word: str, stats: Any, now: datetime) -> list[dict[str, Any]]:
    """When the period began and ended, and since when there are data at all."""
    last, first = moment(at(stats, "dates", "lastData")), moment(at(stats, "dates", "firstData"))
    moments = (
        ("REPORTING_PERIOD_START", f"REPORTING_PERIOD_START_{word}", None if last is None else last - _LENGTH),
        ("REPORTING_PERIOD_END", f"REPORTING_PERIOD_END_{word}", last),
        ("REPORTING_PERIOD_START_DATA", f"REPORTING_PERIOD_START_{word}_DATA", first),
    )
    words = {
        "REPORTING_PERIOD_START": "start of the period",
        "REPORTING_PERIOD_END": "end of the period",
        "REPORTING_PERIOD_START_DATA": "first reading",
    }
    return [
        _observation(code, Value(instant(when), kind="DateTime"), f"{word}: {words[name]}", now)
        for name, code, when in moments
        if when is not None
    ]


def moment(said: Any) -> datetime | None:
    """A moment of a summary, aware; None when it has none."""
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _observation(code: str, value: Value, words: str, now: datetime) -> dict[str, Any]:
    made = {
        "DateTime": instant(now),
        "Value": value.text,
        "ValueType": value.kind,
        "Code": code,
        "Description": words,
        "Status": "Final",
    }
    return made | ({} if value.units is None else {"Units": value.units})
