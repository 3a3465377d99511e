"""Settings of a glucose sensor: its device, its alerts by schedule, and the older block of alerts."""

from typing import Any

from openward.care.devicedata.rules.datum import DAY_MS, datum_shape, name100
from openward.care.devicedata.rules.device_names import DEVICE_FIELDS
from openward.care.devicedata.rules.glucose import glucose_units, units_of
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.measures import HOURS_MINUTES_SECONDS, span_of
from openward.care.devicedata.rules.reading import Notebook, quoted, quoted_list
from openward.care.devicedata.rules.scalars import flag, number, one_of_numbers, pattern, whole, word
from openward.care.devicedata.rules.shapes import (
    Field,
    Shape,
    array,
    field_is_there,
    may,
    needs,
    only_if,
    within_units,
)
from openward.care.devicedata.units import MG_DL_SPELLINGS, from_mg_dl, to_mmol_l

_enabled = needs("enabled", flag)
_snooze = may("snooze", span_of(10))


def _alert(value: str, ranges: dict[str, tuple[float, float]]) -> Shape:
    """Read one alert; its number has its own units, in exact spelling, and is never converted."""
    fields: tuple[Field, ...] = (_enabled, _snooze, may(value, number()), may("units", word(*ranges)))
    return Shape(fields, (only_if("units", field_is_there(value)), within_units(value, ranges)))


def _level(low: float, high: float, low_mmol: float, high_mmol: float) -> Shape:
    return _alert("level", {"mg/dL": (low, high), "mmol/L": (low_mmol, high_mmol)})


_urgent_low = _level(40, 80, 2.2203, 4.4406)
_low = _level(50, 150, 2.77537, 8.32612)
_high = _level(100, 400, 5.55075, 22.20299)
_rate = _alert("rate", {"mg/dL/minute": (0, 10), "mmol/L/minute": (0.05551, 0.55507)})
_silence = _alert("duration", {units: (0, 6 * factor) for units, factor in HOURS_MINUTES_SECONDS.items()})

alerts = Shape(
    (
        _enabled,
        may("urgentLow", _urgent_low),
        may("urgentLowPredicted", _urgent_low),
        may("low", _low),
        may("lowPredicted", _low),
        may("high", _high),
        may("highPredicted", _high),
        may("fall", _rate),
        may("rise", _rate),
        may("noData", _silence),
        may("outOfRange", _silence),
    )
)
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_schedule = Shape(
    (
        may("name", name100),
        needs("days", array(word(*_DAYS), 0, unique=True)),
        needs("start", whole(0, DAY_MS)),
        needs("end", whole(0, 2 * DAY_MS)),
        needs("alerts", alerts),
    )
)

_MINUTE_MS = 60_000
_SNOOZES = (
    0,
    *(minutes * _MINUTE_MS for minutes in range(15, 241, 5)),
    *(minutes * _MINUTE_MS for minutes in range(255, 301, 15)),
)
_OLD_LEVELS = {"highAlerts": (100, 400), "lowAlerts": (59, 150)}
_OLD_RATES = {"fallRate": (-3, -2), "riseRate": (2, 3)}

_old_level = Shape((_enabled, needs("level", number()), needs("snooze", one_of_numbers(whole(), _SNOOZES))))
_old_range = Shape((_enabled, needs("snooze", one_of_numbers(whole(), _SNOOZES))))
_old_rate = Shape((_enabled, needs("rate", number())))
_old_rates = Shape((needs("fallRate", _old_rate), needs("riseRate", _old_rate)))


def _settle_old_levels(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Check the older alerts' levels against the bounds of the record's units, then turn them into mmol/L."""
    units = units_of(sent)
    if units is None:
        return
    for name, bounds in _OLD_LEVELS.items():
        level = kept.get(name, {}).get("level")
        if level is None:
            continue
        low, high = bounds if units in MG_DL_SPELLINGS else (from_mg_dl(bounds[0]), from_mg_dl(bounds[1]))
        if not low <= level <= high:
            notes.not_between(level, low, high, f"{at}/{name}/level")
        else:
            kept[name]["level"] = to_mmol_l(level, units)


def _settle_old_rates(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Check the older alerts' rates, turn them into mmol/L, and keep them under the name that readers expect.

    Clients send `rateOfChangeAlerts`; it has always been written out as `rateOfChangeAlert`.
    """
    found = kept.pop("rateOfChangeAlerts", None)
    if found is None:
        return
    kept["rateOfChangeAlert"] = found
    units = units_of(sent)
    for name, rates in _OLD_RATES.items():
        rate = found.get(name, {}).get("rate")
        if rate is None or units is None:
            continue
        allowed: list[float] = list(rates)
        if units not in MG_DL_SPELLINGS:
            # The same two rates, as clients that work in mmol/L write them: exact or with our five decimals.
            allowed = [form(each) for each in rates for form in (from_mg_dl, _exact_mmol)]
        if rate not in allowed:
            detail = f"value {quoted(rate)} is not one of {quoted_list(allowed)}"
            notes.broken("value-not-allowed", f"{at}/rateOfChangeAlerts/{name}/rate", detail)
        else:
            found[name]["rate"] = to_mmol_l(rate, units)


def _exact_mmol(mg_dl: float) -> float:
    # Clients of the older block carry these constants with all digits of the division.
    return {-3: -0.16652243973136602, -2: -0.11101495982091067, 2: 0.11101495982091067, 3: 0.16652243973136602}[
        int(mg_dl)
    ]


CGM_SETTINGS = Kind(
    "cgmSettings",
    datum_shape(
        *DEVICE_FIELDS,
        may("transmitterId", pattern(r"[0-9a-zA-Z]{5,64}", "transmitter id", may_be_empty=True)),
        may("units", glucose_units),
        may("defaultAlerts", alerts),
        may("scheduledAlerts", array(_schedule, 1, 10)),
        may("highAlerts", _old_level),
        may("lowAlerts", _old_level),
        may("outOfRangeAlerts", _old_range),
        may("rateOfChangeAlerts", _old_rates),
        rules=(_settle_old_levels, _settle_old_rates),
    ),
)
