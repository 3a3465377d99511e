"""Glucose and ketone readings, and the glucose rules that other types share.

The unit of the numbers is read from the object as sent; what is kept is always mmol/L.
"""

from collections.abc import Callable
from typing import Any

from openward.care.devicedata.rules.datum import DAY_MS, datum_shape
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.reading import Notebook, Reader, Rule
from openward.care.devicedata.rules.scalars import flag, number, whole, word
from openward.care.devicedata.rules.shapes import Shape, may, needs
from openward.care.devicedata.units import (
    BOUNDS,
    GLUCOSE_UNITS,
    MMOL_L,
    MMOL_L_MINUTE,
    RATE_BOUNDS,
    RATE_UNITS,
    to_mmol_l,
)

TRENDS = ("constant", "slowFall", "slowRise", "moderateFall", "moderateRise", "rapidFall", "rapidRise")

glucose_units: Reader = word(*GLUCOSE_UNITS, kept_as=dict.fromkeys(GLUCOSE_UNITS, MMOL_L))
rate_units: Reader = word(*RATE_UNITS, kept_as=dict.fromkeys(RATE_UNITS, MMOL_L_MINUTE))


def units_of(sent: dict[str, Any]) -> str | None:
    """Give the glucose units of an object with a plain `units` field, or None if they are unknown."""
    units = sent.get("units")
    return units if type(units) is str and units in BOUNDS else None


def units_bg_of(sent: dict[str, Any]) -> str | None:
    """Give the glucose units of an object with `units: {"bg": ...}`, or None if they are unknown."""
    units = sent.get("units")
    return units_of({"units": units.get("bg")}) if type(units) is dict else None


def settle(holder: dict[str, Any], name: str, units: str | None, at: str, notes: Notebook) -> None:
    """Check one glucose number against the bounds of its units and turn it into mmol/L; unknown units have none."""
    value = holder.get(name)
    if value is None or units is None:
        return
    low, high = BOUNDS[units]
    if not low <= value <= high:
        notes.not_between(value, low, high, f"{at}/{name}")
        return
    holder[name] = to_mmol_l(value, units)


def glucose(*names: str, units: Callable[[dict[str, Any]], str | None] = units_of) -> Rule:
    """Check and convert glucose numbers that stand directly in the object."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        found = units(sent)
        for name in names:
            settle(kept, name, found, at, notes)

    return rule


def _trend_rate(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Check the trend's rate against its own units; units without a rate are refused."""
    units = sent.get("trendRateUnits")
    if units is None:
        return
    if sent.get("trendRate") is None:
        notes.broken("value-exists", f"{at}/trendRateUnits")
        return
    rate = kept.get("trendRate")
    if rate is None or "trendRateUnits" not in kept:
        return
    low, high = RATE_BOUNDS[units]
    if not low <= rate <= high:
        notes.not_between(rate, low, high, f"{at}/trendRate")
        return
    kept["trendRate"] = to_mmol_l(rate, units)


_value = (needs("units", glucose_units), needs("value", number()))

CBG = Kind(
    "cbg",
    datum_shape(
        *_value,
        may("trend", word(*TRENDS)),
        may("trendRate", number()),
        may("trendRateUnits", rate_units),
        may("sampleInterval", whole(0, DAY_MS)),
        may("backfilled", flag),
        rules=(glucose("value"), _trend_rate),
    ),
)
SMBG = Kind(
    "smbg", datum_shape(*_value, may("subType", word("linked", "manual", "scanned")), rules=(glucose("value"),))
)
BLOOD_KETONE = Kind(
    "bloodKetone",
    datum_shape(
        needs("units", word("mmol/L", "mmol/l", kept_as={"mmol/l": MMOL_L})),
        needs("value", number(0, 10)),
    ),
)

# A calibration is a glucose value entered into a sensor; it is a device event but has the same two fields.
CALIBRATION: Shape = datum_shape(*_value, rules=(glucose("value"),))
